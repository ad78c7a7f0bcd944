"""Messages: their shape on the wire, and how to find them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec

from chat import events
from chat.models import ConversationEvent, Message
from chat.selectors.conversations import access_participant
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor, Outgoing, conversation_group
from wholexale.common.wire import wire_time

UNSET = msgspec.UNSET
P = TypeVar("P", events.ChatMessage, events.MessageChange)
_NO_OFFER = events.OfferCard()
_CHANGES: dict[str, type[events.MessageChange]] = {
    ConversationEvent.Kind.UPDATED: events.ChatUpdated,
    ConversationEvent.Kind.DELETED: events.ChatDeleted,
    ConversationEvent.Kind.REACTION: events.ChatReaction,
}


class HistorySlice(NamedTuple):
    """A part of a log, for somebody who sees it after `first_seq`."""

    messages: list[Message]
    has_more: bool
    first_seq: int


class MessageNotFound(NotFound):
    """There is no such message for this person."""

    default_code = "MESSAGE_NOT_FOUND"
    default_detail = "Message not found."


def access_message(*, actor: Actor, message_id: UUID) -> Message:
    """Return a message of a conversation that the actor takes part in, and may see.

    Raises:
        MessageNotFound: also for outsiders, and for what was said before they joined.
    """
    try:
        message = Message.objects.get(id=message_id)
        participant = access_participant(actor=actor, conversation_id=message.conversation_id)
    except (Message.DoesNotExist, NotFound):
        raise MessageNotFound from None
    if message.seq <= participant.first_seq:
        raise MessageNotFound
    return message


def message_shape(message: Message, *, for_sender: bool = False) -> events.MessageShape:
    """Return a message as sockets see it; its sender also sees the client id."""
    is_deleted = message.deleted_at is not None
    sender = None if message.sender_id is None else str(message.sender_id)
    client_id = message.client_message_id if for_sender else None
    return events.MessageShape(
        id=str(message.id),
        conversation_id=str(message.conversation_id),
        seq=message.seq,
        sender=sender,
        sender_id=sender,
        sender_name=message.sender_name,
        sender_role=message.sender_role,
        message_type=message.message_type,
        content=message.content,
        offer=msgspec.convert(message.offer, events.OfferCard) if message.offer else _NO_OFFER,
        reactions=[msgspec.convert(one, events.Reaction) for one in message.reactions or ()],
        mentions=message.mentions or [],
        is_deleted=is_deleted,
        is_edited=message.edited_at is not None,
        is_system_message=message.message_type == Message.Type.SYSTEM,
        created_at=wire_time(message.created_at),
        updated_at=wire_time(message.updated_at),
        media=msgspec.convert(message.media, events.Media) if message.media else UNSET,
        location=msgspec.convert(message.location, events.Location) if message.location else UNSET,
        reply_to=str(message.reply_to_id) if message.reply_to_id else UNSET,
        quoted_message=msgspec.convert(message.quoted, events.Quote) if message.quoted else UNSET,
        system_message_type=message.system_message_type or UNSET,
        edited_at=wire_time(message.edited_at) if message.edited_at else UNSET,
        deleted_at=wire_time(message.deleted_at) if message.deleted_at else UNSET,
        deleted_by=str(message.deleted_by_id) if message.deleted_by_id else UNSET,
        client_message_id=client_id or UNSET,
    )


def seen_from(shape: events.MessageShape, entry: int) -> events.MessageShape:
    """Return a message as those see it who see the log after an entry only: what is older has no text."""
    if shape.seq <= entry:
        return msgspec.structs.replace(
            shape,
            content="",
            offer=_NO_OFFER,
            reactions=[],
            mentions=[],
            media=UNSET,
            location=UNSET,
            quoted_message=UNSET,
        )
    quote = shape.quoted_message
    if isinstance(quote, events.Quote) and quote.seq <= entry:
        return msgspec.structs.replace(shape, quoted_message=UNSET)
    return shape


def message_push(message: Message) -> Outgoing:
    """Return the push of a message, as it was sent when it was new: a resumed socket gets the same."""
    conversation_id = str(message.conversation_id)
    shape = message_shape(message)
    push = events.ChatMessage(conversation_id=conversation_id, seq=message.seq, message=shape)
    own = None
    if message.client_message_id is not None:
        mine = msgspec.structs.replace(shape, client_message_id=message.client_message_id)
        own = events.ChatMessage(conversation_id=conversation_id, seq=message.seq, message=mine)
    return Outgoing(
        push=push,
        to=(conversation_group(conversation_id),),
        seq=message.seq,
        owner=None if own is None else str(message.sender_id),
        own=own,
        redacted=_redacted(push, _quoted_seqs(shape)),
    )


def change_push(event: ConversationEvent, message: Message) -> Outgoing:
    """Return the push of a change; the message is shown as it is now."""
    conversation_id = str(event.conversation_id)
    push = _CHANGES[event.kind](
        conversation_id=conversation_id,
        seq=event.seq,
        message_id=str(event.message_id),
        user_id=None if event.actor_id is None else str(event.actor_id),
        message=message_shape(message),
    )
    return Outgoing(
        push=push,
        to=(conversation_group(conversation_id),),
        seq=event.seq,
        redacted=_redacted(push, [message.seq, *_quoted_seqs(push.message)]),
    )


def _quoted_seqs(shape: events.MessageShape) -> list[int]:
    return [shape.quoted_message.seq] if isinstance(shape.quoted_message, events.Quote) else []


def _redacted(push: P, entries: Sequence[int]) -> tuple[tuple[int, P], ...]:
    """Return the push for those who do not see some entries that it repeats, highest entry first."""
    return tuple((entry, msgspec.structs.replace(push, message=seen_from(push.message, entry))) for entry in entries)


def history(
    *, actor: Actor, conversation_id: UUID, before_seq: int | None, after_seq: int | None, limit: int
) -> HistorySlice:
    """Return up to `limit` messages next to a position, oldest first, and whether there are more on that side.

    Without a position the newest ones. What was said before the actor joined is not shown.

    Raises:
        ConversationNotFound: for outsiders.
    """
    participant = access_participant(actor=actor, conversation_id=conversation_id)
    log = Message.objects.filter(conversation_id=conversation_id, seq__gt=participant.first_seq)
    if after_seq is not None:
        found = list(log.filter(seq__gt=after_seq).order_by("seq")[: limit + 1])
        return HistorySlice(found[:limit], len(found) > limit, participant.first_seq)
    if before_seq is not None:
        log = log.filter(seq__lt=before_seq)
    found = list(log.order_by("-seq")[: limit + 1])
    return HistorySlice(found[:limit][::-1], len(found) > limit, participant.first_seq)


def messages_by_client_id(keys: "Iterable[tuple[UUID, UUID, str]]") -> dict[tuple[UUID, UUID, str], Message]:
    """Return stored messages by (conversation, sender, client id)."""
    wanted = set(keys)
    if not wanted:
        return {}
    found = Message.objects.filter(
        conversation_id__in={key[0] for key in wanted},
        sender_id__in={key[1] for key in wanted},
        client_message_id__in={key[2] for key in wanted},
    )
    by_key = {(row.conversation_id, row.sender_id, row.client_message_id): row for row in found}
    return {key: by_key[key] for key in wanted if key in by_key}


def messages_by_id(ids: Iterable[UUID]) -> dict[UUID, Message]:
    """Return stored messages by id."""
    wanted = set(ids)
    return {row.id: row for row in Message.objects.filter(id__in=wanted)} if wanted else {}
