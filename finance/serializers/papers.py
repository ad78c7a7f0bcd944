"""Invoices, credit notes and statements as they are printed: what the rows say, in words and numbers for a page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from finance.documents import (
    InvoiceLine as PrintedLine,
    InvoiceSheet,
    StatementRow,
    StatementSheet,
    TaxPart,
    render_invoice,
    render_statement,
)
from finance.models import Account, CreditNote, Entry, Invoice, InvoiceLine
from finance.selectors import Statement
from wholexale.common.documents import Party
from wholexale.common.documents.wording import plain
from wholexale.common.errors import FieldError, ValidationFailed

MAX_ROWS = 2_000
"""A statement of more entries is a file for a spreadsheet: to set it would keep others waiting."""

PAYMENT_TERMS = {
    "advance_payment": "Payment in advance",
    "cod": "Cash on delivery",
    "net_30": "Net 30 days",
    "net_60": "Net 60 days",
    "net_90": "Net 90 days",
    "custom": "As agreed",
}
"""Payment terms in words."""


def invoice_file(invoice: Invoice) -> bytes:
    """Return an invoice as a PDF file."""
    is_taxed = bool(invoice.tax or invoice.is_reverse_charge)
    return render_invoice(
        InvoiceSheet(
            title="Tax invoice" if is_taxed else "Invoice",
            number=invoice.invoice_number,
            issued_on=invoice.issued_on,
            due_on=invoice.due_on,
            seller=_party(invoice.seller_details),
            buyer=_party(invoice.buyer_details),
            currency=invoice.currency,
            place_of_supply=invoice.place_of_supply,
            terms=PAYMENT_TERMS[invoice.payment_terms],
            reference=invoice.reference,
            corrects="",
            reason="",
            lines=tuple(_line(one) for one in invoice.lines.order_by("position")),
            subtotal=invoice.subtotal,
            discount=invoice.discount,
            taxes=_taxes(invoice.taxes),
            total=invoice.total,
            is_reverse_charge=invoice.is_reverse_charge,
            notes=invoice.notes,
        )
    )


def credit_note_file(note: CreditNote) -> bytes:
    """Return a credit note as a PDF file: one line, which names the invoice that it corrects."""
    invoice, taxable = note.invoice, note.amount - note.tax
    line = PrintedLine(
        position=1,
        description=f"Credit on invoice {invoice.invoice_number}",
        code="",
        quantity="1",
        unit="",
        unit_price="",
        discount=0,
        taxable=taxable,
        tax_rate="",
        tax=note.tax,
        total=note.amount,
    )
    return render_invoice(
        InvoiceSheet(
            title="Credit note",
            number=note.credit_note_number,
            issued_on=note.issued_on,
            due_on=None,
            seller=_party(invoice.seller_details),
            buyer=_party(invoice.buyer_details),
            currency=invoice.currency,
            place_of_supply=invoice.place_of_supply,
            terms="",
            reference=invoice.reference,
            corrects=invoice.invoice_number,
            reason=note.reason,
            lines=(line,),
            subtotal=taxable,
            discount=0,
            taxes=_taxes(note.taxes),
            total=note.amount,
            is_reverse_charge=invoice.is_reverse_charge,
            notes="",
        )
    )


def statement_file(found: Statement, batches: Iterable[list[Entry]]) -> bytes:
    """Return a statement as a PDF file.

    Raises:
        ValidationFailed: `STATEMENT_TOO_LONG`.
    """
    if found.count > MAX_ROWS:
        fault = FieldError(path="format", msg=f"At most {MAX_ROWS} entries; csv has no limit", location="query")
        raise ValidationFailed("STATEMENT_TOO_LONG", "This is too much for a printed page.", details=[fault])
    account, zone = found.account, ZoneInfo(found.account.business.time_zone if found.account.business else "UTC")
    rows = [entry for batch in batches for entry in batch]
    sums = {side: sum(one.amount for one in rows if one.side == side) for side in Account.Side}
    business = account.business
    details: Mapping[str, Any] = {
        "name": business.name if business else "The platform",
        "taxNumber": business.gst_number if business else "",
        "address": (business.address or {}) if business else {},
        "country": business.country if business else "",
    }
    return render_statement(
        StatementSheet(
            business=_party(details),
            account=account.code.rpartition(":")[2].capitalize(),
            currency=account.currency,
            start=_day(found.start, zone) or "The beginning",
            end=_day(found.end, zone, is_end=True) or _day(timezone.now(), zone),
            opening=found.opening,
            closing=found.closing,
            debits=sums[Account.Side.DEBIT],
            credits=sums[Account.Side.CREDIT],
            made_at=timezone.now().astimezone(zone),
        ),
        _entries(rows, zone),
    )


def _entries(rows: Sequence[Entry], zone: ZoneInfo) -> Iterator[StatementRow]:
    for one in rows:
        origin, is_debit = one.transfer.transaction, one.side == Account.Side.DEBIT
        yield StatementRow(
            on=one.created_at.astimezone(zone).date().isoformat(),
            number=origin.transaction_id,
            description=origin.description,
            debit=one.amount if is_debit else None,
            credit=None if is_debit else one.amount,
            balance=one.balance_after,
        )


def _party(details: Mapping[str, Any]) -> Party:
    address: Mapping[str, Any] = details.get("address") or {}
    city = " ".join(str(address[name]) for name in ("city", "pincode") if address.get(name))
    lines = [str(address.get("street") or ""), city, str(address.get("state") or "")]
    return Party(
        name=details.get("name", ""),
        tax_number=details.get("taxNumber", ""),
        address=tuple(line for line in lines if line),
        country=details.get("country", ""),
    )


def _line(line: InvoiceLine) -> PrintedLine:
    return PrintedLine(
        position=line.position,
        description=line.description,
        code=line.code,
        quantity=plain(Decimal(line.quantity).scaleb(-3)),
        unit=line.unit,
        unit_price=plain(Decimal(line.unit_price).scaleb(-6)),
        discount=line.discount,
        taxable=line.taxable,
        tax_rate=f"{plain(Decimal(line.tax_rate).scaleb(-2))}%" if line.tax_rate else "",
        tax=line.tax,
        total=line.total,
    )


def _taxes(taxes: Iterable[Mapping[str, Any]]) -> tuple[TaxPart, ...]:
    return tuple(TaxPart(one["label"], f"{plain(Decimal(one['rate']).scaleb(-2))}%", one["amount"]) for one in taxes)


def _day(moment: datetime | None, zone: ZoneInfo, *, is_end: bool = False) -> str:
    """Return the day of a moment; of an end, the last day inside."""
    if moment is None:
        return ""
    inside = moment - timedelta(microseconds=1) if is_end else moment
    day: date = inside.astimezone(zone).date()
    return day.isoformat()
