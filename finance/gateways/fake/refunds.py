"""Refunds at the provider: of what was captured, as long as something of it is left."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from finance.gateways.fake.books import write_line
from finance.gateways.fake.charges import lock_charge
from finance.gateways.fake.conduct import Conduct, Delays, conduct_of
from finance.gateways.fake.disputes import is_disputed
from finance.gateways.fake.webhooks import tell
from finance.gateways.interface import Refunded, Rejected
from finance.models import FakeCharge, FakeRefund, PaymentIntent, Refund
from finance.models.fake import fake_reference

State = Refund.State

_FAILURE = "lost_or_stolen_card"
_FAILURE_TEXT = "The payer's bank has sent the money back."


def refund(reference: str, refund_id: UUID, amount: int) -> Refunded:
    """Pay back a part of a payment, under the lock of the key."""
    charge = lock_charge(reference, PaymentIntent.State.SUCCEEDED)
    if is_disputed(charge):
        raise Rejected("payment_disputed", "The payer's bank has the money.")
    if FakeRefund.objects.filter(refund_id=refund_id).exists():
        raise Rejected("refund_exists", "This refund was asked for under another key.")
    left = charge.captured - sum(one.amount for one in charge.refunds.all() if _known_state(one) != State.FAILED)
    if not 1 <= amount <= left:
        raise Rejected("refund_exceeds_captured", f"At most {left} can be refunded, and something.")
    return _pay_back(charge, refund_id, amount)


def retrieve_refund(reference: str) -> Refunded:
    """Return how a refund stands.

    Raises:
        Rejected: `unknown_refund`.
    """
    found = FakeRefund.objects.filter(reference=reference).select_related("charge").first()
    if found is None:
        raise Rejected("unknown_refund", "There is no such refund.")
    return _refunded(found, _known_state(found))


def find_refund(reference: str, refund_id: UUID) -> Refunded | None:
    """Return a refund by our id; None where it was never asked for."""
    found = FakeRefund.objects.filter(charge_id=reference, refund_id=refund_id).select_related("charge").first()
    return _refunded(found, _known_state(found)) if found else None


def _pay_back(charge: FakeCharge, refund_id: UUID, amount: int) -> Refunded:
    conduct, now = conduct_of(charge.amount), timezone.now()
    later = Delays.later if conduct.refunds_bounce else 0
    made = FakeRefund.objects.create(
        reference=fake_reference("re"),
        refund_id=refund_id,
        charge=charge,
        amount=amount,
        state=State.FAILED if conduct.refunds_fail or conduct.refunds_bounce else State.SUCCEEDED,
        known_at=now + timedelta(seconds=later),
    )
    _move_money(made, conduct, now)
    if conduct.refunds_bounce:
        tell("refund.succeeded", _refunded(made, State.SUCCEEDED), conduct=conduct)
    tell(f"refund.{State(made.state).value}", _refunded(made, State(made.state)), conduct=conduct, seconds=later)
    return _refunded(made, _first_state(conduct))


def _move_money(made: FakeRefund, conduct: Conduct, now: datetime) -> None:
    """Write down what leaves, and what comes back."""
    currency = made.charge.currency
    if not conduct.refunds_fail:
        write_line("refund", made.reference, -made.amount, currency, at=now)
    if conduct.refunds_bounce:
        write_line("refund", made.reference, made.amount, currency, at=made.known_at)


def _first_state(conduct: Conduct) -> State:
    return State.SUCCEEDED if conduct.refunds_bounce else State.PENDING


def _known_state(made: FakeRefund) -> State:
    """Return how a refund stands, as far as anybody can know."""
    is_known = made.known_at <= timezone.now()
    return State(made.state) if is_known else _first_state(conduct_of(made.charge.amount))


def _refunded(made: FakeRefund, state: State) -> Refunded:
    is_failed = state == State.FAILED
    return Refunded(
        reference=made.reference,
        payment=made.charge_id,
        state=state,
        refund_id=made.refund_id,
        failure_code=_FAILURE if is_failed else "",
        failure_text=_FAILURE_TEXT if is_failed else "",
    )
