"""What sockets read: snapshots to join with, the log after a position, and what changed lately."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from chat.models import Block, Conversation, ConversationEvent, LogEpoch, Message, Participant
from chat.selectors.conversations import ConversationNotFound
from chat.selectors.messages import change_push, message_push, messages_by_id
from wholexale.common.errors import DomainError
from wholexale.common.realtime import Outgoing, conversation_group

MAX_MISSED = 300
MAX_SHOWN = 200
SHOWS_STATUS = KeyTextTransform("showOnlineStatus", KeyTransform("privacy", "user__preferences"))


class JoinRequest(NamedTuple):
    """Somebody joins a conversation; `last_seq` is the last entry they have of `epoch`, None for none."""

    user_id: UUID
    conversation_id: UUID
    last_seq: int | None = None
    epoch: str | None = None


class Mark(NamedTuple):
    """How far a participant's devices have received and the participant has read."""

    user_id: UUID
    delivered_seq: int
    read_seq: int


@dataclass(slots=True)
class Snapshot:
    """A conversation as it stood at `seq`, for one participant.

    The participant sees the log after `first_seq`. `missed` are the pushes after the participant's position, None where
    there are too many to send. `presence` maps the others whose presence the participant may see to when they were last
    seen.
    """

    conversation_id: UUID
    seq: int
    first_seq: int
    is_blocked: bool
    epoch: str
    marks: list[Mark]
    missed: list[Outgoing] | None
    presence: dict[UUID, datetime | None]


class _Row(NamedTuple):
    conversation_id: UUID
    user_id: UUID
    delivered_seq: int
    read_seq: int
    first_seq: int
    last_seq: int
    is_blocked: bool
    last_seen_at: datetime | None
    shows_presence: object


def snapshots(requests: Sequence[JoinRequest]) -> list[Snapshot | DomainError]:
    """Return a snapshot, or the refusal, for each request; a constant number of queries where nothing was missed."""
    rows: dict[UUID, dict[UUID, _Row]] = defaultdict(dict)
    fields = (
        "conversation_id",
        "user_id",
        "delivered_seq",
        "read_seq",
        "first_seq",
        "conversation__last_seq",
        "conversation__is_blocked",
        "user__last_seen_at",
        "shows",
    )
    found = Participant.objects.filter(
        conversation_id__in={request.conversation_id for request in requests}, left_at=None
    ).annotate(shows=SHOWS_STATUS)
    for values in found.values_list(*fields):
        row = _Row(*values)
        rows[row.conversation_id][row.user_id] = row
    blocked = _blocked_pairs({request.user_id for request in requests})
    epoch = current_epoch()
    return [_snapshot(request, rows[request.conversation_id], blocked, epoch) for request in requests]


def current_epoch() -> str:
    """Return the name of this history of the logs."""
    return LogEpoch.objects.get_or_create(id=1, defaults={"name": secrets.token_hex(8)})[0].name


def _snapshot(
    request: JoinRequest, rows: Mapping[UUID, _Row], blocked: set[tuple[UUID, UUID]], epoch: str
) -> Snapshot | DomainError:
    own = rows.get(request.user_id)
    if own is None:
        return ConversationNotFound()
    return Snapshot(
        conversation_id=request.conversation_id,
        seq=own.last_seq,
        first_seq=own.first_seq,
        is_blocked=own.is_blocked,
        epoch=epoch,
        marks=[Mark(row.user_id, row.delivered_seq, row.read_seq) for row in rows.values()],
        missed=None if request.epoch not in {None, epoch} else _missed(request, own),
        presence={
            row.user_id: row.last_seen_at
            for row in list(rows.values())[:MAX_SHOWN]
            if row.user_id != request.user_id
            and is_shown(row.shows_presence)
            and (request.user_id, row.user_id) not in blocked
        },
    )


def _missed(request: JoinRequest, own: _Row) -> list[Outgoing] | None:
    """Return what the joiner has not got up to the snapshot, None where it is too much to send or out of place."""
    if request.last_seq is None or request.last_seq == own.last_seq:
        return []
    if request.last_seq > own.last_seq:
        return None
    after = max(request.last_seq, own.first_seq)
    entries = log_after(conversation_group(request.conversation_id), after, MAX_MISSED + 1)
    entries = [entry for entry in entries if (entry.seq or 0) <= own.last_seq]
    return None if len(entries) > MAX_MISSED else entries


def is_shown(preference: object) -> bool:
    """Return whether a privacy preference, as the database gives it, is on; it is where nobody set it."""
    return preference not in {False, "0", "false"}


def _blocked_pairs(user_ids: "set[UUID]") -> set[tuple[UUID, UUID]]:
    """Return the pairs, in both directions, of these users and those they block or are blocked by."""
    found = Block.objects.filter(Q(blocker_id__in=user_ids) | Q(blocked_id__in=user_ids))
    pairs = list(found.values_list("blocker_id", "blocked_id"))
    return {*pairs, *((blocked, blocker) for blocker, blocked in pairs)}


def log_after(group: str, seq: int, limit: int) -> list[Outgoing]:
    """Return up to `limit` entries of a conversation's log after a position, each as it is pushed, oldest first."""
    conversation_id = UUID(group.partition(":")[2])
    messages = Message.objects.filter(conversation_id=conversation_id, seq__gt=seq).order_by("seq")[:limit]
    changes = list(
        ConversationEvent.objects.filter(conversation_id=conversation_id, seq__gt=seq).order_by("seq")[:limit]
    )
    changed = messages_by_id(one.message_id for one in changes)
    entries = merge(
        (message_push(message) for message in messages),
        (change_push(one, changed[one.message_id]) for one in changes),
        key=lambda entry: entry.seq or 0,
    )
    return list(entries)[:limit]


def changes_since(moment: datetime) -> dict[str, int]:
    """Return the heads of the conversations whose log has grown since a moment, by group."""
    rows = Conversation.objects.filter(last_event_at__gte=moment).values_list("id", "last_seq")
    return {conversation_group(conversation_id): seq for conversation_id, seq in rows}


def members_left_since(moment: datetime) -> list[tuple[str, str, int]]:
    """Return those who left, or were taken out, since a moment and did not come back: group, user id, head of the log.

    Who comes back afterwards does so at a later position.
    """
    fields = ("conversation_id", "user_id", "conversation__last_seq")
    rows = Participant.objects.filter(left_at__gte=moment).values_list(*fields)
    return [(conversation_group(conversation_id), str(user_id), seq) for conversation_id, user_id, seq in rows]


def blocks_since(moment: datetime) -> list[tuple[str, str]]:
    """Return who has blocked whom since a moment and did not take it back."""
    rows = Block.objects.filter(created_at__gte=moment).values_list("blocker_id", "blocked_id")
    return [(str(blocker_id), str(blocked_id)) for blocker_id, blocked_id in rows]


def visible_presence(viewer_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """Return when users were last seen, for those whose presence the viewer may see.

    They share a conversation, show their status, and neither has blocked the other.
    """
    shared = Participant.objects.filter(user_id=viewer_id, left_at=None).values("conversation_id")
    rows = (
        Participant.objects.filter(user_id__in=user_ids, left_at=None, conversation_id__in=shared)
        .annotate(shows=SHOWS_STATUS)
        .values_list("user_id", "user__last_seen_at", "shows")
        .distinct()
    )
    blocked = _blocked_pairs({viewer_id})
    return {user_id: seen for user_id, seen, shows in rows if is_shown(shows) and (viewer_id, user_id) not in blocked}
