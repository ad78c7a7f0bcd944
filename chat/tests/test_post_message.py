"""`POST chat/messages`."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from chat import services, sql
from chat.events import ChatMessage
from chat.models import Conversation, ConversationEvent, Message
from chat.services import Posted
from chat.tests.staging import part, say
from wholexale.common.realtime import Outgoing, conversation_group
from wholexale.common.testing import Api, Reply, SentItems, at_once

pytestmark = pytest.mark.django_db
PATH = "chat/messages"
MEDIA = {"url": "https://files.example/a.pdf", "filename": "a.pdf", "mimeType": "application/pdf", "size": 12}


def post(api: Api, talk: Conversation, user: User, **fields: Any) -> Reply:
    return api.as_(user).post(PATH, {"conversationId": str(talk.id), "content": "Hello"} | fields)


def test_a_message_is_stored_and_answered_in_the_old_shape(api: Api, talk: Conversation, buyer: User) -> None:
    reply = post(api, talk, buyer, messageType="text")

    data = reply.body["data"]
    assert reply.status == 201
    assert isinstance(reply.body["message"], str)
    assert data["conversationId"] == data["message"]["conversationId"] == str(talk.id)
    assert data["message"]["sender"]["id"] == str(buyer.id)
    assert data["message"]["sender"]["businessName"] == "Corner Shop"
    assert (data["message"]["seq"], data["message"]["status"]) == (1, "sent")
    assert data["message"]["createdAt"].endswith("Z")


def test_a_message_reaches_the_sockets_of_the_conversation(
    api: Api, talk: Conversation, buyer: User, sent: SentItems
) -> None:
    with sent() as items:
        post(api, talk, buyer, clientMessageId="mine-1")

    (item,) = items
    assert isinstance(item, Outgoing)
    assert isinstance(item.push, ChatMessage)
    assert (item.to, item.seq, item.owner) == ((conversation_group(talk.id),), 1, str(buyer.id))
    assert b"mine-1" not in str(item.push).encode()


def test_sending_moves_no_read_mark_of_the_sender_and_leaves_nothing_unread(
    api: Api, talk: Conversation, buyer: User, seller: User
) -> None:
    say(talk, seller)
    post(api, talk, buyer)

    row = part(talk, buyer)
    assert row.read_seq == 0
    assert services.unread(row) == 1


def test_the_same_client_id_is_stored_once(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    first = post(api, talk, buyer, clientMessageId="a-1")
    again = post(api, talk, buyer, clientMessageId="a-1")
    other = post(api, talk, buyer, clientMessageId="a-1", content="Other")
    theirs = post(api, talk, seller, clientMessageId="a-1")

    assert again.status == 201
    assert again.body["data"]["message"]["id"] == first.body["data"]["message"]["id"]
    assert (other.status, other.code) == (409, "CLIENT_MESSAGE_ID_REUSED")
    assert theirs.status == 201
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"messageType": "image", "content": "", "media": MEDIA},
        {"messageType": "file", "media": {"url": "/uploads/documents/1.pdf"}},
        {"messageType": "voice", "content": "", "media": {"url": "http://127.0.0.1/x.mp3", "thumbnail": ""}},
        {"messageType": "location", "content": "", "location": {"latitude": 18.5, "longitude": -73, "address": "x"}},
        {"content": "x" * 4000},
        {"content": "🧵" * 4000},
        {"content": "", "media": MEDIA},
        {"unknown": {"a": 1}},
    ],
)
def test_every_kind_of_message_is_taken(api: Api, talk: Conversation, buyer: User, fields: dict[str, Any]) -> None:
    reply = post(api, talk, buyer, **fields)

    assert reply.status == 201
    message = reply.body["data"]["message"]
    assert message["content"] == fields.get("content", "Hello")
    if "media" in fields:
        assert message["media"] == {name: value for name, value in fields["media"].items() if value}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"content": ""}, "content"),
        ({"content": " \n"}, "content"),
        ({"content": "x" * 4001}, "content"),
        ({"content": 5}, "content"),
        ({"content": None}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"conversationId": "conversation_id"}, "conversationId"),
        ({"conversationId": {"$ne": None}}, "conversationId"),
        ({"messageType": "system"}, "messageType"),
        ({"messageType": "offer"}, "messageType"),
        ({"messageType": ["text"]}, "messageType"),
        ({"clientMessageId": ""}, "clientMessageId"),
        ({"clientMessageId": "x" * 65}, "clientMessageId"),
        ({"clientMessageId": "a b"}, "clientMessageId"),
        ({"replyTo": "x"}, "replyTo"),
        ({"replyTo": str(uuid4())}, "replyTo"),
        ({"media": "x"}, "media"),
        ({"media": {}}, "media.url"),
        ({"media": {"url": ""}}, "media.url"),
        ({"media": {"url": "javascript:alert(1)"}}, "media.url"),
        ({"media": {"url": "data:text/html,x"}}, "media.url"),
        ({"media": {"url": "//evil.test/a"}}, "media.url"),
        ({"media": {"url": "/\\evil.test/a"}}, "media.url"),
        ({"media": {"url": "https://a b"}}, "media.url"),
        ({"media": MEDIA | {"size": -1}}, "media.size"),
        ({"media": MEDIA | {"size": "12"}}, "media.size"),
        ({"media": MEDIA | {"filename": "x" * 256}}, "media.filename"),
        ({"location": {"latitude": 91, "longitude": 0}}, "location.latitude"),
        ({"location": {"latitude": 0}}, "location.longitude"),
        ({"mentions": ["x"]}, "mentions[0]"),
        ({"mentions": [str(uuid4())] * 51}, "mentions"),
        ({"mentions": [str(uuid4())]}, "mentions"),
    ],
)
def test_what_is_no_message_is_refused_by_field(
    api: Api, talk: Conversation, buyer: User, fields: dict[str, Any], path: str
) -> None:
    reply = post(api, talk, buyer, **fields)

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert reply.fields == [path]
    assert not Message.objects.exists()


def test_a_reply_quotes_a_message_of_the_same_conversation(
    api: Api, talk: Conversation, group: Conversation, buyer: User, seller: User
) -> None:
    question, elsewhere = say(talk, seller, "How many?" * 100), say(group, seller, "secret")

    message = post(api, talk, buyer, replyTo=str(question.id)).body["data"]["message"]

    assert message["replyTo"] == str(question.id)
    assert message["quotedMessage"]["content"] == question.content[:200]
    assert message["quotedMessage"]["sender"] == str(seller.id)
    assert post(api, talk, buyer, replyTo=str(elsewhere.id)).fields == ["replyTo"]


def test_nobody_quotes_what_was_said_before_they_joined(
    api: Api, group: Conversation, buyer: User, outsider: User
) -> None:
    before = say(group, buyer, "secret")
    services.add_participant(actor=buyer, conversation_id=group.id, user_id=outsider.id)

    assert post(api, group, outsider, replyTo=str(before.id)).fields == ["replyTo"]


def test_people_who_take_part_can_be_mentioned(
    api: Api, group: Conversation, buyer: User, seller: User, outsider: User
) -> None:
    reply = post(api, group, buyer, mentions=[str(seller.id)])

    assert reply.body["data"]["message"]["mentions"] == [str(seller.id)]
    assert post(api, group, buyer, mentions=[str(seller.id), str(outsider.id)]).fields == ["mentions"]


def test_blocked_and_closed_conversations_take_nothing(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    services.block(actor=seller, user_id=buyer.id)
    for user in (buyer, seller):
        reply = post(api, talk, user)
        assert (reply.status, reply.code) == (403, "BLOCKED")

    services.unblock(actor=seller, user_id=buyer.id)
    Conversation.objects.update(status="closed")
    assert post(api, talk, buyer).code == "CONVERSATION_CLOSED"


def test_a_post_that_is_rolled_back_leaves_nothing(talk: Conversation, buyer: User, sent: SentItems) -> None:
    with sent() as items, transaction.atomic():
        say(talk, buyer)
        transaction.set_rollback(True)

    talk.refresh_from_db()
    assert items == []
    assert (talk.last_seq, part(talk, buyer).sent_count) == (0, 0)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_store_that_fails_leaves_nothing(
    api: Api, talk: Conversation, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(sql, "store_messages", fail)

    reply = post(api, talk, buyer)

    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
    talk.refresh_from_db()
    assert talk.last_seq == 0


def test_posting_has_a_limit_per_person(
    api: Api, talk: Conversation, buyer: User, seller: User, limits: Settings
) -> None:
    limits.RATE_LIMIT_MESSAGES = "2/1m"

    assert [post(api, talk, buyer).status for _ in range(3)] == [201, 201, 429]
    assert post(api, talk, seller).status == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_posts_of_one_client_id_at_once_are_one_message(talk: Conversation, buyer: User) -> None:
    draft = services.Draft(conversation_id=talk.id, sender_id=buyer.id, content="x", client_message_id="same")

    outcomes = at_once([partial(services.post_message, draft)] * 20)

    assert all(isinstance(outcome, Posted) for outcome in outcomes), outcomes
    assert len({outcome.message.id for outcome in outcomes}) == Message.objects.count() == 1
    assert [outcome.is_duplicate for outcome in outcomes].count(False) == 1


@pytest.mark.django_db(transaction=True)
def test_posts_edits_and_marks_at_once_number_the_log_without_holes(
    talk: Conversation, buyer: User, seller: User
) -> None:
    first = say(talk, buyer, "first")
    calls: list[Any] = [partial(say, talk, user, str(number)) for user in (buyer, seller) for number in range(5)]
    calls += [partial(services.react, actor=seller, message_id=first.id, emoji=emoji) for emoji in "🙂👍🎉"]
    calls += [partial(services.edit_message, actor=buyer, message_id=first.id, content=text) for text in "abc"]
    calls += [partial(services.record_mark, services.MarkRequest("read", seller.id, talk.id)) for _ in range(3)]

    outcomes = at_once(calls)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    talk.refresh_from_db()
    said = Message.objects.filter(conversation_id=talk.id).values_list("seq", flat=True)
    changed = ConversationEvent.objects.filter(conversation_id=talk.id).values_list("seq", flat=True)
    assert sorted([*said, *changed]) == list(range(1, talk.last_seq + 1))
    assert talk.last_ordinal == 11
    assert part(talk, buyer).sent_count == 6
