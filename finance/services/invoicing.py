"""Settling purchases: the hold is posted, the invoice is issued, the fee is taken; and what is taken off it again."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from accounts import selectors as accounts_selectors
from accounts.models import Business, Permission, User
from finance.models import (
    CreditNote,
    DocumentCounter,
    Invoice,
    InvoiceBalance,
    InvoiceLine,
    LedgerTransaction,
    PaymentIntent,
    Refund,
    Transfer,
    chart,
)
from finance.selectors.invoices import access_invoice
from finance.services.announcing import announce_credit
from finance.services.checks import (
    BOOK,
    PAYMENT_TERMS,
    check_amount,
    check_choice,
    check_staff,
    checked_reason,
    checked_text,
)
from finance.services.holds import capture_hold
from finance.services.ledger import lock_accounts, open_accounts, record
from finance.services.reckoning import InvoiceDraft, Reckoning, reckon, share_of_taxes
from finance.services.spending import lock_spend
from finance.sql import About, Category, Kind, Leg, Movement, Phase, Recorded, database_now
from wholexale.common.errors import NotFound, ValidationFailed

_DAYS = {"advance_payment": 0, "cod": 0, "net_30": 30, "net_60": 60, "net_90": 90, "custom": 30}
_WHOLE_RATE = 10_000
MAX_REFERENCE = 40


@dataclass(frozen=True, slots=True)
class _Deal:
    """A purchase that is settled: the hold, both sides, and what it comes to."""

    hold: Transfer
    seller: Business
    buyer: Business
    reckoning: Reckoning


@transaction.atomic
def settle_purchase(*, actor: User | None, hold_id: UUID, draft: InvoiceDraft) -> Invoice:
    """Post a hold for what was delivered, issue the invoice and take the platform's fee; asked again, return the first.

    What the hold is above the invoice is released.

    Args:
        actor: who settles; None is the system.
        hold_id: the purchase.
        draft: what was delivered; it comes to no more than what is held.

    Raises:
        NotFound: `HOLD_NOT_FOUND`.
        ValidationFailed: what `reckon` raises; `AMOUNT_EXCEEDS_HOLD`; for terms or days that are none.
        Conflict: `HOLD_RESOLVED`, `HOLD_EXPIRED`, and what `record` raises.
    """
    deal = _deal(hold_id, draft)
    lock_spend(hold_id=hold_id)  # before the balances, as everywhere
    _lock_for_settling(deal)
    captured = capture_hold(
        actor=actor,
        hold_id=hold_id,
        amount=deal.reckoning.total,
        description=f"Delivery of {draft.reference}" if draft.reference else "",
    )
    if captured.is_replay:
        return Invoice.objects.get(transaction_id=captured.id)
    invoice = _issue(deal, draft, captured, actor)
    _take_fee(deal, invoice, actor)
    return invoice


@transaction.atomic
def credit_invoice(*, actor: User, invoice_id: UUID, amount: int | None, reason: str) -> CreditNote:
    """Take an amount off an invoice: the seller gives it up, the buyer owes that much less.

    Args:
        actor: a member of the seller who manages payments, or staff who may book.
        invoice_id: the invoice.
        amount: in minor units, taxes included; None is all that is left of it.
        reason: what people read.

    Raises:
        NotFound: `INVOICE_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`; also for the buyer.
        ValidationFailed: `CREDIT_EXCEEDS_INVOICE`, `AMOUNT_NOT_POSITIVE`, without a reason.
        Conflict: `INSUFFICIENT_FUNDS`: the seller is owed less than that.
    """
    reason = checked_reason(reason)
    invoice = access_invoice(actor=actor, invoice_id=invoice_id)
    check_seller(actor, invoice)
    balance = lock_balance(invoice)
    amount = _checked_credit(balance, amount)
    payable, receivable = open_accounts(
        [chart.payable(invoice.seller_id, invoice.currency), chart.receivable(invoice.buyer_id, invoice.currency)]
    )
    lock_accounts([payable.id, receivable.id])  # before the number, as where a refund is paid
    number = next_serial(invoice.seller, DocumentCounter.Kind.CREDIT_NOTE)
    recorded = record(
        Movement(
            kind=Kind.CREDIT_NOTE,
            category=Category.REFUND,
            reference=f"credit:{invoice.id}:{number.year}-{number.serial}",
            legs=(
                Leg(
                    phase=Phase.SINGLE,
                    debit_id=payable.id,
                    credit_id=receivable.id,
                    amount=amount,
                    currency=invoice.currency,
                ),
            ),
            about=about_invoice(invoice),
            description=reason,
            actor_id=actor.id,
        )
    )
    note = write_credit_note(balance, number, amount, recorded=recorded, reason=reason, actor=actor)
    announce_credit(recorded)
    return note


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


def creditable(balance: InvoiceBalance) -> int:
    """Return how much may still be taken off an invoice: not what waits to be refunded, which credits it when paid."""
    pending = Refund.objects.filter(
        intent__invoice_id=balance.invoice_id, state=Refund.State.PENDING, origin=Refund.Origin.SELLER
    ).aggregate(sum=Sum("amount"))["sum"]
    return balance.invoice.total - balance.credited - (pending or 0)


def write_credit_note(
    balance: InvoiceBalance,
    number: Number,
    amount: int,
    *,
    recorded: Recorded,
    reason: str,
    actor: User | None,
    refund: Refund | None = None,
) -> CreditNote:
    """Issue a credit note and count it on the locked balance of its invoice."""
    invoice = balance.invoice
    taxes = share_of_taxes(invoice.taxes, total=invoice.total, before=balance.credited, amount=amount)
    note = CreditNote.objects.create(
        invoice=invoice,
        seller_id=invoice.seller_id,
        year=number.year,
        serial=number.serial,
        issued_on=number.day,
        amount=amount,
        tax=sum(one.amount for one in taxes),
        taxes=[one.plain() for one in taxes],
        reason=reason,
        refund=refund,
        transaction_id=recorded.id,
        issued_by=actor,
    )
    balance.credited += amount
    balance.save(update_fields=["credited", "updated_at"])
    return note


def about_invoice(invoice: Invoice) -> About:
    """Return what a transaction about an invoice says it is about."""
    return About(LedgerTransaction.Subject.INVOICE, str(invoice.id), invoice.invoice_number)


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


def _deal(hold_id: UUID, draft: InvoiceDraft) -> _Deal:
    check_choice("paymentTerms", draft.payment_terms, PAYMENT_TERMS)
    checked_text("reference", draft.reference, longest=MAX_REFERENCE)
    checked_text("notes", draft.notes)
    holds = Transfer.objects.select_related("debit_account__business", "credit_account__business")
    hold = holds.filter(id=hold_id, phase=Phase.PENDING, transaction__kind=Kind.PURCHASE).first()
    if hold is None:
        raise NotFound("HOLD_NOT_FOUND", "There is no such hold.")
    buyer, seller = hold.debit_account.business, hold.credit_account.business
    if buyer is None or seller is None:
        raise NotFound("HOLD_NOT_FOUND", "There is no such hold.")
    return _Deal(hold, seller, buyer, reckon(draft, seller=seller, buyer=buyer, currency=hold.currency))


def _lock_for_settling(deal: _Deal) -> None:
    """Lock every balance that settling touches, in one order, because it records twice."""
    fees, taxes = open_accounts([chart.fees(deal.hold.currency), chart.taxes(deal.hold.currency)])
    lock_accounts([deal.hold.debit_account_id, deal.hold.credit_account_id, fees.id, taxes.id])


def _issue(deal: _Deal, draft: InvoiceDraft, captured: Recorded, actor: User | None) -> Invoice:
    issued_on, due_on = _days(deal.seller, draft)
    number = next_serial(deal.seller, DocumentCounter.Kind.INVOICE, day=issued_on)
    sums = deal.reckoning
    invoice = Invoice.objects.create(
        seller=deal.seller,
        buyer=deal.buyer,
        year=number.year,
        serial=number.serial,
        currency=deal.hold.currency,
        issued_on=issued_on,
        due_on=due_on,
        payment_terms=draft.payment_terms,
        subtotal=sums.subtotal,
        discount=sums.discount,
        tax=sums.tax,
        total=sums.total,
        taxes=[one.plain() for one in sums.taxes],
        place_of_supply=sums.place_of_supply[:60],
        is_reverse_charge=draft.is_reverse_charge,
        seller_details=_details(deal.seller),
        buyer_details=_details(deal.buyer),
        reference=draft.reference.strip(),
        notes=draft.notes.strip(),
        transaction_id=captured.id,
        issued_by=actor,
    )
    InvoiceLine.objects.bulk_create(
        [
            InvoiceLine(
                invoice=invoice,
                position=position,
                description=line.draft.description.strip()[:300],
                code=line.draft.code[:8],
                quantity=line.quantity,
                unit=line.draft.unit[:12],
                unit_price=line.unit_price,
                discount=line.draft.discount,
                taxable=line.taxable,
                tax_rate=line.tax_rate,
                tax=line.tax,
                total=line.taxable + line.tax,
            )
            for position, line in enumerate(sums.lines, 1)
        ]
    )
    InvoiceBalance.objects.create(invoice=invoice)
    return invoice


def _days(seller: Business, draft: InvoiceDraft) -> tuple[date, date]:
    """Return when an invoice is issued, and the last day on which it is paid in time."""
    latest = today(seller)
    issued_on = draft.issued_on or latest
    due_on = draft.due_on or issued_on + timedelta(days=_DAYS[draft.payment_terms])
    if issued_on > latest:
        raise ValidationFailed.of_field("issuedOn", "Not in the future")
    if due_on < issued_on:
        raise ValidationFailed.of_field("dueOn", "Not before the invoice")
    return issued_on, due_on


def _details(business: Business) -> dict[str, object]:
    return {
        "name": business.name,
        "taxNumber": business.gst_number,
        "address": business.address or {},
        "country": business.country,
    }


def _take_fee(deal: _Deal, invoice: Invoice, actor: User | None) -> None:
    """Move the platform's share of what was sold, and the tax on it, out of what the seller is owed."""
    fee = _rounded((invoice.subtotal - invoice.discount) * settings.PLATFORM_FEE)
    tax = _rounded(fee * settings.PLATFORM_FEE_TAX)
    fees, taxes = open_accounts([chart.fees(invoice.currency), chart.taxes(invoice.currency)])
    parts = [(account, amount) for account, amount in ((fees, fee), (taxes, tax)) if amount]
    if not parts:
        return
    record(
        Movement(
            kind=Kind.FEE,
            category=Category.COMMISSION,
            reference=f"fee:{invoice.id}",
            legs=tuple(
                Leg(
                    phase=Phase.SINGLE,
                    debit_id=deal.hold.credit_account_id,
                    credit_id=account.id,
                    amount=amount,
                    currency=invoice.currency,
                )
                for account, amount in parts
            ),
            about=about_invoice(invoice),
            description=f"Fee for {invoice.invoice_number}",
            actor_id=actor.id if actor else None,
        )
    )


def _rounded(hundredths: int) -> int:
    return (2 * hundredths + _WHOLE_RATE) // (2 * _WHOLE_RATE)


def _checked_credit(balance: InvoiceBalance, amount: int | None) -> int:
    left = creditable(balance)
    wanted = left if amount is None else amount
    check_amount(wanted, left, balance.invoice.currency, code="CREDIT_EXCEEDS_INVOICE")
    return wanted
