"""Who may see which conversation."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from chat.models import Conversation, Participant
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor


class ConversationNotFound(NotFound):
    """There is no such conversation for this person."""

    default_code = "CONVERSATION_NOT_FOUND"
    default_detail = "Conversation not found."


def access_participant(*, actor: Actor, conversation_id: UUID, lock: bool = False) -> Participant:
    """Return the actor's own part in a conversation, with the conversation; with `lock`, that row is locked.

    Raises:
        ConversationNotFound: also for people who are not, or no longer, in it.
    """
    rows = Participant.objects.select_related("conversation")
    if lock:
        rows = rows.select_for_update(of=("self",))
    try:
        return rows.get(conversation_id=conversation_id, user_id=actor.id, left_at=None)
    except Participant.DoesNotExist:
        raise ConversationNotFound from None


def access_conversation(*, actor: Actor, conversation_id: UUID, lock: bool = False) -> Conversation:
    """Return a conversation that the actor takes part in; with `lock`, its row is locked.

    Raises:
        ConversationNotFound: also for people who are not, or no longer, in it.
    """
    rows = Conversation.objects.select_for_update() if lock else Conversation.objects.all()
    try:
        conversation = rows.get(id=conversation_id)
    except Conversation.DoesNotExist:
        raise ConversationNotFound from None
    access_participant(actor=actor, conversation_id=conversation_id)
    return conversation


def members_of(conversation_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return the ids of those who take part, by conversation."""
    members: dict[UUID, set[UUID]] = defaultdict(set)
    if conversation_ids:
        rows = Participant.objects.filter(conversation_id__in=conversation_ids, left_at=None)
        for conversation_id, user_id in rows.values_list("conversation_id", "user_id"):
            members[conversation_id].add(user_id)
    return members
