"""Invoices and credit notes, on the wire."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from finance.models import CreditNote, Invoice, InvoiceLine
from finance.selectors import WantedInvoices, days_overdue, invoice_status, today_for
from finance.serializers.fields import Currency, amounts, query_currency
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.money import Amount, to_minor
from wholexale.common.wire import Resource, Wire, clean_text, wire_time

InvoiceStatus = Literal["issued", "partially_paid", "paid", "overdue", "credited"]


class InvoiceQuery(PageQuery, kw_only=True):
    """Which invoices: those the caller's business has issued (`role=seller`), got (`role=buyer`), or both."""

    role: Literal["seller", "buyer"] | None = None
    status: InvoiceStatus | None = None
    currency: Currency | None = None
    counterparty: UUID | None = None
    format: Literal["json", "csv"] = "json"

    def wanted(self) -> WantedInvoices:
        """Return what the selector needs.

        Raises:
            ValidationFailed: `CURRENCY_NOT_SUPPORTED`.
        """
        return WantedInvoices(
            side=self.role,
            status=self.status,
            currency=query_currency(self.currency),
            counterparty=self.counterparty,
        )


class CreditNoteBody(Wire, kw_only=True):
    """What is taken off an invoice, taxes included; all that is left of it where `amount` is missing."""

    amount: Amount | UnsetType = UNSET
    reason: Annotated[str, Meta(min_length=1, max_length=500)]

    def minor(self, currency: str) -> int | None:
        """Return the amount in minor units.

        Raises:
            ValidationFailed: `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`, `AMOUNT_TOO_LARGE`.
        """
        return None if self.amount is UNSET else to_minor(self.amount, currency)

    def text(self) -> str:
        """Return the reason."""
        return clean_text(self.reason)


class PartyInfo(Resource, kw_only=True):
    """One side of an invoice, as it was when the invoice was issued."""

    business_name: str
    tax_number: str
    country: str


class TaxInfo(Wire, kw_only=True):
    """One tax: its rate in percent, and what it comes to."""

    label: str
    rate: Decimal
    amount: Amount
    amount_minor: int


class LineInfo(Wire, kw_only=True):
    """One line: quantity times unit price, less the discount, plus the tax."""

    position: int
    description: str
    code: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount: Amount
    discount_minor: int
    taxable: Amount
    taxable_minor: int
    tax_rate: Decimal
    tax: Amount
    tax_minor: int
    total: Amount
    total_minor: int


class CreditNoteInfo(Resource, kw_only=True):
    """What was taken off an invoice."""

    credit_note_number: str
    invoice_id: str
    invoice_number: str
    issued_on: str
    currency: str
    amount: Amount
    amount_minor: int
    tax: Amount
    tax_minor: int
    taxes: list[TaxInfo]
    reason: str
    refund_id: str | UnsetType = UNSET
    created_at: str


class InvoiceInfo(Resource, kw_only=True):
    """An invoice as it stands: `due` is `total` less `credited` and `paid`, plus `refunded`; below zero if overpaid."""

    invoice_number: str
    status: str
    role: str
    seller: PartyInfo
    buyer: PartyInfo
    currency: str
    issued_on: str
    due_on: str
    days_overdue: int
    payment_terms: str
    reference: str
    subtotal: Amount
    subtotal_minor: int
    discount: Amount
    discount_minor: int
    tax: Amount
    tax_minor: int
    total: Amount
    total_minor: int
    credited: Amount
    credited_minor: int
    paid: Amount
    paid_minor: int
    refunded: Amount
    refunded_minor: int
    due: Amount
    due_minor: int
    created_at: str


class WholeInvoice(InvoiceInfo, kw_only=True):
    """An invoice with its lines, taxes and credit notes."""

    lines: list[LineInfo]
    taxes: list[TaxInfo]
    place_of_supply: str
    is_reverse_charge: bool
    notes: str
    credit_notes: list[CreditNoteInfo]


class InvoicePage(Wire, kw_only=True):
    """A page of invoices, newest first."""

    invoices: list[InvoiceInfo]
    pagination: Pagination


class InvoiceFound(Wire, kw_only=True):
    """One invoice."""

    invoice: WholeInvoice


