"""An audit of the ledger's rows by their own arithmetic: every transfer is applied again, in the order of the numbers.

A transaction takes its number under the locks of its accounts, so for each account that order is the order in which
things happened.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, models

from finance.tests.ledger_model import Count

Rows = dict[str, list[Any]]
"""The rows of every table by the name of its model, as the database gives them, in the order of their keys."""

POSTED = {"single", "post"}
RESOLVED = {"post", "void", "expire"}


class Said(NamedTuple):
    """What an entry says of a transfer."""

    account: Any
    amount: int
    seq: int
    balance: int
    at: Any


def read_rows(*wanted: type[models.Model], other_than: Collection[type[models.Model]] = ()) -> Rows:
    """Read every table of the app, or some, without any translation: two readings are equal when every byte is."""
    tables = wanted or [one for one in apps.get_app_config("finance").get_models() if one not in other_than]
    rows = {}
    with connection.cursor() as cursor:
        for model in tables:
            quote = connection.ops.quote_name
            key = quote(model._meta.pk.column)
            columns = ", ".join(quote(column.column) for column in model._meta.concrete_fields)
            cursor.execute(f"SELECT {columns} FROM {quote(model._meta.db_table)} ORDER BY {key}")
            shape = _shape(model)
            rows[model.__name__] = [shape._make(row) for row in cursor.fetchall()]
    return rows


def without_chance(rows: Rows) -> Rows:
    """Return the rows of two runs alike where only ids, numbers and the times of what was never touched differ."""
    numbers = {one.id: one.number for one in rows["LedgerTransaction"]}
    in_order: dict[str, Any] = {
        "Account": lambda one: (one.currency, one.code),
        "LedgerTransaction": lambda one: one.number,
        "Transfer": lambda one: (numbers[one.transaction_id], one.id),
        "Entry": lambda one: (plain[one.account_id], one.seq),
        "Balance": lambda one: plain[one.account_id],
        "CreditLine": lambda one: plain[one.account_id],
    }
    plain: dict[Any, str] = {}
    times = {one.created_at for one in rows["LedgerTransaction"]}
    result: Rows = {}
    for name, key in in_order.items():
        table = sorted(rows[name], key=key)
        if name != "Balance":
            plain |= {one.id: f"{name} {at}" for at, one in enumerate(table)}
        result[name] = [
            [_plain(column, value, plain, times) for column, value in one._asdict().items()] for one in table
        ]
    return result


def _plain(column: str, value: Any, plain: Mapping[Any, str], times: set[Any]) -> Any:
    is_chance = column in {"number", "fingerprint"} or (isinstance(value, datetime) and value not in times)
    if is_chance or (column == "reference" and value.startswith("reversal:")):
        return None
    return plain.get(value, value)


_SHAPES: dict[type[models.Model], Any] = {}


def _shape(model: type[models.Model]) -> Any:
    if model not in _SHAPES:
        fields = [(column.attname, Any) for column in model._meta.concrete_fields]
        _SHAPES[model] = NamedTuple(model.__name__, fields)
    return _SHAPES[model]


def violations(rows: Rows, *, openings: Mapping[str, Count] | None = None) -> list[str]:
    """Return a sentence for every invariant that the rows break; `openings` are what accounts, by code, began with."""
    return list(Audit(rows, openings or {}).findings())


@dataclass
class Audit:
    """One look at all rows."""

    rows: Rows
    openings: Mapping[str, Count]
    books: dict[Any, list[int]] = field(default_factory=dict)
    seqs: Counter[Any] = field(default_factory=Counter)
    entries: dict[tuple[Any, str], Said] = field(default_factory=dict)

    def findings(self) -> Iterator[str]:
        """Yield what is wrong."""
        self.accounts = {account.id: account for account in self.rows["Account"]}
        self.books = {key: list(self.openings.get(one.code, Count())) for key, one in self.accounts.items()}
        for entry in self.rows["Entry"]:
            said = Said(entry.account_id, entry.amount, entry.seq, entry.balance_after, entry.created_at)
            self.entries[entry.transfer_id, entry.side] = said
        yield from self._transfers()
        yield from self._balances()
        yield from self._sums()
        yield from self._holds()
        for transfer, side in self.entries:
            yield f"the {side} entry of {transfer} belongs to no posted transfer"

    def _transfers(self) -> Iterator[str]:
        numbers = {transaction.id: transaction.number for transaction in self.rows["LedgerTransaction"]}
        if len(set(numbers.values())) != len(numbers):
            yield "two transactions have one number"
        held = {one.id: one for one in self.rows["Transfer"] if one.phase == "pending"}
        moved = sorted(self.rows["Transfer"], key=lambda one: (numbers[one.transaction_id], one.id))
        if missing := set(numbers) - {one.transaction_id for one in moved}:
            yield f"{len(missing)} transactions move nothing"
        for one in moved:
            hold = held.get(one.hold_id)
            self._count(one, hold)
            yield from self._judge(one)
            if one.phase in RESOLVED:
                if hold is None:
                    yield f"{one.phase} {one.id} resolves what is no hold"
                elif one.amount > hold.amount or (one.phase != "post" and one.amount != hold.amount):
                    yield f"{one.phase} {one.id} of {one.amount} where {hold.amount} was held"
                elif _accounts(one) != _accounts(hold):
                    yield f"{one.phase} {one.id} has other accounts than its hold"
                elif hold.timeout_at is not None and not _is_in_time(one, hold):
                    yield f"{one.phase} {one.id} at {one.created_at}, of a hold until {hold.timeout_at}"

    def _count(self, one: Any, hold: Any) -> None:
        posted = one.amount if one.phase in POSTED else 0
        pending = one.amount if one.phase == "pending" else -hold.amount if hold is not None else 0
        for account, place in ((one.debit_account_id, 0), (one.credit_account_id, 1)):
            book = self.books[account]
            book[place] += posted
            book[place + 2] += pending
            self.seqs[account] += bool(posted)

    def _judge(self, one: Any) -> Iterator[str]:
        for side, account, stated in (
            ("debit", one.debit_account_id, one.debit_balance),
            ("credit", one.credit_account_id, one.credit_balance),
        ):
            owner = self.accounts[account]
            net = self.books[account][0] - self.books[account][1]
            balance = net if owner.normal_side == "debit" else -net
            if stated != balance:
                yield f"{one.phase} {one.id} says a {side} balance of {stated}, it was {balance}"
            if owner.currency != one.currency:
                yield f"{one.phase} {one.id} in {one.currency} touches an account in {owner.currency}"
            if min(self.books[account]) < 0:
                yield f"a counter of {owner.code} falls below zero with {one.phase} {one.id}"
            said = self.entries.pop((one.id, side), None) if one.phase in POSTED else None
            expected = Said(account, one.amount, self.seqs[account], balance, one.created_at)
            if one.phase in POSTED and said != expected:
                yield f"the {side} entry of {one.id} says {said}, expected {expected}"

    def _balances(self) -> Iterator[str]:
        stored = {row.account_id: row for row in self.rows["Balance"]}
        if set(stored) != set(self.accounts):
            yield "an account has no balance"
        for account, book in self.books.items():
            if (row := stored.get(account)) is None:
                continue
            counters = [row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending]
            if counters != book:
                yield f"the counters of {self.accounts[account].code} are {counters}, its transfers come to {book}"
            if row.last_seq != self.seqs[account]:
                yield f"the last entry of {self.accounts[account].code} is {self.seqs[account]}, not {row.last_seq}"

    def _sums(self) -> Iterator[str]:
        """All that was debited was credited: by currency, posted and pending, and in each transaction's entries."""
        total: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for row in self.rows["Balance"]:
            sums = total[self.accounts[row.account_id].currency]
            for place, name in enumerate(Count._fields):
                sums[place] += getattr(row, name)
        for currency, (debits, credits_, held, awaited) in total.items():
            if debits != credits_ or held != awaited:
                yield f"{currency} does not sum to zero: {debits} - {credits_} posted, {held} - {awaited} pending"
        transaction = {one.id: (one.transaction_id, one.currency) for one in self.rows["Transfer"]}
        sides: Counter[Any] = Counter()
        for entry in self.rows["Entry"]:
            sides[transaction[entry.transfer_id]] += entry.amount if entry.side == "debit" else -entry.amount
        for key, difference in sides.items():
            if difference:
                yield f"transaction {key} does not sum to zero: {difference}"

    def _holds(self) -> Iterator[str]:
        resolved = Counter(one.hold_id for one in self.rows["Transfer"] if one.hold_id is not None)
        for hold, times in resolved.items():
            if times > 1:
                yield f"hold {hold} was resolved {times} times"
        reversed_ = Counter(one.reverses_id for one in self.rows["LedgerTransaction"] if one.reverses_id is not None)
        references = Counter(one.reference for one in self.rows["LedgerTransaction"])
        for name, times in (reversed_ + references).items():
            if times > 1:
                yield f"{name} happened {times} times"


def _accounts(one: Any) -> tuple[Any, Any, str]:
    return one.debit_account_id, one.credit_account_id, one.currency


def _is_in_time(one: Any, hold: Any) -> bool:
    is_over = hold.timeout_at <= one.created_at
    return bool(one.phase == "void" or is_over == (one.phase == "expire"))
