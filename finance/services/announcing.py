"""Telling the people of a business, and other apps, that credit or a payment has changed."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from uuid import UUID

from django.db.models import Model

from accounts import selectors as accounts_selectors
from accounts.models import Permission
from finance.events import CreditChanged, CreditMoved, PaymentUpdated
from finance.models import Account, CreditLine, CreditLineChange, LedgerTransaction, PaymentIntent, Transfer
from finance.selectors.credit import CreditPosition, position, position_of
from finance.selectors.kinds import ledger_type
from finance.selectors.payments import payment_status
from finance.sql import Recorded
from wholexale.common.events import publish
from wholexale.common.money import from_minor
from wholexale.common.prepared import Prepared, exchange, write
from wholexale.common.realtime import push_on_commit, user_group

OF_STAFF = ledger_type(LedgerTransaction.Kind.ADJUSTMENT, Account.Side.DEBIT)


def announce_credit(recorded: Recorded, *, new: Sequence[Model] = ()) -> None:
    """Push `finance:credit_changed` to those who may see it, for each credit line that a movement has touched.

    `new` are rows about the movement, which are written on the way.
    """
    if not recorded.balances:
        write(new=new)
        return
    accounts = sorted(recorded.balances)
    transfers, lines, working = exchange(
        *(_MOVED(recorded.id), _lines_of(len(accounts))(*accounts), _staff_of(len(accounts))(*accounts)), new=new
    )
    staffs = accounts_selectors.staff_by_business(working, {line.business_id for line in lines})
    for line in lines:
        moved = _moved(transfers, line.account_id)
        side = Account.Side.DEBIT if moved >= 0 else Account.Side.CREDIT
        _push(
            position(line, recorded.balances[line.account_id]),
            kind=ledger_type(transfers[0].transaction.kind, side),
            amount=abs(moved),
            transaction_id=recorded.transaction_id,
            people=accounts_selectors.allowed(staffs[line.business_id], Permission.FINANCE_VIEW),
        )
        publish(_credit_moved(line, transfers[0].transaction, moved))


def announce_line(line: CreditLine, change: CreditLineChange) -> None:
    """Push `finance:credit_changed` to those who may see it, for a change of the line's limit or status."""
    amount = change.new_limit_minor - change.old_limit_minor
    people = accounts_selectors.users_allowed(business_id=line.business_id, permission=Permission.FINANCE_VIEW)
    _push(position_of(line), kind=OF_STAFF, amount=amount, transaction_id=None, people=people)


def announce_payment(intent: PaymentIntent) -> None:
    """Push `payment:updated` to those of both sides who may see it."""
    sides = (intent.payer_id, intent.payee_id)
    people = {
        user_id
        for business_id in sides
        for user_id in accounts_selectors.users_allowed(business_id=business_id, permission=Permission.FINANCE_VIEW)
    }
    if not people:
        return
    push = PaymentUpdated(
        id=str(intent.id),
        payment_id=intent.payment_id,
        invoice_id=str(intent.invoice_id) if intent.invoice_id else None,
        order_id=str(intent.order_id) if intent.order_id else None,
        status=payment_status(intent),
        state=intent.state,
        amount=from_minor(intent.amount, intent.currency),
        amount_minor=intent.amount,
        captured=from_minor(intent.captured, intent.currency),
        captured_minor=intent.captured,
        refunded=from_minor(intent.refunded, intent.currency),
        refunded_minor=intent.refunded,
        currency=intent.currency,
        failure_code=intent.failure_code or None,
        version=intent.version,
    )
    push_on_commit(push, to=[user_group(user_id) for user_id in sorted(people)])


@cache
def _lines_of(count: int) -> Prepared[CreditLine]:
    """Return the query of the credit lines that so many accounts have."""
    return Prepared(lambda *accounts: CreditLine.objects.filter(account_id__in=accounts), *[UUID] * count)


@cache
def _staff_of(count: int) -> Prepared[tuple[UUID, UUID, str]]:
    """Return the query of the people of the businesses that have the credit lines of so many accounts."""
    return Prepared(
        lambda *accounts: accounts_selectors.colleagues().filter(
            business_id__in=CreditLine.objects.filter(account_id__in=accounts).values("business_id")
        ),
        *[UUID] * count,
    )


_MOVED = Prepared(
    lambda transaction_id: Transfer.objects.select_related("transaction").filter(transaction_id=transaction_id), UUID
)


def _credit_moved(line: CreditLine, transaction: LedgerTransaction, moved: int) -> CreditMoved:
    return CreditMoved(
        line_id=line.id,
        business_id=line.business_id,
        transaction_id=transaction.id,
        actor_id=transaction.actor_id,
        kind=transaction.kind,
        amount=abs(moved),
        currency=line.currency,
        is_more=moved < 0,
    )


def _moved(transfers: Iterable[Transfer], account_id: UUID) -> int:
    """Return what transfers moved, held or gave back on the debit side of an account, less what on the other."""
    sides = ((one.amount, one.debit_account_id == account_id, one.credit_account_id == account_id) for one in transfers)
    return sum(amount * (is_debit - is_credit) for amount, is_debit, is_credit in sides)


def _push(now: CreditPosition, *, kind: str, amount: int, transaction_id: str | None, people: Collection[UUID]) -> None:
    if not people:
        return
    line = now.line
    push = CreditChanged(
        available_credit=from_minor(now.available, line.currency),
        available_credit_minor=now.available,
        used_credit=from_minor(now.used, line.currency),
        used_credit_minor=now.used,
        credit_limit=from_minor(now.limit, line.currency),
        credit_limit_minor=now.limit,
        currency=line.currency,
        status=line.status,
        type=kind,
        amount=from_minor(amount, line.currency),
        amount_minor=amount,
        transaction_id=transaction_id,
    )
    push_on_commit(push, to=[user_group(user_id) for user_id in people])
