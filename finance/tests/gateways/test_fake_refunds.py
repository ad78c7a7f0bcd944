"""Refunds at the fake provider: those that go well, those that do not on purpose, and what it refuses."""

import pytest

from finance.gateways import Payment, Rejected, Unavailable
from finance.models import FakeRefund, Refund
from finance.tests.gateways.fake_staging import FAKE, Inbox, confirmed, key_of, let_time_pass, refunded
from wholexale.common.ids import new_id

pytestmark = pytest.mark.django_db

State = Refund.State


def refusal(payment: Payment, amount: int) -> str:
    with pytest.raises(Rejected) as raised:
        refunded(payment, amount)
    return raised.value.code


def test_a_refund_is_pending_and_succeeds_by_webhook(inbox: Inbox) -> None:
    payment, refund_id = confirmed(), new_id()
    refund = FAKE.refund(payment.reference, refund_id=refund_id, amount=40_00, key=key_of("refund"))

    assert (refund.state, refund.payment, refund.refund_id) == (State.PENDING, payment.reference, refund_id)
    assert inbox.fetch() == ["payment.succeeded", "refund.succeeded"]
    assert inbox.news == FAKE.retrieve_refund(refund.reference)
    assert FAKE.retrieve_refund(refund.reference).state == State.SUCCEEDED


def test_no_more_can_be_refunded_than_was_captured() -> None:
    payment = confirmed()
    refunded(payment, 60_00)

    assert refusal(payment, 40_01) == refusal(payment, 0) == "refund_exceeds_captured"
    assert refunded(payment, 40_00).state == State.PENDING
    assert refusal(payment, 1) == "refund_exceeds_captured"


def test_of_a_part_that_was_captured_no_more_than_that_can_be_refunded() -> None:
    payment = confirmed(is_captured_later=True)
    FAKE.capture(payment.reference, amount=30_00, key=key_of("capture"))

    assert refusal(payment, 30_01) == "refund_exceeds_captured"


def test_what_was_not_captured_cannot_be_refunded() -> None:
    assert refusal(confirmed(is_captured_later=True), 1) == "payment_unexpected_state"


def test_a_refund_cannot_be_asked_for_under_a_second_key() -> None:
    payment, refund_id = confirmed(), new_id()
    FAKE.refund(payment.reference, refund_id=refund_id, amount=1, key=key_of("refund"))
    with pytest.raises(Rejected, match="refund_exists"):
        FAKE.refund(payment.reference, refund_id=refund_id, amount=1, key=key_of("refund"))

    assert FakeRefund.objects.count() == 1


def test_13_refunds_are_pending_and_fail(inbox: Inbox) -> None:
    payment = confirmed(100_13)
    refund = refunded(payment, 100_13)

    assert refund.state == State.PENDING
    assert inbox.fetch() == ["payment.succeeded", "refund.failed"]
    failed = FAKE.retrieve_refund(refund.reference)
    assert inbox.news == failed
    assert (failed.state, failed.failure_code) == (State.FAILED, "lost_or_stolen_card")
    assert refunded(payment, 100_13).state == State.PENDING


def test_14_refunds_succeed_at_once_and_fail_later(inbox: Inbox) -> None:
    payment = confirmed(100_14)
    refund = refunded(payment, 100_14)

    assert refund.state == FAKE.retrieve_refund(refund.reference).state == State.SUCCEEDED
    assert inbox.fetch() == ["payment.succeeded", "refund.succeeded"]
    assert refusal(payment, 1) == "refund_exceeds_captured"

    let_time_pass()

    assert inbox.fetch() == ["refund.failed"]
    assert inbox.news == FAKE.retrieve_refund(refund.reference)
    assert refunded(payment, 1).state == State.SUCCEEDED


def test_15_refunds_lose_the_reply_and_the_same_key_gets_it(inbox: Inbox) -> None:
    payment, refund_id, key = confirmed(100_15), new_id(), key_of("refund")
    with pytest.raises(Unavailable):
        FAKE.refund(payment.reference, refund_id=refund_id, amount=10_00, key=key)
    refund = FAKE.refund(payment.reference, refund_id=refund_id, amount=10_00, key=key)

    assert (refund.state, refund.refund_id) == (State.PENDING, refund_id)
    assert inbox.fetch() == ["payment.succeeded", "refund.succeeded"]
    assert FakeRefund.objects.get().amount == 10_00


def test_refunds_of_a_payment_whose_webhooks_are_lost_are_told_to_nobody_either(inbox: Inbox) -> None:
    payment = confirmed(100_09)
    let_time_pass()
    refund = refunded(payment, 1)

    assert inbox.fetch() == []
    assert FAKE.retrieve_refund(refund.reference).state == State.SUCCEEDED
