"""Routes of the app, below `/api/`."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("notifications", views.NotificationsView.as_view()),
    path("notifications/unread-count", views.UnreadCountView.as_view()),
    path("notifications/read-all", views.ReadAllView.as_view()),
    path("notifications/preferences", views.PreferencesView.as_view()),
    path("notifications/test", views.TestView.as_view()),
    path("notifications/<str:notification>", views.NotificationView.as_view()),
    path("notifications/<str:notification>/read", views.ReadView.as_view()),
    path("notifications/<str:notification>/trace", views.TraceView.as_view()),
    path("notifications/push/key", views.PushKeyView.as_view()),
    path("notifications/push/subscribe", views.SubscribeView.as_view()),
    path("notifications/push/unsubscribe", views.UnsubscribePushView.as_view()),
    path("notifications/unsubscribe/<str:token>", views.UnsubscribeView.as_view()),
    path("webhooks/mail/<str:provider>", views.MailEventsView.as_view()),
    path("webhooks/sms-status", views.SmsStatusView.as_view()),
    path("system/events", views.SystemEventsView.as_view()),
]

# Below `/dev/`, where there is an outbox.
dev_urlpatterns = [
    path("outbox", views.outbox_page, name="outbox"),
    path("outbox/empty", views.empty_outbox, name="outbox-empty"),
    path("outbox/<uuid:letter>", views.letter_page, name="outbox-letter"),
    path("outbox/<uuid:letter>/mail", views.mail_page, name="outbox-mail"),
    path("outbox/<uuid:letter>/play", views.play_outcome, name="outbox-play"),
    path("push", views.push_page, name="push"),
]
