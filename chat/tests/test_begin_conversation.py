"""`POST chat/conversations`: one person, or a group."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from chat import services
from chat.events import ConversationNew
from chat.models import Conversation, Participant
from chat.services import GroupDetails, conversations as opening
from chat.tests.staging import group_of
from wholexale.common.errors import DomainError, ValidationFailed
from wholexale.common.realtime import Outgoing, user_group
from wholexale.common.testing import Api, SentItems, at_once, make_person

pytestmark = pytest.mark.django_db
PATH = "chat/conversations"


def with_(*users: User, **fields: Any) -> dict[str, Any]:
    return {"participants": [{"user": str(user.id), "role": "vendor"} for user in users]} | fields


def set_direct_messages(user: User, *, allowed: bool) -> None:
    user.preferences["privacy"]["allowDirectMessages"] = allowed
    user.save(update_fields=["preferences"])


def test_a_direct_conversation_has_both_people_and_nothing_unread(api: Api, buyer: User, seller: User) -> None:
    reply = api.as_(buyer).post(PATH, with_(seller))

    body = reply.body["conversation"]
    assert reply.status == 201
    assert isinstance(reply.body["message"], str)
    assert body["id"] == body["_id"] == body["conversationId"]
    assert {one["user"]["id"] for one in body["participants"]} == {str(buyer.id), str(seller.id)}
    assert {one["role"] for one in body["participants"]} == {"user"}
    assert body["conversationType"] == "direct"
    assert (body["status"], body["unreadCount"], body["messageCount"], body["lastSeq"]) == ("active", 0, 0, 0)
    assert "lastMessage" not in body
    assert "groupInfo" not in body


def test_the_person_may_be_named_by_participant_id(api: Api, buyer: User, seller: User) -> None:
    assert api.as_(buyer).post(PATH, {"participantId": str(seller.id)}).status == 201


def test_the_caller_may_name_themself_among_the_participants(api: Api, buyer: User, seller: User) -> None:
    assert api.as_(buyer).post(PATH, with_(buyer, seller)).body["conversation"]["conversationType"] == "direct"


def test_a_role_is_that_of_the_person_and_not_the_one_asked_for(api: Api, buyer: User, staff: User) -> None:
    body = api.as_(buyer).post(PATH, {"participants": [{"user": str(staff.id), "role": "user"}]}).body

    roles = {one["user"]["id"]: (one["role"], one["user"]["role"]) for one in body["conversation"]["participants"]}
    assert roles == {str(buyer.id): ("user", "user"), str(staff.id): ("admin", "admin")}


def test_the_same_pair_is_told_where_its_conversation_is(
    api: Api, talk: Conversation, buyer: User, seller: User
) -> None:
    for one, other in ((buyer, seller), (seller, buyer)):
        reply = api.as_(one).post(PATH, with_(other))
        assert (reply.status, reply.code) == (409, "CONVERSATION_EXISTS")
        assert reply.body["conversationId"] == str(talk.id)


def test_asking_for_an_archived_conversation_brings_it_back(
    api: Api, talk: Conversation, buyer: User, seller: User
) -> None:
    client = api.as_(buyer)
    client.patch(f"{PATH}/{talk.id}", {"archived": True})

    client.post(PATH, with_(seller))

    assert not client.get(f"{PATH}/{talk.id}").body["conversation"]["isArchived"]


def test_each_context_has_its_own_conversation(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    context = {"offerId": "o-1", "inquiryType": "quote_request", "color": "red"}
    client = api.as_(buyer)

    made = client.post(PATH, with_(seller, businessContext=context))
    again = api.as_(seller).post(PATH, with_(buyer, businessContext=dict(reversed(context.items()))))
    other = client.post(PATH, with_(seller, businessContext={"offerId": "o-2"}))

    assert made.body["conversation"]["businessContext"] == {"offerId": "o-1", "inquiryType": "quote_request"}
    assert (again.status, again.body["conversationId"]) == (409, made.body["conversation"]["id"])
    assert other.status == 201


def test_an_empty_context_is_none(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    body = with_(seller, businessContext={"offerId": " ", "orderId": None})

    assert api.as_(buyer).post(PATH, body).status == 409


def test_a_group_has_an_admin_a_name_and_a_first_line(api: Api, buyer: User, seller: User, staff: User) -> None:
    reply = api.as_(buyer).post(PATH, with_(seller, staff, groupInfo={"name": " Cotton ", "description": "Prices"}))

    body = reply.body["conversation"]
    assert reply.status == 201
    assert body["conversationType"] == "group"
    assert body["groupInfo"]["name"] == "Cotton"
    assert body["groupInfo"]["admins"] == [str(buyer.id)]
    assert body["lastMessage"]["systemMessageType"] == "conversation_created"
    assert (body["unreadCount"], body["messageCount"], body["lastSeq"]) == (0, 0, 1)


@pytest.mark.parametrize("kind", ["system", "channel", 5])
def test_other_types_cannot_be_made(api: Api, buyer: User, seller: User, kind: Any) -> None:
    assert api.as_(buyer).post(PATH, with_(seller, conversationType=kind)).fields == ["conversationType"]


@pytest.mark.parametrize("kind", ["direct", "group"])
def test_the_type_must_fit_the_number_of_people(api: Api, buyer: User, seller: User, staff: User, kind: str) -> None:
    others = [seller, staff] if kind == "direct" else [seller]

    reply = api.as_(buyer).post(PATH, with_(*others, conversationType=kind))

    assert (reply.status, reply.fields) == (400, ["participants"])


@pytest.mark.parametrize("body", [{}, {"participants": []}])
def test_a_conversation_needs_somebody_else(api: Api, buyer: User, body: dict[str, Any]) -> None:
    client = api.as_(buyer)

    assert client.post(PATH, body).fields == ["participants"]
    assert client.post(PATH, with_(buyer)).fields == ["participants"]


def test_people_who_do_not_exist_or_are_not_active_are_not_found(api: Api, buyer: User, seller: User) -> None:
    gone = make_person("gone", status=User.Status.SUSPENDED)
    client = api.as_(buyer)

    assert client.post(PATH, with_(gone)).code == "USER_NOT_FOUND"
    assert client.post(PATH, {"participantId": str(uuid4())}).code == "USER_NOT_FOUND"
    assert client.post(PATH, with_(seller, gone)).code == "USER_NOT_FOUND"
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("by_caller", [True, False])
def test_blocked_people_do_not_begin_to_talk(api: Api, buyer: User, seller: User, staff: User, by_caller: bool) -> None:
    pair = (buyer, seller) if by_caller else (seller, buyer)
    services.block(actor=pair[0], user_id=pair[1].id)
    client = api.as_(buyer)

    assert (client.post(PATH, with_(seller)).status, client.post(PATH, with_(seller)).code) == (403, "BLOCKED")
    assert client.post(PATH, with_(seller, staff)).code == "BLOCKED"


def test_who_takes_no_direct_messages_is_left_alone_by_strangers(api: Api, buyer: User, seller: User) -> None:
    set_direct_messages(seller, allowed=False)

    reply = api.as_(buyer).post(PATH, with_(seller))

    assert (reply.status, reply.code) == (403, "DIRECT_MESSAGES_OFF")


def test_who_shares_a_conversation_may_still_write(api: Api, buyer: User, seller: User, staff: User) -> None:
    group_of(staff, buyer, seller)
    set_direct_messages(seller, allowed=False)

    assert api.as_(buyer).post(PATH, with_(seller)).status == 201


def test_everybody_hears_of_a_new_conversation(buyer: User, seller: User, sent: SentItems) -> None:
    with sent() as items:
        conversation = services.create_direct(actor=buyer, user_id=seller.id)

    (item,) = items
    assert isinstance(item, Outgoing)
    assert isinstance(item.push, ConversationNew)
    assert item.push.conversation_id == str(conversation.id)
    assert set(item.to) == {user_group(buyer.id), user_group(seller.id)}


def test_nobody_hears_of_a_conversation_that_was_rolled_back(buyer: User, seller: User, sent: SentItems) -> None:
    with sent() as items, transaction.atomic():
        services.create_direct(actor=buyer, user_id=seller.id)
        transaction.set_rollback(True)

    assert items == []
    assert not Conversation.objects.exists()


def test_a_group_whose_first_line_fails_is_not_there(
    buyer: User, seller: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(opening, "post_message", fail)
    with pytest.raises(RuntimeError):
        group_of(buyer, seller, staff)

    assert not Conversation.objects.exists()
    assert not Participant.objects.exists()


def test_a_group_has_a_largest_size(buyer: User, seller: User, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_PARTICIPANTS", 2)

    with pytest.raises(ValidationFailed):
        group_of(buyer, seller, staff)


def test_a_group_needs_two_others(buyer: User, seller: User) -> None:
    with pytest.raises(ValidationFailed):
        services.create_group(actor=buyer, user_ids=[seller.id, buyer.id], details=GroupDetails())


@pytest.mark.parametrize(
    "details",
    [{"name": "x" * 101}, {"description": "x" * 501}, {"avatar": "javascript:alert(1)"}, {"avatar": "//evil.test/x"}],
)
def test_the_details_of_a_group_have_limits(
    api: Api, buyer: User, seller: User, staff: User, details: dict[str, str]
) -> None:
    assert api.as_(buyer).post(PATH, with_(seller, staff, groupInfo=details)).status == 400


def test_without_a_token_nothing_begins(api: Api, seller: User) -> None:
    assert api.post(PATH, with_(seller)).code == "NO_TOKEN"


@pytest.mark.django_db(transaction=True)
def test_of_twenty_simultaneous_openings_from_both_sides_one_is_new(buyer: User, seller: User) -> None:
    pairs = [(buyer, seller), (seller, buyer)] * 10

    outcomes = at_once([partial(services.create_direct, actor=one, user_id=other.id) for one, other in pairs])

    made = [outcome for outcome in outcomes if isinstance(outcome, Conversation)]
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Conversation)]
    assert len(made) == Conversation.objects.count() == 1
    assert {getattr(refusal, "code", refusal) for refusal in refused} == {"CONVERSATION_EXISTS"}
    assert {refusal.context["conversationId"] for refusal in refused if isinstance(refusal, DomainError)} == {
        str(made[0].id)
    }
    assert Participant.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_opening_and_a_block_at_once_never_leave_an_open_conversation(buyer: User, seller: User) -> None:
    for round_ in range(5):
        context = {"offerId": str(round_)}
        begin = partial(services.create_direct, actor=buyer, user_id=seller.id, context=context)
        at_once([begin, partial(services.block, actor=seller, user_id=buyer.id)])
        assert not Conversation.objects.filter(is_blocked=False).exists()
        services.unblock(actor=seller, user_id=buyer.id)
