"""What the documents say. Amounts are integers of minor units; a text is ready to print, and may be empty."""

from dataclasses import dataclass
from datetime import date, datetime

from wholexale.common.documents import Party


@dataclass(frozen=True, slots=True)
class TaxPart:
    """The sum of one tax over all lines: `CGST`, `9%`, 4500."""

    label: str
    rate: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """A line of an invoice; `code` is its HSN or SAC, `taxable` is what is left after `discount`."""

    position: int
    description: str
    code: str
    quantity: str
    unit: str
    unit_price: str
    discount: int
    taxable: int
    tax_rate: str
    tax: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSheet:
    """An issued invoice or credit note: only what never changes again, so nothing of what was paid later.

    `title` is `Tax invoice`, `Invoice` or `Credit note`; `reference` is what the buyer knows it by, such as the number
    of the order. A credit note says with `corrects` which invoice it corrects, and with `reason` why.
    """

    title: str
    number: str
    issued_on: date
    due_on: date | None
    seller: Party
    buyer: Party
    currency: str
    place_of_supply: str
    terms: str
    reference: str
    corrects: str
    reason: str
    lines: tuple[InvoiceLine, ...]
    subtotal: int
    discount: int
    taxes: tuple[TaxPart, ...]
    total: int
    is_reverse_charge: bool
    notes: str

    @property
    def is_credit_note(self) -> bool:
        """Return whether it takes something of an invoice back."""
        return bool(self.corrects)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSheet:
    """What an account held from `start` to `end`, two texts that name the time zone; `made_at` is an aware moment."""

    business: Party
    account: str
    currency: str
    start: str
    end: str
    made_at: datetime
    opening: int
    closing: int
    debits: int
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """An entry of a statement, with the balance after it; one of `debit` and `credit` is `None`."""

    on: str
    number: str
    description: str
    debit: int | None
    credit: int | None
    balance: int
