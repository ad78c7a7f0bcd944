"""Notifications: who was told what, and why it reached them or not."""

from django.contrib import admin
from django.db.models import Q

from notifications.admin.showing import FoundAdmin, TraceInline, has_id, is_addressed_to, say_when
from notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(FoundAdmin):
    """Found by its id, its recipient's, or the beginning of their address."""

    list_display = ("told", "type", "title", "recipient", "is_shown", "read")
    list_filter = ("type",)
    list_select_related = ("recipient",)
    search_help_text = "An id, or the beginning of the recipient's e-mail address."
    inlines = (TraceInline,)
    fields = (
        *("recipient", "type", "title", "message", "priority", "told", "read", "deleted_at", "expires_at"),
        *("is_shown", "fact", "template", "values", "data", "thread_id", "dedupe_key"),
    )
    readonly_fields = ("told", "read")

    def find(self, text: str) -> Q:
        """Return the condition that a notification, or its recipient, is what was typed."""
        return is_addressed_to(text) if "@" in text else has_id(text, "pk", "recipient_id")

    @admin.display(description="told, UTC")
    def told(self, notification: Notification) -> str:
        """Return when the person was told."""
        return say_when(notification.created_at)

    @admin.display(description="read, UTC")
    def read(self, notification: Notification) -> str:
        """Return when the person has read it."""
        return say_when(notification.read_at)
