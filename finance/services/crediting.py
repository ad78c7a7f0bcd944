"""Credit notes: what a seller takes off an invoice, by itself or because it was paid back."""

from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from finance.models import CreditNote, DocumentCounter, InvoiceBalance, Refund, chart
from finance.selectors.invoices import access_invoice
from finance.services.announcing import announce_credit
from finance.services.checks import check_amount, checked_reason
from finance.services.ledger import lock_accounts, open_accounts, record
from finance.services.papers import Number, about_invoice, check_seller, lock_balance, next_serial
from finance.services.reckoning import share_of_taxes
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded


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


def _checked_credit(balance: InvoiceBalance, amount: int | None) -> int:
    left = creditable(balance)
    wanted = left if amount is None else amount
    check_amount(wanted, left, balance.invoice.currency, code="CREDIT_EXCEEDS_INVOICE")
    return wanted
