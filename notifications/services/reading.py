"""Reading and putting away notifications; every change is told to the person's other devices."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notifications.models import Channel, Notification, Status, Step
from notifications.selectors import access_notification, unread
from notifications.services.announcing import announce_counts, announce_read
from wholexale.common.realtime import Actor

_BATCH = 500


@transaction.atomic
def mark_read(*, actor: Actor, notification_id: UUID) -> Notification:
    """Note that the actor has read a notification; again changes nothing.

    Raises:
        NotFound: `NOTIFICATION_NOT_FOUND`.
    """
    notification = access_notification(actor=actor, notification_id=notification_id, lock=True)
    if notification.read_at is None:
        now = timezone.now()
        note_read([notification.id], now)
        notification.read_at = now
        announce_read(actor.id, [notification.id], now)
    return notification


@transaction.atomic
def mark_all_read(*, actor: Actor) -> int:
    """Note that the actor has read everything; return how much that was."""
    now = timezone.now()
    ids = list(unread().filter(recipient_id=actor.id).select_for_update().values_list("id", flat=True))
    note_read(ids, now)
    if ids:
        announce_read(actor.id, [], now, is_all=True)
    return len(ids)


def note_read(notification_ids: Sequence[UUID], now: datetime) -> None:
    """Write down that notifications were read, and nobody is told."""
    Notification.objects.filter(id__in=notification_ids).update(read_at=now)
    steps = [Step(notification_id=one, channel=Channel.IN_APP, status=Status.READ, at=now) for one in notification_ids]
    Step.objects.bulk_create(steps, batch_size=_BATCH)


@transaction.atomic
def delete_notification(*, actor: Actor, notification_id: UUID) -> None:
    """Put a notification away for good; what still waits to be sent of it is not sent.

    Raises:
        NotFound: `NOTIFICATION_NOT_FOUND`.
    """
    notification = access_notification(actor=actor, notification_id=notification_id, lock=True)
    _put_away(actor, [notification.id])


@transaction.atomic
def delete_notifications(*, actor: Actor, notification_ids: Sequence[UUID]) -> int:
    """Put several of the actor's notifications away, and return how many; those of others are passed over."""
    own = Notification.objects.filter(recipient_id=actor.id, deleted_at=None, id__in=notification_ids)
    ids = list(own.select_for_update().values_list("id", flat=True))
    _put_away(actor, ids)
    return len(ids)


def _put_away(actor: Actor, notification_ids: Sequence[UUID]) -> None:
    if notification_ids:
        Notification.objects.filter(id__in=notification_ids).update(deleted_at=timezone.now())
        announce_counts({actor.id})
