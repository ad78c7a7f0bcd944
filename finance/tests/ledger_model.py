"""The ledger as it should be: it keeps only what happened, and counts everything from that each time it is asked.

Accounts, transfers and transactions are numbers here, from 0; a number that is not there names nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from finance.sql.movement import MAX_COUNTER
from wholexale.common.money import MAX_AMOUNT

MAX_LEGS = 100
NOWHERE = -1

Outcome = tuple[str, dict[str, object]]
"""`ok`, `replay`, or the code of a refusal with its facts."""

OK: Outcome = ("ok", {})
REPLAY: Outcome = ("replay", {})


class Count(NamedTuple):
    """The four counters of an account."""

    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0


EMPTY = Count()


@dataclass
class Place:
    """One account: what it is, what it allows, and what it held before anything happened."""

    currency: str
    side: str
    policy: str
    status: str = "open"
    limit: int = 0
    standing: str = "active"
    opening: Count = EMPTY


@dataclass(frozen=True, slots=True)
class Part:
    """One leg that is wanted."""

    phase: str
    debit: int = NOWHERE
    credit: int = NOWHERE
    amount: int | None = None
    currency: str = ""
    hold: int | None = None
    timeout: datetime | None = None

    def body(self) -> tuple[object, ...]:
        """Return what must be the same in a repeat."""
        return (self.phase, self.debit, self.credit, self.amount, self.currency, self.hold)


@dataclass(frozen=True, slots=True)
class Happened:
    """One transfer that was written."""

    phase: str
    debit: int
    credit: int
    amount: int
    currency: str
    hold: int | None = None
    timeout: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One transaction, with the numbers of its first transfer and of the one after its last."""

    reference: str
    body: tuple[object, ...]
    first: int
    end: int
    is_reversal: bool = False


class Refusal(Exception):
    """The model's own refusal."""


