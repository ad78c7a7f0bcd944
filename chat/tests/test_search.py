"""`GET chat/search`."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services, sql
from chat.models import Conversation, Message
from chat.tests.staging import group_of, say
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db


def found(api: Api, user: User, q: str, **query: Any) -> list[str]:
    return [message["content"] for message in api.as_(user).get("chat/search", q=q, **query).body["messages"]]


@pytest.fixture
def said(talk: Conversation, group: Conversation, buyer: User, seller: User) -> None:
    say(talk, seller, "Organic cotton, 40 bales")
    say(talk, buyer, "Too much COTTON for me")
    say(group, seller, "The cotton price is o'clock 50% off_season \\ sale")
    say(group, buyer, "Silk then")


@pytest.mark.usefixtures("said")
def test_messages_of_all_own_conversations_are_found_newest_first(api: Api, buyer: User) -> None:
    assert [text[:8] for text in found(api, buyer, "cotton")] == ["The cott", "Too much", "Organic "]


@pytest.mark.usefixtures("said")
def test_every_word_must_be_there(api: Api, buyer: User) -> None:
    assert found(api, buyer, "bales  cotton") == ["Organic cotton, 40 bales"]
    assert found(api, buyer, "bales silk") == []


@pytest.mark.usefixtures("said")
def test_the_beginning_of_a_word_is_enough(api: Api, buyer: User) -> None:
    assert found(api, buyer, "orga") == ["Organic cotton, 40 bales"]


@pytest.mark.usefixtures("said")
@pytest.mark.parametrize("q", ["o'clock", "50", "off_season", "price 50"])
def test_signs_mean_themselves(api: Api, buyer: User, q: str) -> None:
    assert len(found(api, buyer, q)) == 1


@pytest.mark.usefixtures("said")
@pytest.mark.parametrize(
    "q", ["' | '", "cotton' | 'x", "!cotton", "a:*b", "<->", "\\\\", "''", "%_", "((", "cotton\\' | x", "🧵🧵", "a\\"]
)
def test_no_text_breaks_the_search(api: Api, buyer: User, q: str) -> None:
    assert api.as_(buyer).get("chat/search", q=q).status == 200


@pytest.mark.usefixtures("said")
def test_signs_without_letters_are_found_too(api: Api, talk: Conversation, buyer: User) -> None:
    say(talk, buyer, "what ???")

    assert found(api, buyer, "???") == ["what ???"]


@pytest.mark.usefixtures("said")
def test_others_find_only_what_they_may_see(api: Api, colleague: User, outsider: User, staff: User) -> None:
    assert found(api, colleague, "cotton") == found(api, outsider, "cotton") == []
    assert len(found(api, staff, "cotton")) == 1


def test_what_was_said_before_joining_is_not_found(api: Api, group: Conversation, buyer: User, outsider: User) -> None:
    say(group, buyer, "cotton before")
    services.add_participant(actor=buyer, conversation_id=group.id, user_id=outsider.id)
    say(group, buyer, "cotton after")

    assert found(api, outsider, "cotton") == ["cotton after"]


def test_what_is_deleted_or_left_behind_is_not_found(api: Api, group: Conversation, buyer: User, seller: User) -> None:
    message = say(group, seller, "cotton")
    say(group, seller, "cotton again")
    services.delete_message(actor=seller, message_id=message.id)
    services.leave_conversation(actor=seller, conversation_id=group.id)

    assert found(api, buyer, "cotton") == ["cotton again"]
    assert found(api, seller, "cotton") == []


def test_an_edited_message_is_found_by_its_new_text(api: Api, talk: Conversation, buyer: User) -> None:
    services.edit_message(actor=buyer, message_id=say(talk, buyer, "cotton").id, content="linen")

    assert (found(api, buyer, "cotton"), found(api, buyer, "linen")) == ([], ["linen"])


@pytest.mark.usefixtures("said")
def test_what_is_found_is_paged(api: Api, buyer: User) -> None:
    body = api.as_(buyer).get("chat/search", q="cotton", limit=2, page=2).body

    assert len(body["messages"]) == 1
    assert body["pagination"]["totalCount"] == 3
    assert body["messages"][0]["sender"]["fullName"] == "Samir Seller"


@pytest.mark.parametrize("query", [{}, {"q": "a"}, {"q": "a "}, {"q": "  "}, {"q": "x" * 101}, {"q": "a\x00b"}])
def test_too_little_and_too_much_are_refused(api: Api, buyer: User, query: dict[str, str]) -> None:
    reply = api.as_(buyer).get("chat/search", **query)

    assert (reply.status, reply.fields) == (400, ["q"])


@pytest.mark.parametrize("count", [1, 8])
def test_a_search_costs_the_same_queries_for_any_number(
    api: Api, buyer: User, seller: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        say(group_of(buyer, seller, make_person(f"person{number}")), seller, "cotton")
    client = api.as_(buyer)

    with django_assert_max_num_queries(4):
        assert len(client.get("chat/search", q="cotton").body["messages"]) == count


def test_postgresql_searches_through_the_index(talk: Conversation, buyer: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the index is PostgreSQL's")
    say(talk, buyer, "cotton")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Message.objects.filter(sql.holds_words(["cott"])).explain()

    assert "chat_message_words" in plan
