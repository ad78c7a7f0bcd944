"""What has happened on the marketplace, for staff."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from notifications.models import SystemEvent
from wholexale.common.errors import Forbidden

SETTLES = timedelta(seconds=2)
"""What is younger than this is not shown to who follows by a cursor: an older one may still be about to commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted; `type` may be the beginning of one, up to a dot. `after` is the last one known."""

    type: str = ""
    subject_type: str = ""
    subject_id: UUID | None = None
    since: datetime | None = None
    after: UUID | None = None


def system_events(*, actor: User, wanted: EventFilter, limit: int) -> list[SystemEvent]:
    """Return events: the newest first, or, after a cursor, those that follow it, oldest first.

    Raises:
        Forbidden: where the actor is not staff who may see them.
    """
    if not (actor.is_staff and actor.has_perm("notifications.view_systemevent")):
        raise Forbidden
    rows = _matching(wanted)
    if wanted.after is None:
        return list(rows.order_by("-id")[:limit])
    settled = rows.filter(id__gt=wanted.after, at__lte=timezone.now() - SETTLES)
    return list(settled.order_by("id")[:limit])


def _matching(wanted: EventFilter) -> "QuerySet[SystemEvent]":
    rows = SystemEvent.objects.all()
    if wanted.type:
        rows = rows.filter(type__startswith=wanted.type) if wanted.type.endswith(".") else rows.filter(type=wanted.type)
    if wanted.subject_type:
        rows = rows.filter(subject_type=wanted.subject_type)
    if wanted.subject_id is not None:
        rows = rows.filter(subject_id=wanted.subject_id)
    return rows if wanted.since is None else rows.filter(at__gte=wanted.since)
