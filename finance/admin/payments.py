"""Payments for staff: what is collected, paid back, disputed and paid out, every step of it, and what can be done."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from finance.admin.acting import MoneyActingAdmin
from finance.admin.attention import PaymentStates, ProviderFilter
from finance.admin.finding import find_payments
from finance.admin.parts import CallsInline, DisputesInline, PaymentColumns, RefundsInline
from finance.admin.payment_actions import PAYMENT_ACTIONS
from finance.admin.showing import say_who
from finance.admin.standing import say_failure, say_payment
from finance.models import LedgerTransaction, PaymentChange, PaymentIntent
from finance.services.ledger import OF_PAYMENT
from wholexale.common.admin import (
    CurrencyFilter,
    FindingList,
    RowsInline,
    link,
    say_amount,
    say_when,
    show_amount,
    show_two,
)


class ChangesInline(RowsInline):
    """Every step of a payment, the newest first."""

    model = PaymentChange
    verbose_name_plural = "history"
    ordering = ("-number",)
    fields = ("number", "made", "step", "amounts", "told")
    related = ("intent", "actor", "event")

    @admin.display(description="UTC, by")
    def made(self, change: PaymentChange) -> SafeString:
        """Return when it was made, and who has told: a person, or how the provider did."""
        who = say_who(change.actor) if change.actor else change.get_source_display().lower()
        return show_two(say_when(change.created_at), who)

    @admin.display
    def step(self, change: PaymentChange) -> str:
        """Return the state, with the one before where it changed."""
        states = dict.fromkeys((change.old_state, change.new_state))
        return " → ".join(PaymentStates.words[state].lower() for state in states if state)

    @admin.display
    def amounts(self, change: PaymentChange) -> SafeString:
        """Return the amounts after it."""
        said = (
            (name, say_amount(amount, change.intent.currency))
            for name in ("captured", "refunded", "refunding", "disputed")
            if (amount := getattr(change, name))
        )
        return format_html_join("", '<span class="money">{} {}</span>', said)

    @admin.display(description="note, webhook")
    def told(self, change: PaymentChange) -> SafeString:
        """Return what was noted, and link to the webhook that has told."""
        webhook = link(change.event, change.event.type) if change.event else ""
        return show_two(change.note, webhook)


@admin.register(PaymentIntent)
class PaymentIntentAdmin(PaymentColumns, FindingList, MoneyActingAdmin):
    """Payments: found by number, reference, invoice or business; settled by hand, captured, canceled, paid back."""

    list_display = ("event", "sides", "moved", "how", "stands")
    list_display_links = None
    list_filter = (PaymentStates, ProviderFilter, CurrencyFilter)
    search_help_text = "A number (PAY-2026-000123), an invoice (INV-2026-000123), the provider's reference, a business."
    ordering = ("-id",)
    inlines = (ChangesInline, RefundsInline, DisputesInline, CallsInline)
    staff_actions = PAYMENT_ACTIONS
    fieldsets = (
        (None, {"fields": ("payment_id", "stands", "failure", "bill", "payer", "payee", "how", "reference")}),
        ("Amounts", {"fields": ("moved", "authorized", "taken", "back", "going_back", "bank_has", "left", "kept")}),
        ("Origin", {"fields": ("booked", "created_by", "created_at", "expires_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentIntent]:
        """Load both sides and the invoice along."""
        return super().get_queryset(request).select_related("payer", "payee", "invoice__balance", "created_by")

    def find(self, text: str) -> Q:
        """Find by number, reference, invoice or business."""
        return find_payments(text)

    @admin.display(description="payer, payee")
    def sides(self, intent: PaymentIntent) -> SafeString:
        """Return who pays whom."""
        return show_two(intent.payer, f"→ {intent.payee}")

    @admin.display(description="invoice")
    def bill(self, intent: PaymentIntent) -> SafeString:
        """Link to the invoice, or name the order that is paid in advance."""
        return link(intent.invoice) if intent.invoice else format_html("{}", intent.order_number)

    @admin.display
    def failure(self, intent: PaymentIntent) -> str:
        """Return why it has failed."""
        return say_failure(intent)

    @admin.display(description="provider's reference")
    def reference(self, intent: PaymentIntent) -> str:
        """Return what the provider calls it."""
        return intent.provider_ref or "-"

    @admin.display(description="to be captured")
    def authorized(self, intent: PaymentIntent) -> SafeString:
        """Return what may be captured."""
        return show_amount(intent.capturable, intent.currency)

    @admin.display(description="captured")
    def taken(self, intent: PaymentIntent) -> SafeString:
        """Return what the provider has taken."""
        return show_amount(intent.captured, intent.currency)

    @admin.display(description="paid back")
    def back(self, intent: PaymentIntent) -> SafeString:
        """Return what was paid back."""
        return show_amount(intent.refunded, intent.currency)

    @admin.display(description="to be paid back")
    def going_back(self, intent: PaymentIntent) -> SafeString:
        """Return what is on its way back."""
        return show_amount(intent.refunding, intent.currency)

    @admin.display(description="disputed")
    def bank_has(self, intent: PaymentIntent) -> SafeString:
        """Return what the payer's bank has taken."""
        return show_amount(intent.disputed, intent.currency)

    @admin.display(description="may be paid back")
    def left(self, intent: PaymentIntent) -> SafeString:
        """Return what may still be paid back."""
        return show_amount(intent.refundable, intent.currency)

    @admin.display(description="provider's fee")
    def kept(self, intent: PaymentIntent) -> SafeString:
        """Return what the provider has kept for itself."""
        return show_amount(intent.provider_fee, intent.currency)

    @admin.display(description="booked as")
    def booked(self, intent: PaymentIntent) -> SafeString:
        """Link to the transaction that booked what has come."""
        return link(LedgerTransaction.objects.filter(reference=f"{OF_PAYMENT}{intent.pk}").first())

    def facts(self, row: PaymentIntent) -> list[tuple[str, object]]:
        """Return who pays whom for what, and how far it has come."""
        amounts = (
            ("Amount", row.amount),
            ("To be captured", row.capturable),
            ("Captured", row.captured),
            ("Paid back", row.refunded),
            ("To be paid back", row.refunding),
            ("Disputed", row.disputed),
            ("Still due on the invoice", row.invoice.balance.due if row.invoice else 0),
        )
        return [
            ("Payment", f"{row}, {say_payment(row)}"),
            ("Payer", row.payer),
            ("Payee", row.payee),
            ("Invoice", row.invoice) if row.invoice else ("Order, paid in advance", row.order_number),
            ("Method", f"{row.method.replace('_', ' ')}, {row.provider}"),
            *((name, say_amount(amount, row.currency)) for name, amount in amounts if amount),
        ]
