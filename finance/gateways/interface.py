"""What every payment provider can be asked, and how it answers: one vocabulary, whatever the provider calls it.

A gateway talks to the outside: nothing of it is called inside a transaction of the database. Each write carries a key
of ours, `{intent}:{operation}`: the same key again has the effect of once and the same answer. Amounts are integers of
minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from finance.models import Dispute, PaymentIntent, Payout, Refund

TIMEOUT_SECONDS = 10
"""How long a provider may take to answer before we ask again."""


class Unavailable(Exception):
    """The provider did not answer, or could not: nobody knows whether it did what was asked. Ask again, by the key."""


class Rejected(Exception):
    """The provider refuses, and will refuse again: `code` is its own word in lower case, such as `card_declined`."""

    def __init__(self, code: str, text: str) -> None:
        """Take the provider's word, and what a person may read."""
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Unverified(Exception):
    """A webhook that does not prove who has sent it, or when: it has no effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a provider is to collect; `intent_id` comes back in everything that it says about it."""

    intent_id: UUID
    number: str
    amount: int
    currency: str
    method: str
    is_captured_later: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How a payment stands at the provider; `reference` is the provider's own id of it.

    `captured` is None where all of it was. `action` is what the payer's client has to do next, as JSON that the client
    understands. `fee` is what the provider keeps for itself, where it says so.
    """

    reference: str
    state: PaymentIntent.State
    intent_id: UUID | None = None
    capturable: int = 0
    captured: int | None = None
    failure_code: str = ""
    failure_text: str = ""
    action: Mapping[str, Any] | None = None
    fee: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """How a refund stands at the provider; `payment` is the provider's id of what it pays back."""

    reference: str
    payment: str
    state: Refund.State
    refund_id: UUID | None = None
    failure_code: str = ""
    failure_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """How a payer's complaint to the bank stands; `payment` is the provider's id of what it is about."""

    reference: str
    payment: str
    state: Dispute.State
    amount: int
    reason: str = ""
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOut:
    """How a payout stands at the provider."""

    reference: str
    state: Payout.State
    payout_id: UUID | None = None
    failure_code: str = ""
    failure_text: str = ""


News = Payment | Refunded | Disputed | PaidOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A verified webhook: what has happened, told once under this id and perhaps again. `news` is None if unknown."""

    id: str
    type: str
    news: News | None


class Gateway(Protocol):
    """One payment provider. Every method but `read_event` talks to it.

    Raises, from every method that talks: `Unavailable`, `Rejected`.
    """

    name: str
    methods: tuple[str, ...]
    """How one may pay through it, in the old backend's words (`bank_transfer`, `credit_card`, ...)."""
    is_by_hand: bool
    """Whether members of staff say what has happened, and nobody can be asked."""
    pays_out: bool
    """Whether it can send money to a business; where not, staff does and says so."""

    def create(self, order: Order, *, key: str) -> Payment:
        """Tell the provider about a payment, before the payer agrees to it."""

    def confirm(self, reference: str, *, token: str, key: str) -> Payment:
        """Have it collected; `token` stands for the payer's card or account at the provider, and may be empty."""

    def capture(self, reference: str, *, amount: int, key: str) -> Payment:
        """Take at most what was authorized; the rest is let go."""

    def cancel(self, reference: str, *, key: str) -> Payment:
        """Let go of what was not captured."""

    def refund(self, reference: str, *, refund_id: UUID, amount: int, key: str) -> Refunded:
        """Pay back a part of what was captured, or all of it."""

    def find_refund(self, reference: str, *, refund_id: UUID) -> Refunded | None:
        """Look whether a refund of a payment was made: before it is asked for again, when keys may be forgotten."""

    def pay_out(self, *, payout_id: UUID, business_id: UUID, amount: int, currency: str, key: str) -> PaidOut:
        """Send money to a business."""

    def retrieve(self, reference: str) -> Payment:
        """Ask how a payment stands."""

    def retrieve_refund(self, reference: str) -> Refunded:
        """Ask how a refund stands."""

    def retrieve_payout(self, reference: str) -> PaidOut:
        """Ask how a payout stands."""

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Read a webhook: bytes as they came, names of headers in lower case.

        Raises:
            Unverified: the signature is missing, wrong or older than five minutes.
        """
