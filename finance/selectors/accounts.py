"""The accounts of a business, and what they hold."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission
from finance.models import Account, Balance
from finance.selectors.credit import position_of
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with what it holds, in minor units on its normal side; what is pending may come or go yet."""

    account: Account
    posted: int
    pending_debits: int
    pending_credits: int
    available: int

    @property
    def pending(self) -> int:
        """Return by how much the posted balance would change if everything pending were posted."""
        net = self.pending_debits - self.pending_credits
        return net if self.account.normal_side == Account.Side.DEBIT else -net


def account_rows(*, actor: Actor) -> list[AccountRow]:
    """Return the accounts of the actor's business by currency and code, in two queries.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
    accounts = accounts_of(membership).select_related("balance", "credit_line").order_by("currency", "code")
    return [_row(account) for account in accounts]


def access_account(*, actor: Actor, account_id: UUID) -> Account:
    """Return an account of the actor's business, with the business and the balance.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`; `ACCOUNT_NOT_FOUND`, also for that of another business.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
    if account := accounts_of(membership).select_related("balance").filter(id=account_id).first():
        account.business = membership.business
        return account
    raise account_not_found()


def membership_for_reading(actor: Actor) -> Membership | None:
    """Return the actor's membership, if they may read the finances of the business; None for who works for none.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    try:
        return accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
    except NotFound:
        return None


def accounts_of(membership: Membership) -> "QuerySet[Account]":
    """Return the accounts of the business that somebody works for."""
    return Account.objects.filter(business_id=membership.business_id)


def account_not_found() -> NotFound:
    """Build the refusal of an account that is not there for the caller."""
    return NotFound("ACCOUNT_NOT_FOUND", "There is no such account.")


def _row(account: Account) -> AccountRow:
    balance = account.balance
    return AccountRow(
        account=account,
        posted=balance.posted,
        pending_debits=balance.debits_pending,
        pending_credits=balance.credits_pending,
        available=_available(account, balance),
    )


def _available(account: Account, balance: Balance) -> int:
    """Return what the account may be drawn on by now, as the ledger judges it."""
    if account.limit_policy == Account.Policy.CREDIT_LIMIT:
        line = getattr(account, "credit_line", None)
        if line is None:
            return 0
        line.account = account
        return position_of(line).spendable
    if account.limit_policy == Account.Policy.NO_OVERDRAFT:
        drawn = balance.credits_pending if account.normal_side == Account.Side.DEBIT else balance.debits_pending
        return balance.posted - drawn if account.status == Account.Status.OPEN else 0
    return balance.posted
