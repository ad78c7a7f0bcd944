"""What happened, seen from a business: one row for each transfer that moves or holds money of one of its accounts.

How a hold ended is no row of its own: the row of the hold says it. A transfer between two accounts of one business is
one row, seen from the account that is debited.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Lookup, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission
from finance.models import Account, LedgerTransaction, Transfer
from finance.selectors.accounts import accounts_of, membership_for_reading
from finance.selectors.kinds import ledger_type
from finance.selectors.windows import EVER, Window
from finance.sql.union import count_of, newest_of
from wholexale.common.errors import FieldError, NotFound, ValidationFailed
from wholexale.common.realtime import Actor

NO_ROW = UUID(int=0)
"""Looked for in place of nothing: a condition that cannot hold cannot be united with others."""

COUNT_AT_MOST = 10_000
"""Above this the number of rows is not counted any further."""

Kind, Phase, Side = LedgerTransaction.Kind, Transfer.Phase, Account.Side

_WITH = (
    "transaction__reversal",
    "debit_account__business",
    "credit_account__business",
    "resolution__transaction__reversal",
)
_STATUSES = {
    "pending": Q(phase=Phase.PENDING, ended=None),
    "completed": (Q(phase=Phase.SINGLE) | Q(ended=Phase.POST)) & Q(undone=None),
    "cancelled": Q(ended__in=[Phase.VOID, Phase.EXPIRE]),
    "refunded": Q(undone__isnull=False),
}
_TRANSACTION_ID = "TXN-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows: types, statuses and categories in the old backend's words; `before` is the id of a row."""

    type: str | None = None
    status: str | None = None
    category: str | None = None
    currency: str | None = None
    reference: str | None = None
    window: Window = EVER
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A transfer seen from the account on one side of it. Amounts are minor units."""

    transfer: Transfer
    side: Account.Side

    @property
    def account(self) -> Account:
        """Return the account from which it is seen."""
        return self.transfer.debit_account if self.side == Side.DEBIT else self.transfer.credit_account

    @property
    def counterparty(self) -> str | None:
        """Return the name of the other business, where there is one."""
        other = self.transfer.credit_account if self.side == Side.DEBIT else self.transfer.debit_account
        return other.business.name if other.business and other.business_id != self.account.business_id else None

    @property
    def type(self) -> str:
        """Return what it is called."""
        return ledger_type(self.transfer.transaction.kind, self.side)

    @property
    def resolution(self) -> Transfer | None:
        """Return how a hold ended."""
        return getattr(self.transfer, "resolution", None)

    @property
    def moved(self) -> Transfer | None:
        """Return the transfer that moved the money; None while it is held, and where it was released."""
        if self.transfer.phase == Phase.SINGLE:
            return self.transfer
        return self.resolution if self.resolution and self.resolution.phase == Phase.POST else None

    @property
    def reversal(self) -> LedgerTransaction | None:
        """Return the transaction that undid it."""
        return getattr(self.moved.transaction, "reversal", None) if self.moved else None

    @property
    def status(self) -> str:
        """Return how it stands; nothing is written when that changes."""
        if self.moved:
            return "refunded" if self.reversal else "completed"
        return "cancelled" if self.resolution else "pending"

    @property
    def amount(self) -> int:
        """Return what was moved; before that, and where nothing was, what was held."""
        return (self.moved or self.transfer).amount

    @property
    def balance_after(self) -> int:
        """Return the posted balance just after; where nothing was moved, the one that was not changed."""
        last = self.moved or self.transfer
        return last.debit_balance if self.side == Side.DEBIT else last.credit_balance

    @property
    def balance_before(self) -> int:
        """Return the posted balance just before."""
        change = self.amount if self.moved else 0
        return self.balance_after - (change if self.side == self.account.normal_side else -change)

    @property
    def changed_at(self) -> datetime:
        """Return when something of the row changed last."""
        return (self.reversal or self.resolution or self.transfer).created_at


class TransactionPage(NamedTuple):
    """Rows, newest first; `total` is exact up to `COUNT_AT_MOST`, and counts those on every page."""

    rows: list[TransactionRow]
    total: int
    is_estimate: bool
    has_more: bool


@dataclass(frozen=True, slots=True)
class TransactionDetail:
    """A row with the transfers of its transaction that touch the business, and what it is linked to."""

    row: TransactionRow
    transfers: list[TransactionRow]
    reverses: Transfer | None
    reversed_by: Transfer | None


def transaction_page(*, actor: Actor, wanted: Wanted, offset: int, limit: int) -> TransactionPage:
    """Return one page of what happened to the actor's business, in five queries at most; nothing where they have none.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: where the window ends before it begins, or the page lies too deep to be counted to.
    """
    if wanted.before is None and offset > COUNT_AT_MOST:
        deep = FieldError(path="page", msg=f"Beyond {COUNT_AT_MOST} rows go on with `before`", location="query")
        raise ValidationFailed(details=[deep])
    membership = membership_for_reading(actor)
    if membership is None:
        return TransactionPage([], 0, is_estimate=False, has_more=False)
    chosen = _filtered(wanted, membership)
    own = dict(accounts_of(membership).values_list("id", "currency"))
    viewed = {one: currency for one, currency in own.items() if wanted.currency in {None, currency}}
    older = chosen.filter(id__lt=wanted.before) if wanted.before else chosen
    ids = newest_of(_branches(older, viewed, wanted.type), offset=offset, limit=limit + 1)
    if wanted.before is None and len(ids) <= limit and (ids or not offset):
        total = offset + len(ids)  # the list ends here
    else:
        total = count_of(_branches(chosen, viewed, wanted.type), at_most=COUNT_AT_MOST + 1)
    rows = _rows(Transfer.objects.filter(id__in=ids[:limit]), own) if ids else []
    return TransactionPage(
        rows, min(total, COUNT_AT_MOST), is_estimate=total > COUNT_AT_MOST, has_more=len(ids) > limit
    )


def transaction_detail(*, actor: Actor, transaction_id: UUID) -> TransactionDetail:
    """Return one row of the list, with its parts and links.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`; `TRANSACTION_NOT_FOUND`, also for that of another business.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
    own = set(accounts_of(membership).values_list("id", flat=True))
    rows = _rows(Transfer.objects.filter(_touching(own), id=transaction_id, hold=None), own)
    if not rows:
        raise transaction_not_found()
    [row] = rows
    origin = row.transfer.transaction
    linked = {one: None for one in (origin.reverses_id, row.reversal and row.reversal.id) if one}
    near = Transfer.objects.filter(_touching(own), transaction_id__in=[origin.id, *linked])
    transfers = list(near.select_related("transaction", "debit_account", "credit_account").order_by("id"))
    by_transaction = {one.transaction_id: one for one in reversed(transfers)}
    return TransactionDetail(
        row=row,
        transfers=[_seen(one, own) for one in transfers if one.transaction_id == origin.id],
        reverses=by_transaction.get(origin.reverses_id) if origin.reverses_id else None,
        reversed_by=by_transaction.get(row.reversal.id) if row.reversal else None,
    )


def transaction_not_found() -> NotFound:
    """Build the refusal of a transaction that is not there for the caller."""
    return NotFound("TRANSACTION_NOT_FOUND", "There is no such transaction.")


def _filtered(wanted: Wanted, membership: Membership) -> "QuerySet[Transfer]":
    """Return the transfers of every account that are wanted; `type` depends on the side, and is left to `_branches`."""
    chosen = Transfer.objects.filter(hold=None)
    start, end = wanted.window.moments(membership.business)
    if start is not None:
        chosen = chosen.filter(created_at__gte=start)
    if end is not None:
        chosen = chosen.filter(created_at__lt=end)
    if wanted.category is not None:
        chosen = chosen.filter(_origin("category", [wanted.category]))
    if wanted.reference is not None:
        chosen = chosen.filter(id__in=_rows_about(wanted.reference, membership.business_id) or [NO_ROW])
    if wanted.status is not None:
        condition = _STATUSES.get(wanted.status)
        chosen = _with_ends(chosen).filter(condition) if condition else chosen.none()
    return chosen


def _branches(
    chosen: "QuerySet[Transfer]", viewed: Mapping[UUID, str], wire_type: str | None
) -> "list[QuerySet[Transfer]]":
    """Return one scan of an index for each account and side; what two of them would find is left to the debit."""
    branches = []
    for side in Side:
        kinds = [kind for kind in Kind if wire_type in {None, ledger_type(kind, side)}]
        if chosen.query.is_empty() or not kinds:
            continue
        of_side = chosen if wire_type is None else chosen.filter(_origin("kind", kinds))
        for account_id, currency in viewed.items():
            if side == Side.DEBIT:
                branches.append(of_side.filter(debit_account=account_id))
                continue
            siblings = [one for one in viewed if one != account_id and viewed[one] == currency]
            credited = of_side.filter(credit_account=account_id)
            branches.append(credited.exclude(debit_account__in=siblings) if siblings else credited)
    return branches


# What a filter asks of other tables is looked up row by row, by an index, in the order of the scan. As joins the same
# conditions are planned by what the tables hold on average, and then read whole for a page of twenty.


def _origin(name: str, values: Sequence[str]) -> Lookup[Any]:
    """Return the condition that a field of the transaction has one of some values."""
    field = LedgerTransaction.objects.filter(id=OuterRef("transaction_id")).values(name)[:1]
    return In(Subquery(field), values)


def _with_ends(chosen: "QuerySet[Transfer]") -> "QuerySet[Transfer]":
    """Let conditions ask for how a hold `ended`, and for the transaction by which a row was `undone`."""
    ends = Transfer.objects.filter(hold=OuterRef("id"))
    reversals = LedgerTransaction.objects.order_by()
    return chosen.alias(
        ended=Subquery(ends.values("phase")[:1]),
        undone=Coalesce(
            Subquery(reversals.filter(reverses=OuterRef("transaction_id")).values("id")[:1]),
            Subquery(reversals.filter(reverses__transfers__hold=OuterRef("id")).values("id")[:1]),
        ),
    )


def _rows_about(reference: str, business_id: UUID) -> list[UUID]:
    """Return the ids of rows about an object, by its id or number, or with the number of a transaction."""
    about = Q(subject_id=reference) | Q(subject_number=reference)
    number = reference.rpartition("-")[2]
    if reference.startswith(_TRANSACTION_ID) and number.isascii() and number.isdigit():
        about |= Q(number=int(number[:18]))
    own = Q(debit_account__business_id=business_id) | Q(credit_account__business_id=business_id)
    moved = Transfer.objects.filter(own, transaction__in=LedgerTransaction.objects.filter(about))
    return list(moved.values_list(Coalesce("hold_id", "id"), flat=True)[:COUNT_AT_MOST])


def _touching(own: Collection[UUID]) -> Q:
    return Q(debit_account__in=own) | Q(credit_account__in=own)


def _rows(transfers: "QuerySet[Transfer]", own: Iterable[UUID]) -> list[TransactionRow]:
    """Return rows with all they say, in one query, newest first."""
    loaded = transfers.select_related("transaction", "resolution", *_WITH).order_by("-id")
    return [_seen(transfer, own) for transfer in loaded]


def _seen(transfer: Transfer, own: Iterable[UUID]) -> TransactionRow:
    return TransactionRow(transfer, Side.DEBIT if transfer.debit_account_id in own else Side.CREDIT)
