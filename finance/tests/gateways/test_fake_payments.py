"""Payments at the fake provider that go well, and what it refuses."""

from collections.abc import Callable

import pytest

from finance.gateways import Payment, Rejected
from finance.models import PaymentIntent
from finance.tests.gateways.fake_staging import FAKE, Inbox, charge_of, confirmed, created, key_of, order

pytestmark = pytest.mark.django_db

State = PaymentIntent.State


def refusal(payment: Payment | str, operation: str, **fields: int | str) -> str:
    reference = payment if isinstance(payment, str) else payment.reference
    with pytest.raises(Rejected) as raised:
        getattr(FAKE, operation)(reference, **fields, key=key_of(operation))
    return raised.value.code


def test_a_new_payment_waits_to_be_confirmed_and_nothing_is_told(inbox: Inbox) -> None:
    wanted = order()
    payment = FAKE.create(wanted, key=key_of("create"))

    assert (payment.state, payment.intent_id) == (State.REQUIRES_PAYMENT_METHOD, wanted.intent_id)
    assert payment.reference.startswith("fake_ch_")
    assert inbox.fetch() == []
    assert charge_of(payment).charges == 0


def test_a_confirmed_payment_succeeds_and_a_webhook_says_the_same_as_the_reply(inbox: Inbox) -> None:
    payment = confirmed(123_45)

    assert (payment.state, payment.captured, payment.capturable) == (State.SUCCEEDED, 123_45, 0)
    assert inbox.fetch() == ["payment.succeeded"]
    assert inbox.news == payment == FAKE.retrieve(payment.reference)
    assert charge_of(payment).charges == 1


@pytest.mark.parametrize(("amount", "fee"), [(1, 0), (24, 0), (25, 1), (74, 1), (75, 2), (123_45, 247)])
def test_the_fee_is_two_percent_of_what_was_captured_rounded_half_up(amount: int, fee: int) -> None:
    assert confirmed(amount).fee == fee


def test_a_payment_that_is_captured_later_is_authorized_and_takes_nothing(inbox: Inbox) -> None:
    payment = confirmed(is_captured_later=True)

    assert (payment.state, payment.capturable, payment.captured) == (State.REQUIRES_CAPTURE, 100_00, 0)
    assert payment.fee == 0
    assert inbox.fetch() == ["payment.requires_capture"]
    assert charge_of(payment).charges == 0


def test_a_part_can_be_captured_once_and_the_rest_is_let_go(inbox: Inbox) -> None:
    payment = confirmed(is_captured_later=True)
    captured = FAKE.capture(payment.reference, amount=30_00, key=key_of("capture"))

    assert (captured.state, captured.captured, captured.capturable, captured.fee) == (State.SUCCEEDED, 30_00, 0, 60)
    assert inbox.fetch() == ["payment.requires_capture", "payment.succeeded"]
    assert refusal(payment, "capture", amount=1) == "payment_unexpected_state"
    assert charge_of(payment).charges == 1


@pytest.mark.parametrize("amount", [0, -1, 100_01])
def test_more_than_was_authorized_or_nothing_cannot_be_captured(amount: int) -> None:
    payment = confirmed(is_captured_later=True)

    assert refusal(payment, "capture", amount=amount) == "amount_exceeds_authorized"
    assert FAKE.retrieve(payment.reference).state == State.REQUIRES_CAPTURE


def test_a_payment_that_is_not_authorized_cannot_be_captured() -> None:
    assert refusal(created(is_captured_later=True), "capture", amount=1) == "payment_unexpected_state"


def waiting() -> str:
    return created()


def authorized() -> str:
    return confirmed(is_captured_later=True).reference


def asking_the_payer() -> str:
    return confirmed(100_02).reference


def declined() -> str:
    return confirmed(100_01).reference


@pytest.mark.parametrize("made", [waiting, authorized, asking_the_payer, declined])
def test_what_was_not_captured_can_be_canceled_and_once_more_does_nothing(
    made: Callable[[], str], inbox: Inbox
) -> None:
    reference = made()
    inbox.fetch()
    answers = [FAKE.cancel(reference, key=key_of("cancel")).state for _ in range(2)]

    assert answers == [State.CANCELED] * 2
    assert inbox.fetch() == ["payment.canceled"]
    assert refusal(reference, "confirm", token="") == "payment_unexpected_state"


def test_a_captured_payment_cannot_be_canceled() -> None:
    payment = confirmed()

    assert refusal(payment, "cancel") == "payment_unexpected_state"
    assert FAKE.retrieve(payment.reference).state == State.SUCCEEDED


def test_a_payment_cannot_be_confirmed_again_under_another_key() -> None:
    payment = confirmed()

    assert refusal(payment, "confirm", token="") == "payment_unexpected_state"
    assert charge_of(payment).charges == 1


@pytest.mark.parametrize("operation", ["confirm", "cancel"])
def test_what_was_never_created_is_unknown(operation: str) -> None:
    fields = {"token": ""} if operation == "confirm" else {}

    assert refusal("fake_ch_0", operation, **fields) == "unknown_payment"


def test_who_asks_for_what_does_not_exist_learns_that() -> None:
    for ask in (FAKE.retrieve, FAKE.retrieve_refund, FAKE.retrieve_payout):
        with pytest.raises(Rejected, match="unknown_"):
            ask("fake_xx_0")
