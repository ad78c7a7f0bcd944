"""Settling purchases: the hold is posted, the invoice is issued, and the fee is taken."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import Business, User
from finance.events import InvoiceIssued
from finance.models import DocumentCounter, Invoice, InvoiceBalance, InvoiceLine, PaymentIntent, Transfer, chart
from finance.services.checks import PAYMENT_TERMS, check_choice, checked_text
from finance.services.holds import capture_hold
from finance.services.ledger import lock_accounts, open_accounts, record
from finance.services.papers import about_invoice, next_serial, today
from finance.services.prepaid import accounts_of_prepayment, lock_prepayment, pay_by_prepayment
from finance.services.reckoning import InvoiceDraft, Reckoning, reckon
from finance.services.spending import lock_spend
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from wholexale.common.errors import Conflict, NotFound, ValidationFailed
from wholexale.common.events import publish

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
    prepaid = lock_prepayment(hold_id)
    lock_spend(hold_id=hold_id)  # before the balances, as everywhere
    _lock_for_settling(deal, prepaid)
    captured = capture_hold(
        actor=actor,
        hold_id=hold_id,
        amount=deal.reckoning.total,
        description=f"Delivery of {draft.reference}" if draft.reference else "",
    )
    if captured.is_replay:
        return _first_invoice(captured)
    invoice = _issue(deal, draft, captured, actor)
    if prepaid is not None:
        pay_by_prepayment(invoice, prepaid, actor)
    _take_fee(deal, invoice, actor)
    publish(
        InvoiceIssued(
            invoice_id=invoice.id,
            seller_id=deal.seller.id,
            buyer_id=deal.buyer.id,
            actor_id=actor.id if actor else None,
        )
    )
    return invoice


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


def _lock_for_settling(deal: _Deal, prepaid: PaymentIntent | None) -> None:
    """Lock every balance that settling touches, in one order, because it records more than once."""
    accounts = open_accounts([chart.fees(deal.hold.currency), chart.taxes(deal.hold.currency)])
    if prepaid is not None:
        accounts += accounts_of_prepayment(prepaid)
    ids = {account.id for account in accounts}
    lock_accounts([deal.hold.debit_account_id, deal.hold.credit_account_id, *ids])


def _first_invoice(captured: Recorded) -> Invoice:
    """Return the invoice of a hold that was settled before.

    Raises:
        Conflict: `HOLD_RESOLVED`, where the hold was posted without one.
    """
    if invoice := Invoice.objects.filter(transaction_id=captured.id).first():
        return invoice
    raise Conflict("HOLD_RESOLVED", "This hold was resolved before.")


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
