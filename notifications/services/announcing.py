"""What sockets hear of notifications."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from notifications.events import NotificationCount, NotificationNew, NotificationRead
from notifications.models import Notification
from notifications.selectors import notification_shape, unread_counts
from wholexale.common.realtime import push_on_commit, user_group
from wholexale.common.wire import wire_time


def announce_new(notifications: Sequence[Notification], *, unread: Mapping[UUID, int]) -> None:
    """Push what people were told, and how much of all is unread for each now."""
    now = timezone.now()
    for notification in notifications:
        push = NotificationNew(notification=notification_shape(notification, now))
        push_on_commit(push, to=[user_group(notification.recipient_id)])
    told = {notification.recipient_id for notification in notifications}
    _push_counts({user_id: count for user_id, count in unread.items() if user_id in told})


def announce_read(user_id: UUID, notification_ids: Sequence[UUID], moment: datetime, *, is_all: bool = False) -> None:
    """Push that notifications were read, and how many are unread now."""
    push = NotificationRead(
        notification_ids=[str(one) for one in notification_ids], all=is_all, read_at=wire_time(moment)
    )
    push_on_commit(push, to=[user_group(user_id)])
    announce_counts({user_id})


def announce_counts(user_ids: Collection[UUID]) -> None:
    """Push how many notifications people have not read, as this transaction sees it.

    What others commit at the same moment is in the next count, and in the answers of REST.
    """
    _push_counts(unread_counts(user_ids) if user_ids else {})


def _push_counts(counts: Mapping[UUID, int]) -> None:
    for user_id, count in sorted(counts.items()):
        push_on_commit(NotificationCount(unread_count=count), to=[user_group(user_id)])
