"""A notification as its recipient sees it, with how far it has come on each channel."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.timesince import timesince
from msgspec import UNSET, UnsetType

from notifications.events import ChannelStatus, DeliveryStatus, InAppStatus, NotificationShape
from notifications.models import Channel, Notification, Status, Step
from notifications.selectors.notices import trace_of
from wholexale.common.wire import wire_time

_OUTER = (Channel.PUSH, Channel.EMAIL, Channel.SMS)
_HAS_LEFT = {Status.SENT, Status.DELIVERED, Status.BOUNCED}
_HAS_FAILED = {Status.FAILED, Status.BOUNCED, Status.SUPPRESSED, Status.EXPIRED}
_NOT_TRIED = {Status.SKIPPED, Status.SUPPRESSED, Status.EXPIRED}


def notification_shape(notification: Notification, now: datetime) -> NotificationShape:
    """Return a notification as it stands at a moment; it was loaded with its trace."""
    steps = trace_of(notification)
    outer = {channel: _outer(step for step in steps if step.channel == channel) for channel in _OUTER}
    tried = [str(channel) for channel, shape in outer.items() if shape and Status(shape.status) not in _NOT_TRIED]
    created = wire_time(notification.created_at)
    return NotificationShape(
        id=str(notification.id),
        recipient=str(notification.recipient_id),
        type=notification.type,
        title=notification.title,
        message=notification.message,
        data=_data(notification),
        channels=[*([str(Channel.IN_APP)] if notification.is_shown else []), *tried],
        status=Status.READ if notification.read_at else Status.DELIVERED,
        delivery_status=DeliveryStatus(
            in_app=_in_app(notification),
            push=outer[Channel.PUSH] or UNSET,
            email=outer[Channel.EMAIL] or UNSET,
            sms=outer[Channel.SMS] or UNSET,
        ),
        priority=notification.priority,
        actions=notification.actions,
        group_id=notification.group_id or UNSET,
        thread_id=notification.thread_id or UNSET,
        created_at=created,
        updated_at=wire_time(_last_change(notification, steps)),
        expires_at=wire_time(notification.expires_at),
        sent_at=created,
        delivered_at=created if notification.is_shown else UNSET,
        read_at=_time(notification.read_at),
        is_expired=notification.expires_at <= now,
        is_unread=notification.read_at is None,
        is_read=notification.read_at is not None,
        time_ago=f"{timesince(notification.created_at, now, depth=1)} ago".replace("\xa0", " "),
    )


def _data(notification: Notification) -> dict[str, Any]:
    """Return what it is about; an amount goes over the wire as a number, digit by digit."""
    exact = {name: Decimal(value) for name, value in notification.data.items() if name == "amount"}
    return {**notification.data, **exact, "priority": notification.priority}


def _in_app(notification: Notification) -> InAppStatus:
    return InAppStatus(
        delivered=notification.is_shown,
        delivered_at=wire_time(notification.created_at) if notification.is_shown else UNSET,
        read=notification.read_at is not None,
        read_at=_time(notification.read_at),
    )


def _outer(steps: Iterable[Step]) -> ChannelStatus | None:
    """Fold the steps of one channel into how far it has come."""
    times: dict[str, datetime] = {}
    last: Step | None = None
    for step in steps:
        times.setdefault(step.status, step.at)
        last = step
    if last is None:
        return None
    return ChannelStatus(
        sent=bool(_HAS_LEFT & times.keys()),
        delivered=Status.DELIVERED in times and last.status != Status.BOUNCED,
        failed=last.status in _HAS_FAILED,
        status=last.status,
        reason=last.reason or UNSET,
        sent_at=_time(times.get(Status.SENT)),
        delivered_at=_time(times.get(Status.DELIVERED)),
    )


def _last_change(notification: Notification, steps: Sequence[Step]) -> datetime:
    return max([notification.created_at, *(step.at for step in steps[-1:])])


def _time(moment: datetime | None) -> str | UnsetType:
    return UNSET if moment is None else wire_time(moment)