class CreditNoteMade(Wire, kw_only=True):
    """A credit note, and the invoice as it is now."""

    message: str
    credit_note: CreditNoteInfo
    invoice: WholeInvoice


def invoice_list(viewer_id: UUID | None) -> Any:
    """Return what makes the shapes of a page of invoices, for a viewer of one business."""

    def shapes(invoices: Iterable[Invoice]) -> list[InvoiceInfo]:
        return [InvoiceInfo(**_fields(one, viewer_id)) for one in invoices]

    return shapes


def whole_invoice(invoice: Invoice, viewer_id: UUID | None) -> WholeInvoice:
    """Return an invoice with all there is to it."""
    return WholeInvoice(
        **_fields(invoice, viewer_id),
        lines=[_line(one, invoice.currency) for one in invoice.lines.order_by("position")],
        taxes=_taxes(invoice.taxes, invoice.currency),
        place_of_supply=invoice.place_of_supply,
        is_reverse_charge=invoice.is_reverse_charge,
        notes=invoice.notes,
        credit_notes=[credit_note(one, invoice) for one in invoice.credit_notes.order_by("id")],
    )


def credit_note(note: CreditNote, invoice: Invoice) -> CreditNoteInfo:
    """Return a credit note."""
    return CreditNoteInfo(
        id=str(note.id),
        credit_note_number=note.credit_note_number,
        invoice_id=str(invoice.id),
        invoice_number=invoice.invoice_number,
        issued_on=note.issued_on.isoformat(),
        currency=invoice.currency,
        **amounts(invoice.currency, amount=note.amount, tax=note.tax),
        taxes=_taxes(note.taxes, invoice.currency),
        reason=note.reason,
        refund_id=str(note.refund_id) if note.refund_id else UNSET,
        created_at=wire_time(note.created_at),
    )


def percent(hundredths: int) -> Decimal:
    """Return a rate of hundredths of a percent in percent."""
    return Decimal(hundredths).scaleb(-2)


def _fields(invoice: Invoice, viewer_id: UUID | None) -> dict[str, Any]:
    balance, day = invoice.balance, _day(invoice)
    return {
        "id": str(invoice.id),
        "invoice_number": invoice.invoice_number,
        "status": invoice_status(invoice, day),
        "role": "buyer" if invoice.buyer_id == viewer_id else "seller",
        "seller": _party(invoice.seller_id, invoice.seller_details),
        "buyer": _party(invoice.buyer_id, invoice.buyer_details),
        "currency": invoice.currency,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": invoice.due_on.isoformat(),
        "days_overdue": days_overdue(invoice, day),
        "payment_terms": invoice.payment_terms,
        "reference": invoice.reference,
        **amounts(
            invoice.currency,
            subtotal=invoice.subtotal,
            discount=invoice.discount,
            tax=invoice.tax,
            total=invoice.total,
            credited=balance.credited,
            paid=balance.paid,
            refunded=balance.refunded,
            due=balance.due,
        ),
        "created_at": wire_time(invoice.created_at),
    }


def _day(invoice: Invoice) -> date:
    """Return the day by which an invoice is judged: the seller's."""
    return today_for(invoice.seller)


def _party(business_id: UUID, details: dict[str, Any]) -> PartyInfo:
    return PartyInfo(
        id=str(business_id),
        business_name=details.get("name", ""),
        tax_number=details.get("taxNumber", ""),
        country=details.get("country", ""),
    )


def _line(line: InvoiceLine, currency: str) -> LineInfo:
    return LineInfo(
        position=line.position,
        description=line.description,
        code=line.code,
        quantity=Decimal(line.quantity).scaleb(-3),
        unit=line.unit,
        unit_price=Decimal(line.unit_price).scaleb(-6),
        **amounts(currency, discount=line.discount, taxable=line.taxable, tax=line.tax, total=line.total),
        tax_rate=percent(line.tax_rate),
    )


def _taxes(taxes: Iterable[dict[str, Any]], currency: str) -> list[TaxInfo]:
    return [
        TaxInfo(label=one["label"], rate=percent(one["rate"]), **amounts(currency, amount=one["amount"]))
        for one in taxes
    ]
