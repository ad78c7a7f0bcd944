"""What the tests of conversations stage: who talks, and what is said."""

from typing import Any

from accounts.models import User
from chat import services
from chat.models import Conversation, Message, Participant
from chat.services import Draft, GroupDetails, MarkRequest


def say(conversation: Conversation, sender: User, text: str = "Hello", **fields: Any) -> Message:
    """Post a text."""
    draft = Draft(conversation_id=conversation.id, sender_id=sender.id, content=text, **fields)
    return services.post_message(draft).message


def read(conversation: Conversation, reader: User, seq: int | None = None) -> int:
    """Read up to a place, or everything; return what stays unread."""
    return services.record_mark(MarkRequest("read", reader.id, conversation.id, seq=seq)).unread


def part(conversation: Conversation, user: User) -> Participant:
    """Return a person's row, with the conversation as it is now."""
    return Participant.objects.select_related("conversation").get(conversation=conversation, user=user)


def group_of(admin: User, *others: User, **details: Any) -> Conversation:
    """Begin a group."""
    ids = [user.id for user in others]
    return services.create_group(actor=admin, user_ids=ids, details=GroupDetails(**details))
