"""Changing what was said: edits, deletions and reactions. Each takes the next place in the conversation's log."""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import selectors
from chat.models import Conversation, ConversationEvent, Message, Participant
from chat.services.messages import MAX_CONTENT, ConversationClosed
from wholexale.common.errors import Conflict, DomainError, Forbidden, NotFound, ValidationFailed
from wholexale.common.realtime import Actor, push_all_on_commit
from wholexale.common.wire import wire_time

EDIT_WINDOW = timedelta(minutes=15)
MAX_EMOJI = 10


class EditWindowClosed(Conflict):
    """The message is too old to be edited."""

    default_code = "EDIT_WINDOW_CLOSED"
    default_detail = "A message can be edited for 15 minutes."


class ReactionExists(DomainError):
    """The actor reacted with this emoji already."""

    default_code = "REACTION_EXISTS"
    default_detail = "You reacted with this emoji already."


class _Locked(NamedTuple):
    """A message with its conversation, locked, and the actor's own part in it."""

    message: Message
    conversation: Conversation
    own: Participant


@transaction.atomic
def edit_message(*, actor: Actor, message_id: UUID, content: str) -> tuple[Message, int]:
    """Change the text of an own message; return it with the place of the change in the log.

    Raises:
        MessageNotFound: for outsiders, and where it was deleted.
        Forbidden: for others than the author.
        EditWindowClosed: later than 15 minutes after it was sent.
        ValidationFailed: where the text is too long, or nothing would be left.
    """
    message, conversation, own = _lock_message(actor, message_id)
    if message.sender_id != own.user_id:
        raise Forbidden(detail="Only the author may edit a message.")
    _require_open(message, conversation)
    now = timezone.now()
    if now - message.created_at > EDIT_WINDOW:
        raise EditWindowClosed
    _check_content(message, content)
    message.content, message.edited_at, message.updated_at = content, now, now
    message.save(update_fields=["content", "edited_at", "updated_at"])
    return message, _record(ConversationEvent.Kind.UPDATED, message, conversation, actor)


@transaction.atomic
def delete_message(*, actor: Actor, message_id: UUID) -> tuple[Message, int]:
    """Leave a tombstone in place of a message, also where others quote it; a deleted one stays as it is.

    Raises:
        MessageNotFound: for outsiders.
        Forbidden: for others than the author and the admins of the group.
    """
    message, conversation, own = _lock_message(actor, message_id)
    if message.sender_id != own.user_id and not own.is_group_admin:
        raise Forbidden(detail="Only the author, or an admin of the group, may delete a message.")
    if message.message_type in {Message.Type.SYSTEM, Message.Type.OFFER}:
        raise Forbidden(detail="Lines of the system stay.")
    if message.deleted_at is not None:
        return message, _place_of_deletion(message)
    message.deleted_at = message.updated_at = timezone.now()
    message.deleted_by_id = own.user_id
    message.content = ""
    message.media = message.location = message.quoted = message.reactions = message.mentions = None
    message.save(
        update_fields=[
            "content",
            "media",
            "location",
            "quoted",
            "reactions",
            "mentions",
            "deleted_at",
            "deleted_by_id",
            "updated_at",
        ]
    )
    _blank_quotes(message)
    return message, _record(ConversationEvent.Kind.DELETED, message, conversation, actor)


