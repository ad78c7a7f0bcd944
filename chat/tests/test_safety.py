"""Blocks and reports."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import selectors, services
from chat.models import Block, Conversation, Report
from chat.tests.staging import say
from wholexale.common.errors import Conflict, NotFound, ValidationFailed
from wholexale.common.realtime import WatchEnded
from wholexale.common.testing import Api, SentItems, at_once, make_person

pytestmark = pytest.mark.django_db


def block(api: Api, one: User, other: User) -> int:
    return api.as_(one).post("chat/blocks", {"user": str(other.id)}).status


def unblock(api: Api, one: User, other: User) -> int:
    return api.as_(one).delete("chat/blocks", {"user": str(other.id)}).status


def test_a_block_closes_every_direct_conversation_of_the_two(
    api: Api, talk: Conversation, group: Conversation, buyer: User, seller: User
) -> None:
    services.create_direct(actor=buyer, user_id=seller.id, context={"offerId": "1"})

    assert block(api, buyer, seller) == 201

    assert Conversation.objects.filter(conversation_type="direct", is_blocked=True).count() == 2
    group.refresh_from_db()
    assert not group.is_blocked
    assert api.as_(seller).get(f"chat/conversations/{talk.id}").body["conversation"]["isBlocked"]


def test_a_conversation_opens_again_when_neither_blocks(
    api: Api, talk: Conversation, buyer: User, seller: User
) -> None:
    states = []
    for step, one, other in ((block, buyer, seller), (block, seller, buyer), (unblock, buyer, seller)):
        step(api, one, other)
        talk.refresh_from_db()
        states.append(talk.is_blocked)
    unblock(api, seller, buyer)
    talk.refresh_from_db()

    assert [*states, talk.is_blocked] == [True, True, True, False]


def test_blocking_ends_presence_both_ways(talk: Conversation, buyer: User, seller: User, sent: SentItems) -> None:
    with sent() as items:
        services.block(actor=buyer, user_id=seller.id)

    assert WatchEnded(user_id=str(buyer.id), watched_id=str(seller.id)) in items
    assert WatchEnded(user_id=str(seller.id), watched_id=str(buyer.id)) in items
    for viewer, watched in ((buyer, seller), (seller, buyer)):
        assert selectors.visible_presence(viewer.id, [watched.id]) == {}


def test_blocking_twice_is_blocking_once(api: Api, buyer: User, seller: User, sent: SentItems) -> None:
    block(api, buyer, seller)
    with sent() as items:
        assert block(api, buyer, seller) == 201

    assert items == []
    assert Block.objects.count() == 1
    assert unblock(api, buyer, seller) == unblock(api, buyer, seller) == 200


def test_a_block_that_is_rolled_back_did_not_happen(
    talk: Conversation, buyer: User, seller: User, sent: SentItems
) -> None:
    with sent() as items, transaction.atomic():
        services.block(actor=buyer, user_id=seller.id)
        transaction.set_rollback(True)

    talk.refresh_from_db()
    assert items == []
    assert not talk.is_blocked


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_people_can_be_blocked(api: Api, buyer: User, method: str) -> None:
    client = api.as_(buyer)

    assert client.send(method, "chat/blocks", {"user": str(uuid4())}).code == "USER_NOT_FOUND"
    assert client.send(method, "chat/blocks", {"user": "x"}).fields == ["user"]
    assert client.send(method, "chat/blocks", {}).fields == ["user"]


def test_nobody_blocks_themselves(api: Api, buyer: User) -> None:
    assert block(api, buyer, buyer) == 400


@pytest.mark.parametrize("count", [1, 10])
def test_the_own_blocks_are_listed(
    api: Api, buyer: User, seller: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    services.block(actor=seller, user_id=buyer.id)
    for number in range(count):
        services.block(actor=buyer, user_id=make_person(f"person{number}", owns=f"Shop {number}").id)
    client = api.as_(buyer)

    with django_assert_max_num_queries(3):
        body = client.get("chat/blocks").body

    assert len(body["blocks"]) == body["pagination"]["total"] == count
    assert body["blocks"][0]["user"]["businessName"] == f"Shop {count - 1}"


@pytest.mark.django_db(transaction=True)
def test_mutual_blocks_posts_and_openings_at_once_end_consistent(talk: Conversation, buyer: User, seller: User) -> None:
    calls: list[Any] = [
        partial(step, actor=one, user_id=other.id)
        for one, other in ((buyer, seller), (seller, buyer))
        for step in (services.block, services.unblock, services.open_direct)
    ]

    outcomes = at_once([*calls, *(partial(say, talk, user) for user in (buyer, seller))])

    codes = {getattr(one, "code", repr(one)) for one in outcomes if isinstance(one, Exception)}
    assert codes <= {"BLOCKED"}
    talk.refresh_from_db()
    assert talk.is_blocked == Block.objects.exists()


def test_a_reported_message_is_kept_as_it_was(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    message = say(talk, seller, "Rude words")

    reply = api.as_(buyer).post("chat/reports", {"message": str(message.id), "reason": "Rude"})
    services.delete_message(actor=seller, message_id=message.id)

    report = Report.objects.get()
    assert reply.status == 201
    assert reply.body["report"]["id"] == str(report.id)
    assert (report.excerpt, report.reported_user_id, report.status) == ("Rude words", seller.id, "open")


def test_a_person_can_be_reported(api: Api, buyer: User, outsider: User) -> None:
    assert api.as_(buyer).post("chat/reports", {"user": str(outsider.id), "reason": "Fake"}).status == 201
    assert Report.objects.get().reported_user_id == outsider.id


def test_only_what_one_can_see_is_reported(
    api: Api, talk: Conversation, buyer: User, seller: User, outsider: User
) -> None:
    message = say(talk, seller)
    body = {"message": str(message.id), "reason": "x"}

    assert api.as_(outsider).post("chat/reports", body).code == "MESSAGE_NOT_FOUND"
    assert api.as_(seller).post("chat/reports", body).fields == ["message"]
    services.delete_message(actor=seller, message_id=message.id)
    assert api.as_(buyer).post("chat/reports", body).code == "MESSAGE_NOT_FOUND"
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"reason": "x", "message": str(uuid4()), "user": str(uuid4())},
        {"user": str(uuid4())},
        {"user": str(uuid4()), "reason": ""},
        {"user": str(uuid4()), "reason": "  "},
        {"user": str(uuid4()), "reason": "x" * 1001},
        {"user": 5, "reason": "x"},
    ],
)
def test_a_report_names_one_thing_and_a_reason(api: Api, buyer: User, body: dict[str, Any]) -> None:
    assert api.as_(buyer).post("chat/reports", body).code == "VALIDATION_FAILED"


def test_a_report_about_nobody_is_refused(api: Api, buyer: User) -> None:
    client = api.as_(buyer)

    assert client.post("chat/reports", {"user": str(uuid4()), "reason": "x"}).code == "USER_NOT_FOUND"
    assert client.post("chat/reports", {"user": str(buyer.id), "reason": "x"}).fields == ["user"]
    with pytest.raises(ValidationFailed):
        services.report(actor=buyer, reason="x")


def test_a_report_is_closed_once_and_with_a_reason(buyer: User, seller: User, staff: User) -> None:
    report = services.report(actor=buyer, user_id=seller.id, reason="Rude")
    close = partial(services.resolve_report, actor=staff, report_id=report.id)

    with pytest.raises(ValidationFailed):
        close(status="resolved", resolution=" ")
    close(status="resolved", resolution="Warned")
    with pytest.raises(Conflict):
        close(status="dismissed", resolution="No")

    report.refresh_from_db()
    assert (report.status, report.resolution, report.handled_by_id) == ("resolved", "Warned", staff.id)
    assert report.handled_at is not None


def test_a_report_that_is_not_there_cannot_be_closed(staff: User) -> None:
    with pytest.raises(NotFound):
        services.resolve_report(actor=staff, report_id=uuid4(), status="resolved", resolution="x")
