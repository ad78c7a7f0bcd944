"""What a check of the ledger is, how it is asked, and the words in which the two databases differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from wholexale.common.clock import database_now

SHOWN = 20
"""How many rows of each kind of drift are named; the others are counted."""

TOLERANCE_SECONDS = 10
"""How far clocks may disagree: they are set back now and then, and what was recorded meanwhile stays for ever."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a check has found: how many rows, and the first of them, each with its `id` and what is wrong."""

    count: int
    rows: tuple[Row, ...]


class Tally:
    """Findings as they come: all are counted, the first are kept."""

    def __init__(self) -> None:
        """Begin with none."""
        self._count = 0
        self._rows: list[Row] = []

    def add(self, **row: Any) -> None:
        """Count a row, with its `id` and what is wrong."""
        self._count += 1
        if self._count <= SHOWN:
            self._rows.append(row_of(row.items()))

    def take(self, row: Row, count: int) -> None:
        """Keep a row, of so many in all."""
        self._count = count
        self._rows.append(row_of(row.items()))

    def found(self) -> Found:
        """Return what has come."""
        return Found(self._count, tuple(self._rows))


Find = Callable[[], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of drift: a name for machines, what is wrong, and what to do about it."""

    code: str
    wrong: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One reading of the database, and the checks that it answers, in order; mostly one."""

    checks: tuple[Check, ...]
    find: Callable[[], Sequence[Found]]
    vendor: str = ""
    """The database that it is about; empty for both."""


def check(*, code: str, wrong: str, advice: str, find: Find, vendor: str = "") -> Probe:
    """Return a check that has a reading of its own."""
    return Probe(checks=(Check(code=code, wrong=wrong, advice=advice),), find=lambda: [find()], vendor=vendor)


def query(sql: str | Callable[[], str]) -> Find:
    """Return the check that a statement makes: each row it selects is a finding, and its first column the id."""

    def find() -> Found:
        text = sql if isinstance(sql, str) else sql()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT found.*, count(*) OVER () AS found_in_all FROM ({text}) AS found ORDER BY 1 LIMIT {SHOWN}"  # noqa: S608 - statements of ours
            )
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        count = rows[0][-1] if rows else 0
        return Found(count, tuple(row_of(zip(names[:-1], row[:-1], strict=True)) for row in rows))

    return find


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Check):
    """A check that is a condition on rows which other checks read as well."""

    where: str | Callable[[], str]

    def condition(self) -> str:
        """Return the condition."""
        return self.where if isinstance(self.where, str) else self.where()


def joint(columns: str, source: str, *faults: Fault) -> Probe:
    """Return checks that look at the same rows: one reading for all of them.

    Args:
        columns: what is told of a row; among them `id`.
        source: the tables, joined.
        faults: the checks; one row may have several.
    """
    checks = tuple(Check(code=fault.code, wrong=fault.wrong, advice=fault.advice) for fault in faults)

    def find() -> list[Found]:
        found = [Tally() for _ in faults]
        with connection.cursor() as cursor:
            cursor.execute(_joint(columns, source, [fault.condition() for fault in faults]))
            names = [column[0] for column in cursor.description]
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                found[row["fault"]].take({name: row[name] for name in names if name not in _ABOUT}, row["in_all"])
        return [one.found() for one in found]

    return Probe(checks=checks, find=find)


_ABOUT = {"fault", "faults", "in_all", "place"}


def _joint(columns: str, source: str, conditions: Sequence[str]) -> str:
    """Return the statement that reads the rows once, and tells the first of them for each condition."""
    bits = " + ".join(f"CASE WHEN {one} THEN {1 << place} ELSE 0 END" for place, one in enumerate(conditions))
    each = " UNION ALL ".join(
        f"SELECT {place} AS fault, f.* FROM faulty f WHERE f.faults & {1 << place} <> 0"  # noqa: S608 - constants only
        for place in range(len(conditions))
    )
    return f"""
        WITH faulty AS (
            SELECT {columns}, {bits} AS faults FROM {source} WHERE {" OR ".join(f"({one})" for one in conditions)}
        )
        SELECT * FROM (
            SELECT n.*, count(*) OVER (PARTITION BY fault) AS in_all,
                row_number() OVER (PARTITION BY fault ORDER BY id) AS place
            FROM ({each}) AS n
        ) AS m WHERE place <= {SHOWN} ORDER BY fault, place
    """  # noqa: S608 - constants only


def listed(name_all: Callable[[], list[Row]]) -> Find:
    """Return the check that a function makes, which returns every finding."""

    def find() -> Found:
        rows = sorted(name_all(), key=lambda row: str(row["id"]))
        return Found(len(rows), tuple(row_of(row.items()) for row in rows[:SHOWN]))

    return find


def row_of(pairs: Any) -> Row:
    """Return a row as JSON can hold it."""
    return {name: plain(value) for name, value in pairs}


def plain(value: Any) -> Any:
    """Return a value as both databases would say it: ids with hyphens, whole numbers, times in UTC."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, str) and len(value) == 32:  # noqa: PLR2004 - SQLite keeps ids without hyphens
        try:
            return str(UUID(value))
        except ValueError:
            return value
    return value if value is None or isinstance(value, int | str) else str(value)


def is_postgres() -> bool:
    """Return whether the ledger is on PostgreSQL."""
    return connection.vendor == "postgresql"


def moved(column: str, seconds: int) -> str:
    """Return the expression for a time so many seconds later; earlier where they are negative."""
    if is_postgres():
        return f"({column} + interval '{seconds} seconds')"
    return f"datetime({column}, '{seconds:+} seconds')"


def now() -> str:
    """Return the present as a literal."""
    text = f"{database_now().astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return f"'{text}+00'::timestamptz" if is_postgres() else f"'{text}'"


def dashed(column: str) -> str:
    """Return the expression for an id with its hyphens, as a text."""
    if is_postgres():
        return f"{column}::text"
    parts = [f"substr({column}, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))]
    return " || '-' || ".join(parts)


def sides(*, debit: str, credit: str) -> str:
    """Return the choice between two expressions by the side of the entry `e`."""
    return f"CASE e.side WHEN 'debit' THEN {debit} ELSE {credit} END"
