"""Disputes at the provider: the payer's bank takes the money, and gives it back where we were right."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from finance.gateways.fake.books import write_line
from finance.gateways.fake.conduct import Delays, conduct_of
from finance.gateways.fake.webhooks import tell
from finance.gateways.interface import Disputed, Rejected
from finance.models import Dispute, FakeCharge, FakeDispute
from finance.models.fake import fake_reference

State = Dispute.State

_TIME_TO_RESPOND = timedelta(days=7)


def open_dispute(charge: FakeCharge) -> None:
    """Let the payer complain about all that was captured, some seconds from now."""
    dispute = FakeDispute.objects.create(
        reference=fake_reference("dp"),
        charge=charge,
        amount=charge.captured,
        opened_at=timezone.now() + timedelta(seconds=Delays.later),
    )
    write_line("chargeback", dispute.reference, -dispute.amount, charge.currency, at=dispute.opened_at)
    tell("dispute.opened", _disputed(dispute), conduct=conduct_of(charge.amount), seconds=Delays.later)


def is_disputed(charge: FakeCharge) -> bool:
    """Return whether the payer's bank has the money, or is about to take it."""
    return FakeDispute.objects.filter(charge=charge).exclude(state=State.WON).exists()


def close_dispute(reference: str, *, is_won: bool) -> Disputed:
    """Let the bank decide a dispute; the same once more does nothing.

    Raises:
        Rejected: `unknown_dispute`; `dispute_closed`, where it was decided otherwise.
    """
    state = State.WON if is_won else State.LOST
    with transaction.atomic(durable=True):
        dispute = _lock_dispute(reference)
        if dispute.state not in Dispute.CLOSED:
            _close(dispute, state)
    if dispute.state != state:
        raise Rejected("dispute_closed", f"The dispute is {dispute.state}.")
    return _disputed(dispute)


def _lock_dispute(reference: str) -> FakeDispute:
    rows = FakeDispute.objects.select_for_update(of=["self"]).select_related("charge")
    dispute = rows.filter(reference=reference, opened_at__lte=timezone.now()).first()
    if dispute is None:
        raise Rejected("unknown_dispute", "There is no such dispute.")
    return dispute


def _close(dispute: FakeDispute, state: State) -> None:
    charge = dispute.charge
    dispute.state = state
    dispute.save(update_fields=["state"])
    if state == State.WON:
        write_line("chargeback", dispute.reference, dispute.amount, charge.currency, at=timezone.now())
    tell(f"dispute.{state.value}", _disputed(dispute), conduct=conduct_of(charge.amount))


def _disputed(dispute: FakeDispute) -> Disputed:
    state = State(dispute.state)
    return Disputed(
        reference=dispute.reference,
        payment=dispute.charge_id,
        state=state,
        amount=dispute.amount,
        reason="product_not_received",
        respond_by=dispute.opened_at + _TIME_TO_RESPOND if state == State.NEEDS_RESPONSE else None,
    )
