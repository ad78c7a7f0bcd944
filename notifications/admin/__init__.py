"""Notifications for staff: what people were told, why it did or did not reach them, and what has happened."""

from notifications.admin.addresses import SuppressionAdmin
from notifications.admin.deliveries import DeliveryAdmin
from notifications.admin.events import SystemEventAdmin
from notifications.admin.notices import NotificationAdmin

__all__ = ["DeliveryAdmin", "NotificationAdmin", "SuppressionAdmin", "SystemEventAdmin"]
