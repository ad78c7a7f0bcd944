"""What happened, on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts.models import User
from finance.models import Transfer
from finance.selectors import TransactionDetail, TransactionPage, TransactionRow, Wanted
from finance.serializers.fields import (
    Currency,
    LedgerCategory,
    LedgerStatus,
    LedgerType,
    Moment,
    amounts,
    query_currency,
    window,
)
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.money import Amount
from wholexale.common.wire import Resource, Wire, wire_time


class TransactionQuery(PageQuery, kw_only=True):
    """Which transactions.

    `reference` is the id or number of what a transaction is about, or its own number; `before`, the id of a
    transaction, pages without gaps or repeats while others arrive.
    """

    type: LedgerType | None = None
    status: LedgerStatus | None = None
    category: LedgerCategory | None = None
    currency: Currency | None = None
    start: Moment | None = msgspec.field(name="from", default=None)
    end: Moment | None = msgspec.field(name="to", default=None)
    reference: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    before: UUID | None = None

    def wanted(self) -> Wanted:
        """Return what the selector needs.

        Raises:
            ValidationFailed: for a currency or a border that is none.
        """
        return Wanted(
            type=self.type,
            status=self.status,
            category=self.category,
            currency=query_currency(self.currency),
            reference=self.reference,
            window=window(self.start, self.end),
            before=self.before,
        )


class Reference(Wire, kw_only=True):
    """What a transaction is about."""

    type: str
    id: str | UnsetType = UNSET
    number: str | UnsetType = UNSET


class Transaction(Resource, kw_only=True):
    """One business event, seen from the caller's business.

    `direction` is the side of the caller's account. Where a hold was captured, `amount` is what was taken and
    `heldAmount` what was held. The balances are the posted ones of the caller's account; they are equal where no money
    moved.
    """

    user: str
    transaction_id: str
    type: str
    category: str
    amount: Amount
    amount_minor: int
    held_amount: Amount | UnsetType = UNSET
    held_amount_minor: int | UnsetType = UNSET
    currency: str
    direction: str
    status: str
    balance_before: Amount
    balance_before_minor: int
    balance_after: Amount
    balance_after_minor: int
    reference: Reference
    payment_method: str | UnsetType = UNSET
    description: str
    counterparty: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    transaction_date: str
    created_at: str
    updated_at: str


class TransferPart(Resource, kw_only=True):
    """One transfer of a transaction, as far as it touches the caller's business."""

    account: str
    phase: str
    direction: str
    amount: Amount
    amount_minor: int
    balance_after: Amount
    balance_after_minor: int
    created_at: str


class Resolution(Resource, kw_only=True):
    """How a hold ended: `post` took all or a part of it, `void` and `expire` gave it back."""

    transaction_id: str
    phase: str
    amount: Amount
    amount_minor: int
    description: str
    created_at: str


class TransactionLink(Resource, kw_only=True):
    """Another transaction; the id is that of its place in the list."""

    transaction_id: str
    description: str
    created_at: str


class WholeTransaction(Transaction, kw_only=True):
    """One business event with its parts, its end and its reversal."""

    transfers: list[TransferPart]
    resolution: Resolution | None
    reverses: TransactionLink | None
    reversed_by: TransactionLink | None


class CappedPagination(Pagination, kw_only=True):
    """Where a page stands in a list that is counted up to 10,000; beyond that the totals are no more than a floor."""

    is_estimate: bool | UnsetType = UNSET

    @classmethod
    def of_page(cls, query: PageQuery, page: TransactionPage) -> Self:
        """Describe a page; whether more follow was looked up, and is no guess."""
        made = cls(**msgspec.structs.asdict(Pagination.of(query, page.total)))
        made.has_next = made.has_more = page.has_more
        made.is_estimate = page.is_estimate or UNSET
        return made


class TransactionList(Wire, kw_only=True):
    """A page of what happened, newest first."""

    transactions: list[Transaction]
    pagination: CappedPagination


class TransactionFound(Wire, kw_only=True):
    """One transaction."""

    transaction: WholeTransaction


def transaction_list(page: TransactionPage, query: TransactionQuery, viewer: User) -> TransactionList:
    """Return a page of what happened."""
    return TransactionList(
        transactions=list(transaction_shapes(page.rows, viewer)), pagination=CappedPagination.of_page(query, page)
    )


def transaction_shapes(rows: Iterable[TransactionRow], viewer: User) -> Iterable[Transaction]:
    """Yield rows as a viewer sees them."""
    for row in rows:
        yield Transaction(**_fields(row, viewer))


def whole_transaction(found: TransactionDetail, viewer: User) -> WholeTransaction:
    """Return one row with its parts and links."""
    return WholeTransaction(
        **_fields(found.row, viewer),
        transfers=[_part(one) for one in found.transfers],
        resolution=_resolution(found.row.resolution) if found.row.resolution else None,
        reverses=_link(found.reverses) if found.reverses else None,
        reversed_by=_link(found.reversed_by) if found.reversed_by else None,
    )


def _fields(row: TransactionRow, viewer: User) -> dict[str, Any]:
    transfer, origin, currency = row.transfer, row.transfer.transaction, row.transfer.currency
    is_captured = row.moved is not None and row.moved is not transfer
    return {
        **amounts(currency, amount=row.amount, balance_before=row.balance_before, balance_after=row.balance_after),
        **(amounts(currency, held_amount=transfer.amount) if is_captured else {}),
        "id": str(transfer.id),
        "user": str(viewer.id),
        "transaction_id": origin.transaction_id,
        "type": row.type,
        "category": origin.category,
        "currency": currency,
        "direction": row.side,
        "status": row.status,
        "reference": Reference(
            type=origin.subject_type, id=origin.subject_id or UNSET, number=origin.subject_number or UNSET
        ),
        "payment_method": origin.payment_method or UNSET,
        "description": origin.description,
        "counterparty": row.counterparty or UNSET,
        "expires_at": wire_time(transfer.timeout_at) if transfer.timeout_at and row.status == "pending" else UNSET,
        "transaction_date": wire_time(transfer.created_at),
        "created_at": wire_time(transfer.created_at),
        "updated_at": wire_time(row.changed_at),
    }


def _part(row: TransactionRow) -> TransferPart:
    transfer = row.transfer
    after = transfer.debit_balance if row.side == row.account.Side.DEBIT else transfer.credit_balance
    return TransferPart(
        id=str(transfer.id),
        account=str(row.account.id),
        phase=transfer.phase,
        direction=row.side,
        **amounts(transfer.currency, amount=transfer.amount, balance_after=after),
        created_at=wire_time(transfer.created_at),
    )


def _resolution(transfer: Transfer) -> Resolution:
    return Resolution(
        id=str(transfer.id),
        transaction_id=transfer.transaction.transaction_id,
        phase=transfer.phase,
        **amounts(transfer.currency, amount=transfer.amount),
        description=transfer.transaction.description,
        created_at=wire_time(transfer.created_at),
    )


def _link(transfer: Transfer) -> TransactionLink:
    return TransactionLink(
        id=str(transfer.hold_id or transfer.id),
        transaction_id=transfer.transaction.transaction_id,
        description=transfer.transaction.description,
        created_at=wire_time(transfer.transaction.created_at),
    )
