"""Lists over REST: conversations, a page of messages, receipts, search. Each in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from chat import sql
from chat.models import Message, Participant
from chat.selectors.conversations import ConversationNotFound, access_participant
from chat.selectors.messages import messages_by_id
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.realtime import Actor

MIN_SEARCH = 2


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation as one participant sees it.

    `own` carries the conversation; `participants` are those who have not left, longest first.
    """

    own: Participant
    participants: Sequence[Participant]
    last_message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """Which part of a log: before a place or a moment, after a place; None for no border."""

    before: int | datetime | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, oldest first, of `total` that the caller may see; `participants` include those who left."""

    own: Participant
    participants: Sequence[Participant]
    messages: Sequence[Message]
    total: int

    @property
    def head(self) -> int:
        """Return the place up to which who sees the newest page has read."""
        return max([self.own.conversation.last_seq, *(message.seq for message in self.messages[-1:])])


@dataclass(frozen=True, slots=True)
class Found:
    """Messages of several conversations, newest first, with everybody who ever took part in these."""

    messages: Sequence[Message]
    participants: dict[UUID, list[Participant]]
    total: int


def conversations(
    *, actor: Actor, status: str | None, kind: str | None, is_archived: bool | None, offset: int, limit: int
) -> tuple[list[ConversationRow], int]:
    """Return one page of the actor's conversations, the one written to last first, and how many there are."""
    own = Participant.objects.filter(user_id=actor.id, left_at=None)
    if status is not None:
        own = own.filter(conversation__status=status)
    if kind is not None:
        own = own.filter(conversation__conversation_type=kind)
    if is_archived is not None:
        own = own.filter(archived_at__isnull=not is_archived)
    ordered = own.select_related("conversation").order_by("-conversation__last_message_at", "-conversation_id")
    return _rows(list(ordered[offset : offset + limit])), own.count()


def conversation_row(*, actor: Actor, conversation_id: UUID) -> ConversationRow:
    """Return one conversation as the actor sees it.

    Raises:
        ConversationNotFound: for outsiders.
    """
    (row,) = _rows([access_participant(actor=actor, conversation_id=conversation_id)])
    return row


def message_page(
    *,
    actor: Actor,
    conversation_id: UUID,
    borders: Borders = Borders(),
    offset: int = 0,
    limit: int = 50,
) -> MessagePage:
    """Return messages of a conversation, oldest first: the newest ones between the borders.

    With a border `after`, the oldest ones behind it.

    Deleted messages and what was said before the actor joined are not shown.

    Args:
        actor: who reads.
        conversation_id: where.
        borders: which part.
        offset: how many to skip, from the end that the page is taken from.
        limit: how many at most.

    Raises:
        ConversationNotFound: for outsiders.
    """
    participants = _people_of([conversation_id], also_left=True)[conversation_id]
    own = next((one for one in participants if one.user_id == actor.id and one.left_at is None), None)
    if own is None:
        raise ConversationNotFound
    log = _between(own, borders)
    if borders.after is None:
        found = list(log.order_by("-seq")[offset : offset + limit])[::-1]
    else:
        found = list(log.order_by("seq")[offset : offset + limit])
    is_whole = offset == 0 and len(found) < limit
    return MessagePage(own, participants, found, len(found) if is_whole else log.count())


def receipts(*, actor: Actor, conversation_id: UUID) -> Sequence[Participant]:
    """Return everybody who takes part in a conversation, with their marks.

    Raises:
        ConversationNotFound: for outsiders.
    """
    access_participant(actor=actor, conversation_id=conversation_id)
    return _people_of([conversation_id])[conversation_id]


def search_messages(*, actor: Actor, text: str, offset: int, limit: int) -> Found:
    """Return messages that hold every word of a text, newest first, among what the actor may see.

    On PostgreSQL a word matches the beginnings of words, through the index; on SQLite any part, in any ASCII case.

    Raises:
        ValidationFailed: where too little is asked for.
    """
    words = text.split()
    if len("".join(words)) < MIN_SEARCH:
        fault = FieldError(path="q", msg=f"Expected at least {MIN_SEARCH} characters", location="query")
        raise ValidationFailed(details=[fault])
    log = _visible(actor).filter(sql.holds_words(words)).order_by("-created_at", "-id")
    found = list(log[offset : offset + limit])
    people = _people_of({message.conversation_id for message in found}, also_left=True)
    return Found(found, people, log.count())


def _visible(actor: Actor) -> "QuerySet[Message]":
    """Return every message that the actor may see."""
    own = Participant.objects.filter(user_id=actor.id, left_at=None)
    seen = own.filter(conversation_id=OuterRef("conversation_id"), first_seq__lt=OuterRef("seq"))
    return Message.objects.filter(
        Exists(seen), conversation_id__in=own.values("conversation_id"), deleted_at=None
    ).exclude(content="")


def _between(own: Participant, borders: Borders) -> "QuerySet[Message]":
    """Return what a participant may see of the log between borders."""
    log = Message.objects.filter(conversation_id=own.conversation_id, seq__gt=own.first_seq, deleted_at=None)
    if isinstance(borders.before, datetime):
        log = log.filter(created_at__lt=borders.before)
    elif borders.before is not None:
        log = log.filter(seq__lt=borders.before)
    return log if borders.after is None else log.filter(seq__gt=borders.after)


def _rows(owns: Sequence[Participant]) -> list[ConversationRow]:
    people = _people_of([own.conversation_id for own in owns])
    last = messages_by_id(own.conversation.last_message_id for own in owns if own.conversation.last_message_id)
    return [ConversationRow(own, people[own.conversation_id], _last_visible(own, last)) for own in owns]


def _last_visible(own: Participant, messages: dict[UUID, Message]) -> Message | None:
    message_id = own.conversation.last_message_id
    message = None if message_id is None else messages.get(message_id)
    return message if message is not None and message.seq > own.first_seq else None


def _people_of(conversation_ids: Collection[UUID], *, also_left: bool = False) -> dict[UUID, list[Participant]]:
    """Return the participants by conversation, longest first, with user and business, in one query.

    With `also_left` also those who are not there any more, and each with the conversation.
    """
    people: dict[UUID, list[Participant]] = defaultdict(list)
    if not conversation_ids:
        return people
    rows = Participant.objects.filter(conversation_id__in=conversation_ids).select_related("user__membership__business")
    rows = rows.select_related("conversation") if also_left else rows.filter(left_at=None)
    for row in rows.order_by("joined_at", "id"):
        people[row.conversation_id].append(row)
    return people
