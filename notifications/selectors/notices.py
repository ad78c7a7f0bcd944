"""Notifications of a person: the list, one of them, how many are unread, and the trace of one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone

from notifications.models import Notification, Step
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNotifications:
    """Which notifications somebody wants to see; None is whatever there is."""

    type: str | None = None
    is_unread: bool | None = None
    is_none: bool = False


def own_notifications(*, actor: Actor, wanted: WantedNotifications = WantedNotifications()) -> "QuerySet[Notification]":
    """Return what the actor was told and is still shown, newest first, each with its trace."""
    rows = _shown().filter(recipient_id=actor.id)
    if wanted.is_none:
        return rows.none()
    if wanted.type is not None:
        rows = rows.filter(type=wanted.type)
    if wanted.is_unread is not None:
        rows = rows.filter(read_at__isnull=wanted.is_unread)
    return rows.prefetch_related(_steps()).order_by("-id")


def access_notification(*, actor: Actor, notification_id: UUID, lock: bool = False) -> Notification:
    """Return a notification of the actor's with its trace, also one that they are not shown in the list.

    Raises:
        NotFound: `NOTIFICATION_NOT_FOUND`, also for that of others.
    """
    own = Notification.objects.filter(recipient_id=actor.id, deleted_at=None, id=notification_id)
    if lock:
        own = own.select_for_update()
    if (found := own.prefetch_related(_steps()).first()) is None:
        raise notification_not_found()
    return found


def trace_of(notification: Notification) -> Sequence[Step]:
    """Return the trace of a notification, oldest first, without a query where it was loaded with it."""
    loaded: list[Step] | None = getattr(notification, "trace", None)
    return loaded if loaded is not None else list(notification.steps.order_by("id"))


def unread() -> "QuerySet[Notification]":
    """Return what nobody has read, of what is shown."""
    return _shown().filter(read_at=None)


def unread_count(*, actor: Actor) -> int:
    """Return how many notifications the actor has not read."""
    return unread().filter(recipient_id=actor.id).count()


def unread_counts(user_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many notifications each of some users has not read, in one query."""
    rows = unread().filter(recipient_id__in=user_ids).values_list("recipient_id").annotate(Count("id"))
    return dict.fromkeys(user_ids, 0) | dict(rows)


def notification_not_found() -> NotFound:
    """Build the refusal of a notification that is not there for the caller."""
    return NotFound("NOTIFICATION_NOT_FOUND", "There is no such notification.")


def _shown() -> "QuerySet[Notification]":
    return Notification.objects.filter(is_shown=True, deleted_at=None, expires_at__gt=timezone.now())


def _steps() -> "Prefetch[str, QuerySet[Step], str]":
    return Prefetch("steps", queryset=Step.objects.order_by("id"), to_attr="trace")
