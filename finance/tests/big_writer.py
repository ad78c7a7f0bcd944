"""Writing a ledger around the services, as fast as the database takes it: rows as the ledger would leave them."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import DatabaseError, connection, transaction

from finance.sql import guards

STEP = timedelta(seconds=1)
"""How long after one another things happen."""

_COLUMNS = {
    "finance_ledgertransaction": (
        "id number kind category reference fingerprint subject_type subject_id subject_number payment_method"
        " description actor_id reverses_id request_id created_at"
    ),
    "finance_transfer": (
        "id transaction_id phase debit_account_id credit_account_id amount currency hold_id timeout_at debit_balance"
        " credit_balance created_at"
    ),
    "finance_entry": "id account_id seq transfer_id side amount balance_after created_at",
    "finance_holdexpiry": (
        "id hold_id state run_at attempts lease_owner lease_until last_error request_id created_at finished_at"
    ),
    "finance_spend": "hold_id membership_id currency amount made_at",
}


@dataclass(slots=True)
class Book:
    """One account while time goes on."""

    id: UUID
    is_debit: bool
    debits: int = 0
    credits: int = 0
    held_debits: int = 0
    held_credits: int = 0
    seq: int = 0
    hex: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        """Write the id in both ways, once."""
        self.hex, self.text = self.id.hex, str(self.id)

    @property
    def balance(self) -> int:
        """Return the posted balance on the normal side."""
        return self.debits - self.credits if self.is_debit else self.credits - self.debits


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that somebody has placed."""

    id: str
    debit: Book
    credit: Book
    amount: int


@dataclass(frozen=True, slots=True)
class Trade:
    """One buyer and one seller in one currency: their accounts, and who buys."""

    currency: str
    receivable: Book
    payable: Book
    cash: Book
    fees: Book
    spender: UUID
    buyer: UUID


@dataclass
class Writer:
    """Writes movements, in batches."""

    at: datetime
    first_id: int
    now: str = ""
    number: int = 0
    ids: int = 0
    entries: int = 0
    spent: dict[tuple[UUID, str], int] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in _COLUMNS})

    def move(self, kind: str, currency: str, debit: Book, credit: Book, amount: int, *, reverses: str = "") -> str:
        """Move an amount; return the id of the transaction."""
        leg = ("single", debit.text, credit.text, amount, currency, None)
        return self._record(kind, leg, (debit, credit, amount, 0), currency, reverses=reverses)[0]

    def hold(self, trade: Trade, amount: int, *, until: datetime | None) -> Hold:
        """Hold an amount, which somebody spends."""
        debit, credit, currency = trade.receivable, trade.payable, trade.currency
        leg = ("pending", debit.text, credit.text, amount, currency, None)
        _, hold_id = self._record(
            "purchase", leg, (debit, credit, 0, amount), currency, held=amount, until=until, actor=trade.buyer
        )
        self._spend(hold_id, trade, amount)
        return Hold(hold_id, debit, credit, amount)

    def resolve(self, kind: str, phase: str, trade: Trade, hold: Hold, amount: int | None = None) -> None:
        """Post a hold, in part where an amount is given, or release it, or let it expire."""
        leg = (phase, None, None, amount, "", str(UUID(hold.id)))
        posted = (amount or hold.amount) if phase == "post" else 0
        moved = (hold.debit, hold.credit, posted, -hold.amount)
        self._record(kind, leg, moved, trade.currency, held=hold.amount, resolves=hold.id)
        *made, _, made_at = self.rows["finance_spend"].pop()  # by the hold before: nothing else happened since
        self.spent[trade.spender, trade.currency] -= hold.amount - posted
        self._add("finance_spend", *made, posted, made_at)

    def expiry(self, hold: Hold, run_at: datetime, state: str) -> None:
        """Write the work of ending a hold."""
        ended = self.now if state == "done" else None
        due = written(run_at)
        self._add("finance_holdexpiry", self._id(), hold.id, state, due, 0, "", None, "", "", self.now, ended)

    def flush(self) -> None:
        """Send what has gathered to the database."""
        for table, rows in self.rows.items():
            insert(table, _COLUMNS[table].split(), rows)
            rows.clear()

    def _record(
        self,
        kind: str,
        leg: tuple[Any, ...],
        moved: tuple[Book, Book, int, int],
        currency: str,
        *,
        held: int = 0,
        resolves: str | None = None,
        until: datetime | None = None,
        reverses: str = "",
        actor: UUID | None = None,
    ) -> tuple[str, str]:
        """Write one transaction of one transfer with its entries; return the ids of both."""
        debit, credit, posted, pending = moved
        debit.debits += posted
        credit.credits += posted
        debit.held_debits += pending
        credit.held_credits += pending
        self.number += 1
        self.at += STEP
        self.now = written(self.at)
        transaction_id, transfer_id, about = self._id(), self._id(), str(self.number)
        content = (kind, "order_payment", [leg], "order", about, str(UUID(reverses)) if reverses else None)
        fingerprint = hashlib.blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()
        self._add(
            "finance_ledgertransaction", transaction_id, self.number, kind, "order_payment", f"{kind}:{transfer_id}",
            fingerprint, "order", about, "", "", "", actor.hex if actor else None, reverses or None, "", self.now,
        )  # fmt: skip
        self._add(
            "finance_transfer", transfer_id, transaction_id, leg[0], debit.hex, credit.hex, posted or held, currency,
            resolves, written(until) if until else None, debit.balance, credit.balance, self.now,
        )  # fmt: skip
        if posted:
            self._enter(debit, transfer_id, "debit", posted)
            self._enter(credit, transfer_id, "credit", posted)
        return transaction_id, transfer_id

    def _enter(self, book: Book, transfer_id: str, side: str, amount: int) -> None:
        book.seq += 1
        self.entries += 1
        self._add("finance_entry", self._id(), book.hex, book.seq, transfer_id, side, amount, book.balance, self.now)

    def _spend(self, hold_id: str, trade: Trade, amount: int) -> None:
        key = (trade.spender, trade.currency)
        self.spent[key] = self.spent.get(key, 0) + amount
        self._add("finance_spend", hold_id, trade.spender.hex, trade.currency, amount, self.now)

    def _id(self) -> str:
        self.ids += 1
        return f"{self.first_id + self.ids:032x}"

    def _add(self, table: str, *values: Any) -> None:
        self.rows[table].append(values)


def written(moment: datetime) -> str:
    """Return a time as the database in use reads it."""
    text = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return f"{text}+00" if connection.vendor == "postgresql" else text


def insert(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows by the fastest way that the database has."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


@contextmanager
def unguarded() -> Iterator[None]:
    """Let rows in without asking triggers, as far as the role may: they are sound, and asking takes minutes."""
    guards.remove(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with suppress(DatabaseError), transaction.atomic():
                cursor.execute("SET session_replication_role = replica")
        yield
        if connection.vendor == "postgresql":
            cursor.execute("RESET session_replication_role")
    guards.install(connection)
