"""Credit notes for staff: what sellers have taken off their invoices, and the printed files."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from finance import services
from finance.admin.finding import find_credit_notes
from finance.admin.parts import CreditNoteColumns
from finance.admin.printing import PrintedAdmin, show_taxes
from finance.admin.showing import MoneyAdmin
from finance.models import CreditNote
from finance.serializers import papers
from wholexale.common.admin import FindingList, link, show_amount, show_two


@admin.register(CreditNote)
class CreditNoteAdmin(CreditNoteColumns, PrintedAdmin, FindingList, MoneyAdmin):
    """Credit notes: found by number, invoice or business."""

    list_display = ("event", "bill", "sides", "moved", "cause")
    list_display_links = None
    search_help_text = "A number (CRN-2026-000123), an invoice (INV-2026-000123), a business."
    ordering = ("-id",)
    fields = (
        "credit_note_number",
        "bill",
        "seller",
        "buyer",
        "moved",
        "tax_inside",
        "each_tax",
        "reason",
        "cause",
        "printed",
        "booked",
        "issued_on",
        "issued_by",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditNote]:
        """Load the invoice and both sides along."""
        rows = super().get_queryset(request)
        return rows.select_related("invoice__seller", "invoice__buyer", "seller", "refund", "transaction", "issued_by")

    def find(self, text: str) -> Q:
        """Find by number, invoice or business."""
        return find_credit_notes(text)

    def file(self, row: CreditNote) -> bytes:
        """Return the credit note as it is printed."""
        return services.keep_document(credit_note=row, make=lambda: papers.credit_note_file(row))

    @admin.display(description="invoice", ordering="invoice_id")
    def bill(self, note: CreditNote) -> SafeString:
        """Link to the invoice."""
        return link(note.invoice)

    @admin.display(description="seller, buyer")
    def sides(self, note: CreditNote) -> SafeString:
        """Return whose invoice it is."""
        return show_two(note.seller, f"→ {note.invoice.buyer}")

    @admin.display
    def buyer(self, note: CreditNote) -> str:
        """Return who owes less."""
        return str(note.invoice.buyer)

    @admin.display(description="tax in it")
    def tax_inside(self, note: CreditNote) -> SafeString:
        """Return the part of it that is tax."""
        return show_amount(note.tax, note.invoice.currency)

    @admin.display(description="taxes")
    def each_tax(self, note: CreditNote) -> SafeString:
        """Return each tax with its rate."""
        return show_taxes(note.taxes, note.invoice.currency)

    @admin.display(description="booked as")
    def booked(self, note: CreditNote) -> SafeString:
        """Link to the transaction."""
        return link(note.transaction)
