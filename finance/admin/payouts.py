"""What businesses take out of what they are owed, for staff, who say what became of it where it is by hand."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from finance.admin.acting import MoneyActingAdmin
from finance.admin.attention import ProviderFilter
from finance.admin.finding import find_payouts
from finance.admin.parts import CallsInline, dated_link
from finance.admin.settling import PAYOUT_ACTIONS
from finance.admin.showing import say_who
from finance.admin.standing import say_failure, show_state
from finance.models import Payout
from wholexale.common.admin import CurrencyFilter, FindingList, say_amount, show_amount


@admin.register(Payout)
class PayoutAdmin(FindingList, MoneyActingAdmin):
    """Payouts: what businesses take out of what they are owed; those by hand are settled here."""

    list_display = ("event", "business", "moved", "provider", "stands")
    list_display_links = None
    list_filter = ("state", ProviderFilter, CurrencyFilter)
    search_help_text = "A number (OUT-2026-000123), the provider's reference, a business."
    ordering = ("-id",)
    inlines = (CallsInline,)
    staff_actions = PAYOUT_ACTIONS
    fieldsets = (
        (None, {"fields": ("payout_id", "stands", "failure", "business", "moved", "provider", "provider_ref")}),
        ("Origin", {"fields": ("hold", "requested_by", "created_at", "decided_by", "settled_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payout]:
        """Load the business along."""
        return super().get_queryset(request).select_related("business", "hold", "requested_by", "decided_by")

    def find(self, text: str) -> Q:
        """Find by number, reference or business."""
        return find_payouts(text)

    @admin.display(description="payout, UTC", ordering="id")
    def event(self, payout: Payout) -> SafeString:
        """Link to the payout, and say when it was asked for."""
        return dated_link(payout, payout.created_at)

    @admin.display
    def failure(self, payout: Payout) -> str:
        """Return why it has failed."""
        return say_failure(payout)

    @admin.display(description="amount")
    def moved(self, payout: Payout) -> SafeString:
        """Return what is taken out."""
        return show_amount(payout.amount, payout.currency)

    @admin.display(description="status", ordering="state")
    def stands(self, payout: Payout) -> SafeString:
        """Return how it stands."""
        return show_state(payout)

    def facts(self, row: Payout) -> list[tuple[str, object]]:
        """Return what goes to whom."""
        return [
            ("Payout", row),
            ("To", row.business),
            ("Amount", say_amount(row.amount, row.currency)),
            ("Provider", row.provider),
            ("Asked for by", say_who(row.requested_by)),
        ]
