"""Rows that are shown in a list of their own and within the page of another row: their columns, and tables of them."""

from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from finance.admin.standing import is_by_hand, show_dispute, show_payment, show_state
from finance.models import CreditNote, Dispute, PaymentIntent, Payout, ProviderCall, Refund
from wholexale.common.admin import RowsInline, link, say_when, show_amount, show_two

MAX_REFERENCE = 20


def dated_link(row: Model, when: date, text: object = None) -> SafeString:
    """Return a link to a row's page, and below it the day, or the moment in UTC."""
    said = say_when(when) if isinstance(when, datetime) else when.isoformat()
    return show_two(link(row, text), said)


def subject(call: ProviderCall) -> PaymentIntent | Refund | Payout | None:
    """Return what a provider is asked about."""
    return call.intent or call.refund or call.payout


def currency_of(row: PaymentIntent | Refund | Payout | None) -> str:
    """Return the currency of anything that providers are asked about."""
    if isinstance(row, Refund):
        return row.intent.currency
    return row.currency if row else ""


class ProviderInline(RowsInline):
    """Rows that come of asking a provider; money by hand has none."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave them out where nobody can be asked."""
        return super().has_view_permission(request, obj) and not (obj and is_by_hand(obj))


class PaymentColumns:
    """The columns of payments."""

    @admin.display(description="payment, UTC", ordering="id")
    def event(self, intent: PaymentIntent) -> SafeString:
        """Link to the payment, and say when it was begun."""
        return dated_link(intent, intent.created_at)

    @admin.display(description="amount")
    def moved(self, intent: PaymentIntent) -> SafeString:
        """Return what is to be paid."""
        return show_amount(intent.amount, intent.currency)

    @admin.display(description="method, provider", ordering="method")
    def how(self, intent: PaymentIntent) -> SafeString:
        """Return how it is paid, and who collects it."""
        later = ", captured later" if intent.is_captured_later else ""
        return format_html("{}<br><small>{}{}</small>", intent.method.replace("_", " "), intent.provider, later)

    @admin.display(description="status", ordering="state")
    def stands(self, intent: PaymentIntent) -> SafeString:
        """Return how it stands, and what was paid back or is disputed."""
        return show_payment(intent)


class RefundColumns:
    """The columns of refunds."""

    @admin.display(description="refund, UTC", ordering="id")
    def event(self, refund: Refund) -> SafeString:
        """Link to the refund, and say when it was asked for."""
        return dated_link(refund, refund.created_at)

    @admin.display(description="amount")
    def moved(self, refund: Refund) -> SafeString:
        """Return what is paid back."""
        return show_amount(refund.amount, refund.intent.currency)

    @admin.display(description="status", ordering="state")
    def stands(self, refund: Refund) -> SafeString:
        """Return how it stands."""
        return show_state(refund)

    @admin.display(description="out of", ordering="origin")
    def source(self, refund: Refund) -> str:
        """Return whose money it is."""
        if refund.origin == Refund.Origin.SELLER:
            return "what the seller is owed"
        return "what was paid too much"


class DisputeColumns:
    """The columns of disputes."""

    @admin.display(description="dispute, UTC", ordering="id")
    def event(self, dispute: Dispute) -> SafeString:
        """Link to the dispute, and say when it was opened."""
        return dated_link(dispute, dispute.opened_at, Truncator(dispute.provider_ref).chars(MAX_REFERENCE))

    @admin.display(description="amount")
    def moved(self, dispute: Dispute) -> SafeString:
        """Return what the bank has taken."""
        return show_amount(dispute.amount, dispute.intent.currency)

    @admin.display(description="status", ordering="state")
    def stands(self, dispute: Dispute) -> SafeString:
        """Return how it stands, and until when an answer is taken."""
        return show_dispute(dispute)


class CallColumns:
    """The columns of what providers are asked."""

    @admin.display(description="asks for", ordering="kind")
    def event(self, call: ProviderCall) -> SafeString:
        """Link to the work."""
        return link(call, call.get_kind_display())

    @admin.display
    def about(self, call: ProviderCall) -> SafeString:
        """Link to what it is about."""
        return link(subject(call))

    @admin.display(description="amount")
    def moved(self, call: ProviderCall) -> SafeString:
        """Return the amount, where a part is meant."""
        return show_amount(call.amount, currency_of(subject(call)))


class CreditNoteColumns:
    """The columns of credit notes."""

    @admin.display(description="credit note", ordering="id")
    def event(self, note: CreditNote) -> SafeString:
        """Link to the credit note, and say when it was issued."""
        return dated_link(note, note.issued_on)

    @admin.display(description="amount")
    def moved(self, note: CreditNote) -> SafeString:
        """Return what was taken off."""
        return show_amount(note.amount, note.invoice.currency)

    @admin.display(description="refund")
    def cause(self, note: CreditNote) -> SafeString:
        """Link to the refund, where it was paid back."""
        return link(note.refund)


class PaymentsInline(PaymentColumns, RowsInline):
    """The payments of an invoice, the newest first."""

    model = PaymentIntent
    verbose_name_plural = "payments"
    ordering = ("-id",)
    fields = ("event", "moved", "how", "stands")


class RefundsInline(RefundColumns, RowsInline):
    """The refunds of a payment, the newest first."""

    model = Refund
    ordering = ("-id",)
    fields = ("event", "moved", "stands", "source", "reason")
    related = ("intent",)


class DisputesInline(DisputeColumns, ProviderInline):
    """The disputes of a payment, the newest first."""

    model = Dispute
    ordering = ("-id",)
    fields = ("event", "moved", "stands", "reason")
    related = ("intent",)


class CallsInline(CallColumns, ProviderInline):
    """What the provider was asked, and is still to be asked, the newest first."""

    model = ProviderCall
    ordering = ("-id",)
    fields = ("event", "moved", "state", "attempts", "run_at", "last_error")
    related = ("intent", "refund__intent", "payout")


class CreditNotesInline(CreditNoteColumns, RowsInline):
    """What was taken off an invoice, the newest first."""

    model = CreditNote
    ordering = ("-id",)
    fields = ("event", "moved", "cause", "reason")
    related = ("invoice", "refund")
