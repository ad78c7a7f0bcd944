"""One walk through all transactions, in their order: each has its content still, and balances follow one another."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, groupby, product
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from finance.sql.checks.check import Check, Found, Probe, Tally

_BATCH = 5000
_MANY = 8
"""Of how many resolutions in one transaction every way to have asked for them is tried."""

# Transactions take their numbers under the locks of their accounts, and transfers their ids in the order of their legs:
# in this order they happened to an account, whatever the clocks said.
# Ids are read as texts, which is quicker than making objects of them.
_TRANSFERS = """
    SELECT x.number, CAST(x.id AS varchar), x.fingerprint, x.kind, x.category, x.subject_type, x.subject_id,
        CAST(x.reverses_id AS varchar), CAST(t.id AS varchar), t.phase, CAST(t.debit_account_id AS varchar),
        CAST(t.credit_account_id AS varchar), t.amount, t.currency, CAST(t.hold_id AS varchar),
        t.debit_balance, t.credit_balance
    FROM finance_ledgertransaction x JOIN finance_transfer t ON t.transaction_id = x.id
    ORDER BY x.number, x.id, t.id
"""
_HEAD = 8
_POSTED = {"single", "post"}

_transaction = itemgetter(1)
_encode = msgspec.json.Encoder().encode

Leg = tuple[Any, ...]


class Moved(NamedTuple):
    """What is read of a transfer."""

    id: str
    phase: str
    debit_id: str
    credit_id: str
    amount: int
    currency: str
    hold_id: str | None
    debit_balance: int
    credit_balance: int


class Books:
    """The balance of each account as the last transfer of it has shown it."""

    def __init__(self) -> None:
        """Begin with nothing on any account."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT CAST(id AS varchar) FROM finance_account WHERE normal_side = 'debit'")
            self._grow_by_debit = {row[0] for row in cursor.fetchall()}
        self._shown: dict[str, int] = {}

    def follow(self, moved: Moved, breaks: Tally) -> None:
        """Take the next transfer, and note where it shows something else than the one before and its amount."""
        change = moved.amount if moved.phase in _POSTED else 0
        for account_id, shown, is_debit in (
            (moved.debit_id, moved.debit_balance, True),
            (moved.credit_id, moved.credit_balance, False),
        ):
            grows = (account_id in self._grow_by_debit) is is_debit
            expected = self._shown.get(account_id, 0) + (change if grows else -change)
            if shown != expected:
                breaks.add(id=moved.id, account_id=account_id, phase=moved.phase, shown=shown, expected=expected)
            self._shown[account_id] = shown


def _is_as_recorded(head: Sequence[Any], transfers: Sequence[Moved]) -> bool:
    """Return whether a transaction and its transfers still make its fingerprint, as `Movement` makes it."""
    _, _, fingerprint, kind, category, subject_type, subject_id, reverses_id = head
    reverses_id = _id(reverses_id)
    for legs in _ways([_asked(moved) for moved in transfers]):
        content = _encode((kind, category, legs, subject_type, subject_id, reverses_id))
        if blake2b(content, digest_size=16).hexdigest() == fingerprint:
            return True
    return False


def _asked(moved: Moved) -> tuple[Leg, ...]:
    """Return how the leg of a transfer may have been written.

    One that resolves a hold may have named the amount or not: both mean the same where it is all that was held.
    """
    if moved.hold_id is None:
        return ((moved.phase, _account(moved.debit_id), _account(moved.credit_id), moved.amount, moved.currency, None),)
    hold_id = _id(moved.hold_id)
    return (moved.phase, None, None, None, "", hold_id), (moved.phase, None, None, moved.amount, "", hold_id)


def _ways(legs: Sequence[tuple[Leg, ...]]) -> Iterable[Sequence[Leg]]:
    """Return every way in which the legs of a transaction may have been written; of very many, the likely ones."""
    if len(legs) == 1:
        return [(way,) for way in legs[0]]
    if sum(len(ways) > 1 for ways in legs) > _MANY:
        return [[ways[0] for ways in legs], [ways[-1] for ways in legs]]
    return product(*legs)


def _id(text: str | None) -> str | None:
    """Return an id as JSON has it; SQLite keeps it without hyphens."""
    if text is None or "-" in text:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_account = lru_cache(maxsize=100_000)(_id)


def _rows(cursor: Any) -> Iterator[Sequence[Any]]:
    cursor.execute(_TRANSFERS)
    return chain.from_iterable(iter(lambda: cursor.fetchmany(_BATCH), []))


def _walk() -> tuple[Found, Found]:
    """Return the transactions with another fingerprint, and the transfers with other balances."""
    altered, breaks, books = Tally(), Tally(), Books()
    with connection.chunked_cursor() as cursor:
        for transaction_id, rows in groupby(_rows(cursor), key=_transaction):
            own = list(rows)
            transfers = [Moved._make(row[_HEAD:]) for row in own]
            for moved in transfers:
                books.follow(moved, breaks)
            if not _is_as_recorded(own[0][:_HEAD], transfers):
                altered.add(id=transaction_id, number=own[0][0], fingerprint=own[0][2])
    return altered.found(), breaks.found()


PROBES = (
    Probe(
        checks=(
            Check(
                code="FINGERPRINT_MISMATCH",
                wrong="A transaction no longer has the content that it was recorded with: what moved, or why.",
                advice="Compare it and its transfers with a backup; a repeat of the same request would be refused.",
            ),
            Check(
                code="TRANSFER_BALANCE_CHAIN",
                wrong="The balance that a transfer shows of an account is not the one before it and what it moved.",
                advice="Of two in a row, the first was changed, or one is missing before it. Believe the entries, if"
                " their chain holds.",
            ),
        ),
        find=_walk,
    ),
)
