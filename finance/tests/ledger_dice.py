"""What random programs ask of the ledger: wishes as the dice give them, and the movements that they come to.

A wish is made of small numbers, which choose among what is there when its turn comes. So it shrinks well, and the same
wish makes sense on every stage.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from finance.sql import Category
from finance.tests.ledger_model import Ledger, Part
from wholexale.common.money import MAX_AMOUNT

CURRENCIES = ("INR", "JPY", "KWD")
RESOLVING = {"post", "void", "expire"}
ODD_AMOUNTS = {"zero": 0, "negative": -1, "most": MAX_AMOUNT, "too much": MAX_AMOUNT + 1}


@dataclass(frozen=True, slots=True)
class Wish:
    """One leg.

    `aim` says how far the amount is off the room of its accounts, or off what is held; without it `amount` stands.
    `further` is how far the credited account is from the debited one; `seconds` how long a hold lasts. `twist` spoils
    something.
    """

    phase: str
    currency: int = 0
    debit: int = 0
    further: int = 0
    amount: int | None = None
    aim: int | None = None
    hold: int = 0
    seconds: int | None = None
    twist: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A movement that was asked for, as it can be asked for again."""

    reference: str
    parts: tuple[Part, ...]
    category: Category = Category.TRANSFER

    def again(self, twist: str) -> "Asked":
        """Return the same, or another movement under the same reference."""
        match twist:
            case "category":
                return replace(self, category=Category.REFUND)
            case "amount":
                return replace(self, parts=tuple(replace(part, amount=(part.amount or 0) + 1) for part in self.parts))
            case "fewer":
                return replace(self, parts=self.parts[1:])
        return self


NUMBERS = st.integers(0, 11)
AMOUNTS = st.sampled_from(range(1, 600, 7))
"""Drawn from a list and not from a range, in which the dice prefer the ends."""

MOVES = st.builds(
    Wish,
    phase=st.sampled_from(["single", "pending", "pending"]),
    currency=st.sampled_from([0, 0, 0, 0, 1, 2]),
    debit=NUMBERS,
    further=st.integers(0, 5),
    amount=AMOUNTS,
    aim=st.sampled_from([None, None, None, None, None, -1, 0, 0, 1]),
    seconds=st.sampled_from([None, None, None, 4, 60, 60, 60, 0, -1]),
    twist=st.sampled_from([""] * 40 + ["currency", "foreign", "stranger", "same", "full", "full", *ODD_AMOUNTS]),
)
HOLDS = MOVES.map(lambda wish: replace(wish, phase="pending"))
RESOLUTIONS = st.builds(
    Wish,
    phase=st.sampled_from(["post", "post", "post", "void", "expire"]),
    aim=st.sampled_from([None, None, -1, -20, 0, 1]),
    hold=st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 7]),
    twist=st.sampled_from([""] * 30 + ["no hold", "stranger", "zero"]),
)
LEGS = st.lists(st.one_of(MOVES, MOVES, RESOLUTIONS), min_size=2, max_size=6)
CHANGES = st.sampled_from(["", "", "", "category", "amount", "fewer"])
REASONS = st.sampled_from(["a mistake", " by hand ", "at last", "fraud", "late", "early", "  "])
STATUSES = st.sampled_from(["open", "open", "open", "frozen", "closed"])
STANDINGS = st.sampled_from(["active", "active", "active", "suspended", "revoked"])


def part_of(wish: Wish, ledger: Ledger, now: datetime) -> Part:
    """Return what a wish comes to on a ledger as it is; a resolution, while nothing is held, to a plain transfer."""
    if wish.phase not in RESOLVING:
        return _move(wish, ledger, now)
    is_possible = wish.twist or any(one.phase == "pending" for one in ledger.transfers)
    return _resolution(wish, ledger) if is_possible else _move(replace(wish, phase="single"), ledger, now)


def _move(wish: Wish, ledger: Ledger, now: datetime) -> Part:
    currency = CURRENCIES[wish.currency]
    inside = [at for at, place in enumerate(ledger.places) if place.currency == currency]
    debit = inside[wish.debit % len(inside)]
    credit = inside[(wish.debit + 1 + wish.further % (len(inside) - 1)) % len(inside)]
    rooms = [ledger.room(debit, "debit"), ledger.room(credit, "credit")]
    amount = wish.amount or 1
    if wish.aim is not None:
        amount = max(1, min((room for room in rooms if room is not None), default=amount) + wish.aim)
    match wish.twist:
        case "same":
            credit = debit
        case "stranger":
            debit = -2
        case "currency":
            currency = CURRENCIES[wish.currency - 1]
        case "foreign":
            credit = next(at for at, place in enumerate(ledger.places) if place.currency != currency)
        case "full":
            debit, credit, currency, amount = *ledger.full, CURRENCIES[0], MAX_AMOUNT
    timeout = None
    if wish.phase == "pending" and wish.seconds is not None:
        timeout = now + timedelta(seconds=wish.seconds)
    return Part(wish.phase, debit, credit, ODD_AMOUNTS.get(wish.twist, amount), currency, None, timeout)


def _resolution(wish: Wish, ledger: Ledger) -> Part:
    holds = [at for at in range(len(ledger.transfers)) if ledger.is_held(at)]
    moved = [at for at in range(len(ledger.transfers)) if not ledger.is_held(at)]
    hold, amount = -1, wish.amount
    if wish.twist == "no hold" and moved:
        hold = moved[wish.hold % len(moved)]
    elif wish.twist != "stranger" and holds:
        hold = holds[-1 - wish.hold % len(holds)]
        if wish.aim is not None:
            amount = ledger.transfers[hold].amount + wish.aim
    return Part(wish.phase, amount=ODD_AMOUNTS.get(wish.twist, amount), hold=hold)
