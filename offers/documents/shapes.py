"""What an offer says on paper. Every text is ready to print, and may be empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wholexale.common.documents import Party

Facts = Sequence[tuple[str, str]]
"""Labels with values; those without a value are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLine:
    """A line of the terms; `note` has its SKU, brand and code, `discount` is how far it is below the list price."""

    position: str
    name: str
    note: str
    quantity: str
    list_price: str
    unit_price: str
    discount: str
    tax_rate: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What the lines come to, or a tax on them."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedStep:
    """One step of the negotiation: when, who for which side, what was done, and what was said to it."""

    at: str
    who: str
    business: str
    what: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSheet:
    """The terms of one revision, and how the offer stands when the paper is made.

    `notice` says where other terms are on the table; `grand` is the one sum that the reader looks for.
    """

    number: str
    title: str
    description: str
    notice: str
    made_at: datetime
    facts: Facts
    seller: Party
    buyer: Party
    lines: Sequence[PrintedLine]
    sums: Sequence[Sum]
    grand: Sum
    remark: str
    terms: Facts
    steps: Sequence[PrintedStep]
