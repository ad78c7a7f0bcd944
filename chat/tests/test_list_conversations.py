"""`GET chat/conversations` and `GET chat/conversations/{id}`."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services
from chat.models import Conversation
from chat.tests.staging import group_of, part, read, say
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db
PATH = "chat/conversations"


def listed(api: Api, user: User, **query: Any) -> list[dict[str, Any]]:
    conversations: list[dict[str, Any]] = api.as_(user).get(PATH, **query).body["conversations"]
    return conversations


def ids(api: Api, user: User, **query: Any) -> list[str]:
    return [one["id"] for one in listed(api, user, **query)]


def test_the_one_written_to_last_comes_first(
    api: Api, talk: Conversation, group: Conversation, buyer: User, seller: User
) -> None:
    say(talk, seller)
    assert ids(api, buyer) == [str(talk.id), str(group.id)]

    say(group, seller)
    assert ids(api, buyer) == [str(group.id), str(talk.id)]


def test_a_conversation_has_what_old_clients_read(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    message = say(talk, seller, "Good morning")

    (one,) = listed(api, buyer)

    assert one["lastMessage"]["content"] == "Good morning"
    assert one["lastMessage"]["sender"] == str(seller.id)
    assert one["lastMessage"]["id"] == one["lastMessage"]["_id"] == str(message.id)
    assert (one["unreadCount"], one["messageCount"], one["lastSeq"]) == (1, 1, 1)
    assert one["lastMessageAt"].endswith("Z")
    assert one["userLastReadAt"] is None
    assert (one["isBlocked"], one["isArchived"], one["isMuted"]) == (False, False, False)
    other = next(each for each in one["participants"] if each["user"]["id"] == str(seller.id))
    assert other["user"]["fullName"] == "Samir Seller"
    assert other["user"]["businessName"] == "Cotton Mill"
    assert other["user"]["avatar"] is None
    assert other["user"]["_id"] == str(seller.id)
    assert other["isActive"]
    assert other["_id"] == other["id"]


def test_unread_is_counted_for_each_caller(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    for _ in range(3):
        say(talk, seller)
    say(talk, buyer)

    assert (listed(api, buyer)[0]["unreadCount"], listed(api, seller)[0]["unreadCount"]) == (3, 1)

    read(talk, buyer)
    assert listed(api, buyer)[0]["unreadCount"] == 0


def test_only_what_takes_part_in_is_listed(api: Api, talk: Conversation, colleague: User, outsider: User) -> None:
    assert ids(api, outsider) == ids(api, colleague) == []


def test_who_left_sees_the_conversation_no_more(api: Api, group: Conversation, seller: User) -> None:
    services.leave_conversation(actor=seller, conversation_id=group.id)

    assert ids(api, seller) == []
    assert api.as_(seller).get(f"{PATH}/{group.id}").code == "CONVERSATION_NOT_FOUND"


def test_filters_choose_by_type_status_and_own_archive(
    api: Api, talk: Conversation, group: Conversation, buyer: User, seller: User
) -> None:
    api.as_(buyer).patch(f"{PATH}/{talk.id}", {"archived": True})

    assert ids(api, buyer, type="direct") == [str(talk.id)]
    assert ids(api, buyer, type="group") == [str(group.id)]
    assert ids(api, buyer, status="closed") == []
    assert len(ids(api, buyer, status="active")) == len(ids(api, buyer)) == 2
    assert ids(api, buyer, archived="true") == [str(talk.id)]
    assert ids(api, buyer, archived="false") == [str(group.id)]
    assert ids(api, seller, archived="true") == []


@pytest.mark.parametrize(
    "query", [{"type": "channel"}, {"status": "x"}, {"archived": "x"}, {"page": 0}, {"limit": "x"}]
)
def test_filters_that_mean_nothing_are_refused(api: Api, buyer: User, query: dict[str, Any]) -> None:
    assert api.as_(buyer).get(PATH, **query).code == "VALIDATION_FAILED"


def test_pages_hold_each_conversation_once(api: Api, buyer: User) -> None:
    made = {
        str(services.create_direct(actor=buyer, user_id=make_person(f"person{number}").id).id) for number in range(5)
    }

    pages = [api.as_(buyer).get(PATH, page=page, limit=2).body for page in (1, 2, 3)]

    assert {one["id"] for page in pages for one in page["conversations"]} == made
    assert [page["pagination"]["hasNext"] for page in pages] == [True, True, False]
    assert pages[0]["pagination"]["totalCount"] == 5


def test_late_joiners_are_not_shown_a_last_message_from_before(
    api: Api, group: Conversation, buyer: User, outsider: User
) -> None:
    say(group, buyer, "before")
    part_of = services.add_participant
    part_of(actor=buyer, conversation_id=group.id, user_id=outsider.id)
    one = part(group, outsider)
    one.first_seq = one.conversation.last_seq
    one.save(update_fields=["first_seq"])

    assert "lastMessage" not in listed(api, outsider)[0]


@pytest.mark.parametrize("count", [1, 10])
def test_a_list_costs_the_same_queries_for_any_number(
    api: Api, buyer: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        other = make_person(f"person{number}", owns=f"Business {number}")
        say(services.create_direct(actor=buyer, user_id=other.id), other)
        group_of(buyer, other, make_person(f"friend{number}", owns=f"Shop {number}"))
    client = api.as_(buyer)

    with django_assert_max_num_queries(5):
        reply = client.get(PATH, limit=50)

    assert len(reply.body["conversations"]) == 2 * count


def test_one_conversation_is_read_as_in_the_list(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    say(talk, seller)

    assert api.as_(buyer).get(f"{PATH}/{talk.id}").body["conversation"] == listed(api, buyer)[0]
