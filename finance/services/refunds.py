"""Refunds: an amount is reserved under the lock of the payment, held in the ledger, and posted when it was paid."""

from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from finance.events import RefundSettled
from finance.gateways import Refunded, gateway
from finance.models import (
    Account,
    DocumentCounter,
    InvoiceBalance,
    PaymentEvent,
    PaymentIntent,
    ProviderCall,
    Refund,
    Transfer,
    chart,
)
from finance.selectors.payments import access_payment
from finance.services.announcing import announce_credit
from finance.services.checks import check_amount, checked_reason
from finance.services.crediting import write_credit_note
from finance.services.intents import Source, State, call_provider, change_intent, lock_intent
from finance.services.ledger import open_accounts, record
from finance.services.papers import about_payment, check_seller, lock_balance, next_serial
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from wholexale.common.errors import Conflict
from wholexale.common.events import publish
from wholexale.common.ids import new_id
from wholexale.common.money import from_minor
from wholexale.common.numbers import next_number

FIRST_LOOK_SECONDS = 20
Origin = Refund.Origin


@transaction.atomic
def refund_payment(*, actor: User, payment_id: UUID, amount: int | None = None, reason: str) -> Refund:
    """Pay back a part of what was captured, or all that is left of it.

    What was paid too much goes back as it came. Anything else is the seller's: it is taken from what the seller is
    owed, and credited on the invoice once it has been paid back.

    Args:
        actor: a member of the seller who manages payments, or staff who may book.
        payment_id: the payment.
        amount: in minor units; None is all that may still be paid back.
        reason: what people read.

    Raises:
        NotFound: `PAYMENT_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: `REFUND_EXCEEDS_CAPTURED`, `AMOUNT_NOT_POSITIVE`, without a reason.
        Conflict: `PAYMENT_NOT_REFUNDABLE`; `OVERPAYMENT_FIRST`: less than that was paid too much, and goes back first;
            `INSUFFICIENT_FUNDS`: the seller is owed less than that.
    """
    access_payment(actor=actor, payment_id=payment_id)
    intent = lock_intent(payment_id)
    check_seller(actor, intent)
    reason = checked_reason(reason)
    if intent.state != State.SUCCEEDED or intent.refundable < 1:
        raise Conflict("PAYMENT_NOT_REFUNDABLE", "There is nothing to pay back.", status=intent.state)
    wanted = intent.refundable if amount is None else amount
    check_amount(wanted, intent.refundable, intent.currency, code="REFUND_EXCEEDS_CAPTURED")
    return make_refund(intent, wanted, reason=reason, actor=actor)


def make_refund(intent: PaymentIntent, wanted: int, *, reason: str, actor: User) -> Refund:
    """Reserve and hold a part of what was captured of a locked payment, and have the provider pay it back.

    Raises:
        Conflict: `OVERPAYMENT_FIRST`, `INSUFFICIENT_FUNDS`; `ORDER_OPEN`: it is held for an order that still stands.
    """
    origin = _origin(intent, wanted)
    refund = Refund(
        id=new_id(),
        number=next_number(Refund),
        intent=intent,
        amount=wanted,
        origin=origin,
        reason=reason,
        requested_by=actor,
    )
    _hold(refund, intent, actor)
    intent.refunding += wanted
    source = Source.STAFF if actor.is_staff else Source.MEMBER
    change_intent(
        intent, source=source, actor=actor, note=f"{refund} of {from_minor(wanted, intent.currency)}: {reason}"
    )
    if not gateway(intent.provider).is_by_hand:
        kind = ProviderCall.Kind
        call_provider(kind.REFUND, key=f"{refund.id}:refund", refund=refund, amount=wanted)
        call_provider(kind.WATCH, key=f"{refund.id}:watch", refund=refund, seconds=FIRST_LOOK_SECONDS)
    return refund


def take_refund(
    intent: PaymentIntent,
    refund: Refund,
    news: Refunded,
    *,
    source: Source,
    event: PaymentEvent | None = None,
    actor: User | None = None,
    note: str = "",
) -> None:
    """Let what is told of a refund take effect, under the lock of its payment; what is known already changes nothing.

    Args:
        intent: the payment, as it is under the lock.
        refund: the refund.
        news: how it stands at the provider.
        source: how we know.
        event: the webhook, where it came by one.
        actor: the member of staff, where one says so.
        note: what people read.
    """
    refund.provider_ref = refund.provider_ref or news.reference
    old, new = Refund.State(refund.state), news.state
    if new in {old, Refund.State.PENDING} or old == Refund.State.FAILED:
        refund.save(update_fields=["provider_ref"])
        return
    refund.failure_code, refund.failure_text = news.failure_code[:60], news.failure_text[:300]
    if new == Refund.State.SUCCEEDED:
        _pay_back(intent, refund, actor)
    elif old == Refund.State.PENDING:
        _let_go(intent, refund)
    else:
        _take_back(intent, refund)
    refund.state, refund.settled_at = new, timezone.now()
    refund.save()
    said = ": ".join(filter(None, [f"{refund} {new.label.lower()}", note or news.failure_text]))
    change_intent(intent, source=source, event=event, actor=actor, note=said)
    publish(_settled(intent, refund, old, actor))


def _settled(intent: PaymentIntent, refund: Refund, old: Refund.State, actor: User | None) -> RefundSettled:
    return RefundSettled(
        refund_id=refund.id,
        intent_id=intent.id,
        state=refund.state,
        was_paid=old == Refund.State.SUCCEEDED,
        payer_id=intent.payer_id,
        payee_id=intent.payee_id,
        amount=refund.amount,
        currency=intent.currency,
        reason=refund.failure_text or refund.failure_code,
        actor_id=actor.id if actor else None,
    )


