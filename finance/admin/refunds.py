"""What goes back to payers, for staff: refunds, which are settled here where it is by hand, and disputes."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from finance.admin.acting import MoneyActingAdmin
from finance.admin.attention import RefundStates
from finance.admin.finding import find_disputes, find_refunds
from finance.admin.parts import CallsInline, DisputeColumns, RefundColumns
from finance.admin.settling import REFUND_ACTIONS
from finance.admin.showing import MoneyAdmin, say_who
from finance.admin.standing import say_failure
from finance.models import Dispute, Refund
from wholexale.common.admin import FindingList, link, say_amount


@admin.register(Refund)
class RefundAdmin(RefundColumns, FindingList, MoneyActingAdmin):
    """Refunds: what goes back to payers; those by hand are settled here."""

    list_display = ("event", "about", "payer", "moved", "stands", "source")
    list_display_links = None
    list_filter = (RefundStates, "origin")
    search_help_text = "A number (REF-2026-000123), a payment (PAY-2026-000123), the provider's reference, a business."
    ordering = ("-id",)
    inlines = (CallsInline,)
    staff_actions = REFUND_ACTIONS
    fieldsets = (
        (None, {"fields": ("refund_id", "stands", "failure", "about", "payer", "moved", "source", "reason")}),
        ("Origin", {"fields": ("provider_ref", "hold", "note", "requested_by", "created_at", "settled_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        """Load the payment along."""
        rows = super().get_queryset(request)
        return rows.select_related("intent__payer", "intent__invoice", "credit_note", "hold", "requested_by")

    def find(self, text: str) -> Q:
        """Find by number, reference, payment or business."""
        return find_refunds(text)

    @admin.display(description="payment", ordering="intent_id")
    def about(self, refund: Refund) -> SafeString:
        """Link to the payment."""
        return link(refund.intent)

    @admin.display
    def failure(self, refund: Refund) -> str:
        """Return why it has failed."""
        return say_failure(refund)

    @admin.display(description="to")
    def payer(self, refund: Refund) -> str:
        """Return who gets the money."""
        return str(refund.intent.payer)

    @admin.display(description="credit note")
    def note(self, refund: Refund) -> SafeString:
        """Link to the credit note that was issued for it."""
        return link(getattr(refund, "credit_note", None))

    def facts(self, row: Refund) -> list[tuple[str, object]]:
        """Return what goes back to whom, and why."""
        return [
            ("Refund", row),
            ("Payment", f"{row.intent}, {row.intent.method.replace('_', ' ')}"),
            ("To", row.intent.payer),
            ("Amount", say_amount(row.amount, row.intent.currency)),
            ("Out of", self.source(row)),
            ("Reason", row.reason),
            ("Asked for by", say_who(row.requested_by)),
        ]


@admin.register(Dispute)
class DisputeAdmin(DisputeColumns, FindingList, MoneyAdmin):
    """Disputes: what payers complain of to their banks; the answers are given at the provider."""

    list_display = ("event", "about", "payee", "moved", "stands")
    list_display_links = None
    list_filter = ("state",)
    search_help_text = "The provider's reference, a payment (PAY-2026-000123), an invoice, a business."
    ordering = ("-id",)
    fields = (
        "provider_ref",
        "stands",
        "about",
        "payee",
        "moved",
        "reason",
        "booked",
        "opened_at",
        "closed_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """Load the payment along."""
        return super().get_queryset(request).select_related("intent__payee", "transaction")

    def find(self, text: str) -> Q:
        """Find by reference, payment or business."""
        return find_disputes(text)

    @admin.display(description="payment", ordering="intent_id")
    def about(self, dispute: Dispute) -> SafeString:
        """Link to the payment."""
        return link(dispute.intent)

    @admin.display
    def payee(self, dispute: Dispute) -> str:
        """Return who has to answer."""
        return str(dispute.intent.payee)

    @admin.display(description="booked as")
    def booked(self, dispute: Dispute) -> SafeString:
        """Link to the transaction that booked what the bank has taken."""
        return link(dispute.transaction)
