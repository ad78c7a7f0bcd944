"""Documents to print, and what a reader finds in the files."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pypdf import PdfReader

from finance.documents import InvoiceLine, InvoiceSheet, StatementRow, StatementSheet, TaxPart
from wholexale.common.documents import Party

SELLER = Party(
    name="Samir Textiles Private Limited",
    tax_number="27AAPFU0939F1ZV",
    address=("Plot 14, MIDC Industrial Area", "Andheri East", "Mumbai 400093", "Maharashtra"),
    country="India",
)
BUYER = Party(
    name="Bela Retail LLP",
    tax_number="27AACCB1234K1Z5",
    address=("Shop 3, Laxmi Road", "Pune 411030", "Maharashtra"),
    country="India",
)


def line(position: int = 1, **fields: Any) -> InvoiceLine:
    """Return a line: 100 kurtas of 450.00 less a discount of 500.00, and 5% on what is left."""
    usual = InvoiceLine(
        position=position,
        description="Cotton kurta, indigo block print, sizes S to XL",
        code="6204",
        quantity="100",
        unit="pcs",
        unit_price="450.00",
        discount=50_000,
        taxable=4_450_000,
        tax_rate="5%",
        tax=222_500,
        total=4_672_500,
    )
    return replace(usual, **fields)


def invoice(**fields: Any) -> InvoiceSheet:
    """Return an invoice over one line, taxed by the centre and the state."""
    usual = InvoiceSheet(
        title="Tax invoice",
        number="INV-2026-000123",
        issued_on=date(2026, 4, 5),
        due_on=date(2026, 5, 5),
        seller=SELLER,
        buyer=BUYER,
        currency="INR",
        place_of_supply="Maharashtra (27)",
        terms="30 days net",
        reference="ORD-2026-000077",
        corrects="",
        reason="",
        lines=(line(),),
        subtotal=4_500_000,
        discount=50_000,
        taxes=(TaxPart("CGST", "2.5%", 111_250), TaxPart("SGST", "2.5%", 111_250)),
        total=4_672_500,
        is_reverse_charge=False,
        notes="",
    )
    return replace(usual, **fields)


def credit_note(**fields: Any) -> InvoiceSheet:
    """Return a credit note over the whole invoice."""
    usual = invoice(
        title="Credit note",
        number="CN-2026-000009",
        corrects="INV-2026-000123",
        reason="Ten pieces came with a torn seam.",
        terms="",
    )
    return replace(usual, **fields)


def statement(**fields: Any) -> StatementSheet:
    """Return the head of a statement of March."""
    usual = StatementSheet(
        business=SELLER,
        account="Payable to the business",
        currency="INR",
        start="1 March 2026, 00:00 IST",
        end="31 March 2026, 24:00 IST",
        made_at=datetime(2026, 4, 1, 4, 30, tzinfo=UTC),
        opening=10_050,
        closing=-4_950,
        debits=20_000,
        credits=5_000,
    )
    return replace(usual, **fields)


def row(number: int = 1, **fields: Any) -> StatementRow:
    """Return an entry of a statement: 50.00 come in."""
    usual = StatementRow(
        on="10 Mar 2026 17:30",
        number=f"TXN-2026-{number:06}",
        description="Kurtas, 100 pieces",
        debit=None,
        credit=5_000,
        balance=15_050,
    )
    return replace(usual, **fields)


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page, with single spaces between words."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    """Return the text of all pages."""
    return " ".join(pages(pdf))
