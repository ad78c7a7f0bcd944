"""Unit prices and quantities: decimals on the wire, integers of millionths and thousandths in the database.

A screw costs less than a cent, and cloth is cut by the centimetre. Amounts of money are in `money`.
"""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation

from wholexale.common.errors import ValidationFailed
from wholexale.common.money import exponent

PRICE_DIGITS = 6
QUANTITY_DIGITS = 3
MAX_PRICE = 10**9
"""The highest unit price, in whole units of the currency."""
MAX_QUANTITY = 10**9
"""The largest quantity, in whole units."""

WHOLE_UNITS = frozenset({"pieces", "boxes", "packs", "sets"})
"""Units of which there are no parts."""
UNITS = ("pieces", "kg", "grams", "liters", "meters", "boxes", "packs", "sets")
"""Units of quantities, in the old backend's words."""

_EXACT = Context(prec=60, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation])


def to_micro(price: Decimal, *, field: str) -> int:
    """Return a unit price in millionths of a whole unit of its currency.

    Raises:
        ValidationFailed: naming the field, for what is below zero, too precise or too large.
    """
    if not price.is_finite() or (price.is_signed() and not price.is_zero()):
        raise ValidationFailed.of_field(field, "Not below 0")
    if price > MAX_PRICE:
        raise ValidationFailed.of_field(field, f"At most {MAX_PRICE}")
    return _whole(price, PRICE_DIGITS, field)


def from_micro(price: int, currency: str) -> Decimal:
    """Return a unit price with the digits of its currency, or as many more as it needs."""
    shown = Decimal(price).scaleb(-PRICE_DIGITS)
    rounded = shown.quantize(Decimal(1).scaleb(-exponent(currency)))
    return rounded if rounded == shown else shown.normalize()


def to_milli(quantity: Decimal, unit: str, *, field: str) -> int:
    """Return a quantity in thousandths; of pieces, boxes, packs and sets there are whole ones only.

    Raises:
        ValidationFailed: naming the field, for what is not above zero, too precise or too large.
    """
    if not quantity.is_finite() or quantity <= 0:
        raise ValidationFailed.of_field(field, "More than 0")
    if quantity > MAX_QUANTITY:
        raise ValidationFailed.of_field(field, f"At most {MAX_QUANTITY}")
    milli = _whole(quantity, QUANTITY_DIGITS, field)
    if unit in WHOLE_UNITS and milli % 10**QUANTITY_DIGITS:
        raise ValidationFailed.of_field(field, f"A whole number of {unit}")
    return milli


def from_milli(quantity: int) -> Decimal:
    """Return a quantity without needless digits."""
    whole, rest = divmod(quantity, 10**QUANTITY_DIGITS)
    return Decimal(quantity).scaleb(-QUANTITY_DIGITS).normalize() if rest else Decimal(whole)


def _whole(number: Decimal, digits: int, field: str) -> int:
    try:
        return int(_EXACT.scaleb(_EXACT.quantize(number, Decimal((0, (1,), -digits))), digits))
    except (Inexact, InvalidOperation):
        raise ValidationFailed.of_field(field, f"At most {digits} digits behind the point") from None
