"""The statements of the hot path give what the ORM gives."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.forms import model_to_dict
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services, sql
from chat.models import Conversation, Message, Participant
from chat.services import Draft
from chat.tests.staging import group_of, say
from wholexale.common.ids import new_id

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def message(conversation: Conversation, seq: int, **fields: Any) -> Message:
    values: dict[str, Any] = {
        "id": new_id(),
        "conversation_id": conversation.id,
        "seq": seq,
        "ordinal": seq,
        "sender_name": "B",
        "created_at": AT,
        "updated_at": AT,
    }
    return Message(**(values | fields))


def rows(model: Any) -> list[dict[str, Any]]:
    return list(model.objects.order_by("id").values())


def full(user: User) -> dict[str, Any]:
    """Return every field that a message may have, with texts that need care."""
    return {
        "sender_id": user.id,
        "sender_ordinal": 3,
        "sender_role": "vendor",
        "message_type": "image",
        "content": '"it\'s" \\ 100% {a} $1 🧵 \u2028 %s',
        "media": {"url": "https://x/ü", "size": 2**53},
        "location": {"latitude": -0.1, "longitude": 179.9999999},
        "offer": {"offerId": "1", "amount": 0.1},
        "mentions": [str(user.id)],
        "reply_to_id": new_id(),
        "quoted": {"messageId": "x", "content": "'", "sender": None},
        "system_message_type": "offer_created",
        "client_message_id": "c-1",
        "fingerprint": "f" * 32,
    }


def test_stored_messages_are_those_of_the_orm(talk: Conversation, group: Conversation, buyer: User) -> None:
    messages = [message(talk, 1, **full(buyer)), message(group, 2, **full(buyer)), message(talk, 2), message(group, 3)]
    participant = Participant.objects.get(conversation=talk, user=buyer)

    sql.store_messages(messages, [(participant.id, 7)])
    by_statement = [rows(model) for model in (Message, Conversation, Participant)]
    Message.objects.filter(id__in=[one.id for one in messages]).delete()
    Message.objects.bulk_create(messages)
    for head in (messages[2], messages[3]):
        Conversation.objects.filter(id=head.conversation_id).update(
            last_seq=head.seq,
            last_ordinal=head.ordinal,
            last_message_id=head.id,
            last_message_at=AT,
            last_event_at=AT,
            updated_at=AT,
        )
    Participant.objects.filter(id=participant.id).update(sent_count=7)

    assert by_statement == [rows(model) for model in (Message, Conversation, Participant)]
    stored = Message.objects.get(id=messages[0].id)
    assert model_to_dict(stored) == model_to_dict(messages[0])


def test_locked_conversations_are_those_of_the_orm_in_the_order_of_their_ids(
    talk: Conversation, group: Conversation
) -> None:
    found, _ = sql.lock_batch([group.id, talk.id, new_id()], [])

    expected = Conversation.objects.order_by("id").values_list(
        "id", "conversation_type", "status", "is_blocked", "last_seq", "last_ordinal"
    )
    assert [tuple(row) for row in found] == list(expected)


def test_locked_senders_are_those_of_the_orm(
    talk: Conversation, group: Conversation, buyer: User, seller: User
) -> None:
    services.leave_conversation(actor=seller, conversation_id=group.id)
    pairs = [(talk.id, buyer.id), (talk.id, seller.id), (group.id, buyer.id), (group.id, seller.id)]

    _, found = sql.lock_batch([talk.id, group.id], pairs)

    assert set(found) == set(pairs[:3])
    for (conversation_id, user_id), sender in found.items():
        row = Participant.objects.select_related("user").get(conversation_id=conversation_id, user_id=user_id)
        assert sender == (
            row.id,
            conversation_id,
            user_id,
            row.role,
            row.sent_count,
            row.first_seq,
            row.user.full_name,
        )


@pytest.mark.parametrize("count", [1, 20])
def test_a_batch_takes_the_same_statements_for_any_number(
    buyer: User, seller: User, staff: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    group = group_of(buyer, seller, staff)
    target = say(group, seller)
    drafts = [
        Draft(
            conversation_id=group.id,
            sender_id=user.id,
            content=str(number),
            client_message_id=f"c-{number}",
            reply_to=target.id,
            mentions=(seller.id,),
        )
        for user in (buyer, seller)
        for number in range(count)
    ]

    with django_assert_max_num_queries(11):
        outcomes = services.post_messages(drafts)

    assert [outcome.message.seq for outcome in outcomes if isinstance(outcome, services.Posted)] == list(
        range(3, 3 + 2 * count)
    )


def test_what_is_refused_in_a_batch_leaves_the_others(
    talk: Conversation, buyer: User, seller: User, outsider: User
) -> None:
    def draft(user: User, **fields: Any) -> Draft:
        return Draft(conversation_id=talk.id, sender_id=user.id, **({"content": "x"} | fields))

    outcomes = services.post_messages(
        [
            draft(buyer),
            draft(outsider),
            draft(buyer, content=""),
            draft(seller, mentions=(outsider.id,)),
            draft(seller, reply_to=new_id()),
            draft(buyer, client_message_id="a"),
            draft(buyer, client_message_id="a"),
            draft(buyer, client_message_id="a", content="y"),
            draft(seller),
        ]
    )

    shown = [outcome.message.seq if isinstance(outcome, services.Posted) else outcome.code for outcome in outcomes]
    assert shown == [
        1,
        "CONVERSATION_NOT_FOUND",
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
        2,
        2,
        "CLIENT_MESSAGE_ID_REUSED",
        3,
    ]
    talk.refresh_from_db()
    assert (talk.last_seq, talk.last_ordinal) == (3, 3)
