"""Notifications of a person: the list, one of them, how many are unread, and the trace of one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from notifications.models import Notification, Step
from wholexale.common.errors import NotFound
from wholexale.common.prepared import Prepared, Query, read
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
    (rows,) = read(unread_query(user_ids))
    return dict.fromkeys(user_ids, 0) | dict(rows)


def unread_query(user_ids: Collection[UUID]) -> Query[tuple[UUID, int]]:
    """Return the query of (user, how many notifications they have not read); nothing for whoever has read all."""
    return _unread_of(len(user_ids))(*user_ids)


@cache
def _unread_of(count: int) -> "Prepared[tuple[UUID, int]]":
    """Return that query for so many users, by the database's clock."""
    shown = Notification.objects.filter(is_shown=True, deleted_at=None, expires_at__gt=Now(), read_at=None)
    return Prepared(
        lambda *user_ids: (
            shown.filter(recipient_id__in=user_ids).values_list("recipient_id").annotate(Count("id")).order_by()
        ),
        *[UUID] * count,
    )


def notification_not_found() -> NotFound:
    """Build the refusal of a notification that is not there for the caller."""
    return NotFound("NOTIFICATION_NOT_FOUND", "There is no such notification.")


def _shown() -> "QuerySet[Notification]":
    return Notification.objects.filter(is_shown=True, deleted_at=None, expires_at__gt=timezone.now())


def _steps() -> "Prefetch[str, QuerySet[Step], str]":
    return Prefetch("steps", queryset=Step.objects.order_by("id"), to_attr="trace")
