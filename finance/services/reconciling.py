"""Comparing the statement of a provider with what is booked here, both ways; nothing is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from finance.selectors.movements import EVER, Moved, Period


class Discord(StrEnum):
    """In what a statement and our books do not agree."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    MISMATCH = "mismatch"
    DUPLICATE = "duplicate"
    UNSETTLED = "unsettled"


_RANK = {discord: rank for rank, discord in enumerate(Discord)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One discord: the line of the statement, our row, and for a mismatch the fields in which they differ.

    `unknown`: only the statement has it. `missing`: only we have it. `duplicate`: the statement has it twice.
    `unsettled`: the statement has it, and here it waits still, or was given up.
    """

    discord: Discord
    line: Moved | None = None
    ours: Moved | None = None
    differs: tuple[str, ...] = ()

    @property
    def moved(self) -> tuple[Moved, ...]:
        """Return the line and our row, as far as they are there; one of them is."""
        return tuple(one for one in (self.line, self.ours) if one is not None)


@dataclass(slots=True)
class Sum:
    """How many lines have matched, and what they come to in minor units."""

    lines: int = 0
    amount: int = 0
    fee: int = 0

    def add(self, line: Moved) -> None:
        """Count a line."""
        self.lines += 1
        self.amount += line.amount
        self.fee += line.fee


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What has matched, by currency and type, and what has not."""

    matched: dict[tuple[str, str], Sum]
    discrepancies: list[Discrepancy]


def reconcile(
    lines: Iterable[Moved], booked: Iterable[Moved], *, period: Period = EVER, tolerance: timedelta = timedelta(days=3)
) -> Reconciliation:
    """Match the lines of a statement, which are read once and not kept, with our rows.

    A line is matched by its type and the provider's reference, and should have the amount, currency, fee and about the
    date of our row; where ours has no reference, by type, amount, currency and date. Two lines of a reference that is
    known cancel each other out where we have booked neither: money came back before we heard that it went.

    Args:
        lines: the statement, in any order.
        booked: what we have booked with the provider, or wait for.
        period: what is told: only what a line or a row of these days is about.
        tolerance: how far the two dates may lie apart.
    """
    matching = _Matching(booked, period, tolerance)
    for line in lines:
        matching.take(line)
    discrepancies = sorted(matching.discrepancies(), key=_order)
    return Reconciliation(dict(matching.sums), discrepancies)


@dataclass(slots=True)
class _Known:
    """What we have of one reference: rows that have no line yet, rows that have, and lines that have no row."""

    waiting: list[Moved] = field(default_factory=list)
    matched: list[Moved] = field(default_factory=list)
    unsettled: list[Moved] = field(default_factory=list)
    lines: list[Moved] = field(default_factory=list)


class _Matching:
    """The two sides while they are compared."""

    def __init__(self, booked: Iterable[Moved], period: Period, tolerance: timedelta) -> None:
        self.sums: defaultdict[tuple[str, str], Sum] = defaultdict(Sum)
        self._period, self._tolerance = period, tolerance
        self._known: defaultdict[tuple[str, str], _Known] = defaultdict(_Known)
        self._unnamed: defaultdict[tuple[str, str, int], list[Moved]] = defaultdict(list)
        self._found: list[Discrepancy] = []
        for row in booked:
            self._learn(row)

    def take(self, line: Moved) -> None:
        """Look for the row of a line; what is left of a known reference is judged at the end, when all of it came."""
        known = self._known.get((line.type, line.reference))
        alike = self._unnamed_like(line) if known is None else [row for row in known.waiting if _is_like(row, line)]
        if alike:
            row = min(alike, key=lambda one: abs(one.date - line.date))
            self._match(line, row, known)
        elif known is None:
            self._tell(Discrepancy(discord=Discord.UNKNOWN, line=line))
        else:
            known.lines.append(line)

    def discrepancies(self) -> list[Discrepancy]:
        """Return all that does not agree."""
        for known in self._known.values():
            if known.lines or known.waiting:
                self._judge(known)
        for row in (row for rows in self._unnamed.values() for row in rows):
            self._tell(Discrepancy(discord=Discord.MISSING, ours=row))
        return self._found

    def _learn(self, row: Moved) -> None:
        if row.reference:
            known = self._known[row.type, row.reference]
            (known.waiting if row.is_settled else known.unsettled).append(row)
        elif row.is_settled:
            self._unnamed[row.type, row.currency, row.amount].append(row)

    def _unnamed_like(self, line: Moved) -> list[Moved]:
        rows = self._unnamed.get((line.type, line.currency, line.amount), [])
        return [row for row in rows if abs(row.date - line.date) <= self._tolerance]

    def _match(self, line: Moved, row: Moved, known: _Known | None) -> None:
        if known is None:
            self._unnamed[row.type, row.currency, row.amount].remove(row)
        else:
            known.waiting.remove(row)
            known.matched.append(row)
        if differs := self._differences(line, row):
            self._tell(Discrepancy(discord=Discord.MISMATCH, line=line, ours=row, differs=differs))
        else:
            self._count(line)

    def _judge(self, known: _Known) -> None:
        """Tell what is left of one reference."""
        for line in self._uncancelled(known.lines):
            row = next((one for one in known.waiting if (one.amount > 0) == (line.amount > 0)), None)
            if row is not None:
                known.waiting.remove(row)
                known.matched.append(row)
                differs = self._differences(line, row)
                self._tell(Discrepancy(discord=Discord.MISMATCH, line=line, ours=row, differs=differs))
            else:
                self._tell(_superfluous(line, known))
        for row in known.waiting:
            self._tell(Discrepancy(discord=Discord.MISSING, ours=row))

    def _uncancelled(self, lines: Sequence[Moved]) -> list[Moved]:
        """Return the lines without the pairs that come to nothing, which are counted."""
        left: list[Moved] = []
        for line in lines:
            pair = next((one for one in left if (one.amount, one.currency) == (-line.amount, line.currency)), None)
            if pair is None:
                left.append(line)
            else:
                left.remove(pair)
                self._count(pair)
                self._count(line)
        return left

    def _differences(self, line: Moved, row: Moved) -> tuple[str, ...]:
        same = ("amount", "currency", "fee")
        differs = [name for name in same if getattr(line, name) != getattr(row, name)]
        return (*differs, "date") if abs(line.date - row.date) > self._tolerance else tuple(differs)

    def _count(self, line: Moved) -> None:
        if line.date in self._period:
            self.sums[line.currency, line.type].add(line)

    def _tell(self, found: Discrepancy) -> None:
        if any(one.date in self._period for one in found.moved):
            self._found.append(found)


def _superfluous(line: Moved, known: _Known) -> Discrepancy:
    """Return what is wrong with a line of a known reference that has no row."""
    if twins := [row for row in known.matched if _is_like(row, line)]:
        return Discrepancy(discord=Discord.DUPLICATE, line=line, ours=twins[0])
    if known.unsettled:
        return Discrepancy(discord=Discord.UNSETTLED, line=line, ours=known.unsettled[0])
    return Discrepancy(discord=Discord.UNKNOWN, line=line, ours=next(iter(known.matched), None))


def _is_like(row: Moved, line: Moved) -> bool:
    return (row.amount, row.currency) == (line.amount, line.currency)


def _order(found: Discrepancy) -> tuple[int, date]:
    """Return by what discrepancies are listed: their kind, then the date."""
    return _RANK[found.discord], found.moved[0].date
