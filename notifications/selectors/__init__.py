"""Reads: people and how to reach them, what they were told and why, and what has happened."""

from notifications.selectors.events import EventFilter, system_events
from notifications.selectors.notices import (
    WantedNotifications,
    access_notification,
    notification_not_found,
    own_notifications,
    trace_of,
    unread,
    unread_count,
    unread_counts,
    unread_query,
)
from notifications.selectors.outbox import named, steps_of_delivery, stored_counts, stored_letter, stored_letters
from notifications.selectors.people import (
    LANGUAGES,
    Person,
    chosen_types,
    language_of,
    manner_of,
    people_to_reach,
    zone_of,
)
from notifications.selectors.shapes import notification_shape

__all__ = [
    "LANGUAGES",
    "EventFilter",
    "Person",
    "WantedNotifications",
    "access_notification",
    "chosen_types",
    "language_of",
    "manner_of",
    "named",
    "notification_not_found",
    "notification_shape",
    "own_notifications",
    "people_to_reach",
    "steps_of_delivery",
    "stored_counts",
    "stored_letter",
    "stored_letters",
    "system_events",
    "trace_of",
    "unread",
    "unread_count",
    "unread_counts",
    "unread_query",
    "zone_of",
]
