"""Addresses that nothing is sent to any more, and why."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from notifications import services
from notifications.admin.showing import FoundAdmin
from notifications.models import Suppression


@admin.register(Suppression)
class SuppressionAdmin(FoundAdmin):
    """Found by the address. Staff add those of which we hear in other ways, and delete what is good again."""

    list_display = ("address", "channel", "reason", "detail", "created_at")
    list_filter = ("channel", "reason")
    search_help_text = "The beginning of an address."
    fields = ("channel", "address", "reason", "detail")

    def find(self, text: str) -> Q:
        """Return the condition that an address begins so."""
        return Q(address__startswith=text.lower())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for the model's own permission."""
        return request.user.has_perm("notifications.add_suppression")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the model's own permission."""
        return request.user.has_perm("notifications.delete_suppression")

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's own
        """Suppress the address, as it is stored with users."""
        obj.address = obj.address.strip().lower()
        services.suppress(channel=obj.channel, address=obj.address, reason=obj.reason, detail=obj.detail)
        obj.pk = Suppression.objects.get(channel=obj.channel, address=obj.address).pk

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        """Send to the address again."""
        services.lift_suppression(channel=obj.channel, address=obj.address)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Suppression]") -> None:
        """Send to the addresses again."""
        for row in queryset:
            self.delete_model(request, row)
