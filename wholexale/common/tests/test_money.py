"""Amounts: exact at both ends, rounded once in between, and never at the mercy of a hostile number."""

import time
import tracemalloc
from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis.strategies import decimals, integers, lists, sampled_from, tuples

from wholexale.common import wire
from wholexale.common.errors import ValidationFailed
from wholexale.common.money import (
    MAX_AMOUNT,
    Amount,
    check_currency,
    exponent,
    from_minor,
    line_total,
    split,
    to_minor,
)

pytestmark = pytest.mark.once

CURRENCIES = ("JPY", "INR", "KWD")
AMOUNTS = integers(1, MAX_AMOUNT)
NARROW = Context(prec=3)
"""A context in which careless arithmetic loses digits."""


class Price(wire.Wire, kw_only=True):
    """An amount and its currency on the wire."""

    amount: Amount
    currency: str


def code_and_field(error: ValidationFailed) -> tuple[str, list[str]]:
    return error.code, [fault.path for fault in error.details]


def unit(currency: str) -> Fraction:
    """Return the smallest amount of a currency."""
    return Fraction(1, 10 ** exponent(currency))


def half_up(exact: Fraction, currency: str) -> int:
    """Round as people do by hand, to minor units."""
    return (exact / unit(currency) + Fraction(1, 2)).__floor__()


# --- Parse and render -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("INR", 2), ("KWD", 3)])
def test_every_currency_has_its_digits(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
    assert str(from_minor(12_345, currency)) == {0: "12345", 2: "123.45", 3: "12.345"}[digits]


@given(minor=AMOUNTS, currency=sampled_from(CURRENCIES))
def test_an_amount_survives_the_way_out_and_in_again(minor: int, currency: str) -> None:
    sent = wire.encode(Price(amount=from_minor(minor, currency), currency=currency))
    read = wire.decode(sent, Price)

    assert to_minor(read.amount, currency) == minor
    assert wire.encode(read) == sent


@given(minor=AMOUNTS, currency=sampled_from(CURRENCIES))
def test_the_decimal_context_of_the_caller_changes_nothing(minor: int, currency: str) -> None:
    with localcontext(NARROW):
        amount = from_minor(minor, currency)

        assert to_minor(amount, currency) == minor

    assert Fraction(amount) == minor * unit(currency)


def test_balances_below_zero_and_sums_above_the_cap_are_rendered_as_well() -> None:
    assert str(from_minor(-5, "INR")) == "-0.05"
    assert str(from_minor(0, "KWD")) == "0.000"
    assert str(from_minor(10**30 + 1, "INR")) == f"1{'0' * 28}.01"


@pytest.mark.parametrize("text", ["1e3", "1E+3", "1000", "1000.00", "1000.000000"])
def test_one_number_in_many_spellings_is_one_amount(text: str) -> None:
    price = wire.decode(b'{"amount": %b, "currency": "INR"}' % text.encode(), Price)

    assert to_minor(price.amount, price.currency) == 100_000


# --- What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "-0", "0.00", "-0.01", "-1E+999999999", "NaN", "-NaN", "sNaN", "-Infinity"])
def test_amounts_that_are_not_above_zero_are_refused(amount: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        to_minor(Decimal(amount), "INR", field="pricing.amount")

    assert code_and_field(refused.value) == ("AMOUNT_NOT_POSITIVE", ["pricing.amount"])


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.001", "INR"), ("1.5", "JPY"), ("1.0005", "KWD"), ("1E-999999999", "INR"), ("0." + "3" * 1_000_000, "KWD")],
    ids=["paise", "yen", "fils", "tiny", "long"],
)
def test_amounts_finer_than_the_currency_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        to_minor(Decimal(amount), currency)

    assert code_and_field(refused.value) == ("AMOUNT_TOO_PRECISE", ["amount"])


@pytest.mark.parametrize(
    "amount",
    ["100000000000.01", "100000000001", "1e12", "1e999999999", "1E+999999999999999999", "9" * 1_000_000, "Infinity"],
    ids=["one", "two", "ten times", "huge", "as huge as can be", "long", "endless"],
)
def test_amounts_above_the_cap_are_refused(amount: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        to_minor(Decimal(amount), "INR")

    assert code_and_field(refused.value) == ("AMOUNT_TOO_LARGE", ["amount"])


def test_the_cap_itself_is_an_amount() -> None:
    assert [to_minor(from_minor(MAX_AMOUNT, one), one) for one in CURRENCIES] == [MAX_AMOUNT] * 3


@pytest.fixture
def peak() -> Iterator[None]:
    """Fail where a test takes much memory or time."""
    tracemalloc.start()
    started = time.monotonic()
    yield
    taken, (_, most) = time.monotonic() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1
    assert most < 2_000_000


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "1e-999999999", "1E+999999999999999999", "0e999999"])
def test_a_monstrous_exponent_costs_nothing(number: str) -> None:
    price = wire.decode(b'{"amount": %b, "currency": "INR"}' % number.encode(), Price)

    for amount in (price.amount, Decimal(number)):
        with pytest.raises(ValidationFailed):
            to_minor(amount, "INR")
    assert line_total(price.amount, Decimal(0), "INR") == 0


