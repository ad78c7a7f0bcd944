"""Notifications, on the wire: the answers around `NotificationShape`, and the trace of one."""

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from msgspec import UNSET, Meta, UnsetType

from notifications import selectors
from notifications.events import NotificationShape
from notifications.models import Notification
from notifications.selectors import WantedNotifications
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.wire import Resource, Wire, wire_time

TypeName = Literal[
    "chat_message", "offer_received", "offer_response", "offer_accepted", "offer_rejected", "offer_countered",
    "order_placed", "order_confirmed", "order_shipped", "order_delivered", "payment_received", "payment_failed",
    "credit_added", "credit_deducted", "system_update", "promotion", "security_alert", "reminder", "feedback_request",
]  # fmt: skip


class NotificationQuery(PageQuery, kw_only=True):
    """Which notifications; `status` is the old backend's: what is in the app is `delivered` until it is `read`."""

    type: TypeName | None = None
    status: Literal["pending", "sent", "delivered", "read", "failed", "cancelled"] | None = None
    unread: bool | None = None

    def wanted(self) -> WantedNotifications:
        """Return the filter."""
        stands = {"read": False, "delivered": True}
        said = [value for value in (self.unread, stands.get(self.status or "")) if value is not None]
        is_none = len(set(said)) > 1 or (self.status is not None and self.status not in stands)
        return WantedNotifications(type=self.type, is_unread=said[0] if said else None, is_none=is_none)


class NotificationPage(Wire, kw_only=True):
    """What the caller was told, newest first, and how much of all of it is unread."""

    notifications: list[NotificationShape]
    pagination: Pagination
    unread_count: int


class NotificationFound(Wire, kw_only=True):
    """One notification."""

    notification: NotificationShape


class NotificationAnswer(Wire, kw_only=True):
    """It was done; the text is for a person."""

    message: str
    notification: NotificationShape


class UnreadCount(Wire, kw_only=True):
    """How many notifications the caller has not read."""

    unread_count: int


class Confirmation(Wire, kw_only=True):
    """It is done; the text is for a person."""

    message: str


class DeletionBody(Wire, kw_only=True):
    """Which notifications; those of others are passed over."""

    notification_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]


class Deleted(Wire, kw_only=True):
    """How many there were."""

    message: str
    deleted_count: int


class TestBody(Wire, kw_only=True):
    """What the caller wants to be told by themself."""

    type: TypeName = "system_update"
    message: Annotated[str, Meta(min_length=1, max_length=500)] = "This is a test."


class TraceStep(Resource, kw_only=True):
    """One line of a trace: on this channel it came so far, for this reason."""

    channel: str
    status: str
    reason: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    at: str


class Trace(Wire, kw_only=True):
    """Everything that has become of a notification, oldest first."""

    notification_id: str
    type: str
    fact: str | UnsetType = UNSET
    steps: list[TraceStep]


def notification_list(rows: Iterable[Notification]) -> list[NotificationShape]:
    """Return notifications as their recipient sees them."""
    now = timezone.now()
    return [selectors.notification_shape(row, now) for row in rows]


def trace(notification: Notification) -> Trace:
    """Return the trace of a notification."""
    steps = [
        TraceStep(
            id=str(step.id),
            channel=step.channel,
            status=step.status,
            reason=step.reason or UNSET,
            detail=step.detail or UNSET,
            at=wire_time(step.at),
        )
        for step in selectors.trace_of(notification)
    ]
    return Trace(
        notification_id=str(notification.id), type=notification.type, fact=notification.fact or UNSET, steps=steps
    )
