"""Invoices and credit notes."""

from datetime import UTC, datetime, time

from finance.documents.shapes import InvoiceLine, InvoiceSheet
from wholexale.common.documents.blocks import (
    GRAND,
    Facts,
    Total,
    print_head,
    print_parties,
    print_remark,
    print_totals,
    totals_height,
)
from wholexale.common.documents.paper import STRONG, Paper
from wholexale.common.documents.tables import Cell, Column, Row, Table
from wholexale.common.documents.wording import amount, day, money

_COLUMNS = (
    Column("#"),
    Column("Description", "L", is_flexible=True),
    Column("Quantity"),
    Column("Unit price"),
    Column("Discount"),
    Column("Taxable"),
    Column("Tax"),
    Column("Total"),
)


def render_invoice(sheet: InvoiceSheet) -> bytes:
    """Return the sheet as a PDF file."""
    made_at = datetime.combine(sheet.issued_on, time.min, UTC)
    paper = Paper(title=f"{sheet.title} {sheet.number}", author=sheet.seller.name, made_at=made_at)
    totals = _totals(sheet)
    print_head(paper, sheet.title, sheet.number, _facts(sheet))
    print_parties(paper, [("Seller", sheet.seller), ("Buyer", sheet.buyer)])
    print_remark(paper, "Reason", sheet.reason)
    Table(paper, _COLUMNS, [_row(line, sheet) for line in sheet.lines]).print(keep=totals_height(totals))
    print_totals(paper, totals)
    print_remark(paper, "Notes", sheet.notes)
    return paper.finish()


def _facts(sheet: InvoiceSheet) -> Facts:
    return [
        ("Issued on", day(sheet.issued_on)),
        ("Corrects invoice", sheet.corrects),
        ("Due on", day(sheet.due_on) if sheet.due_on and not sheet.is_credit_note else ""),
        ("Terms", sheet.terms),
        ("Reference", sheet.reference),
        ("Place of supply", sheet.place_of_supply),
        ("Reverse charge", "Yes: the buyer pays the tax" if sheet.is_reverse_charge else "No" if sheet.taxes else ""),
        ("Currency", sheet.currency),
    ]


def _row(line: InvoiceLine, sheet: InvoiceSheet) -> Row:
    """Return a line as a row; without taxes what is taxable goes without saying."""
    is_taxed = bool(sheet.taxes)
    return Row(
        [
            Cell(str(line.position)),
            Cell(line.description, f"HSN/SAC {line.code}" if line.code else ""),
            Cell(f"{line.quantity} {line.unit}"),
            Cell(line.unit_price),
            Cell(amount(line.discount, sheet.currency) if line.discount else ""),
            Cell(amount(line.taxable, sheet.currency) if is_taxed else ""),
            Cell(amount(line.tax, sheet.currency) if is_taxed else "", line.tax_rate if is_taxed else ""),
            Cell(amount(line.total, sheet.currency)),
        ]
    )


def _totals(sheet: InvoiceSheet) -> list[Total]:
    totals = [Total("Subtotal", amount(sheet.subtotal, sheet.currency))]
    if sheet.discount:
        totals.append(Total("Discount", amount(-sheet.discount, sheet.currency)))
    totals += [Total(f"{tax.label} {tax.rate}".rstrip(), amount(tax.amount, sheet.currency)) for tax in sheet.taxes]
    total = money(sheet.total, sheet.currency)
    totals.append(Total("Total credited" if sheet.is_credit_note else "Total", total, GRAND, has_band=True))
    if sheet.due_on and not sheet.is_credit_note:
        totals.append(Total(f"Amount due by {day(sheet.due_on)}", total, STRONG))
    return totals
