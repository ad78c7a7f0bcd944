"""What has happened on the marketplace."""

from django.contrib import admin
from django.db.models import Q

from notifications.admin.showing import FoundAdmin, has_id, say_when
from notifications.models import SystemEvent


@admin.register(SystemEvent)
class SystemEventAdmin(FoundAdmin):
    """Found by the type, or by the id of what it is about."""

    list_display = ("when", "type", "subject_type", "subject_id", "actor_id")
    list_filter = ("subject_type",)
    search_help_text = "A type (offer.step_taken), or the id of what it is about."

    def find(self, text: str) -> Q:
        """Return the condition that an event is what was typed."""
        return Q(type=text) if "." in text else has_id(text, "pk", "subject_id")

    @admin.display(description="UTC")
    def when(self, event: SystemEvent) -> str:
        """Return when it has happened."""
        return say_when(event.at)
