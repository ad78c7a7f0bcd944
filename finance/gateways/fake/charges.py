"""Payments at the provider: opened, confirmed, captured, let go."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from finance.gateways.fake.books import write_line
from finance.gateways.fake.conduct import Conduct, Delays, conduct_of
from finance.gateways.fake.disputes import open_dispute
from finance.gateways.fake.webhooks import tell
from finance.gateways.interface import Order, Payment, Rejected, Unavailable
from finance.models import FakeCharge, PaymentIntent

State = PaymentIntent.State

FEE_PERCENT = 2
_TEXTS = {
    "card_declined": "The card was declined.",
    "insufficient_funds": "There is not enough money on the account.",
    "authentication_failed": "The payer has not agreed to the payment.",
}
_CANCELLABLE = (State.REQUIRES_PAYMENT_METHOD, State.REQUIRES_ACTION, State.REQUIRES_CAPTURE, State.FAILED)


def open_charge(order: Order, reference: str) -> FakeCharge:
    """Return the charge of a reference, which is opened where there is none."""
    charge, _ = FakeCharge.objects.get_or_create(
        reference=reference,
        defaults={
            "intent_id": order.intent_id,
            "amount": order.amount,
            "currency": order.currency,
            "method": order.method,
            "is_captured_later": order.is_captured_later,
        },
    )
    return charge


def find_charge(reference: str) -> FakeCharge:
    """Return a charge as it is now.

    Raises:
        Rejected: `unknown_payment`.
    """
    charge = FakeCharge.objects.filter(reference=reference).first()
    if charge is None:
        raise Rejected("unknown_payment", "There is no such payment.")
    return charge


def lock_charge(reference: str, *states: State) -> FakeCharge:
    """Lock a charge and return it as it is under the lock.

    Raises:
        Rejected: `payment_unexpected_state`, where it is known to be in another state than one of these.
    """
    charge = FakeCharge.objects.select_for_update().get(reference=reference)
    known = known_state(charge)
    if states and known not in states:
        raise Rejected("payment_unexpected_state", f"The payment is {known.value}.")
    return charge


def play_dead(charge: FakeCharge) -> None:
    """Do not answer the first requests about a charge, where it is one of those; outside of any transaction.

    Raises:
        Unavailable: at once, or after as long as anybody waits.
    """
    conduct = conduct_of(charge.amount)
    asleep = FakeCharge.objects.filter(reference=charge.reference, visits__lt=conduct.dead_for)
    if conduct.dead_for and asleep.update(visits=F("visits") + 1):
        time.sleep(Delays.hang if conduct.hangs else 0)
        raise Unavailable("Nobody answers.")


def known_state(charge: FakeCharge) -> State:
    """Return how a charge stands, as far as anybody can know: what was decided may be known only later."""
    return State.PROCESSING if charge.known_at > timezone.now() else State(charge.state)


def payment_of(charge: FakeCharge, state: State) -> Payment:
    """Return what is said of a charge that is in this state."""
    is_failed, captured = state == State.FAILED, charge.captured if state == State.SUCCEEDED else 0
    return Payment(
        reference=charge.reference,
        state=state,
        intent_id=charge.intent_id,
        capturable=charge.amount if state == State.REQUIRES_CAPTURE else 0,
        captured=captured,
        failure_code=charge.failure_code if is_failed else "",
        failure_text=_TEXTS[charge.failure_code] if is_failed else "",
        action=_page_of(charge) if state == State.REQUIRES_ACTION else None,
        fee=fee_of(captured),
    )


def fee_of(captured: int) -> int:
    """Return what the provider keeps of an amount: two percent, rounded half up."""
    return (captured * FEE_PERCENT + 50) // 100


def create(order: Order, reference: str) -> Payment:
    """Open a payment, under the lock of the key."""
    return payment_of(open_charge(order, reference), State.REQUIRES_PAYMENT_METHOD)


def confirm(reference: str) -> Payment:
    """Decide what becomes of a payment, under the lock of its key."""
    charge = lock_charge(reference, State.REQUIRES_PAYMENT_METHOD)
    conduct = conduct_of(charge.amount)
    if conduct.asks_payer:
        return _move(charge, State.REQUIRES_ACTION)
    if conduct.is_slow:
        charge.known_at = timezone.now() + timedelta(seconds=Delays.later)
    return _move(charge, _decide(charge, conduct.failure), is_slow=conduct.is_slow)


def capture(reference: str, amount: int) -> Payment:
    """Take at most what was authorized, under the lock of the key."""
    charge = lock_charge(reference, State.REQUIRES_CAPTURE)
    if not 1 <= amount <= charge.amount:
        raise Rejected("amount_exceeds_authorized", f"At most {charge.amount} can be captured, and something.")
    _take(charge, amount)
    return _move(charge, State.SUCCEEDED)


def cancel(reference: str) -> Payment:
    """Let go of what was not captured, under the lock of the key; once more does nothing."""
    charge = lock_charge(reference, *_CANCELLABLE, State.CANCELED)
    if charge.state == State.CANCELED:
        return payment_of(charge, State.CANCELED)
    return _move(charge, State.CANCELED)


def act(reference: str, *, is_approved: bool) -> Payment:
    """Do what the payer does on the page of a payment that asks them; where it asks no more, nothing.

    Raises:
        Rejected: `unknown_payment`.
    """
    find_charge(reference)
    with transaction.atomic(durable=True):
        charge = lock_charge(reference)
        if charge.state != State.REQUIRES_ACTION:
            return payment_of(charge, known_state(charge))
        return _move(charge, _decide(charge, "" if is_approved else "authentication_failed"))


def _decide(charge: FakeCharge, failure: str) -> State:
    """Return what becomes of a payment that the payer has agreed to, and take the money where it is to be taken."""
    if failure:
        charge.failure_code = failure
        return State.FAILED
    if charge.is_captured_later:
        return State.REQUIRES_CAPTURE
    _take(charge, charge.amount)
    return State.SUCCEEDED


def _take(charge: FakeCharge, amount: int) -> None:
    """Take the money; the database counts it, so that it would be seen if it happened twice."""
    charge.captured = amount
    FakeCharge.objects.filter(reference=charge.reference).update(charges=F("charges") + 1)
    at = max(charge.known_at, timezone.now())
    write_line("payment", charge.reference, amount, charge.currency, at=at, fee=fee_of(amount))
    if conduct_of(charge.amount).is_disputed:
        open_dispute(charge)


def _move(charge: FakeCharge, state: State, *, is_slow: bool = False) -> Payment:
    """Write the new state down, tell it, and return what is said at first."""
    charge.state = state
    charge.save(update_fields=["state", "captured", "failure_code", "known_at"])
    conduct = conduct_of(charge.amount)
    for told, seconds in _steps(state, conduct) if is_slow else [(state, 0)]:
        tell(f"payment.{told.value}", payment_of(charge, told), conduct=conduct, seconds=seconds)
    return payment_of(charge, State.PROCESSING if is_slow else state)


def _steps(state: State, conduct: Conduct) -> list[tuple[State, int]]:
    """Return what is told of a slow payment, and after how many seconds."""
    if conduct.swaps_webhooks:
        return [(state, Delays.later), (State.PROCESSING, 2 * Delays.later)]
    return [(State.PROCESSING, 0), (state, Delays.later)]


def _page_of(charge: FakeCharge) -> dict[str, str]:
    return {"type": "redirect", "url": f"{settings.BASE_URL}/dev/pay/{charge.reference}"}
