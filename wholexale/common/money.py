"""Money: integers of minor units with a currency of ISO 4217. Numbers are decimals, never binary fractions.

Nothing here depends on the decimal context of the caller, and a number with a monstrous exponent is refused before
anybody writes it out.
"""

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import Annotated

import msgspec
from django.conf import settings
from iso4217 import Currency

from wholexale.common.errors import FieldError, ValidationFailed

MAX_AMOUNT = 10**13
"""The largest amount in minor units: a JavaScript number still holds it exactly, and so do sums of many."""

Amount = Annotated[Decimal, msgspec.Meta(description="An exact decimal number in whole units of the currency.")]
"""An amount in a wire shape: a JSON number; `to_minor` judges what came, `from_minor` makes what goes."""

_DIGITS = 100
"""More than any product of a unit price and a quantity has."""

_MAX_ADJUSTED = Decimal(MAX_AMOUNT).adjusted()
_EXACT = Context(prec=_DIGITS, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation])
_ROUNDING = Context(prec=_DIGITS, Emin=MIN_EMIN, Emax=MAX_EMAX, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


@cache
def exponent(currency: str) -> int:
    """Return how many digits of a currency stand behind the point: JPY 0, INR 2, KWD 3."""
    return int(Currency(currency).exponent or 0)


def check_currency(currency: str, *, field: str = "currency") -> str:
    """Return the currency, if the marketplace trades in it.

    Raises:
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`.
    """
    if currency not in settings.CURRENCIES:
        known = ", ".join(settings.CURRENCIES)
        raise _refusal("CURRENCY_NOT_SUPPORTED", "The marketplace does not trade in it.", field, f"One of {known}")
    return currency


def to_minor(amount: Decimal, currency: str, *, field: str = "amount") -> int:
    """Return an amount as integer of minor units, exactly.

    Raises:
        ValidationFailed: `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`, `AMOUNT_TOO_LARGE`.
    """
    if amount.is_nan() or amount.is_signed() or amount.is_zero():
        raise _refusal("AMOUNT_NOT_POSITIVE", "An amount is above zero.", field, "More than 0")
    digits = exponent(currency)
    _check_size(amount.adjusted() if amount.is_finite() else MAX_EMAX, digits, field)
    try:
        minor = int(_shifted(amount, digits, _EXACT))
    except Inexact:
        msg = f"At most {digits} digits behind the point" if digits else "A whole number"
        raise _refusal("AMOUNT_TOO_PRECISE", "The currency has no smaller unit.", field, msg) from None
    return _checked(minor, digits, field)


def from_minor(amount_minor: int, currency: str) -> Decimal:
    """Return an amount of minor units as a decimal with the digits of its currency."""
    return _EXACT.scaleb(Decimal(amount_minor), -exponent(currency))


def line_total(unit_price: Decimal, quantity: Decimal, currency: str, *, field: str = "unitPrice") -> int:
    """Return the total of a line in minor units, rounded half up, once.

    Raises:
        ValidationFailed: `AMOUNT_TOO_LARGE`; `AMOUNT_TOO_PRECISE` for numbers of more digits than anybody deals in.
    """
    digits = exponent(currency)
    if not (unit_price.is_finite() and quantity.is_finite()):
        raise _refusal("AMOUNT_TOO_LARGE", "The amount is too large.", field, "A finite number")
    if not unit_price.is_zero() and not quantity.is_zero():
        _check_size(unit_price.adjusted() + quantity.adjusted(), digits, field)
    try:
        exact = _EXACT.multiply(_EXACT.plus(unit_price), _EXACT.plus(quantity))
    except Inexact:
        raise _refusal("AMOUNT_TOO_PRECISE", "The number has too many digits.", field, "Fewer digits") from None
    return _checked(int(_shifted(exact, digits, _ROUNDING)), digits, field)


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts add up to it (largest remainder).

    What is left after rounding down goes, one minor unit each, to the largest remainders; of equal ones to the first.
    The parts of a negative amount mirror those of the positive one.

    Raises:
        ValueError: for weights that are negative, or all zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights are not negative, and not all zero")
    shares = [divmod(abs(amount_minor) * weight, whole) for weight in weights]
    left = abs(amount_minor) - sum(part for part, _ in shares)
    by_remainder = sorted(range(len(shares)), key=lambda index: -shares[index][1])
    raised = set(by_remainder[:left])
    parts = [part + (index in raised) for index, (part, _) in enumerate(shares)]
    return parts if amount_minor >= 0 else [-part for part in parts]


def _shifted(amount: Decimal, digits: int, context: Context) -> Decimal:
    """Return an amount in minor units as a whole decimal: exact, or rounded, as the context says."""
    return context.scaleb(context.quantize(amount, Decimal((0, (1,), -digits))), digits)


def _check_size(adjusted: int, digits: int, field: str) -> None:
    """Refuse by the place of the first digit, before a number is written out."""
    if adjusted + digits > _MAX_ADJUSTED:
        _checked(MAX_AMOUNT + 1, digits, field)


def _checked(minor: int, digits: int, field: str) -> int:
    if abs(minor) > MAX_AMOUNT:
        most = MAX_AMOUNT // 10**digits
        raise _refusal("AMOUNT_TOO_LARGE", "The amount is too large.", field, f"At most {most}")
    return minor


def _refusal(code: str, detail: str, field: str, msg: str) -> ValidationFailed:
    return ValidationFailed(code, detail, details=[FieldError(path=field, msg=msg)])
