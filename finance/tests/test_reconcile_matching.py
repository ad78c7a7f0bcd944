"""Matching the lines of a statement with our rows, without files and databases."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from finance.selectors.movements import Moved, Period
from finance.services import Discord, Discrepancy, Reconciliation, Sum, reconcile

pytestmark = pytest.mark.once
DAY = date(2026, 11, 18)
PAYMENT = Moved(type="payment", reference="ch_1", amount=100_00, fee=2_00, currency="INR", date=DAY, name="PAY-1")
REFUND = Moved(type="refund", reference="re_1", amount=-10_00, currency="INR", date=DAY, name="REF-1")
WAITING = replace(REFUND, state="pending", is_settled=False)


def line(row: Moved, **fields: Any) -> Moved:
    """Return the line of a statement that is about a row of ours."""
    usual: dict[str, Any] = {"name": "line 2", "state": "", "is_settled": True}
    return replace(row, **(usual | fields))


def compared(
    lines: Iterable[Moved], booked: Iterable[Moved], **fields: Any
) -> list[tuple[Discord, Moved | None, Moved | None]]:
    """Return what was found: the discord, the line, our row."""
    return [(one.discord, one.line, one.ours) for one in reconcile(lines, booked, **fields).discrepancies]


def test_a_line_that_says_what_we_have_is_matched_and_summed() -> None:
    found = reconcile([line(PAYMENT), line(REFUND)], [REFUND, PAYMENT])

    assert found == Reconciliation({("INR", "payment"): Sum(1, 100_00, 2_00), ("INR", "refund"): Sum(1, -10_00, 0)}, [])


def test_a_line_of_which_we_know_nothing_is_unknown() -> None:
    assert compared([line(PAYMENT)], []) == [(Discord.UNKNOWN, line(PAYMENT), None)]


def test_the_reference_of_another_type_is_another_reference() -> None:
    twin = line(REFUND, reference=PAYMENT.reference)

    assert compared([line(PAYMENT), twin], [PAYMENT]) == [(Discord.UNKNOWN, twin, None)]


def test_a_row_of_which_the_statement_says_nothing_is_missing() -> None:
    assert compared([], [PAYMENT]) == [(Discord.MISSING, None, PAYMENT)]


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        ({"amount": 99_00}, ("amount",)),
        ({"currency": "USD"}, ("currency",)),
        ({"fee": 1_99}, ("fee",)),
        ({"date": DAY + timedelta(days=4)}, ("date",)),
        ({"date": DAY - timedelta(days=4)}, ("date",)),
        ({"amount": 99_00, "fee": 1_98, "date": DAY + timedelta(days=9)}, ("amount", "fee", "date")),
    ],
)
def test_a_line_that_says_something_else_is_a_mismatch(fields: dict[str, Any], differs: tuple[str, ...]) -> None:
    wrong = line(PAYMENT, **fields)

    found = reconcile([wrong], [PAYMENT])

    assert found == Reconciliation(
        {}, [Discrepancy(discord=Discord.MISMATCH, line=wrong, ours=PAYMENT, differs=differs)]
    )


@pytest.mark.parametrize("days", [-3, 0, 3])
def test_dates_may_lie_apart_as_far_as_is_tolerated(days: int) -> None:
    assert compared([line(PAYMENT, date=DAY + timedelta(days=days))], [PAYMENT]) == []


def test_without_tolerance_dates_are_the_same() -> None:
    late = line(PAYMENT, date=DAY + timedelta(days=1))

    assert compared([late], [PAYMENT], tolerance=timedelta(0)) == [(Discord.MISMATCH, late, PAYMENT)]


def test_a_line_that_comes_twice_is_a_duplicate() -> None:
    again = line(PAYMENT, name="line 3")

    assert compared([line(PAYMENT), again], [PAYMENT]) == [(Discord.DUPLICATE, again, PAYMENT)]


def test_money_that_has_moved_where_we_wait_still_is_unsettled() -> None:
    assert compared([line(REFUND)], [WAITING]) == [(Discord.UNSETTLED, line(REFUND), WAITING)]


def test_what_waits_need_not_be_in_the_statement() -> None:
    assert compared([], [WAITING]) == []


def test_a_refund_that_came_back_has_two_lines() -> None:
    back = replace(REFUND, amount=10_00, date=DAY + timedelta(days=9))

    found = reconcile([line(back), line(REFUND)], [REFUND, back])

    assert found == Reconciliation({("INR", "refund"): Sum(2, 0, 0)}, [])


def test_money_that_came_back_and_we_do_not_know_is_told_with_what_we_know() -> None:
    back = line(REFUND, amount=10_00)

    assert compared([line(REFUND), back], [REFUND]) == [(Discord.UNKNOWN, back, REFUND)]


def test_money_that_has_not_come_back_is_missing() -> None:
    back = replace(REFUND, amount=10_00)

    assert compared([line(REFUND)], [REFUND, back]) == [(Discord.MISSING, None, back)]


def test_a_line_too_many_is_not_taken_for_money_that_came_back() -> None:
    back, again = replace(REFUND, amount=10_00), line(REFUND, name="line 3")

    assert compared([line(REFUND), again], [REFUND, back]) == [
        (Discord.MISSING, None, back),
        (Discord.DUPLICATE, again, REFUND),
    ]


def test_money_that_came_back_before_we_heard_that_it_went_comes_to_nothing() -> None:
    refused = replace(REFUND, state="failed", is_settled=False)

    found = reconcile([line(REFUND), line(REFUND, amount=10_00)], [refused])

    assert found == Reconciliation({("INR", "refund"): Sum(2, 0, 0)}, [])


def test_money_that_came_and_went_and_is_unknown_is_told_twice() -> None:
    lines = [line(REFUND), line(REFUND, amount=10_00)]

    assert compared(lines, []) == [(Discord.UNKNOWN, one, None) for one in lines]


def test_a_row_without_reference_is_matched_by_amount_currency_and_date() -> None:
    unnamed = replace(REFUND, reference="")

    assert compared([line(REFUND)], [unnamed]) == []
    assert compared([line(REFUND)], [replace(unnamed, currency="USD")]) == [
        (Discord.UNKNOWN, line(REFUND), None),
        (Discord.MISSING, None, replace(unnamed, currency="USD")),
    ]
    assert compared([line(REFUND)], [replace(unnamed, date=DAY + timedelta(days=4))])[0][0] == Discord.UNKNOWN


def test_of_two_rows_without_reference_the_nearer_one_is_matched() -> None:
    near, far = replace(REFUND, reference=""), replace(REFUND, reference="", date=DAY + timedelta(days=2))

    assert compared([line(REFUND)], [far, near]) == [(Discord.MISSING, None, far)]


def test_what_waits_without_reference_is_matched_with_nothing() -> None:
    assert compared([line(REFUND)], [replace(WAITING, reference="")]) == [(Discord.UNKNOWN, line(REFUND), None)]


def test_only_what_is_about_the_period_is_told() -> None:
    before, after = DAY - timedelta(days=1), DAY + timedelta(days=1)
    lines = [line(PAYMENT, date=day, reference=f"on {day}") for day in (before, DAY, after)]
    booked = [replace(PAYMENT, date=day, reference=f"of {day}") for day in (before, DAY, after)]

    found = compared(lines, booked, period=Period(DAY, DAY))

    assert found == [(Discord.UNKNOWN, lines[1], None), (Discord.MISSING, None, booked[1])]


def test_the_line_of_a_row_may_lie_outside_of_the_period() -> None:
    later = line(PAYMENT, date=DAY + timedelta(days=2))

    assert compared([later], [PAYMENT], period=Period(DAY, DAY)) == []
    assert compared([line(PAYMENT)], [replace(PAYMENT, date=later.date)], period=Period(DAY, DAY)) == []


def test_what_matches_is_summed_by_currency_and_type_in_the_period() -> None:
    dollars = replace(PAYMENT, currency="USD", reference="ch_2")
    early = replace(PAYMENT, date=DAY - timedelta(days=1), reference="ch_3")
    booked = [PAYMENT, dollars, early]

    found = reconcile([line(one) for one in booked], booked, period=Period(DAY, None))

    assert found.matched == {("INR", "payment"): Sum(1, 100_00, 2_00), ("USD", "payment"): Sum(1, 100_00, 2_00)}


def test_discrepancies_are_listed_by_kind_and_date() -> None:
    early = line(PAYMENT, reference="ch_0", date=DAY - timedelta(days=1))

    found = compared([line(PAYMENT, reference="ch_2"), early], [PAYMENT])

    assert [(discord, moved.reference) for discord, one, ours in found if (moved := one or ours)] == [
        (Discord.UNKNOWN, "ch_0"),
        (Discord.UNKNOWN, "ch_2"),
        (Discord.MISSING, "ch_1"),
    ]
