"""Where credit lines stand, and what transactions are called on the wire."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance import services
from finance.models import Account, CreditLine, LedgerTransaction
from finance.selectors.credit import credit_positions, position
from finance.selectors.kinds import ledger_type
from finance.sql import Counters
from finance.tests.staging import business_of, hold, lender, open_line

DEBIT, CREDIT = Account.Side


@pytest.mark.django_db
def test_every_line_of_a_business_stands_in_one_query(
    buyer: User, seller: User, line: CreditLine, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    open_line(business_of(buyer), 900, "JPY")
    open_line(business_of(seller), 900)
    services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 30_000).hold_id)
    hold(buyer, seller, 5_000)

    with django_assert_num_queries(1):
        rupees, yen = credit_positions(business_id=line.business_id)

    assert (rupees.limit, rupees.outstanding, rupees.held, rupees.used) == (100_000, 30_000, 5_000, 35_000)
    assert (rupees.available, rupees.spendable, rupees.utilization) == (65_000, 65_000, Decimal("35.00"))
    assert (yen.line.currency, yen.available) == ("JPY", 900)
    assert [one.line.currency for one in credit_positions(business_id=line.business_id, currency="JPY")] == ["JPY"]


@pytest.mark.django_db
def test_what_is_available_cannot_be_spent_while_the_line_or_its_account_is_stopped(line: CreditLine) -> None:
    def standing() -> tuple[int, int]:
        (one,) = credit_positions(business_id=line.business_id)
        return one.available, one.spendable

    services.set_credit_status(actor=lender(), line_id=line.id, status="suspended", reason="Overdue")
    suspended = standing()
    services.set_credit_status(actor=lender(), line_id=line.id, status="active", reason="Paid")
    frozen_status = Account.Status.FROZEN
    services.set_account_status(actor=lender(), account_id=line.account_id, status=frozen_status, reason="Odd")

    assert (suspended, standing()) == ((100_000, 0), (100_000, 0))


@pytest.mark.parametrize(
    ("limit", "owed", "available", "spendable", "utilization"),
    [
        (300, 100, 200, 200, "33.33"),
        (100, 300, -200, 0, "300.00"),
        (0, 0, 0, 0, "0.00"),
        (300, -30, 330, 330, "-10.00"),
    ],
)
def test_a_position_is_arithmetic(limit: int, owed: int, available: int, spendable: int, utilization: str) -> None:
    line = CreditLine(limit_minor=limit, account=Account())
    counters = Counters(max(owed, 0), max(-owed, 0), 0, 7)

    one = position(line, counters)

    assert (one.available, one.spendable, one.utilization) == (available, spendable, Decimal(utilization))


def test_every_kind_has_a_name_on_both_sides() -> None:
    names = {kind: (ledger_type(kind, DEBIT), ledger_type(kind, CREDIT)) for kind in LedgerTransaction.Kind}

    purchase = ("credit_deduction", "payment_received")
    assert names == {
        "purchase": purchase,
        "capture": purchase,
        "release": purchase,
        "expiry": purchase,
        "repayment": ("payment_received", "payment_made"),
        "transfer": ("payment_made", "payment_received"),
        "fee": ("fee_charge", "fee_charge"),
        "bonus": ("bonus_credit", "bonus_credit"),
        "penalty": ("penalty", "penalty"),
        "adjustment": ("adjustment", "adjustment"),
        "credit_note": ("refund", "refund"),
        "refund": ("refund", "refund"),
        "chargeback": ("chargeback", "chargeback"),
        "payout": ("payment_made", "payment_received"),
        "reversal": ("adjustment", "adjustment"),
    }
