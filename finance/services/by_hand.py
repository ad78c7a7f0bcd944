"""What staff says of money that no program moves: a transfer has come, a refund or a payout has left."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from finance.gateways import PaidOut, Payment, Refunded, gateway
from finance.models import PaymentIntent, Payout, Refund
from finance.selectors.payments import payment_not_found
from finance.services.checks import BOOK, check_amount, check_staff, checked_reason, checked_text
from finance.services.intents import Source, State, lock_intent
from finance.services.payouts import payout_not_found, take_payout
from finance.services.provider_news import take_payment
from finance.services.refunds import take_refund
from wholexale.common.errors import Conflict, NotFound

MAX_REFERENCE = 100


@transaction.atomic
def receive_payment(*, actor: User, payment_id: UUID, reason: str, amount: int | None = None) -> PaymentIntent:
    """Say that the money of a payment has come.

    Args:
        actor: a member of staff who may book.
        payment_id: a payment by hand that waits.
        reason: how it is known, for example the bank's number of the transfer.
        amount: in minor units; None is all of it. The rest stays due on the invoice.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `PAYMENT_NOT_FOUND`.
        ValidationFailed: `AMOUNT_EXCEEDS_PAYMENT`, `AMOUNT_NOT_POSITIVE`, without a reason.
        Conflict: `PAYMENT_NOT_BY_HAND`, `PAYMENT_CLOSED`.
    """
    intent = _lock_waiting(actor, payment_id)
    reason = checked_reason(reason)
    wanted = intent.amount if amount is None else amount
    check_amount(wanted, intent.amount, intent.currency, code="AMOUNT_EXCEEDS_PAYMENT")
    news = Payment(reference=intent.provider_ref, state=State.SUCCEEDED, captured=wanted)
    take_payment(intent, news, source=Source.STAFF, actor=actor, note=reason)
    return intent


@transaction.atomic
def reject_payment(*, actor: User, payment_id: UUID, reason: str) -> PaymentIntent:
    """Say that the money of a payment will not come: a cheque was returned, for example.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `PAYMENT_NOT_FOUND`.
        ValidationFailed: without a reason.
        Conflict: `PAYMENT_NOT_BY_HAND`, `PAYMENT_CLOSED`.
    """
    intent = _lock_waiting(actor, payment_id)
    reason = checked_reason(reason)
    if intent.is_final:
        raise _closed(intent)
    news = Payment(
        reference=intent.provider_ref, state=State.FAILED, failure_code="not_received", failure_text=reason[:300]
    )
    take_payment(intent, news, source=Source.STAFF, actor=actor, note=reason)
    return intent


@transaction.atomic
def settle_refund(*, actor: User, refund_id: UUID, is_paid: bool, reason: str, reference: str = "") -> Refund:
    """Say that a refund by hand was paid, or could not be.

    Args:
        actor: a member of staff who may book.
        refund_id: the refund.
        is_paid: whether the payer has the money.
        reason: how it is known, or why it was not possible.
        reference: the bank's number of the transfer.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `REFUND_NOT_FOUND`.
        ValidationFailed: without a reason.
        Conflict: `PAYMENT_NOT_BY_HAND`, `REFUND_CLOSED`.
    """
    check_staff(actor, BOOK)
    reason = checked_reason(reason)
    known = Refund.objects.filter(id=refund_id).values_list("intent_id", flat=True).first()
    if known is None:
        raise NotFound("REFUND_NOT_FOUND", "There is no such refund.")
    intent = lock_intent(known)
    refund = Refund.objects.get(id=refund_id)
    _check_by_hand(intent.provider)
    if refund.state != Refund.State.PENDING:
        raise Conflict("REFUND_CLOSED", "This refund does not wait any more.", status=refund.state)
    news = Refunded(
        reference=checked_text("reference", reference, longest=MAX_REFERENCE),
        payment=intent.provider_ref,
        state=Refund.State.SUCCEEDED if is_paid else Refund.State.FAILED,
        failure_code="" if is_paid else "not_paid",
        failure_text="" if is_paid else reason,
    )
    take_refund(intent, refund, news, source=Source.STAFF, actor=actor, note=reason)
    return refund


@transaction.atomic
def settle_payout(*, actor: User, payout_id: UUID, is_paid: bool, reason: str, reference: str = "") -> Payout:
    """Say that a payout by hand has arrived, could not be made, or was sent back after it had arrived.

    Args:
        actor: a member of staff who may book.
        payout_id: the payout.
        is_paid: whether the business has the money.
        reason: how it is known, or why it was not possible.
        reference: the bank's number of the transfer.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `PAYOUT_NOT_FOUND`.
        ValidationFailed: without a reason.
        Conflict: `PAYMENT_NOT_BY_HAND`, `PAYOUT_CLOSED`.
    """
    check_staff(actor, BOOK)
    reason = checked_reason(reason)
    payout = Payout.objects.select_for_update().filter(id=payout_id).first()
    if payout is None:
        raise payout_not_found()
    _check_by_hand(payout.provider)
    if payout.state != Payout.State.PENDING and (is_paid or payout.state != Payout.State.PAID):
        raise Conflict("PAYOUT_CLOSED", "This payout does not wait any more.", status=payout.state)
    news = PaidOut(
        reference=checked_text("reference", reference, longest=MAX_REFERENCE),
        state=Payout.State.PAID if is_paid else Payout.State.FAILED,
        failure_code="" if is_paid else "not_paid",
        failure_text="" if is_paid else reason,
    )
    take_payout(payout, news, actor=actor, note=reason)
    return payout


def _lock_waiting(actor: User, payment_id: UUID) -> PaymentIntent:
    check_staff(actor, BOOK)
    if not PaymentIntent.objects.filter(id=payment_id).exists():
        raise payment_not_found()
    intent = lock_intent(payment_id)
    _check_by_hand(intent.provider)
    if intent.state == State.SUCCEEDED:  # one that was given up can still come in
        raise _closed(intent)
    return intent


def _closed(intent: PaymentIntent) -> Conflict:
    return Conflict("PAYMENT_CLOSED", "This payment does not wait any more.", status=intent.state)


def _check_by_hand(provider: str) -> None:
    if not gateway(provider).is_by_hand:
        raise Conflict("PAYMENT_NOT_BY_HAND", "The provider itself says what becomes of it.")
