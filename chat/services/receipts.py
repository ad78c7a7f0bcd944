"""Marks of what was delivered and read: maxima per participant, so late and repeated ones are harmless."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import events, selectors
from chat.models import Conversation, Message, Participant
from wholexale.common.errors import DomainError
from wholexale.common.realtime import conversation_group, push_on_commit
from wholexale.common.wire import wire_time


class MarkRequest(NamedTuple):
    """Somebody has received or read a conversation up to a message, a position, or (neither) its head."""

    kind: Literal["read", "delivered"]
    user_id: UUID
    conversation_id: UUID
    message_id: UUID | None = None
    seq: int | None = None


class Marked(NamedTuple):
    """Where the mark stands now, and how many messages are unread."""

    seq: int
    unread: int


def record_mark(request: MarkRequest) -> Marked:
    """Record one mark.

    Raises:
        DomainError: what `record_marks` gives for it.
    """
    (outcome,) = record_marks([request])
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def record_marks(requests: Sequence[MarkRequest]) -> list[Marked | DomainError]:
    """Record marks in one transaction; a mark never moves back, and only one that moves is written and pushed.

    A read mark implies the delivered mark.
    """
    with transaction.atomic():
        rows = _lock_participants(requests)
        messages = selectors.messages_by_id(
            request.message_id for request in requests if request.message_id is not None
        )
        return [_record(request, rows, messages) for request in requests]


def _lock_participants(requests: Sequence[MarkRequest]) -> dict[tuple[UUID, UUID], Participant]:
    """Lock the participants in the order of their ids, as posting does, then read their conversations.

    In this order: while the participant is locked no message of theirs can be committed, so their own count and the
    count of the conversation belong together.
    """
    chosen = Participant.objects.filter(
        conversation_id__in={request.conversation_id for request in requests},
        user_id__in={request.user_id for request in requests},
        left_at=None,
    )
    rows = list(chosen.select_for_update().order_by("id"))
    conversations = Conversation.objects.in_bulk({row.conversation_id for row in rows})
    for row in rows:
        row.conversation = conversations[row.conversation_id]
    return {(row.conversation_id, row.user_id): row for row in rows}


def _record(
    request: MarkRequest, rows: dict[tuple[UUID, UUID], Participant], messages: dict[UUID, Message]
) -> Marked | DomainError:
    participant = rows.get((request.conversation_id, request.user_id))
    if participant is None:
        return selectors.ConversationNotFound()
    seq = participant.conversation.last_seq
    if request.message_id is not None:
        message = messages.get(request.message_id)
        if message is None or message.conversation_id != request.conversation_id:
            return selectors.MessageNotFound()
        seq = min(seq, message.seq)
    elif request.seq is not None:
        seq = min(seq, request.seq)
    now = timezone.now()
    fields = [*_deliver(participant, seq, now), *(_read(participant, seq, now) if request.kind == "read" else ())]
    if fields:
        participant.save(update_fields=fields)
        _announce(request.kind, participant, fields, now)
    mark = participant.read_seq if request.kind == "read" else participant.delivered_seq
    return Marked(mark, unread(participant))


def _deliver(participant: Participant, seq: int, now: datetime) -> list[str]:
    if seq <= participant.delivered_seq:
        return []
    participant.delivered_seq, participant.delivered_at = seq, now
    return ["delivered_seq", "delivered_at"]


def _read(participant: Participant, seq: int, now: datetime) -> list[str]:
    """Move the read mark; the two ordinals come from the log up to `seq`, never from counters read beside it."""
    if seq <= participant.read_seq:
        return []
    log = Message.objects.filter(conversation_id=participant.conversation_id, seq__lte=seq)
    ordinal = log.order_by("-seq").values_list("ordinal", flat=True).first()
    own = log.filter(sender_id=participant.user_id)
    sent = own.order_by("-seq").values_list("sender_ordinal", flat=True).first()
    participant.read_seq, participant.read_at = seq, now
    participant.read_ordinal = ordinal or 0
    participant.read_sent = max(sent or 0, participant.read_sent)
    return ["read_seq", "read_at", "read_ordinal", "read_sent"]


def unread(participant: Participant) -> int:
    """Return how many messages of others a participant has not read; the conversation must be loaded."""
    return max(
        0,
        (participant.conversation.last_ordinal - participant.read_ordinal)
        - (participant.sent_count - participant.read_sent),
    )


def _announce(kind: str, participant: Participant, fields: Sequence[str], now: datetime) -> None:
    conversation_id, user_id = str(participant.conversation_id), str(participant.user_id)
    seq = participant.read_seq if kind == "read" else participant.delivered_seq
    if kind == "read" and "read_seq" not in fields:
        return
    last = (
        Message.objects.filter(conversation_id=participant.conversation_id, seq__lte=seq)
        .order_by("-seq")
        .values_list("id", flat=True)
        .first()
    )
    message_id = None if last is None else str(last)
    groups = [conversation_group(conversation_id)]
    if kind == "read":
        push_on_commit(
            events.ChatRead(
                conversation_id=conversation_id,
                user_id=user_id,
                seq=seq,
                message_id=message_id,
                read_by=events.Receipt(user=user_id, read_at=wire_time(now)),
            ),
            to=groups,
        )
        return
    push_on_commit(
        events.ChatDelivered(
            conversation_id=conversation_id,
            user_id=user_id,
            seq=seq,
            message_id=message_id,
            delivered_at=wire_time(now),
        ),
        to=groups,
    )
