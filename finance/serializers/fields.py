"""Values that several requests and answers share."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta

from finance.selectors import Window
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.money import check_currency, from_minor

Currency = Annotated[str, Meta(max_length=8, description="A code of ISO 4217 that the marketplace trades in.")]
Moment = Annotated[
    str,
    Meta(
        max_length=40,
        description="A day in the time zone of the business (2026-03-31), or a moment with its own time zone.",
    ),
]
LedgerType = Literal[
    "credit_addition", "credit_deduction", "payment_received", "payment_made", "refund", "chargeback", "fee_charge",
    "bonus_credit", "penalty", "adjustment",
]  # fmt: skip
LedgerStatus = Literal["pending", "processing", "completed", "failed", "cancelled", "refunded", "disputed"]
LedgerCategory = Literal[
    "order_payment", "offer_payment", "subscription_fee", "service_fee", "penalty", "bonus", "refund", "withdrawal",
    "deposit", "transfer", "adjustment", "commission", "tax",
]  # fmt: skip
PaymentTerms = Literal["advance_payment", "cod", "net_30", "net_60", "net_90", "custom"]
SpendingWindow = Literal["none", "day", "week", "month", "year"]

_YEARS = range(1900, 3000)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")
_EXPECTED = "Expected a day like 2026-03-31, or a moment with a time zone"


def query_currency(currency: str | None) -> str | None:
    """Return the currency that a query names, if the marketplace trades in it.

    Raises:
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`.
    """
    try:
        return None if currency is None else check_currency(currency)
    except ValidationFailed as refusal:
        details = [FieldError(path=one.path, msg=one.msg, location="query") for one in refusal.details]
        raise ValidationFailed(refusal.code, refusal.detail, details=details) from None


def window(start: str | None, end: str | None) -> Window:
    """Return the stretch of time from one border to the other; a day as an end is inside.

    Raises:
        ValidationFailed: which names the border that is none.
    """
    return Window(border(start, name="from"), border(end, name="to"))


def month(text: str) -> Window:
    """Return a month, such as 2026-11, from its first day to its last.

    Raises:
        ValidationFailed: where nobody traded then.
    """
    first = border(f"{text}-01", name="month")
    assert first is not None  # noqa: S101 - a text is never no border
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Window(first, following - timedelta(days=1))


def border(text: str | None, *, name: str) -> date | None:
    """Return the day or the moment that a query names.

    Raises:
        ValidationFailed: which names it where it is neither.
    """
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return _checked(date.fromisoformat(text))
        moment = datetime.fromisoformat(_LOST_PLUS.sub("+", text))  # a plus sign in a query reads as a blank
        if moment.tzinfo is not None:
            return _checked(moment)
    except ValueError:
        pass
    raise ValidationFailed(details=[FieldError(path=name, msg=_EXPECTED, location="query")])


def amounts(currency: str, **minor: int | None) -> dict[str, Any]:
    """Return amounts of minor units in both forms, for the fields `name` and `name_minor`; None stays None."""
    whole = {name: None if amount is None else from_minor(amount, currency) for name, amount in minor.items()}
    return whole | {f"{name}_minor": amount for name, amount in minor.items()}


def whole_percent(part: int, whole: int) -> int:
    """Return how many percent of a whole a part is, rounded half up; 0 of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def _checked(value: date) -> date:
    if value.year not in _YEARS:
        raise ValueError("nobody trades then")
    return value
