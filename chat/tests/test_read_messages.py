"""`GET chat/messages/{conversationId}`: pages, cursors, receipts."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services
from chat.models import Conversation, Message
from chat.services import MarkRequest
from chat.tests.staging import group_of, part, read, say
from wholexale.common.testing import Api, SentItems, make_person
from wholexale.common.wire import wire_time

pytestmark = pytest.mark.django_db


def get(api: Api, conversation: Conversation, user: User, **query: Any) -> Any:
    return api.as_(user).get(f"chat/messages/{conversation.id}", **query).body


def texts(api: Api, conversation: Conversation, user: User, **query: Any) -> list[str]:
    return [message["content"] for message in get(api, conversation, user, **query)["messages"]]


@pytest.fixture
def long_talk(talk: Conversation, seller: User) -> Conversation:
    for number in range(1, 8):
        say(talk, seller, str(number))
    return talk


def test_page_one_is_the_newest_block_oldest_first(api: Api, long_talk: Conversation, buyer: User) -> None:
    assert texts(api, long_talk, buyer, limit=3) == ["5", "6", "7"]
    assert texts(api, long_talk, buyer, limit=3, page=2) == ["2", "3", "4"]
    assert texts(api, long_talk, buyer, limit=3, page=3) == ["1"]
    assert texts(api, long_talk, buyer, limit=3, page=4) == []


def test_the_page_is_described_in_both_dialects(api: Api, long_talk: Conversation, buyer: User) -> None:
    assert get(api, long_talk, buyer, limit=3, page=2)["pagination"] == {
        "currentPage": 2,
        "totalPages": 3,
        "totalCount": 7,
        "hasNext": True,
        "hasPrev": True,
        "page": 2,
        "limit": 3,
        "total": 7,
        "hasMore": True,
    }
    assert get(api, long_talk, buyer)["pagination"]["total"] == 7
    assert get(api, long_talk, buyer, limit=200)["pagination"]["limit"] == 100


def test_cursors_read_on_from_a_place(api: Api, long_talk: Conversation, buyer: User) -> None:
    assert texts(api, long_talk, buyer, before=4, limit=2) == ["2", "3"]
    assert texts(api, long_talk, buyer, after=4, limit=2) == ["5", "6"]
    assert texts(api, long_talk, buyer, after=2, before=5) == ["3", "4"]
    assert texts(api, long_talk, buyer, after=7) == []
    assert texts(api, long_talk, buyer, before="9" * 40, limit=1) == ["7"]
    assert get(api, long_talk, buyer, before=4, limit=2)["pagination"]["hasMore"]


def test_before_may_be_a_moment(api: Api, long_talk: Conversation, buyer: User) -> None:
    third = Message.objects.get(conversation_id=long_talk.id, seq=3)
    Message.objects.filter(seq__lt=3).update(created_at=third.created_at - timedelta(minutes=1))

    assert texts(api, long_talk, buyer, before=third.created_at.isoformat()) == ["1", "2"]
    assert texts(api, long_talk, buyer, before=wire_time(third.created_at)[:-1]) == ["1", "2"]


@pytest.mark.parametrize(
    "query",
    [
        {"before": "yesterday"},
        {"before": "-1"},
        {"before": "9" * 41},
        {"before": "٣"},
        {"after": "x"},
        {"after": -1},
        {"after": "9" * 30},
        {"page": "x"},
        {"page": 10**9},
        {"limit": 0},
        {"markRead": "maybe"},
        {"before": "\x00"},
    ],
)
def test_queries_that_mean_nothing_are_refused(
    api: Api, talk: Conversation, buyer: User, query: dict[str, Any]
) -> None:
    reply = api.as_(buyer).get(f"chat/messages/{talk.id}", **query)

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert reply.body["details"][0]["location"] == "query"


def test_opening_marks_as_read_and_shows_what_was_before(
    api: Api, long_talk: Conversation, buyer: User, seller: User
) -> None:
    body = get(api, long_talk, buyer)

    assert {message["status"] for message in body["messages"]} == {"sent"}
    assert body["messages"][0]["readBy"] == []
    assert services.unread(part(long_talk, buyer)) == 0
    message = get(api, long_talk, seller)["messages"][-1]
    assert message["status"] == "read"
    assert [one["user"] for one in message["readBy"]] == [str(buyer.id)]
    assert [one["user"] for one in message["deliveredTo"]] == [str(buyer.id)]


@pytest.mark.parametrize("query", [{"markRead": "false"}, {"page": 2}, {"before": 3}, {"after": 3}])
def test_looking_elsewhere_marks_nothing(api: Api, long_talk: Conversation, buyer: User, query: dict[str, Any]) -> None:
    get(api, long_talk, buyer, **query)

    assert services.unread(part(long_talk, buyer)) == 7


def test_opening_again_writes_and_sends_nothing(
    api: Api, long_talk: Conversation, buyer: User, sent: SentItems
) -> None:
    get(api, long_talk, buyer)
    with sent() as items:
        get(api, long_talk, buyer)

    assert items == []


def test_opening_also_reads_what_is_not_shown(api: Api, long_talk: Conversation, buyer: User, seller: User) -> None:
    last = Message.objects.get(conversation_id=long_talk.id, seq=7)
    services.delete_message(actor=seller, message_id=last.id)

    assert texts(api, long_talk, buyer)[-1] == "6"
    assert services.unread(part(long_talk, buyer)) == 0


def test_a_message_embeds_its_sender(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    say(talk, seller, client_message_id="one-1")

    (theirs,) = get(api, talk, buyer)["messages"]
    (own,) = get(api, talk, seller)["messages"]

    assert theirs["sender"]["businessName"] == "Cotton Mill"
    assert theirs["sender"]["role"] == "user"
    assert theirs["sender"]["_id"] == theirs["senderId"] == str(seller.id)
    assert theirs["id"] == theirs["_id"] == theirs["messageId"]
    assert "clientMessageId" not in theirs
    assert own["clientMessageId"] == "one-1"
    assert theirs["offer"] == {}


def test_who_left_stays_the_sender_of_what_they_said(api: Api, group: Conversation, buyer: User, seller: User) -> None:
    say(group, seller, "bye")
    services.leave_conversation(actor=seller, conversation_id=group.id)

    said = next(one for one in get(api, group, buyer)["messages"] if one["content"] == "bye")
    assert said["sender"]["fullName"] == "Samir Seller"


def test_a_message_is_read_when_everybody_has_read_it(
    api: Api, group: Conversation, buyer: User, seller: User, staff: User
) -> None:
    say(group, buyer)
    states = []
    for user, kind in ((seller, "delivered"), (staff, "delivered"), (seller, "read"), (staff, "read")):
        states.append(get(api, group, buyer)["messages"][-1]["status"])
        services.record_mark(MarkRequest(kind, user.id, group.id))  # type: ignore[arg-type] # mypy widens the tuple
    states.append(get(api, group, buyer)["messages"][-1]["status"])

    assert states == ["sent", "sent", "delivered", "delivered", "read"]


def test_a_late_joiner_does_not_count_as_a_reader_of_before(
    api: Api, group: Conversation, buyer: User, outsider: User
) -> None:
    message = say(group, buyer, "before")
    services.add_participant(actor=buyer, conversation_id=group.id, user_id=outsider.id)
    services.record_mark(MarkRequest("read", outsider.id, group.id))

    shown = next(one for one in get(api, group, buyer)["messages"] if one["id"] == str(message.id))
    assert shown["readBy"] == []
    assert shown["status"] == "sent"


def test_large_groups_have_states_but_no_lists_of_readers(api: Api, buyer: User) -> None:
    people = [make_person(f"person{number}") for number in range(50)]
    crowd = group_of(buyer, *people)
    message = say(crowd, buyer)
    for person in people:
        read(crowd, person)

    shown = get(api, crowd, buyer)["messages"][-1]
    assert shown["id"] == str(message.id)
    assert (shown["status"], shown["readBy"], shown["deliveredTo"]) == ("read", [], [])


@pytest.mark.parametrize("count", [1, 60])
def test_a_page_costs_the_same_queries_for_any_number(
    api: Api, group: Conversation, buyer: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for sender in User.objects.all():
        for number in range(count):
            say(group, sender, str(number))
    client = api.as_(buyer)
    client.get(f"chat/messages/{group.id}")

    with django_assert_max_num_queries(4):
        reply = client.get(f"chat/messages/{group.id}", limit=50)

    assert reply.status == 200
