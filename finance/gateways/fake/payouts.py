"""Payouts of the provider: money to the bank account of a business."""

from uuid import UUID

from django.utils import timezone

from finance.gateways.fake.books import write_line
from finance.gateways.fake.conduct import conduct_of
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
    state = State.FAILED if conduct.payouts_fail else State.PAID
    made = FakePayout.objects.create(
        reference=fake_reference("po"), payout_id=payout_id, amount=amount, currency=currency, state=state
    )
    if state == State.PAID:
        write_line("payout", made.reference, -amount, currency, at=timezone.now())
    tell(f"payout.{state.value}", _paid_out(made, state), conduct=conduct)
    return _paid_out(made, State.PENDING)


def retrieve_payout(reference: str) -> PaidOut:
    """Return how a payout stands.

    Raises:
        Rejected: `unknown_payout`.
    """
    found = FakePayout.objects.filter(reference=reference).first()
    if found is None:
        raise Rejected("unknown_payout", "There is no such payout.")
    return _paid_out(found, State(found.state))


def _paid_out(made: FakePayout, state: State) -> PaidOut:
    is_failed = state == State.FAILED
    return PaidOut(
        reference=made.reference,
        state=state,
        payout_id=made.payout_id,
        failure_code="account_closed" if is_failed else "",
        failure_text="The bank account is closed." if is_failed else "",
    )
