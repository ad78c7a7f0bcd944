"""The HTTP examples of the old backend's document, sent literally with ids filled in."""

import pytest

from accounts.models import User
from chat.models import Conversation
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db


def test_get_conversations(api: Api, talk: Conversation, buyer: User) -> None:
    reply = api.send("GET", "chat/conversations?page=1&limit=20").status
    assert reply == 401

    body = api.as_(buyer).send("GET", "chat/conversations?page=1&limit=20").body
    assert [one["id"] for one in body["conversations"]] == [str(talk.id)]
    assert body["pagination"]["currentPage"] == 1


def test_get_messages(api: Api, talk: Conversation, buyer: User) -> None:
    reply = api.as_(buyer).send("GET", f"chat/messages/{talk.id}?page=1&limit=50")

    assert reply.status == 200
    assert reply.body["messages"] == []
    assert reply.body["pagination"]["totalPages"] == 0


def test_send_message(api: Api, talk: Conversation, buyer: User) -> None:
    body = b"""{
  "conversationId": "conversation_id",
  "content": "Hello, I'm interested in your product",
  "messageType": "text"
}""".replace(b"conversation_id", str(talk.id).encode())

    reply = api.as_(buyer).send("POST", "chat/messages", body)

    assert reply.status == 201
    assert reply.body["data"]["message"]["content"] == "Hello, I'm interested in your product"


def test_the_bare_token_and_a_trailing_slash_are_taken(api: Api, talk: Conversation, buyer: User) -> None:
    client = api.as_(buyer)
    bare = api.with_headers(Authorization=client.token)

    assert bare.get("chat/conversations/").status == 200


def test_a_search_above_the_limit_is_clamped_as_the_mobile_client_needs(api: Api, buyer: User) -> None:
    assert api.as_(buyer).send("GET", "chat/search?q=hello&limit=200").body["pagination"]["limit"] == 100