@pytest.mark.usefixtures("peak")
def test_a_line_of_monstrous_numbers_costs_nothing() -> None:
    huge, tiny = Decimal("1e999999999"), Decimal("1e-999999999")

    assert line_total(huge, tiny, "INR") == 100
    assert line_total(tiny, Decimal(7), "INR") == 0
    for price, quantity in [(huge, huge), (huge, Decimal(1)), (Decimal(-5), huge), (Decimal("Infinity"), Decimal(0))]:
        with pytest.raises(ValidationFailed, match="AMOUNT_TOO_LARGE"):
            line_total(price, quantity, "INR")


def test_currencies_that_the_marketplace_does_not_trade_in_are_refused() -> None:
    assert [check_currency(code) for code in settings.CURRENCIES] == settings.CURRENCIES
    for code in ("inr", "XAU", "CHF", "", "EURO"):
        with pytest.raises(ValidationFailed) as refused:
            check_currency(code, field="pricing.currency")

        assert code_and_field(refused.value) == ("CURRENCY_NOT_SUPPORTED", ["pricing.currency"])


# --- Lines and totals -------------------------------------------------------------------------------------------


UNIT_PRICES = decimals("0.000001", "9999.999999", places=6)
QUANTITIES = decimals("0.001", "99999.999", places=3)


@given(price=UNIT_PRICES, quantity=QUANTITIES, currency=sampled_from(CURRENCIES))
def test_a_line_is_the_exact_product_rounded_half_up_once(price: Decimal, quantity: Decimal, currency: str) -> None:
    with localcontext(NARROW):
        total = line_total(price, quantity, currency)

    assert total == half_up(Fraction(price) * Fraction(quantity), currency)


@given(lines=lists(tuples(UNIT_PRICES, QUANTITIES), max_size=9), currency=sampled_from(CURRENCIES))
def test_a_total_is_the_sum_of_its_lines_and_of_what_each_shows(
    lines: list[tuple[Decimal, Decimal]], currency: str
) -> None:
    totals = [line_total(price, quantity, currency) for price, quantity in lines]

    assert sum(Fraction(from_minor(one, currency)) for one in totals) == Fraction(from_minor(sum(totals), currency))
    assert sum(totals) == sum(half_up(Fraction(price) * Fraction(quantity), currency) for price, quantity in lines)


@pytest.mark.parametrize(
    ("price", "quantity", "currency", "total"),
    [
        ("0.005", "1", "INR", 1),
        ("0.004999", "1", "INR", 0),
        ("2.5", "1", "JPY", 3),
        ("0.0005", "1", "KWD", 1),
        ("1.005", "1", "INR", 101),  # a binary fraction would say 100
        ("-0.005", "1", "INR", -1),
        ("9999999999999.999999", "0.001", "KWD", 10_000_000_000_000),
    ],
)
def test_halves_are_rounded_away_from_zero(price: str, quantity: str, currency: str, total: int) -> None:
    assert line_total(Decimal(price), Decimal(quantity), currency) == total


def test_a_line_above_the_cap_and_one_of_endless_digits_are_refused() -> None:
    with pytest.raises(ValidationFailed) as large:
        line_total(Decimal("9999999999999.999999"), Decimal(2), "KWD", field="lines[0].unitPrice")
    with pytest.raises(ValidationFailed) as precise:
        line_total(Decimal("0." + "3" * 200), Decimal(1), "INR")

    assert code_and_field(large.value) == ("AMOUNT_TOO_LARGE", ["lines[0].unitPrice"])
    assert code_and_field(precise.value) == ("AMOUNT_TOO_PRECISE", ["unitPrice"])


# --- Splits -----------------------------------------------------------------------------------------------------


WEIGHTS = lists(integers(0, 10**9), min_size=1, max_size=12).filter(any)


@given(amount=integers(-MAX_AMOUNT, MAX_AMOUNT), weights=WEIGHTS)
def test_the_parts_are_the_whole_and_within_one_minor_unit_of_their_share(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)

    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
        assert part * amount >= 0


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_the_same_split_twice_is_the_same(amount: int, weights: list[int]) -> None:
    assert split(amount, weights) == split(amount, tuple(weights))
    assert split(-amount, weights) == [-part for part in split(amount, weights)]


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (1, [0, 1, 1], [0, 1, 0]),
        (10, [7, 2, 1], [7, 2, 1]),
        (5, [1, 2], [2, 3]),
        (0, [3, 4], [0, 0]),
    ],
)
def test_what_is_left_goes_to_the_largest_remainder_and_then_to_the_first(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert split(amount, weights) == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1]])
def test_weights_that_share_nothing_out_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)
