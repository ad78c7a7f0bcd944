"""Disputes at the fake provider: opened after a payment that ends in 12, decided by the bank."""

from datetime import timedelta

import pytest
from django.utils import timezone

from finance.gateways import Disputed, Rejected
from finance.gateways.fake import close_dispute
from finance.models import Dispute, FakeDispute
from finance.tests.gateways.fake_staging import Inbox, confirmed, let_time_pass, refunded

pytestmark = pytest.mark.django_db

State = Dispute.State


@pytest.fixture
def dispute(inbox: Inbox) -> Disputed:
    confirmed(100_12)
    assert inbox.fetch() == ["payment.succeeded"]
    let_time_pass()
    assert inbox.fetch() == ["dispute.opened"]
    return inbox.dispute


def test_12_is_disputed_after_it_has_succeeded(inbox: Inbox) -> None:
    payment = confirmed(100_12)
    let_time_pass()
    assert inbox.fetch() == ["payment.succeeded", "dispute.opened"]
    dispute = inbox.dispute

    assert (dispute.payment, dispute.state, dispute.amount) == (payment.reference, State.NEEDS_RESPONSE, 100_12)
    assert dispute.reason
    assert dispute.respond_by is not None
    assert timedelta(days=6) < dispute.respond_by - timezone.now() < timedelta(days=8)


@pytest.mark.parametrize("is_won", [True, False])
def test_the_bank_decides_a_dispute_once(is_won: bool, dispute: Disputed, inbox: Inbox) -> None:
    decided = [close_dispute(dispute.reference, is_won=is_won) for _ in range(2)]

    assert decided[0] == decided[1]
    assert decided[0].state == (State.WON if is_won else State.LOST)
    assert inbox.fetch() == ["dispute.won" if is_won else "dispute.lost"]
    assert inbox.news == decided[0]
    with pytest.raises(Rejected, match="dispute_closed"):
        close_dispute(dispute.reference, is_won=not is_won)


def test_what_the_bank_has_is_not_refunded_before_it_has_come_back(dispute: Disputed) -> None:
    payment = confirmed(200_12)
    with pytest.raises(Rejected, match="payment_disputed"):
        refunded(payment, 1)
    let_time_pass()
    close_dispute(FakeDispute.objects.get(charge_id=payment.reference).reference, is_won=True)

    assert refunded(payment, 1).payment == payment.reference


def test_a_dispute_that_nobody_has_opened_yet_cannot_be_decided() -> None:
    confirmed(100_12)
    for reference in ("fake_dp_0", FakeDispute.objects.get().reference):
        with pytest.raises(Rejected, match="unknown_dispute"):
            close_dispute(reference, is_won=True)
