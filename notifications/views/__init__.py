"""REST: decode, one service or selector call, encode."""

from notifications.views.events import SystemEventsView
from notifications.views.mail_events import MailEventsView
from notifications.views.notices import (
    NotificationsView,
    NotificationView,
    ReadAllView,
    ReadView,
    TestView,
    TraceView,
    UnreadCountView,
)
from notifications.views.outbox import empty_outbox, letter_page, mail_page, outbox_page, play_outcome, push_page
from notifications.views.preferences import PreferencesView
from notifications.views.push import PushKeyView, SubscribeView, UnsubscribePushView
from notifications.views.sms_status import SmsStatusView
from notifications.views.unsubscribing import UnsubscribeView

__all__ = [
    "MailEventsView",
    "NotificationView",
    "NotificationsView",
    "PreferencesView",
    "PushKeyView",
    "ReadAllView",
    "ReadView",
    "SmsStatusView",
    "SubscribeView",
    "SystemEventsView",
    "TestView",
    "TraceView",
    "UnreadCountView",
    "UnsubscribePushView",
    "UnsubscribeView",
    "empty_outbox",
    "letter_page",
    "mail_page",
    "outbox_page",
    "play_outcome",
    "push_page",
]
