"""The statement of the fake provider: every amount that has moved, as the reconciliation reads it."""

import pytest
from django.utils import timezone

from finance.gateways.fake import StatementLine, close_dispute, statement
from finance.models import FakeDispute
from finance.tests.gateways.fake_staging import FAKE, confirmed, key_of, let_time_pass, paid_out, refunded

pytestmark = pytest.mark.django_db


def lines(currency: str = "INR") -> list[tuple[str, str, int, int]]:
    return [(line.type, line.reference, line.amount, line.fee) for line in statement(currency)]


def test_a_line_says_when_what_and_how_much_came_and_what_was_kept_of_it() -> None:
    payment = confirmed()

    assert list(statement("INR")) == [
        StatementLine(
            date=timezone.now().date(),
            type="payment",
            reference=payment.reference,
            amount=100_00,
            fee=2_00,
            currency="INR",
        )
    ]


def test_each_currency_has_a_statement_of_its_own() -> None:
    confirmed(500, currency="JPY")

    assert lines() == []
    assert [amount for _, _, amount, _ in lines("JPY")] == [500]


def test_what_goes_out_is_below_zero() -> None:
    payment = confirmed()
    refund, payout = refunded(payment, 10_00), paid_out(20_00)

    assert lines()[1:] == [("refund", refund.reference, -10_00, 0), ("payout", payout.reference, -20_00, 0)]


def test_what_was_captured_counts_and_not_what_was_authorized() -> None:
    payment = confirmed(is_captured_later=True)
    assert lines() == []
    FAKE.capture(payment.reference, amount=30_00, key=key_of("capture"))

    assert lines() == [("payment", payment.reference, 30_00, 60)]


def test_what_failed_has_no_line() -> None:
    confirmed(100_01)
    paid_out(100_16)
    refunded(confirmed(100_13), 1)

    assert [kind for kind, *_ in lines()] == ["payment"]


def test_what_is_not_known_yet_has_no_line_yet() -> None:
    payment = confirmed(100_08)
    assert lines() == []
    let_time_pass()

    assert lines() == [("payment", payment.reference, 100_08, 2_00)]


def test_a_refund_that_bounced_comes_back() -> None:
    refund = refunded(confirmed(100_14), 10_00)
    assert lines()[1:] == [("refund", refund.reference, -10_00, 0)]
    let_time_pass()

    assert lines()[1:] == [("refund", refund.reference, -10_00, 0), ("refund", refund.reference, 10_00, 0)]


@pytest.mark.parametrize("is_won", [True, False])
def test_a_dispute_takes_the_money_and_gives_it_back_where_it_was_won(is_won: bool) -> None:
    confirmed(100_12)
    let_time_pass()
    reference = FakeDispute.objects.get().reference
    close_dispute(reference, is_won=is_won)

    taken = ("chargeback", reference, -100_12, 0)
    assert lines()[1:] == ([taken, ("chargeback", reference, 100_12, 0)] if is_won else [taken])
