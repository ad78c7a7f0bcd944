"""What the rows mean."""

from notifications.models.choices import Channel, Priority, Reason, Status, Type
from notifications.models.deliveries import Delivery, Digest
from notifications.models.notices import DIGEST_MINUTES, KEPT_FOR, Manner, Notification, Preference, Step
from notifications.models.outbox import StoredLetter
from notifications.models.push import PushSubscription, Suppression
from notifications.models.system import SystemEvent

__all__ = [
    "DIGEST_MINUTES",
    "KEPT_FOR",
    "Channel",
    "Delivery",
    "Digest",
    "Manner",
    "Notification",
    "Preference",
    "Priority",
    "PushSubscription",
    "Reason",
    "Status",
    "Step",
    "StoredLetter",
    "Suppression",
    "SystemEvent",
    "Type",
]
