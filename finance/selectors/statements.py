"""Statements: what an account held, what was entered, what it held then.

The entries of an account are numbered without gaps, in the order in which they were committed, and never change. So a
statement is fixed by two numbers, whatever is entered while somebody reads it page by page; and the opening balance,
the entries and the closing balance agree for any window. A clock that was set back cannot tear it apart either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from finance.models import Account, Entry
from finance.selectors.accounts import access_account, account_not_found
from finance.selectors.windows import Window
from wholexale.common.realtime import Actor

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The entries `first` to `last` of an account, with the balances before and after, in minor units."""

    account: Account
    start: datetime | None
    end: datetime | None
    first: int
    last: int
    opening: int
    closing: int

    @property
    def count(self) -> int:
        """Return how many entries there are."""
        return self.last - self.first + 1


def statement(*, actor: Actor, account_id: UUID, window: Window) -> Statement:
    """Return the statement of an account of the actor's business, in six queries at most.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, `ACCOUNT_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: where the window ends before it begins.
    """
    account = access_account(actor=actor, account_id=account_id)
    if account.business is None:
        raise account_not_found()
    start, end = window.moments(account.business)
    return _between(account, start, end)


def entries(found: Statement, *, offset: int = 0, limit: int) -> list[Entry]:
    """Return a part of the entries of a statement with their transactions, in one query."""
    first = found.first + offset
    rows = Entry.objects.filter(account_id=found.account.id, seq__gte=first, seq__lt=min(first + limit, found.last + 1))
    return list(rows.select_related("transfer__transaction").order_by("seq"))


def all_entries(found: Statement) -> Iterator[list[Entry]]:
    """Yield the entries of a statement in batches, each read by a query of its own."""
    for offset in range(0, found.count, BATCH):
        yield entries(found, offset=offset, limit=BATCH)


def _between(account: Account, start: datetime | None, end: datetime | None) -> Statement:
    head = account.balance.last_seq
    first = 1 if start is None else _first_at(account, start, head)
    last = max(head if end is None else _first_at(account, end, head) - 1, first - 1)
    numbers = {first - 1, last} - {0}
    known = Entry.objects.filter(account=account, seq__in=numbers).values_list("seq", "balance_after")
    balances = dict(known) if numbers else {}
    return Statement(
        account=account,
        start=start,
        end=end,
        first=first,
        last=last,
        opening=balances.get(first - 1, 0),
        closing=balances.get(last, 0),
    )


def _first_at(account: Account, moment: datetime, head: int) -> int:
    """Return the number of the first entry at or after a moment; the next number where there is none up to `head`."""
    later = Entry.objects.filter(account=account, created_at__gte=moment, seq__lte=head)
    first = later.order_by("created_at", "seq").values_list("seq", flat=True).first()
    return first or head + 1
