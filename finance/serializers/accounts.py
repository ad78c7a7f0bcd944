"""Accounts and their statements, on the wire."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from finance.models import Account, Entry
from finance.selectors import AccountRow, Statement, Window
from finance.serializers.fields import Moment, amounts, border, month, window
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.money import Amount
from wholexale.common.wire import Resource, Wire, optional_time, wire_time


class AccountInfo(Resource, kw_only=True):
    """An account with what it holds, on its normal side.

    `pending` is by how much `posted` would change if everything pending were posted; `available` what the account may
    be drawn on by now.
    """

    code: str
    kind: str
    normal_side: str
    currency: str
    status: str
    posted: Amount
    posted_minor: int
    pending: Amount
    pending_minor: int
    pending_debits: Amount
    pending_debits_minor: int
    pending_credits: Amount
    pending_credits_minor: int
    available: Amount
    available_minor: int
    created_at: str


class AccountList(Wire, kw_only=True):
    """The accounts of the caller's business."""

    accounts: list[AccountInfo]


class StatementQuery(PageQuery, kw_only=True):
    """Which part of an account's book.

    `asOf` asks for the balance at the end of a day, or right after a moment; `month` for a whole month in the time zone
    of the business.
    """

    limit: Annotated[int, Meta(ge=1)] = 100
    start: Moment | None = msgspec.field(name="from", default=None)
    end: Moment | None = msgspec.field(name="to", default=None)
    as_of: Moment | None = None
    month: Annotated[str, Meta(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", description="2026-11")] | None = None
    format: Literal["json", "csv", "pdf"] = "json"

    def window(self) -> Window:
        """Return the stretch of time.

        Raises:
            ValidationFailed: for a border that is none, and for two ways of saying it at once.
        """
        if self.month is not None:
            self._alone("month", self.as_of, self.start, self.end)
            return month(self.month)
        if self.as_of is None:
            return window(self.start, self.end)
        self._alone("asOf", self.start, self.end)
        return Window(at=border(self.as_of, name="asOf"))

    def _alone(self, name: str, *others: str | None) -> None:
        if any(other is not None for other in others):
            msg = "Not together with `from`, `to` or `asOf`" if name == "month" else "Not together with `from` or `to`"
            raise ValidationFailed(details=[FieldError(path=name, msg=msg, location="query")])


class StatementEntry(Wire, kw_only=True):
    """One entry, with the balance after it; either `debit` or `credit` is null."""

    seq: int
    date: str
    transaction_id: str
    description: str
    debit: Amount | None
    debit_minor: int | None
    credit: Amount | None
    credit_minor: int | None
    balance: Amount
    balance_minor: int


class StatementInfo(Wire, kw_only=True):
    """What an account held, what was entered, what it held then.

    Opening and closing balance are those of the whole window, which ends right before `to`; `entries` are one page of
    it, oldest first. With `asOf` there are none, and both balances are that of the time.
    """

    account: str
    code: str
    currency: str
    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    as_of: str | UnsetType = UNSET
    opening: Amount
    opening_minor: int
    entries: list[StatementEntry]
    closing: Amount
    closing_minor: int
    pagination: Pagination


def account_list(rows: Iterable[AccountRow]) -> AccountList:
    """Return the accounts of a business."""
    return AccountList(accounts=[account_info(row) for row in rows])


def account_info(row: AccountRow) -> AccountInfo:
    """Return an account with what it holds."""
    account = row.account
    return AccountInfo(
        id=str(account.id),
        code=account.code,
        kind=account.kind,
        normal_side=account.normal_side,
        currency=account.currency,
        status=account.status,
        **amounts(
            account.currency,
            posted=row.posted,
            pending=row.pending,
            pending_debits=row.pending_debits,
            pending_credits=row.pending_credits,
            available=row.available,
        ),
        created_at=wire_time(account.created_at),
    )


def statement_info(found: Statement, entries: Sequence[Entry], query: StatementQuery) -> StatementInfo:
    """Return one page of a statement."""
    currency = found.account.currency
    return StatementInfo(
        account=str(found.account.id),
        code=found.account.code,
        currency=currency,
        start=optional_time(found.start),
        end=optional_time(found.end),
        as_of=query.as_of or UNSET,
        **amounts(currency, opening=found.opening, closing=found.closing),
        entries=[statement_entry(one, currency) for one in entries],
        pagination=Pagination.of(query, found.count),
    )


def statement_entry(entry: Entry, currency: str) -> StatementEntry:
    """Return one entry."""
    origin, is_debit = entry.transfer.transaction, entry.side == Account.Side.DEBIT
    return StatementEntry(
        seq=entry.seq,
        date=wire_time(entry.created_at),
        transaction_id=origin.transaction_id,
        description=origin.description,
        **amounts(
            currency,
            debit=entry.amount if is_debit else None,
            credit=None if is_debit else entry.amount,
            balance=entry.balance_after,
        ),
    )
