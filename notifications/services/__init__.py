"""Writes: telling people, carrying it to them, and what they do with it."""

from notifications.services.delivering import deliver, replay_deliveries, settle_parked
from notifications.services.hearing import hear_sms_status
from notifications.services.hearing_mails import hear_mail_event
from notifications.services.notifying import Notice, notify, tell_test
from notifications.services.outbox import empty_outbox, play_outcome
from notifications.services.outcomes import note_outcome
from notifications.services.preferring import Wishes, save_preferences, set_preference
from notifications.services.reading import delete_notification, delete_notifications, mark_all_read, mark_read
from notifications.services.recording import record_facts
from notifications.services.subscribing import subscribe_app, subscribe_browser, unsubscribe_push
from notifications.services.suppressing import lift_suppression, suppress
from notifications.services.unread_messages import end_read_notices, tell_unread_messages
from notifications.services.unsubscribing import Way, unsubscribe, unsubscribe_url, way_of

__all__ = [
    "Notice",
    "Way",
    "Wishes",
    "delete_notification",
    "delete_notifications",
    "deliver",
    "empty_outbox",
    "end_read_notices",
    "hear_mail_event",
    "hear_sms_status",
    "lift_suppression",
    "mark_all_read",
    "mark_read",
    "note_outcome",
    "notify",
    "play_outcome",
    "record_facts",
    "replay_deliveries",
    "save_preferences",
    "set_preference",
    "settle_parked",
    "subscribe_app",
    "subscribe_browser",
    "suppress",
    "tell_test",
    "tell_unread_messages",
    "unsubscribe",
    "unsubscribe_push",
    "unsubscribe_url",
    "way_of",
]
