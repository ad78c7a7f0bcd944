"""Random operations whose number says everything about them: what is asked, under which reference, with which ids.

The plan of operation n of process p is a function of the seed. So processes meet on purpose (one settles what another
has just held, repeats what another asks for), a killed process goes on where its log ends, and whoever has the logs
can say what the ledger must hold.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

CURRENCIES = ("INR", "JPY", "KWD")
SQUEEZED = 70
"""What is held again and again on one line that nobody repays: exactly as many fit as its limit says."""

WEIGHTS = {
    "move": 26,
    "split": 10,
    "hold": 17,
    "settle": 14,
    "reverse": 4,
    "again": 6,
    "clash": 2,
    "tick": 3,
    "squeeze": 3,
    "limit": 2,
    "standing": 1,
    "status": 2,
    "buy": 3,
    "finish": 3,
    "repay": 2,
    "sum": 2,
}
KINDS = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]
RECORDED = {"move", "split", "hold", "settle", "tick", "squeeze"}
"""What is recorded under the operation's own reference."""

CONTROLS = {"limit", "standing", "status"}

Number = tuple[int, int]
"""A process, and which of its operations."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One account of the world: the side on which nothing limits it, and whose business it is."""

    id: UUID
    currency: str
    free_side: str
    policy: str
    business: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Where the operations take place; `spots` are those that operations choose from, by currency.

    `lines` are the credit lines by account; `people` buy for the business of the same place; `staff` decides.
    """

    seed: int
    processes: int
    spots: dict[str, tuple[Spot, ...]]
    hot: tuple[Spot, Spot]
    squeezed: tuple[Spot, Spot]
    cash: Spot
    markers: dict[str, Spot]
    businesses: tuple[UUID, ...]
    people: tuple[UUID, ...]
    staff: UUID
    lines: dict[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Piece:
    """One leg; a resolution knows the accounts and the amount of its hold. `asked` is the amount as it is asked for."""

    phase: str
    debit: Spot
    credit: Spot
    amount: int
    asked: int | None = None
    hold: Number | None = None
    held: int = 0
    lasts: int | None = None


@dataclass(frozen=True, slots=True)
class Op:
    """What one operation asks for: `named` gives it its reference, `content` its ids."""

    kind: str
    named: Number
    content: Number
    pieces: tuple[Piece, ...] = ()
    target: Number | None = None
    value: int | str = 0
    spot: Spot | None = None
    buyer: int = 0
    seller: int = 0

    @property
    def reference(self) -> str:
        """Return what names it in the ledger."""
        return f"w{self.named[0]}:{self.named[1]}"


def id_of(number: Number, place: int) -> UUID:
    """Return an id of an operation: 0 is its transaction, then three for each leg; ordered as the operations are."""
    process, at = number
    return UUID(int=(1 << 120) | (at << 40) | (process << 24) | place)


@lru_cache(maxsize=20_000)
def plan(world: World, process: int, number: int) -> Op:
    """Return what an operation of a process is."""
    return _Planner(world, (process, number)).plan()


def _dice(world: World, number: Number) -> random.Random:
    return random.Random((world.seed << 64) | (number[0] << 48) | number[1])


@lru_cache(maxsize=100_000)
def kind_of(world: World, number: Number) -> str:
    """Return what kind of operation it is, without planning it."""
    return _dice(world, number).choice(KINDS)


class _Planner:
    def __init__(self, world: World, own: Number) -> None:
        self.world, self.own = world, own
        self.dice = _dice(world, own)
        self.kind = self.dice.choice(KINDS)

    def plan(self) -> Op:
        make = getattr(self, f"_{self.kind}", None)
        op: Op | None = make() if make else None
        return op or self._op("move", (self._single(),))

    def _op(self, kind: str, pieces: Sequence[Piece] = (), **fields: object) -> Op:
        return replace(Op(kind, self.own, self.own, tuple(pieces)), **fields)  # type: ignore[arg-type] # its fields

    # What is recorded

    def _split(self) -> Op:
        return self._op("split", [self._single(phase=self._phase()) for _ in range(self.dice.randint(2, 6))])

    def _hold(self) -> Op:
        lasts = self.dice.choice([None, None, None, 20, 50, 500, 20_000])
        return self._op("hold", [replace(self._single("pending"), lasts=lasts)])

    def _settle(self) -> Op | None:
        """Resolve a hold, now and then with a fee in the same transaction."""
        hold = self._earlier({"hold"})
        if hold is None:
            return None
        held = plan(self.world, *hold).pieces[0]
        phase = self.dice.choice(["post", "post", "post", "void", "expire"])
        end = self._end(hold, phase, self.dice.choice([None, None, held.amount // 2 or 1, held.amount + 1]))
        return self._op("settle", [end, self._single()] if self.dice.random() < 0.2 else [end])

    def _tick(self) -> Op:
        return self._op("tick", [Piece("single", *self.world.hot, 1)])

    def _squeeze(self) -> Op:
        return self._op("squeeze", [Piece("pending", *self.world.squeezed, SQUEEZED)])

    def _again(self) -> Op | None:
        """Ask for what another operation asks for, word by word."""
        other = self._earlier(RECORDED)
        return None if other is None else replace(plan(self.world, *other), kind="again")

    def _clash(self) -> Op | None:
        """Ask for something else under the reference of another operation."""
        other = self._earlier(RECORDED)
        return None if other is None else self._op("clash", [self._single()], named=other)

    def _reverse(self) -> Op | None:
        other = self._earlier(RECORDED)
        return None if other is None else self._op("reverse", target=other)

    # What changes accounts and lines, beside a marker that says where in the order of the ledger it happened

    def _limit(self) -> Op:
        return self._control("limit", "credit_limit", self.dice.randrange(0, 12_000, 100))

    def _standing(self) -> Op:
        return self._control("standing", "credit_limit", self.dice.choice(["active"] * 4 + ["suspended"]))

    def _status(self) -> Op:
        policy = self.dice.choice(["none", "credit_limit", "no_overdraft"])
        return self._control("status", policy, self.dice.choice(["open"] * 6 + ["frozen"]))

    def _control(self, kind: str, policy: str, value: int | str) -> Op:
        spots = [spot for spots in self.world.spots.values() for spot in spots if spot.policy == policy]
        spot = self.dice.choice(spots)
        marker = self.world.markers[spot.currency]
        debit, credit = (spot, marker) if spot.free_side == "debit" else (marker, spot)
        return self._op(kind, [Piece("single", debit, credit, 1)], value=value, spot=spot)

    # What goes through the services of credit

    def _buy(self) -> Op:
        buyer, seller = self.dice.sample(range(len(self.world.businesses)), 2)
        amount = self.dice.randint(1, 900)
        lasts = self.dice.choice([None, None, 50, 500])
        piece = Piece("pending", *self._trade(buyer, seller), amount, lasts=lasts)
        return self._op("buy", [piece], buyer=buyer, seller=seller)

    def _finish(self) -> Op | None:
        hold = self._earlier({"buy"})
        if hold is None:
            return None
        held = plan(self.world, *hold).pieces[0]
        phase = self.dice.choice(["post", "post", "void", "expire"])
        return self._op(
            "finish", [self._end(hold, phase, self.dice.choice([None, held.amount // 2 or 1]))], target=hold
        )

    def _repay(self) -> Op:
        buyer = self.dice.randrange(len(self.world.businesses))
        amount = self.dice.randint(1, 500)
        return self._op("repay", [Piece("single", self.world.cash, self._trade(buyer, 0)[0], amount)], buyer=buyer)

    def _sum(self) -> Op:
        return self._op("sum")

    # Dice

    def _end(self, hold: Number, phase: str, amount: int | None) -> Piece:
        held = plan(self.world, *hold).pieces[0]
        asked = amount if phase == "post" else None
        taken = held.amount if asked is None else asked
        return replace(held, phase=phase, hold=hold, held=held.amount, asked=asked, amount=taken, lasts=None)

    def _phase(self) -> str:
        return self.dice.choice(["single", "single", "single", "pending"])

    def _single(self, phase: str = "single") -> Piece:
        spots = self.world.spots[self.dice.choice(CURRENCIES)]
        debit, credit = self.dice.sample(spots, 2)
        if self.dice.random() < 0.25:  # noqa: SIM102 - the second question only after the first
            if spots[0] not in {debit, credit}:
                credit = spots[0]
        return Piece(phase, debit, credit, self.dice.choice([self.dice.randint(1, 50), self.dice.randint(1, 900)]))

    def _earlier(self, kinds: set[str]) -> Number | None:
        """Return a recent operation of any process, mostly the newest of its kind: many choose the same."""
        process, number = self.dice.choice([self.own[0], self.dice.randrange(self.world.processes)]), self.own[1]
        for at in range(number - 1 - self.dice.choice([0, 0, 3, 30]), max(-1, number - 120), -1):
            if at >= 0 and kind_of(self.world, (process, at)) in kinds and plan(self.world, process, at).kind in kinds:
                return process, at
        return None

    def _trade(self, buyer: int, seller: int) -> tuple[Spot, Spot]:
        spots = self.world.spots["INR"]
        bought = next(one for one in spots if one.business == buyer and one.policy == "credit_limit")
        sold = next(one for one in spots if one.business == seller and one.policy == "no_overdraft")
        return bought, sold
