"""What the verbs of invoices and credit notes share: who may, the lock, the next number, the name."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from accounts.models import Business, Permission, User
from finance.models import DocumentCounter, Invoice, InvoiceBalance, LedgerTransaction, PaymentIntent
from finance.services.checks import BOOK, check_staff
from finance.sql import About
from wholexale.common.clock import database_now


@dataclass(frozen=True, slots=True)
class Number:
    """The next number of a seller in a year."""

    year: int
    serial: int
    day: date


def next_serial(seller: Business, kind: DocumentCounter.Kind, *, day: date | None = None) -> Number:
    """Take the next number of a seller's documents in the year of a day; without gaps, as it is given under a lock."""
    day = day or today(seller)
    DocumentCounter.objects.bulk_create(
        [DocumentCounter(seller=seller, kind=kind, year=day.year)], ignore_conflicts=True
    )
    counter = DocumentCounter.objects.select_for_update().get(seller=seller, kind=kind, year=day.year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return Number(day.year, counter.last, day)


def today(business: Business) -> date:
    """Return the day it is for a business, by the database's clock."""
    return database_now().astimezone(ZoneInfo(business.time_zone)).date()


def lock_balance(invoice: Invoice) -> InvoiceBalance:
    """Lock what became of an invoice, before the balances of accounts."""
    balance = InvoiceBalance.objects.select_for_update().get(invoice_id=invoice.id)
    balance.invoice = invoice
    return balance


def about_invoice(invoice: Invoice) -> About:
    """Return what a transaction about an invoice says it is about."""
    return About(LedgerTransaction.Subject.INVOICE, str(invoice.id), invoice.invoice_number)


def about_payment(intent: PaymentIntent) -> About:
    """Return what a transaction about a payment says it is about: its invoice, or the order that is paid in advance."""
    if intent.invoice is not None:
        return about_invoice(intent.invoice)
    return About(LedgerTransaction.Subject.ORDER, str(intent.order_id), intent.order_number)


def check_seller(actor: User, invoice: Invoice | PaymentIntent) -> None:
    """Refuse anybody but staff who may book, and members of the seller who manage payments.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    seller_id = invoice.seller_id if isinstance(invoice, Invoice) else invoice.payee_id
    if actor.is_staff:
        check_staff(actor, BOOK)
        return
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.PAYMENTS_MANAGE)
    if membership.business_id != seller_id:
        raise accounts_selectors.insufficient_permissions(membership, Permission.PAYMENTS_MANAGE)
