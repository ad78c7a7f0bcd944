"""The message that shows an offer, and the lines of the system about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import selectors
from chat.models import Conversation, ConversationEvent, Message
from chat.services.changes import next_event
from chat.services.messages import Batch, Draft, refusal_of
from wholexale.common.prepared import Prepared, read, write
from wholexale.common.realtime import push_all_on_commit

_LOCKED = Prepared(lambda conversation_id: Conversation.objects.select_for_update().filter(id=conversation_id), UUID)
_CARD = Prepared(
    lambda message_id, conversation_id: Message.objects.filter(id=message_id, conversation_id=conversation_id),
    *(UUID, UUID),
)


@transaction.atomic(savepoint=False)
def update_card(*, conversation_id: UUID, message_id: UUID, card: dict[str, Any], lines: Sequence[Draft] = ()) -> None:
    """Show an offer as it stands now in the message that is about it, and say beside it what has happened.

    A card that shows the offer so already stays as it is; a conversation that takes no messages takes no lines.

    Args:
        conversation_id: where the message is.
        message_id: a message of the type `offer`.
        card: the wire shape of the card as plain values.
        lines: of the system, for the same conversation.
    """
    (conversation,), (message,) = read(_LOCKED(conversation_id), _CARD(message_id, conversation_id))
    changed: list[Message] = []
    events: list[ConversationEvent] = []
    if message.offer != card:
        message.offer, message.updated_at = card, timezone.now()
        changed.append(message)
        events.append(next_event(ConversationEvent.Kind.UPDATED, message, conversation, None))
        push_all_on_commit([selectors.change_push(events[0], message)])
    said = _numbered(conversation, lines)
    if changed or said:
        write(new=[*events, *said], changed=[*changed, conversation])


def _numbered(conversation: Conversation, lines: Sequence[Draft]) -> list[Message]:
    """Return the messages of lines at the end of a locked conversation, whose head moves to the last of them."""
    batch = Batch([line for line in lines if refusal_of(line, is_limited=False) is None], [conversation], {})
    batch.judge()
    if batch.new:
        last = batch.new[-1]
        conversation.last_seq, conversation.last_ordinal = last.seq, last.ordinal
        conversation.last_message_id, conversation.last_message_at = last.id, last.created_at
        conversation.last_event_at = conversation.updated_at = last.created_at
    return batch.new
