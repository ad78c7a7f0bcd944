"""Two JSON texts have one canonical spelling where they say the same, to the last digit."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import booleans, decimals, dictionaries, integers, lists, none, recursive, text

from wholexale.common.errors import ValidationFailed
from wholexale.common.wire import canonical

pytestmark = pytest.mark.once

SAID = recursive(
    none() | booleans() | integers() | text(max_size=5),
    lambda inner: lists(inner, max_size=4) | dictionaries(text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


def turned(value: Any) -> Any:
    """Return the same value with the names of its objects in another order."""
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(value=SAID)
def test_blanks_escapes_and_the_order_of_names_do_not_matter(value: Any) -> None:
    one = json.dumps(value, ensure_ascii=True, indent=2).encode()
    other = json.dumps(turned(value), ensure_ascii=False, separators=(",", ":")).encode()

    assert canonical(one) == canonical(other)
    assert json.loads(canonical(one)) == value


@given(first=decimals(allow_nan=False, allow_infinity=False), second=decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_the_same_where_they_are_exactly_equal(first: Decimal, second: Decimal) -> None:
    one, other = (canonical(str(number).encode()) for number in (first, second))

    assert (one == other) == (first == second)
    assert Decimal(one.decode()) == first


@given(number=integers(-(10**30), 10**30))
def test_a_whole_number_is_the_same_in_every_spelling(number: int) -> None:
    spellings = [f"{number}", f"{number}.0", f"{number}e0", f"{number * 10}e-1", f"{number}.000E+0"]

    assert {canonical(one.encode()) for one in spellings} == {str(number).encode()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.1", "0.1000000000000000055511151231257827"),
        ("9007199254740993.0", "9007199254740992.0"),
        ("1e999999999", "1e999999998"),
        ("1E+9999999999999999999", "1E+9999999999999999998"),
        ("1", '"1"'),
        ("1", "true"),
        ("0", "false"),
        ("null", "{}"),
        ("[1, 2]", "[2, 1]"),
        ('"1.5"', "1.5"),
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert canonical(one.encode()) != canonical(other.encode())


def test_zero_has_no_sign() -> None:
    assert {canonical(zero) for zero in (b"0", b"-0", b"0.0", b"-0.00", b"0e999999999")} == {b"0"}


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b'"\xff"', b"[" * 100_000, b"1" * 5_000])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ValidationFailed):
        canonical(raw)
