"""Deliveries: what is on its way, what did not arrive and why. Parked ones may be replayed."""

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from notifications import services
from notifications.admin.showing import FoundAdmin, has_id, is_addressed_to, say_when
from notifications.models import Delivery
from wholexale.common.admin import WorkAdmin, link
from wholexale.common.models import WorkRow


@admin.register(Delivery)
class DeliveryAdmin(FoundAdmin, WorkAdmin):  # type: ignore[misc] # what both declare, the first one says
    """Found by its id, that of its notification, what the provider calls it, or the recipient's address."""

    list_display = (  # type: ignore[assignment] # the kernel's have no length of their own
        *("made", "channel", "status", "reason", "recipient", "state", "attempts", "last_error"),
    )
    list_filter = ("state", "status", "channel")  # type: ignore[assignment] # as above
    list_select_related = ("notification__recipient",)
    search_help_text = "An id, what the provider calls it, or the beginning of the recipient's e-mail address."
    fields = (
        *("about", "recipient", "channel", "status", "reason", "address", "provider", "provider_id"),
        *("made", "sending_since", "sent_at", "delivered_at", "window_start", "digest", "after"),
        *("state", "run_at", "attempts", "last_error", "lease_owner", "lease_until", "request_id", "trace"),
    )
    readonly_fields = ("about", "recipient", "made", "trace")

    def find(self, text: str) -> Q:
        """Return the condition that a delivery is what was typed."""
        if "@" in text:
            return is_addressed_to(text, "notification__")
        return has_id(text, "pk", "notification_id") | Q(provider_id=text)

    @admin.action(description="Replay parked deliveries", permissions=["replay"])
    def replay(self, request: HttpRequest, rows: "QuerySet[WorkRow]") -> None:
        """Make the parked ones due again, with a line in their traces, and leave the others as they are."""
        ids = list(rows.values_list("id", flat=True))
        replayed = services.replay_deliveries(delivery_ids=ids)
        self.message_user(request, f"{replayed} deliveries are due again.")
        if replayed < len(ids):
            left = f"{len(ids) - replayed} deliveries are not parked, and were left as they are."
            self.message_user(request, left, messages.WARNING)

    @admin.display(description="made, UTC")
    def made(self, delivery: Delivery) -> str:
        """Return when it was made."""
        return say_when(delivery.created_at)

    @admin.display(description="notification")
    def about(self, delivery: Delivery) -> SafeString:
        """Link to what it carries."""
        return link(delivery.notification)

    @admin.display
    def recipient(self, delivery: Delivery) -> str:
        """Return whom it is for."""
        return str(delivery.notification.recipient)

    @admin.display
    def trace(self, delivery: Delivery) -> SafeString:
        """Return what has become of it, oldest first."""
        steps = delivery.notification.steps.filter(channel=delivery.channel).order_by("id")
        lines = ((say_when(one.at), one.status, one.reason, one.detail) for one in steps)
        return format_html_join("", "<div>{} {} {} {}</div>", lines) or format_html("{}", "-")
