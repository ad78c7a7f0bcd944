"""`PUT .../read` of conversations and messages, and `GET .../receipts`."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from chat import services
from chat.events import ChatRead
from chat.models import Conversation
from chat.services import MarkRequest
from chat.tests.staging import part, read, say
from wholexale.common.realtime import Outgoing
from wholexale.common.testing import Api, SentItems, at_once

pytestmark = pytest.mark.django_db


def test_reading_a_conversation_reads_everything_and_tells_the_others_once(
    api: Api, talk: Conversation, buyer: User, seller: User, sent: SentItems
) -> None:
    last = [say(talk, seller) for _ in range(3)][-1]
    client = api.as_(buyer)

    with sent() as items:
        replies = [client.put(f"chat/conversations/{talk.id}/read") for _ in range(2)]

    assert [(reply.status, reply.body["unreadCount"], reply.body["seq"]) for reply in replies] == [(200, 0, 3)] * 2
    (item,) = items
    assert isinstance(item, Outgoing)
    assert isinstance(item.push, ChatRead)
    assert (item.push.user_id, item.push.seq, item.push.message_id) == (str(buyer.id), 3, str(last.id))


def test_reading_a_message_reads_all_before_it(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    messages = [say(talk, seller) for _ in range(3)]

    reply = api.as_(buyer).put(f"chat/messages/{messages[1].id}/read")

    assert (reply.status, reply.body["unreadCount"]) == (200, 1)


def test_a_mark_never_moves_back(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    messages = [say(talk, seller) for _ in range(3)]
    read(talk, buyer)

    reply = api.as_(buyer).put(f"chat/messages/{messages[0].id}/read")

    assert (reply.body["seq"], reply.body["unreadCount"]) == (3, 0)


def test_a_message_that_is_not_there_is_not_read(api: Api, buyer: User) -> None:
    assert api.as_(buyer).put("chat/messages/message_id/read").code == "MESSAGE_NOT_FOUND"


def test_receipts_show_the_marks_of_everybody(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    say(talk, seller)
    read(talk, buyer)

    body = api.as_(seller).get(f"chat/conversations/{talk.id}/receipts").body

    assert body["conversationId"] == str(talk.id)
    marks = {one["userId"]: (one["deliveredSeq"], one["readSeq"]) for one in body["receipts"]}
    assert marks == {str(buyer.id): (1, 1), str(seller.id): (0, 0)}


def test_a_mark_that_is_rolled_back_is_not_told(talk: Conversation, buyer: User, seller: User, sent: SentItems) -> None:
    say(talk, seller)

    with sent() as items, transaction.atomic():
        read(talk, buyer)
        transaction.set_rollback(True)

    assert items == []
    assert part(talk, buyer).read_seq == 0


@pytest.mark.django_db(transaction=True)
def test_marks_of_two_devices_and_posts_at_once_end_at_the_truth(talk: Conversation, buyer: User, seller: User) -> None:
    for _ in range(5):
        say(talk, seller)
    marks: list[Any] = [
        partial(services.record_mark, MarkRequest("read", buyer.id, talk.id, seq=seq)) for seq in (5, 1, 3, 2, 4)
    ]

    outcomes = at_once([*marks, *(partial(say, talk, user) for user in (buyer, seller, buyer))])

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert part(talk, buyer).read_seq == 5
    assert services.unread(part(talk, buyer)) == 1
    assert services.unread(part(talk, seller)) == 2