@dataclass
class Ledger:
    """What happened so far, and what would happen next. `full` are two accounts that take hardly anything more."""

    places: list[Place] = field(default_factory=list)
    transfers: list[Happened] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    full: tuple[int, int] = (0, 1)

    def record(
        self, reference: str, parts: Sequence[Part], now: datetime, *, salt: str = "", reverses: int | None = None
    ) -> Outcome:
        """Say what a movement comes to, and let it happen if it is allowed."""
        before = len(self.transfers)
        try:
            _judge_shape(parts)
            body = (salt, reverses, *(part.body() for part in parts))
            wanted = self._resolved(parts)
            for known in self.written:
                if known.reference == reference:
                    return REPLAY if known.body == body else ("REFERENCE_REUSED", {})
            for part, stated in zip(wanted, parts, strict=True):
                self._happen(part, stated, now, is_correction=reverses is not None)
        except Refusal as refusal:
            del self.transfers[before:]
            code, *facts = refusal.args
            return code, dict(facts)
        self.written.append(Written(reference, body, before, len(self.transfers), reverses is not None))
        return OK

    def reverse(self, number: int, reason: str, now: datetime) -> Outcome:
        """Say what the reversal of a transaction comes to, and let it happen if it is allowed."""
        if not reason.strip():
            return "VALIDATION_FAILED", {}
        if not 0 <= number < len(self.written):
            return "TRANSACTION_NOT_FOUND", {}
        original = self.written[number]
        moved = self.transfers[original.first : original.end]
        if original.is_reversal or any(one.phase not in {"single", "post"} for one in moved):
            return "TRANSACTION_NOT_REVERSIBLE", {}
        mirror = [Part("single", one.credit, one.debit, one.amount, one.currency) for one in moved]
        outcome = self.record(f"reversal of {number}", mirror, now, reverses=number)
        return ("TRANSACTION_REVERSED", {}) if outcome == REPLAY else outcome

    def set_status(self, number: int, status: str, reason: str) -> Outcome:
        """Say whether an account may get a status, and give it."""
        if not reason.strip():
            return "VALIDATION_FAILED", {}
        count = self.counts()[number]
        if status == "closed" and (
            count.debits_posted != count.credits_posted or count.debits_pending or count.credits_pending
        ):
            return "ACCOUNT_NOT_EMPTY", {}
        self.places[number].status = status
        return OK

    def counts(self) -> list[Count]:
        """Count every account from what happened."""
        counts = [list(place.opening) for place in self.places]
        for one in self.transfers:
            if one.phase in {"single", "post"}:
                counts[one.debit][0] += one.amount
                counts[one.credit][1] += one.amount
            if one.phase == "pending" or one.hold is not None:
                held = one.amount if one.hold is None else -self.transfers[one.hold].amount
                counts[one.debit][2] += held
                counts[one.credit][3] += held
        return [Count(*count) for count in counts]

    def room(self, number: int, side: str) -> int | None:
        """Return how much more an account takes on a side; None where nothing limits it."""
        place, count = self.places[number], self.counts()[number]
        on_side = {"debit": count.debits_pending, "credit": count.credits_pending}[side]
        net = count.debits_posted - count.credits_posted
        outstanding = net if side == "debit" else -net
        if place.policy == "credit_limit" and side == place.side:
            return place.limit - outstanding - on_side
        if place.policy == "no_overdraft" and side != place.side:
            return -outstanding - on_side
        return None

    def is_held(self, number: int) -> bool:
        """Say whether a transfer is a hold."""
        return 0 <= number < len(self.transfers) and self.transfers[number].phase == "pending"

    def open_holds(self) -> list[Happened]:
        """Return what is held."""
        ended = {one.hold for one in self.transfers}
        return [one for at, one in enumerate(self.transfers) if one.phase == "pending" and at not in ended]

    def _resolved(self, parts: Sequence[Part]) -> list[Part]:
        """Give resolutions the accounts of their holds; holds are looked for before accounts."""
        wanted = [self._as_held(part) for part in parts]
        if any(not 0 <= one < len(self.places) for part in wanted for one in (part.debit, part.credit)):
            raise Refusal("ACCOUNT_NOT_FOUND")
        return wanted

    def _as_held(self, part: Part) -> Part:
        if part.hold is None:
            return part
        if not self.is_held(part.hold):
            raise Refusal("HOLD_NOT_FOUND")
        hold = self.transfers[part.hold]
        amount = hold.amount if part.amount is None or part.phase != "post" else part.amount
        return replace(part, debit=hold.debit, credit=hold.credit, amount=amount, currency=hold.currency)

    def _happen(self, part: Part, stated: Part, now: datetime, *, is_correction: bool) -> None:
        amount = part.amount or 0
        if part.hold is not None:
            self._judge_resolution(part, self.transfers[part.hold], now)
        for side, number in (("debit", part.debit), ("credit", part.credit)):
            self._judge_account(number, part, is_free=is_correction or part.hold is not None, side=side)
        if part.timeout is not None and part.timeout <= now:
            raise Refusal("TIMEOUT_IN_PAST")
        self.transfers.append(
            Happened(part.phase, part.debit, part.credit, amount, part.currency, stated.hold, part.timeout)
        )
        counts = self.counts()
        if max(*counts[part.debit], *counts[part.credit]) > MAX_COUNTER:
            raise Refusal("BALANCE_TOO_LARGE")

    def _judge_resolution(self, part: Part, hold: Happened, now: datetime) -> None:
        is_over = hold.timeout is not None and hold.timeout <= now
        if any(one.hold == part.hold for one in self.transfers):
            raise Refusal("HOLD_RESOLVED")
        if part.phase == "post" and is_over:
            raise Refusal("HOLD_EXPIRED")
        if part.phase == "expire" and not is_over:
            raise Refusal("HOLD_NOT_EXPIRED")
        if (part.amount or 0) > hold.amount:
            raise Refusal("AMOUNT_EXCEEDS_HOLD", ("heldMinor", hold.amount))

    def _judge_account(self, number: int, part: Part, *, is_free: bool, side: str) -> None:
        place = self.places[number]
        if place.currency != part.currency:
            raise Refusal("CURRENCY_MISMATCH")
        if place.status == "closed":
            raise Refusal("ACCOUNT_CLOSED")
        if is_free or (side == place.side) != (place.policy == "credit_limit"):
            return
        if place.status == "frozen":
            raise Refusal("ACCOUNT_FROZEN")
        if place.policy == "credit_limit" and place.standing != "active":
            raise Refusal("CREDIT_NOT_ACTIVE", ("status", place.standing))
        room = self.room(number, side)
        if room is not None and (part.amount or 0) > room:
            code = "CREDIT_LIMIT_EXCEEDED" if place.policy == "credit_limit" else "INSUFFICIENT_FUNDS"
            raise Refusal(code, ("availableMinor", room))


def _judge_shape(parts: Sequence[Part]) -> None:
    if not 1 <= len(parts) <= MAX_LEGS:
        raise Refusal("VALIDATION_FAILED")
    for part in parts:
        if part.hold is None and part.debit == part.credit:
            raise Refusal("SAME_ACCOUNT")
        if part.amount is not None and part.amount < 1:
            raise Refusal("AMOUNT_NOT_POSITIVE")
        if part.amount is not None and part.amount > MAX_AMOUNT:
            raise Refusal("AMOUNT_TOO_LARGE")
