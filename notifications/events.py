"""What clients see of notifications: the shape of one, and the pushes that carry it."""

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from wholexale.common.realtime import Push
from wholexale.common.wire import Resource, Wire


class InAppStatus(Wire, kw_only=True):
    """How far a notification has come in the app."""

    delivered: bool
    delivered_at: str | UnsetType = UNSET
    read: bool
    read_at: str | UnsetType = UNSET


class ChannelStatus(Wire, kw_only=True):
    """How far a notification has come on another channel; `status` and `reason` are the last of its trace."""

    sent: bool
    delivered: bool
    failed: bool
    status: str
    reason: str | UnsetType = UNSET
    sent_at: str | UnsetType = UNSET
    delivered_at: str | UnsetType = UNSET


class DeliveryStatus(Wire, kw_only=True):
    """How far a notification has come, by channel; a channel that nobody has tried or judged is left out."""

    in_app: InAppStatus = msgspec.field(name="in_app")
    push: ChannelStatus | UnsetType = UNSET
    email: ChannelStatus | UnsetType = UNSET
    sms: ChannelStatus | UnsetType = UNSET


class NotificationShape(Resource, kw_only=True):
    """A notification as its recipient sees it. `data` holds what it is about: ids, names, an amount."""

    recipient: str
    type: str
    title: str
    message: str
    data: dict[str, Any]
    channels: list[str]
    status: str
    delivery_status: DeliveryStatus
    priority: str
    actions: list[dict[str, Any]]
    group_id: str | UnsetType = UNSET
    thread_id: str | UnsetType = UNSET
    created_at: str
    updated_at: str
    expires_at: str
    sent_at: str | UnsetType = UNSET
    delivered_at: str | UnsetType = UNSET
    read_at: str | UnsetType = UNSET
    is_expired: bool
    is_unread: bool
    is_read: bool
    time_ago: str


class NotificationNew(Push, kw_only=True):
    """Somebody was told something."""

    event: ClassVar[str] = "notification:new"
    notification: NotificationShape


class NotificationRead(Push, kw_only=True):
    """Notifications were read, perhaps on another device; `all` where every one was."""

    event: ClassVar[str] = "notification:read"
    notification_ids: list[str]
    all: bool
    read_at: str


class NotificationCount(Push, kw_only=True):
    """How many notifications are unread now."""

    event: ClassVar[str] = "notification:count"
    unread_count: int
