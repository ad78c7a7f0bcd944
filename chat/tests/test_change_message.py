"""Edits, deletions and reactions."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import services
from chat.events import ChatDeleted, ChatReaction, ChatUpdated
from chat.models import Conversation, ConversationEvent, Message
from chat.tests.staging import say
from wholexale.common.realtime import Outgoing, conversation_group
from wholexale.common.testing import Api, Reply, SentItems, at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(talk: Conversation, buyer: User) -> Message:
    return say(talk, buyer, "Helo", client_message_id="m-1")


def edit(api: Api, message: Message, user: User, content: Any = "Hello") -> Reply:
    return api.as_(user).patch(f"chat/messages/{message.id}", {"content": content})


def delete(api: Api, message: Message, user: User) -> Reply:
    return api.as_(user).delete(f"chat/messages/{message.id}")


def react(api: Api, message: Message, user: User, emoji: Any = "👍") -> Reply:
    return api.as_(user).post(f"chat/messages/{message.id}/reaction", {"emoji": emoji})


def only_push(items: list[Any]) -> Outgoing:
    (item,) = items
    assert isinstance(item, Outgoing)
    return item


def test_an_edit_changes_the_text_and_takes_the_next_place(
    api: Api, message: Message, buyer: User, sent: SentItems
) -> None:
    with sent() as items:
        reply = edit(api, message, buyer)

    data = reply.body["data"]
    assert reply.status == 200
    assert (data["message"]["content"], data["message"]["isEdited"], data["seq"]) == ("Hello", True, 2)
    assert data["message"]["seq"] == 1
    item = only_push(items)
    assert isinstance(item.push, ChatUpdated)
    assert (item.seq, item.to) == (2, (conversation_group(message.conversation_id),))
    assert item.push.message.content == "Hello"
    event = ConversationEvent.objects.get()
    assert (event.kind, event.seq, event.message_id, event.actor_id) == ("updated", 2, message.id, buyer.id)


def test_only_the_author_edits(api: Api, message: Message, seller: User) -> None:
    assert (edit(api, message, seller).status, edit(api, message, seller).code) == (403, "FORBIDDEN")


def test_an_edit_comes_within_fifteen_minutes(api: Api, message: Message, buyer: User) -> None:
    client = api.as_(buyer)
    codes = []
    for minutes in (14, 16):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            codes.append(client.patch(f"chat/messages/{message.id}", {"content": "x"}).code)

    assert codes == [None, "EDIT_WINDOW_CLOSED"]


@pytest.mark.parametrize("content", ["", "  ", "x" * 4001, 5, None, "a\x00"])
def test_an_edit_needs_a_text(api: Api, message: Message, buyer: User, content: Any) -> None:
    assert edit(api, message, buyer, content).fields == ["content"]


def test_the_caption_of_media_may_be_taken_away(api: Api, talk: Conversation, buyer: User) -> None:
    picture = say(talk, buyer, "caption", message_type="image", media={"url": "/uploads/a.png"})

    assert edit(api, picture, buyer, "").status == 200


def test_lines_of_the_system_stay(api: Api, group: Conversation, buyer: User) -> None:
    line = Message.objects.get(conversation_id=group.id)

    assert edit(api, line, buyer).code == "FORBIDDEN"
    assert delete(api, line, buyer).code == "FORBIDDEN"


def test_a_deletion_leaves_a_tombstone(
    api: Api, talk: Conversation, buyer: User, seller: User, sent: SentItems
) -> None:
    media, place = {"url": "/uploads/a.png"}, {"latitude": 1.0, "longitude": 2.0}
    question = say(talk, seller, "Which?")
    message = say(talk, buyer, "secret", media=media, location=place, reply_to=question.id, mentions=(seller.id,))
    react(api, message, seller)
    with sent() as items:
        reply = delete(api, message, buyer)

    shape = reply.body["data"]["message"]
    assert reply.status == 200
    assert (shape["isDeleted"], shape["content"], shape["deletedBy"]) == (True, "", str(buyer.id))
    assert (shape["reactions"], shape["mentions"]) == ([], [])
    assert not {"media", "location", "quotedMessage"} & shape.keys()
    assert isinstance(only_push(items).push, ChatDeleted)
    assert b"secret" not in api.as_(seller).get(f"chat/messages/{talk.id}").raw
    message.refresh_from_db()
    assert (message.content, message.media, message.location, message.quoted) == ("", None, None, None)


def test_quotes_of_a_deleted_message_are_blanked(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    question = say(talk, buyer, "secret")
    say(talk, seller, "Yes", reply_to=question.id)

    delete(api, question, buyer)

    (answer,) = api.as_(seller).get(f"chat/messages/{talk.id}").body["messages"]
    sender = str(buyer.id)
    assert answer["quotedMessage"] == {"messageId": str(question.id), "seq": 1, "content": "", "sender": sender}


def test_deleting_again_writes_nothing(api: Api, message: Message, buyer: User, sent: SentItems) -> None:
    first = delete(api, message, buyer)
    with sent() as items:
        again = delete(api, message, buyer)

    assert first.body["data"] == again.body["data"]
    assert items == []
    assert ConversationEvent.objects.count() == 1


def test_admins_of_a_group_delete_what_others_said(api: Api, group: Conversation, buyer: User, seller: User) -> None:
    theirs, own = say(group, seller), say(group, buyer)

    assert delete(api, theirs, buyer).body["data"]["message"]["deletedBy"] == str(buyer.id)
    assert delete(api, own, seller).code == "FORBIDDEN"


def test_in_a_direct_conversation_nobody_deletes_what_the_other_said(api: Api, message: Message, seller: User) -> None:
    assert delete(api, message, seller).code == "FORBIDDEN"


def test_a_deleted_message_takes_no_changes(api: Api, message: Message, buyer: User) -> None:
    delete(api, message, buyer)

    assert edit(api, message, buyer).code == "MESSAGE_NOT_FOUND"
    assert react(api, message, buyer).code == "MESSAGE_NOT_FOUND"


def test_a_reaction_replaces_the_earlier_one(
    api: Api, message: Message, buyer: User, seller: User, sent: SentItems
) -> None:
    react(api, message, seller, "👍")
    react(api, message, buyer, "👍")
    with sent() as items:
        reply = react(api, message, seller, "🎉")

    assert reply.status == 200
    assert reply.body["data"]["emoji"] == "🎉"
    shown = {one["user"]: one["emoji"] for one in reply.body["data"]["reactions"]}
    assert shown == {str(seller.id): "🎉", str(buyer.id): "👍"}
    push = only_push(items).push
    assert isinstance(push, ChatReaction)
    assert push.seq == 4


def test_the_same_reaction_again_is_refused(api: Api, message: Message, seller: User) -> None:
    react(api, message, seller)

    reply = react(api, message, seller)

    assert (reply.status, reply.code) == (400, "REACTION_EXISTS")


def test_a_reaction_can_be_taken_back(api: Api, message: Message, seller: User, sent: SentItems) -> None:
    react(api, message, seller)
    path = f"chat/messages/{message.id}/reaction"

    assert api.as_(seller).delete(path).body["data"] == {"reactions": []}
    with sent() as items:
        assert api.as_(seller).delete(path).status == 200
    assert items == []


@pytest.mark.parametrize("emoji", ["", "   ", "x" * 11, 5, None, ["👍"], "a\x00"])
def test_a_reaction_is_one_to_ten_characters(api: Api, message: Message, seller: User, emoji: Any) -> None:
    reply = react(api, message, seller, emoji)

    assert (reply.status, reply.fields) == (400, ["emoji"])


def test_blocked_people_say_nothing_by_editing_or_reacting(
    api: Api, message: Message, buyer: User, seller: User
) -> None:
    services.block(actor=seller, user_id=buyer.id)

    assert edit(api, message, buyer).code == "BLOCKED"
    assert react(api, message, buyer).code == "BLOCKED"
    assert delete(api, message, buyer).status == 200


def test_closed_conversations_take_no_changes(api: Api, message: Message, buyer: User) -> None:
    Conversation.objects.update(status="closed")

    assert edit(api, message, buyer).code == "CONVERSATION_CLOSED"
    assert react(api, message, buyer).code == "CONVERSATION_CLOSED"


def test_late_joiners_change_nothing_of_before(api: Api, group: Conversation, buyer: User, outsider: User) -> None:
    message = say(group, buyer)
    services.add_participant(actor=buyer, conversation_id=group.id, user_id=outsider.id)

    assert react(api, message, outsider).code == "MESSAGE_NOT_FOUND"


@pytest.mark.parametrize(
    "change",
    [
        partial(services.edit_message, content="x"),
        partial(services.react, emoji="👍"),
        services.delete_message,
    ],
)
def test_a_change_that_is_rolled_back_leaves_no_trace(
    message: Message, buyer: User, sent: SentItems, change: Any
) -> None:
    with sent() as items, transaction.atomic():
        change(actor=buyer, message_id=message.id)
        transaction.set_rollback(True)

    assert items == []
    assert not ConversationEvent.objects.exists()
    assert Conversation.objects.get().last_seq == 1
    assert Message.objects.get().content == "Helo"


@pytest.mark.django_db(transaction=True)
def test_of_reactions_at_once_none_is_lost(talk: Conversation, message: Message, buyer: User, seller: User) -> None:
    calls = [partial(services.react, actor=user, message_id=message.id, emoji="👍") for user in (buyer, seller)] * 5

    outcomes = at_once(calls)

    message.refresh_from_db()
    assert {one["user"] for one in message.reactions or ()} == {str(buyer.id), str(seller.id)}
    assert [getattr(outcome, "code", "") for outcome in outcomes].count("REACTION_EXISTS") == 8
