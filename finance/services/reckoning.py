"""What an invoice comes to: each line rounded once, its tax rounded once, and sums of what was rounded.

Taxes are those of India's GST where both sides are registered there: two halves, central and of the state, where the
goods stay in one state, one integrated tax where they cross into another. Everywhere else it is one tax.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Business
from wholexale.common.errors import ValidationFailed
from wholexale.common.money import line_total

MAX_LINES = 300
MAX_RATE = Decimal(100)
_QUANTITY = Decimal("0.001")
_PRICE = Decimal("0.000001")
_RATE = Decimal("0.01")
_WHOLE_RATE = 10_000
_INDIA = "India"
_STATE_CODE_LENGTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One line that is to be charged: `unit_price` in whole units, `discount` in minor units, `tax_rate` in percent."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal = Decimal(0)
    discount: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDraft:
    """What is to be charged, for what, and when it is to be paid.

    `issued_on` is today in the seller's time zone where it is None; `due_on` follows from the terms where it is None.
    """

    lines: Sequence[LineDraft]
    payment_terms: str = "net_30"
    reference: str = ""
    notes: str = ""
    is_reverse_charge: bool = False
    issued_on: date | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """One tax and what it comes to: `rate` in hundredths of a percent, `amount` in minor units."""

    label: str
    rate: int
    amount: int

    def plain(self) -> dict[str, Any]:
        """Return it as the invoice keeps it."""
        return {"label": self.label, "rate": self.rate, "amount": self.amount}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it is charged; amounts in minor units, quantity in thousandths, price in millionths."""

    draft: LineDraft
    gross: int
    taxes: tuple[Tax, ...]

    @property
    def taxable(self) -> int:
        """Return what is taxed."""
        return self.gross - self.draft.discount

    @property
    def tax(self) -> int:
        """Return the tax."""
        return sum(one.amount for one in self.taxes)

    @property
    def quantity(self) -> int:
        """Return the quantity in thousandths."""
        return int(self.draft.quantity.scaleb(3))

    @property
    def unit_price(self) -> int:
        """Return the price in millionths of a whole unit."""
        return int(self.draft.unit_price.scaleb(6))

    @property
    def tax_rate(self) -> int:
        """Return the rate in hundredths of a percent."""
        return int(self.draft.tax_rate.scaleb(2))


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What an invoice comes to, in minor units."""

    lines: tuple[Line, ...]
    place_of_supply: str = field(default="")

    @property
    def subtotal(self) -> int:
        """Return the sum before discounts and taxes."""
        return sum(line.gross for line in self.lines)

    @property
    def discount(self) -> int:
        """Return the sum of the discounts."""
        return sum(line.draft.discount for line in self.lines)

    @property
    def tax(self) -> int:
        """Return the sum of the taxes."""
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """Return what is to be paid."""
        return self.subtotal - self.discount + self.tax

    @property
    def taxes(self) -> list[Tax]:
        """Return the taxes of all lines, by label and rate."""
        sums: dict[tuple[str, int], int] = {}
        for one in (tax for line in self.lines for tax in line.taxes):
            sums[one.label, one.rate] = sums.get((one.label, one.rate), 0) + one.amount
        return [Tax(label=label, rate=rate, amount=amount) for (label, rate), amount in sorted(sums.items())]


def reckon(draft: InvoiceDraft, *, seller: Business, buyer: Business, currency: str) -> Reckoning:
    """Return what a draft comes to.

    Raises:
        ValidationFailed: naming the field, for lines that are none, that are too many, or too precise; where all of it
            comes to nothing.
    """
    if not 1 <= len(draft.lines) <= MAX_LINES:
        raise ValidationFailed.of_field("lines", f"1 to {MAX_LINES} lines")
    labels = () if draft.is_reverse_charge else _labels(seller, buyer)
    lines = tuple(_line(one, f"lines.{place}", currency, labels) for place, one in enumerate(draft.lines))
    reckoning = Reckoning(lines, place_of_supply=_place_of_supply(buyer))
    if reckoning.total < 1:
        raise ValidationFailed.of_field("lines", "More than nothing in all")
    return reckoning


def share_of_taxes(taxes: Sequence[Mapping[str, Any]], *, total: int, before: int, amount: int) -> list[Tax]:
    """Return the taxes in a part of an invoice, which follows after another part.

    The parts of a whole invoice add up to its taxes exactly, however it was cut.

    Args:
        taxes: those of the invoice.
        total: what the invoice comes to.
        before: how much of it was taken before.
        amount: how much of it is taken now.
    """
    return [
        Tax(
            label=one["label"],
            rate=one["rate"],
            amount=_part(one["amount"], before + amount, total) - _part(one["amount"], before, total),
        )
        for one in taxes
    ]


def _labels(seller: Business, buyer: Business) -> tuple[str, ...]:
    """Return the taxes that share the rate of a line equally."""
    if seller.country != _INDIA or not seller.gst_number:
        return ("Tax",)
    if buyer.gst_number[:_STATE_CODE_LENGTH] == seller.gst_number[:_STATE_CODE_LENGTH]:
        return ("CGST", "SGST")
    return ("IGST",)


def _place_of_supply(buyer: Business) -> str:
    state = str((buyer.address or {}).get("state") or "")
    return state or buyer.country


def _line(draft: LineDraft, path: str, currency: str, labels: tuple[str, ...]) -> Line:
    _check(draft, path)
    gross = line_total(draft.unit_price, draft.quantity, currency, field=f"{path}.unitPrice")
    if not 0 <= draft.discount <= gross:
        raise ValidationFailed.of_field(f"{path}.discount", "Not more than the line")
    rate = int(draft.tax_rate.scaleb(2))
    taxes = tuple(
        Tax(
            label=label, rate=rate // len(labels), amount=_part(gross - draft.discount, rate, _WHOLE_RATE * len(labels))
        )
        for label in labels
        if rate
    )
    return Line(draft=draft, gross=gross, taxes=taxes)


def _check(draft: LineDraft, path: str) -> None:
    faults = {
        "description": ("Required", bool(draft.description.strip())),
        "quantity": ("More than 0, in thousandths", draft.quantity > 0 and _fits(draft.quantity, _QUANTITY)),
        "unitPrice": ("Not below 0, in millionths", draft.unit_price >= 0 and _fits(draft.unit_price, _PRICE)),
        "taxRate": ("0 to 100, in hundredths", 0 <= draft.tax_rate <= MAX_RATE and _fits(draft.tax_rate, _RATE)),
    }
    for name, (expected, is_fine) in faults.items():
        if not is_fine:
            raise ValidationFailed.of_field(f"{path}.{name}", expected)


def _fits(number: Decimal, step: Decimal) -> bool:
    return number == number.quantize(step)


def _part(whole: int, numerator: int, denominator: int) -> int:
    """Return a part of an amount, rounded half up."""
    return (2 * whole * numerator + denominator) // (2 * denominator)