def _origin(intent: PaymentIntent, wanted: int) -> Refund.Origin:
    """Return whose money goes back: what was paid too much first, and by itself.

    What was paid in advance is the buyer's until the order is settled.

    Raises:
        Conflict: `OVERPAYMENT_FIRST`, `ORDER_OPEN`.
    """
    if intent.invoice is None:
        _check_not_held(intent)
        return Origin.OVERPAYMENT
    balance = lock_balance(intent.invoice)
    waiting = Refund.objects.filter(
        intent__invoice_id=balance.invoice_id, state=Refund.State.PENDING, origin=Origin.OVERPAYMENT
    ).aggregate(sum=Sum("amount"))["sum"]
    overpaid = -balance.due - (waiting or 0)
    if overpaid < 1:
        return Origin.SELLER
    if wanted > overpaid:
        currency = balance.invoice.currency
        raise Conflict(
            "OVERPAYMENT_FIRST",
            "Less than that was paid too much. Please refund that first, and the rest by itself.",
            available=from_minor(overpaid, currency),
            availableMinor=overpaid,
            currency=currency,
        )
    return Origin.OVERPAYMENT


def _check_not_held(intent: PaymentIntent) -> None:
    """Refuse to pay back what is held for an order.

    Raises:
        Conflict: `ORDER_OPEN`.
    """
    if intent.hold_id is not None and not Transfer.objects.filter(hold_id=intent.hold_id).exists():
        raise Conflict("ORDER_OPEN", "The money is held for an order. Cancel or settle that first.")


def _accounts(refund: Refund, intent: PaymentIntent) -> tuple[Account, Account]:
    """Return from where the money goes back, and the account at the provider."""
    place = (
        chart.payable(intent.payee_id, intent.currency)
        if refund.origin == Origin.SELLER
        else chart.receivable(intent.payer_id, intent.currency)
    )
    source, cash = open_accounts([place, chart.cash(intent.provider, intent.currency)])
    return source, cash


def _hold(refund: Refund, intent: PaymentIntent, actor: User) -> None:
    """Hold the amount in the ledger; of what was paid too much, the buyer's limit and status do not matter."""
    source, cash = _accounts(refund, intent)
    leg = Leg(
        phase=Phase.PENDING, debit_id=source.id, credit_id=cash.id, amount=refund.amount, currency=intent.currency
    )
    recorded = _record(refund, intent, leg, step="held", actor=actor, is_correction=refund.origin == Origin.OVERPAYMENT)
    refund.hold_id = leg.id
    refund.save(force_insert=True)
    announce_credit(recorded)


def _pay_back(intent: PaymentIntent, refund: Refund, actor: User | None) -> None:
    """Post what was held, and credit it on the invoice where it is the seller's."""
    balance = _lock_balance(intent)
    recorded = _record(refund, intent, Leg(phase=Phase.POST, hold_id=refund.hold_id), step="paid", actor=actor)
    intent.refunding -= refund.amount
    intent.refunded += refund.amount
    _count(balance, refund.amount)
    if balance is not None and refund.origin == Origin.SELLER:
        number = next_serial(intent.payee, DocumentCounter.Kind.CREDIT_NOTE)
        write_credit_note(
            balance, number, refund.amount, recorded=recorded, reason=refund.reason, actor=actor, refund=refund
        )
    announce_credit(recorded)


def _let_go(intent: PaymentIntent, refund: Refund) -> None:
    """Release what was held: it may be refunded again."""
    recorded = _record(refund, intent, Leg(phase=Phase.VOID, hold_id=refund.hold_id), step="released")
    intent.refunding -= refund.amount
    announce_credit(recorded)


def _take_back(intent: PaymentIntent, refund: Refund) -> None:
    """Book money that the payer's bank has sent back: it is the buyer's still, and may be refunded again.

    The seller's credit note stands, so the invoice is paid too much by that.
    """
    balance = _lock_balance(intent)
    receivable, cash = open_accounts(
        [chart.receivable(intent.payer_id, intent.currency), chart.cash(intent.provider, intent.currency)]
    )
    leg = Leg(
        phase=Phase.SINGLE, debit_id=cash.id, credit_id=receivable.id, amount=refund.amount, currency=intent.currency
    )
    recorded = _record(refund, intent, leg, step="returned")
    intent.refunded -= refund.amount
    _count(balance, -refund.amount)
    announce_credit(recorded)


def _lock_balance(intent: PaymentIntent) -> InvoiceBalance | None:
    """Lock what became of the invoice of a payment; None where it is paid in advance and nothing was charged yet."""
    return None if intent.invoice is None else lock_balance(intent.invoice)


def _count(balance: InvoiceBalance | None, refunded: int) -> None:
    if balance is not None:
        balance.refunded += refunded
        balance.save(update_fields=["refunded", "updated_at"])


def _record(
    refund: Refund,
    intent: PaymentIntent,
    leg: Leg,
    *,
    step: str,
    actor: User | None = None,
    is_correction: bool = False,
) -> Recorded:
    return record(
        Movement(
            kind=Kind.REFUND,
            category=Category.REFUND,
            reference=f"refund:{refund.id}:{step}",
            legs=(leg,),
            about=about_payment(intent),
            payment_method=intent.method,
            description=f"{refund} of {intent}: {refund.reason}"[:500],
            actor_id=actor.id if actor else None,
            is_correction=is_correction,
        )
    )
