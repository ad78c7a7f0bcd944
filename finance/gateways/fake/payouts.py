"""Payouts of the provider: money to the bank account of a business."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from finance.gateways.fake.books import write_line
from finance.gateways.fake.conduct import Conduct, Delays, conduct_of
from finance.gateways.fake.webhooks import tell
from finance.gateways.interface import PaidOut, Rejected
from finance.models import FakePayout, Payout
from finance.models.fake import fake_reference

State = Payout.State


def pay_out(payout_id: UUID, amount: int, currency: str) -> PaidOut:
    """Send money to a business, under the lock of the key; whether it has arrived is told by webhook."""
    if FakePayout.objects.filter(payout_id=payout_id).exists():
        raise Rejected("payout_exists", "This payout was asked for under another key.")
    conduct = conduct_of(amount)
    is_failure = conduct.payouts_fail or conduct.payouts_bounce
    made = FakePayout.objects.create(
        reference=fake_reference("po"),
        payout_id=payout_id,
        amount=amount,
        currency=currency,
        state=State.FAILED if is_failure else State.PAID,
    )
    _move_money(made, conduct)
    if conduct.payouts_bounce:
        tell("payout.paid", _paid_out(made, State.PAID), conduct=conduct)
    later = Delays.later if conduct.payouts_bounce else 0
    tell(f"payout.{State(made.state).value}", _paid_out(made, State(made.state)), conduct=conduct, seconds=later)
    return _paid_out(made, State.PENDING)


def retrieve_payout(reference: str) -> PaidOut:
    """Return how a payout stands.

    Raises:
        Rejected: `unknown_payout`.
    """
    found = FakePayout.objects.filter(reference=reference).first()
    if found is None:
        raise Rejected("unknown_payout", "There is no such payout.")
    return _paid_out(found, _known_state(found))


def _move_money(made: FakePayout, conduct: Conduct) -> None:
    """Write down what leaves, and what comes back."""
    if not conduct.payouts_fail:
        write_line("payout", made.reference, -made.amount, made.currency, at=made.created_at)
    if conduct.payouts_bounce:
        write_line("payout", made.reference, made.amount, made.currency, at=_known_at(made))


def _known_at(made: FakePayout) -> datetime:
    """Return when it is known what becomes of a payout in the end."""
    later = Delays.later if conduct_of(made.amount).payouts_bounce else 0
    return made.created_at + timedelta(seconds=later)


def _known_state(made: FakePayout) -> State:
    """Return how a payout stands, as far as anybody can know."""
    return State(made.state) if _known_at(made) <= timezone.now() else State.PAID


def _paid_out(made: FakePayout, state: State) -> PaidOut:
    is_failed = state == State.FAILED
    return PaidOut(
        reference=made.reference,
        state=state,
        payout_id=made.payout_id,
        failure_code="account_closed" if is_failed else "",
        failure_text="The bank account is closed." if is_failed else "",
    )
