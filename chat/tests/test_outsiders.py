"""Every endpoint of the app, for people who have no business there."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import resolve
from rest_framework.views import APIView

from accounts.models import User
from chat import services, urls
from chat.models import Conversation, ConversationEvent, Message, Participant
from chat.tests.staging import say
from wholexale.common.testing import Api

pytestmark = [pytest.mark.django_db, pytest.mark.once]

C, M = "CONVERSATION_NOT_FOUND", "MESSAGE_NOT_FOUND"
Call = tuple[str, str, dict[str, Any] | None, str]
GUARDED: list[Call] = [
    ("GET", "chat/conversations/{group}", None, C),
    ("PATCH", "chat/conversations/{group}", {"name": "x", "archived": True}, C),
    ("PUT", "chat/conversations/{group}/read", None, C),
    ("GET", "chat/conversations/{group}/receipts", None, C),
    ("POST", "chat/conversations/{group}/participants", {"user": "{self}"}, C),
    ("DELETE", "chat/conversations/{group}/participants/{member}", None, C),
    ("POST", "chat/conversations/{group}/leave", None, C),
    ("GET", "chat/messages/{group}", None, C),
    ("POST", "chat/messages", {"conversationId": "{group}", "content": "x"}, C),
    ("PATCH", "chat/messages/{message}", {"content": "x"}, M),
    ("DELETE", "chat/messages/{message}", None, M),
    ("PUT", "chat/messages/{message}/read", None, M),
    ("POST", "chat/messages/{message}/reaction", {"emoji": "x"}, M),
    ("DELETE", "chat/messages/{message}/reaction", None, M),
    ("POST", "chat/reports", {"message": "{message}", "reason": "x"}, M),
]
OPEN = [
    ("GET", "chat/conversations"),
    ("POST", "chat/conversations"),
    ("GET", "chat/search"),
    ("GET", "chat/blocks"),
    ("POST", "chat/blocks"),
    ("DELETE", "chat/blocks"),
]
EVERY = pytest.mark.parametrize("call", GUARDED, ids=lambda call: f"{call[0]} {call[1]}")


@pytest.fixture
def names(group: Conversation, seller: User) -> dict[str, str]:
    message = say(group, seller, "secret")
    return {"group": str(group.id), "message": str(message.id), "member": str(seller.id)}


def state() -> list[Any]:
    return [
        list(model.objects.order_by("id").values()) for model in (Conversation, Participant, Message, ConversationEvent)
    ]


def filled(body: dict[str, Any] | None, names: dict[str, str]) -> dict[str, Any] | None:
    return body and {key: value.format(**names) if isinstance(value, str) else value for key, value in body.items()}


def refuse(api: Api, user: User, call: Call, names: dict[str, str]) -> None:
    method, path, body, code = call
    names = names | {"self": str(user.id)}
    before = state()

    reply = api.as_(user).send(method, path.format(**names), filled(body, names))

    assert (reply.status, reply.code) == (404, code)
    assert b"secret" not in reply.raw
    assert state() == before


@EVERY
def test_an_outsider_finds_nothing(api: Api, outsider: User, call: Call, names: dict[str, str]) -> None:
    refuse(api, outsider, call, names)


@EVERY
def test_a_colleague_of_a_participant_finds_nothing(
    api: Api, colleague: User, call: Call, names: dict[str, str]
) -> None:
    refuse(api, colleague, call, names)


@EVERY
def test_who_has_left_finds_nothing(api: Api, seller: User, call: Call, names: dict[str, str]) -> None:
    services.leave_conversation(actor=seller, conversation_id=Conversation.objects.get().id)

    refuse(api, seller, call, names)


@EVERY
def test_what_does_not_exist_is_not_found(api: Api, buyer: User, call: Call) -> None:
    method, path, body, code = call
    names = dict.fromkeys(("group", "message", "member"), str(uuid4())) | {"self": str(buyer.id)}

    reply = api.as_(buyer).send(method, path.format(**names), filled(body, names))

    assert (reply.status, reply.code) == (404, code)


@pytest.mark.parametrize("wrong", ["conversation_id", "1", "507f1f77bcf86cd799439011", "%00", "..", "x" * 300, "💥"])
@pytest.mark.parametrize("call", [call for call in GUARDED if "{" in call[1]], ids=lambda call: f"{call[0]} {call[1]}")
def test_what_is_no_id_is_not_found(api: Api, buyer: User, call: Call, wrong: str) -> None:
    method, path, body, _ = call
    names = dict.fromkeys(("group", "message", "member"), wrong) | {"self": str(buyer.id)}

    reply = api.as_(buyer).send(method, path.format(**names), filled(body, names))

    assert reply.status == 404


@pytest.mark.parametrize(("method", "path"), [*((call[0], call[1]) for call in GUARDED), *OPEN])
def test_nobody_does_anything_without_a_token(api: Api, method: str, path: str) -> None:
    reply = api.send(method, path.format(group=uuid4(), message=uuid4(), member=uuid4()), {})

    assert (reply.status, reply.code) == (401, "NO_TOKEN")


def view_of(callback: Any) -> type[APIView]:
    view: type[APIView] = callback.view_class
    return view


def test_every_endpoint_is_in_these_tables() -> None:
    listed = {(call[0], call[1]) for call in GUARDED} | set(OPEN)
    names = dict.fromkeys(("group", "message", "member"), str(uuid4()))
    covered = {(method, view_of(resolve("/api/" + path.format(**names)).func)) for method, path in listed}
    known = {
        (method.upper(), view_of(pattern.callback))
        for pattern in urls.urlpatterns
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view_of(pattern.callback), method)
    }

    assert known == covered
