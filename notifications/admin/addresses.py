"""Addresses that nothing is sent to any more, and why."""

from django.contrib import admin
from django.db.models import Q

from notifications.admin.showing import FoundAdmin
from notifications.models import Suppression


@admin.register(Suppression)
class SuppressionAdmin(FoundAdmin):
    """Found by the address."""

    list_display = ("address", "channel", "reason", "detail", "created_at")
    list_filter = ("channel", "reason")
    search_help_text = "The beginning of an address."

    def find(self, text: str) -> Q:
        """Return the condition that an address begins so."""
        return Q(address__startswith=text.lower())