@transaction.atomic
def react(*, actor: Actor, message_id: UUID, emoji: str | None) -> tuple[Message, int]:
    """React with an emoji in place of an earlier one, or take the reaction back with None.

    Where there is nothing to take back, nothing is written, and the place is the message's own.

    Raises:
        MessageNotFound: for outsiders, and where it was deleted.
        ReactionExists: with the same emoji again.
        ValidationFailed: where it is no emoji.
    """
    message, conversation, own = _lock_message(actor, message_id)
    _require_open(message, conversation)
    user_id = str(own.user_id)
    reactions: list[dict[str, Any]] = message.reactions or []
    mine = next((one for one in reactions if one["user"] == user_id), None)
    others = [one for one in reactions if one["user"] != user_id]
    if emoji is None:
        if mine is None:
            return message, message.seq
    else:
        _check_emoji(emoji)
        if mine is not None and mine["emoji"] == emoji:
            raise ReactionExists
        others.append({"user": user_id, "emoji": emoji, "createdAt": wire_time(timezone.now())})
    message.reactions, message.updated_at = others or None, timezone.now()
    message.save(update_fields=["reactions", "updated_at"])
    return message, _record(ConversationEvent.Kind.REACTION, message, conversation, actor)


def _lock_message(actor: Actor, message_id: UUID) -> _Locked:
    """Lock the conversation of a message, then read the message: it cannot change before the transaction ends."""
    conversation_id = Message.objects.filter(id=message_id).values_list("conversation_id", flat=True).first()
    if conversation_id is None:
        raise selectors.MessageNotFound
    try:
        conversation = selectors.access_conversation(actor=actor, conversation_id=conversation_id, lock=True)
        own = selectors.access_participant(actor=actor, conversation_id=conversation_id)
    except NotFound:
        raise selectors.MessageNotFound from None
    message = Message.objects.get(id=message_id)
    if message.seq <= own.first_seq:
        raise selectors.MessageNotFound
    return _Locked(message, conversation, own)


def _require_open(message: Message, conversation: Conversation) -> None:
    """Refuse what would say something where nothing may be said."""
    if message.deleted_at is not None:
        raise selectors.MessageNotFound
    if conversation.status in {Conversation.Status.CLOSED, Conversation.Status.BLOCKED}:
        raise ConversationClosed
    if conversation.is_blocked:
        raise selectors.Blocked


def _check_content(message: Message, content: str) -> None:
    if len(content) > MAX_CONTENT:
        raise ValidationFailed.of_field("content", f"Expected at most {MAX_CONTENT} characters")
    if not content.strip() and message.media is None and message.location is None:
        raise ValidationFailed.of_field("content", "Expected a text")


def _check_emoji(emoji: str) -> None:
    if not emoji.strip() or len(emoji) > MAX_EMOJI:
        raise ValidationFailed.of_field("emoji", f"Expected 1 to {MAX_EMOJI} characters")


def _blank_quotes(message: Message) -> None:
    """Empty the quotes of a deleted message."""
    sender = None if message.sender_id is None else str(message.sender_id)
    blank = {"messageId": str(message.id), "seq": message.seq, "content": "", "sender": sender}
    log = Message.objects.filter(conversation_id=message.conversation_id)
    log.filter(reply_to_id=message.id, quoted__isnull=False).update(quoted=blank)


def _place_of_deletion(message: Message) -> int:
    log = ConversationEvent.objects.filter(conversation_id=message.conversation_id, message_id=message.id)
    return log.filter(kind=ConversationEvent.Kind.DELETED).values_list("seq", flat=True).first() or message.seq


def _record(kind: ConversationEvent.Kind, message: Message, conversation: Conversation, actor: Actor | None) -> int:
    """Take the next place in the log, whose conversation is locked, and announce the change."""
    event = next_event(kind, message, conversation, actor)
    conversation.save(update_fields=["last_seq", "last_event_at", "updated_at"])
    event.save(force_insert=True)
    push_all_on_commit([selectors.change_push(event, message)])
    return event.seq


def next_event(
    kind: ConversationEvent.Kind, message: Message, conversation: Conversation, actor: Actor | None
) -> ConversationEvent:
    """Move a locked conversation to the next place in its log, and return the event there; the caller writes both."""
    now = timezone.now()
    conversation.last_seq += 1
    conversation.last_event_at = conversation.updated_at = now
    return ConversationEvent(
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        kind=kind,
        message_id=message.id,
        actor_id=actor.id if actor else None,
        created_at=now,
    )
