"""What is asked of the ledger, and what it answers."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from finance.models import LedgerTransaction, Transfer
from wholexale.common.ids import new_id
from wholexale.common.logging import current_request

Phase = Transfer.Phase
Kind = LedgerTransaction.Kind
Category = LedgerTransaction.Category
Subject = LedgerTransaction.Subject

MAX_COUNTER = 2**53 - 1
"""No counter of a balance grows above what a JavaScript number holds exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One transfer that is wanted.

    `single` and `pending` name both accounts and an amount. `post`, `void` and `expire` name a hold, whose accounts and
    currency they take; a `post` without an amount takes all that is held. Amounts are minor units.
    """

    phase: Phase
    debit_id: UUID | None = None
    credit_id: UUID | None = None
    amount: int | None = None
    currency: str = ""
    hold_id: UUID | None = None
    timeout_at: datetime | None = None
    id: UUID = field(default_factory=new_id)
    debit_entry_id: UUID = field(default_factory=new_id)
    credit_entry_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class About:
    """What a transaction is about, as clients see it: `reference {type, id, number}`."""

    type: LedgerTransaction.Subject = LedgerTransaction.Subject.SYSTEM
    id: str = ""
    number: str = ""


NOTHING = About()


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One transaction that is wanted: its legs stand or fall together, judged in their order.

    `reference` makes it happen once, for ever. `is_correction` lets it draw on accounts beyond their limits: a reversal
    must always be possible.
    """

    kind: Kind
    category: Category
    reference: str
    legs: tuple[Leg, ...]
    about: About = NOTHING
    payment_method: str = ""
    description: str = ""
    actor_id: UUID | None = None
    reverses_id: UUID | None = None
    request_id: str = field(default_factory=current_request)
    is_correction: bool = False
    id: UUID = field(default_factory=new_id)

    def fingerprint(self) -> str:
        """Return the digest of what moves and why; ids, times and texts are left out, a repeat has others."""
        legs = [(leg.phase, leg.debit_id, leg.credit_id, leg.amount, leg.currency, leg.hold_id) for leg in self.legs]
        content = (self.kind, self.category, legs, self.about.type, self.about.id, self.reverses_id)
        return hashlib.blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Counters:
    """The four counters of a balance, in minor units."""

    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A transaction of the ledger. `balances` are those of its accounts just after it, none for a replay."""

    id: UUID
    number: int
    at: datetime
    is_replay: bool = False
    balances: dict[UUID, Counters] = field(default_factory=dict)

    @property
    def transaction_id(self) -> str:
        """Return the number that people see: TXN-2026-000123."""
        return f"TXN-{self.at.year}-{self.number:06}"


class Refused(Exception):
    """The ledger's refusal: nothing was written. `facts` hold what the caller may want to say."""

    def __init__(self, code: str, **facts: Any) -> None:
        """Take the machine code."""
        self.code = code
        self.facts = facts
        super().__init__(code)
