"""Invoices for staff: what was charged, what became of it, the printed file, and credit on it."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from finance import services
from finance.admin.acting import AmountField, AmountForm, MoneyActingAdmin
from finance.admin.attention import StandingFilter
from finance.admin.finding import find_invoices
from finance.admin.parts import CreditNotesInline, PaymentsInline, dated_link
from finance.admin.printing import PrintedAdmin, show_taxes
from finance.admin.standing import show_invoice
from finance.models import Invoice, InvoiceLine, LedgerTransaction
from finance.selectors.invoices import invoices
from finance.serializers import papers
from finance.services.checks import BOOK
from finance.services.crediting import creditable
from wholexale.common.admin import (
    Command,
    CurrencyFilter,
    Done,
    FindingList,
    RowsInline,
    StaffAction,
    link,
    list_url,
    say_amount,
    say_number,
    show_amount,
    show_two,
)
from wholexale.common.money import from_minor


class CreditForm(AmountForm):
    """Asks how much is taken off an invoice."""

    amount = AmountField(label="Amount to take off, taxes included")


def _credit(command: Command) -> Done:
    invoice: Invoice = command.row
    note = services.credit_invoice(
        actor=command.actor, invoice_id=invoice.id, amount=command.said["amount"], reason=command.reason
    )
    amount = say_amount(note.amount, invoice.currency)
    return Done(text=f"{amount} was taken off {invoice} by {note}.", row=invoice)


def _tell_credit(invoice: Invoice, _actor: User) -> str:
    most = say_amount(creditable(invoice.balance), invoice.currency)
    return (
        f"A credit note is issued in the name of {invoice.seller}, over at most {most}: {invoice.buyer} owes so much "
        f"less, and {invoice.seller} is owed so much less. It keeps its number and cannot be taken back. It sends no "
        "money: what was paid too much after it is paid back by a refund of the payment."
    )


def _can_be_credited(invoice: Invoice) -> bool:
    return hasattr(invoice, "balance") and creditable(invoice.balance) > 0


CREDIT = StaffAction(
    name="credit",
    label="Issue a credit note",
    permission=BOOK,
    form=CreditForm,
    do=_credit,
    tell=_tell_credit,
    is_offered=_can_be_credited,
    is_grave=True,
)


class LinesInline(RowsInline):
    """What was delivered."""

    model = InvoiceLine
    verbose_name_plural = "lines"
    ordering = ("position",)
    fields = ("position", "description", "code", "measure", "price", "less", "taxed", "moved")
    related = ("invoice",)

    @admin.display(description="quantity")
    def measure(self, line: InvoiceLine) -> str:
        """Return how much was delivered."""
        return f"{say_number(line.quantity, digits=3)} {line.unit}"

    @admin.display(description="unit price")
    def price(self, line: InvoiceLine) -> str:
        """Return the price of one."""
        return say_number(line.unit_price, digits=6)

    @admin.display(description="discount")
    def less(self, line: InvoiceLine) -> str:
        """Return the discount."""
        return f"{from_minor(line.discount, line.invoice.currency):,f}" if line.discount else "-"

    @admin.display(description="tax")
    def taxed(self, line: InvoiceLine) -> str:
        """Return the tax, and its rate."""
        tax = from_minor(line.tax, line.invoice.currency)
        return f"{tax:,f} ({say_number(line.tax_rate, digits=2)} %)" if line.tax_rate else "-"

    @admin.display(description="total")
    def moved(self, line: InvoiceLine) -> SafeString:
        """Return the total, tax included."""
        return show_amount(line.total, line.invoice.currency)


@admin.register(Invoice)
class InvoiceAdmin(PrintedAdmin, FindingList, MoneyActingAdmin):
    """Invoices: found by number, order or business, with what is still due on them; credited."""

    list_display = ("event", "sides", "moved", "owed", "stands")
    list_display_links = None
    list_filter = (StandingFilter, CurrencyFilter)
    search_help_text = "A number (INV-2026-000123, which several sellers may have given), an order, a business."
    ordering = ("-id",)
    inlines = (LinesInline, CreditNotesInline, PaymentsInline)
    staff_actions = (CREDIT,)
    fieldsets = (
        (None, {"fields": ("invoice_number", "stands", "seller", "buyer", "reference", "printed", "notes")}),
        ("Dates", {"fields": ("issued_on", "due_on", "terms", "issued_by", "created_at")}),
        (
            "Charged",
            {"fields": ("before", "less", "taxed", "moved", "each_tax", "place_of_supply", "is_reverse_charge")},
        ),
        ("Since then", {"fields": ("credited", "paid", "back", "owed")}),
        ("Ledger", {"fields": ("booked", "movements")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        """Load both sides and what became of it along."""
        return invoices().select_related("transaction", "issued_by")

    def find(self, text: str) -> Q:
        """Find by number, order or business."""
        return find_invoices(text)

    def file(self, row: Invoice) -> bytes:
        """Return the invoice as it is printed."""
        return services.keep_document(invoice=row, make=lambda: papers.invoice_file(row))

    @admin.display(description="invoice", ordering="id")
    def event(self, invoice: Invoice) -> SafeString:
        """Link to the invoice, and say when it was issued."""
        return dated_link(invoice, invoice.issued_on)

    @admin.display(description="seller, buyer")
    def sides(self, invoice: Invoice) -> SafeString:
        """Return who charges whom."""
        return show_two(invoice.seller, f"→ {invoice.buyer}")

    @admin.display(description="status, due on", ordering="due_on")
    def stands(self, invoice: Invoice) -> SafeString:
        """Return how it stands today, and until when it is paid in time."""
        return show_invoice(invoice)

    @admin.display
    def terms(self, invoice: Invoice) -> str:
        """Return when it is to be paid."""
        return invoice.payment_terms.replace("_", " ")

    @admin.display(description="subtotal")
    def before(self, invoice: Invoice) -> SafeString:
        """Return the sum of the lines before discounts and taxes."""
        return show_amount(invoice.subtotal, invoice.currency)

    @admin.display(description="discount")
    def less(self, invoice: Invoice) -> SafeString:
        """Return the sum of the discounts."""
        return show_amount(invoice.discount, invoice.currency)

    @admin.display(description="tax")
    def taxed(self, invoice: Invoice) -> SafeString:
        """Return the sum of the taxes."""
        return show_amount(invoice.tax, invoice.currency)

    @admin.display(description="taxes")
    def each_tax(self, invoice: Invoice) -> SafeString:
        """Return each tax with its rate."""
        return show_taxes(invoice.taxes, invoice.currency)

    @admin.display(description="total", ordering="total")
    def moved(self, invoice: Invoice) -> SafeString:
        """Return the total."""
        return show_amount(invoice.total, invoice.currency)

    @admin.display
    def credited(self, invoice: Invoice) -> SafeString:
        """Return what was taken off it."""
        return show_amount(invoice.balance.credited, invoice.currency)

    @admin.display
    def paid(self, invoice: Invoice) -> SafeString:
        """Return what was paid."""
        return show_amount(invoice.balance.paid, invoice.currency)

    @admin.display(description="paid back")
    def back(self, invoice: Invoice) -> SafeString:
        """Return what was paid back."""
        return show_amount(invoice.balance.refunded, invoice.currency)

    @admin.display(description="due", ordering="still_due")
    def owed(self, invoice: Invoice) -> SafeString:
        """Return what is still to be paid; below zero where too much was."""
        return show_amount(invoice.balance.due, invoice.currency)

    @admin.display(description="booked as")
    def booked(self, invoice: Invoice) -> SafeString:
        """Link to the transaction of the delivery."""
        return link(invoice.transaction)

    @admin.display(description="all that was booked")
    def movements(self, invoice: Invoice) -> SafeString:
        """Link to every transaction that is about it: the fee, payments, refunds, credit."""
        url = list_url(LedgerTransaction, subject_id=str(invoice.pk))
        return format_html('<a href="{}">Transactions about {}</a>', url, invoice)

    def facts(self, row: Invoice) -> list[tuple[str, object]]:
        """Return who charges whom, and what is left of it."""
        amounts = (
            ("Total", row.total),
            ("Credited", row.balance.credited),
            ("Paid", row.balance.paid),
            ("Paid back", row.balance.refunded),
            ("Due", row.balance.due),
        )
        return [
            ("Invoice", row),
            ("Seller", row.seller),
            ("Buyer", row.buyer),
            *((name, say_amount(amount, row.currency)) for name, amount in amounts),
        ]
