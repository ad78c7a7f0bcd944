"""Payments, invoices and credit in a few words, for whoever has heard a fact: plain values, and no judging who may see.

Amounts are in minor units.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from finance.models import CreditLine, Invoice, PaymentIntent
from finance.selectors.credit import position_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentGist:
    """A payment; `paper` is the number of what it pays."""

    number: str
    amount: int
    currency: str
    paper: str
    payer: str
    payee: str
    failure: str
    invoice_id: UUID | None
    order_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceGist:
    """An invoice as it was issued."""

    number: str
    total: int
    currency: str
    due_on: date
    seller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditGist:
    """A credit line: what may still be bought on it, and how much in all."""

    available: int
    limit: int
    status: str


def payment_gist(intent_id: UUID) -> PaymentGist:
    """Return a payment in a few words."""
    intent = PaymentIntent.objects.select_related("payer", "payee", "invoice").get(id=intent_id)
    return PaymentGist(
        number=intent.payment_id,
        amount=intent.captured or intent.amount,
        currency=intent.currency,
        paper=intent.paper,
        payer=intent.payer.name,
        payee=intent.payee.name,
        failure=intent.failure_text or intent.failure_code,
        invoice_id=intent.invoice_id,
        order_id=intent.order_id,
    )


def invoice_gist(invoice_id: UUID) -> InvoiceGist:
    """Return an invoice in a few words."""
    invoice = Invoice.objects.select_related("seller").get(id=invoice_id)
    return InvoiceGist(
        number=invoice.invoice_number,
        total=invoice.total,
        currency=invoice.currency,
        due_on=invoice.due_on,
        seller=invoice.seller.name,
    )


def credit_gist(line_id: UUID) -> CreditGist:
    """Return a credit line in a few words."""
    now = position_of(CreditLine.objects.select_related("account__balance").get(id=line_id))
    return CreditGist(available=now.available, limit=now.limit, status=now.line.status)
