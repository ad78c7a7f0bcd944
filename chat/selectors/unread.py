"""What has stood unread for a while, and how far people have read, for whoever reminds them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Greatest

from chat.models import Message, Participant

_NO_REMINDER = (Message.Type.OFFER, Message.Type.SYSTEM)
"""What people are told of in other ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Somebody has unread messages in a conversation; `mark` says how far they have read, and only grows.

    `sender_name` has written the first of them. `conversation_name` is that of a group.
    """

    user_id: UUID
    conversation_id: UUID
    mark: int
    count: int
    sender_name: str
    conversation_name: str


def unread_messages(*, since: datetime, until: datetime) -> list[Unread]:
    """Return who has not read a message that was written until a moment, where something was written since another.

    Muted conversations, and what somebody has written themself, are left out.
    """
    first = (
        Message.objects.filter(conversation_id=OuterRef("conversation_id"), seq__gt=OuterRef("seen"))
        .filter(sender_id__isnull=False, deleted_at=None, created_at__lte=until)
        .exclude(sender_id=OuterRef("user_id"))
        .exclude(message_type__in=_NO_REMINDER)
        .order_by("seq")
    )
    rows = (
        Participant.objects.filter(conversation__last_message_at__gte=since, left_at=None, is_muted=False)
        .filter(conversation__last_ordinal__gt=F("read_ordinal"))
        .annotate(seen=Greatest("read_seq", "first_seq"))
        .annotate(sender=Subquery(first.values("sender_name")[:1]))
        .filter(sender__isnull=False)
        .select_related("conversation")
        .order_by("id")
    )
    return [
        Unread(
            user_id=row.user_id,
            conversation_id=row.conversation_id,
            mark=row.read_ordinal,
            count=max(1, row.conversation.last_ordinal - row.read_ordinal - (row.sent_count - row.read_sent)),
            sender_name=row.sender,
            conversation_name=row.conversation.name,
        )
        for row in rows
    ]


def read_marks(pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], int]:
    """Return how far people have read, by person and conversation, and perhaps further marks of theirs.

    Who does not take part any more is left out.
    """
    users, conversations = {user_id for user_id, _ in pairs}, {one for _, one in pairs}
    rows = Participant.objects.filter(user_id__in=users, conversation_id__in=conversations, left_at=None)
    marks = rows.values_list("user_id", "conversation_id", "read_ordinal")
    return {(user_id, one): mark for user_id, one, mark in marks}
