"""A small ledger in which everything has happened that can, made by the services alone."""

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from finance import services
from finance.models import Account, CreditLine, Entry, SpendingLimit, Transfer, chart
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from finance.tests.staging import business_of, employee, hold, lender, limit_spending, open_line

SOON = timedelta(milliseconds=300)
LATER = timedelta(days=45)


@dataclass(frozen=True, kw_only=True)
class CleanLedger:
    """What the corruptions need to find again."""

    line: CreditLine
    receivable: Account
    payable: Account
    unused: Account
    captured: UUID
    partly: UUID
    released: UUID
    expired: UUID
    open: UUID
    endless: UUID
    capture: UUID
    reversal: UUID
    reversed: UUID
    repayment: UUID
    many: UUID
    spending: SpendingLimit

    def entry_of(self, transaction_id: UUID, account: Account) -> UUID:
        """Return the entry of a transaction in the book of an account."""
        return Entry.objects.values_list("id", flat=True).get(transfer__transaction_id=transaction_id, account=account)

    def resolution_of(self, hold_id: UUID) -> Transfer:
        """Return what resolved a hold."""
        return Transfer.objects.get(hold_id=hold_id)

    def transfer_of(self, transaction_id: UUID) -> Transfer:
        """Return the transfer of a transaction that has one."""
        return Transfer.objects.get(transaction_id=transaction_id)


def clean_ledger(buyer: User, seller: User) -> CleanLedger:
    """Let two businesses trade in three currencies until every kind of movement has happened."""
    staff, shop, mill = lender(), business_of(buyer), business_of(seller)
    line = open_line(shop, 100_000)
    line = open_line(shop, 90_000)
    member = employee("spender", shop)
    spending = limit_spending(buyer, member, 50_000)
    captured, partly = hold(member, seller, 5_000).hold_id, hold(member, seller, 4_000).hold_id
    released = hold(member, seller, 3_000).hold_id
    ends_at = timezone.now() + SOON
    expired = hold(member, seller, 2_500, expires_at=ends_at).hold_id
    still_open = hold(buyer, seller, 2_000, expires_at=timezone.now() + LATER).hold_id
    endless = hold(buyer, seller, 1_500).hold_id
    capture = services.capture_hold(actor=seller, hold_id=captured).id
    services.capture_hold(actor=seller, hold_id=partly, amount=1_000)
    services.release_hold(actor=seller, hold_id=released)
    repayment = _repay(staff, buyer, 3_000, "first")
    reversed_id = _repay(staff, buyer, 700, "second")
    reversal = services.reverse_transaction(actor=staff, transaction_id=reversed_id, reason="The cheque bounced.").id
    receivable, payable, fees, losses, unused = services.open_accounts(
        [
            chart.receivable(shop.id, "INR"),
            chart.payable(mill.id, "INR"),
            chart.fees("INR"),
            chart.losses("INR"),
            chart.payable(shop.id, "INR"),
        ]
    )
    many = _record(_leg(payable, fees, 50), _leg(payable, fees, 7), _leg(losses, payable, 20)).id
    _other_currencies(buyer, seller, staff)
    _other_statuses(seller, buyer, staff)
    time.sleep(max(0, (ends_at - timezone.now()).total_seconds()))
    services.expire_hold(hold_id=expired)
    return CleanLedger(
        line=CreditLine.objects.get(id=line.id),
        receivable=receivable,
        payable=payable,
        unused=unused,
        captured=captured,
        partly=partly,
        released=released,
        expired=expired,
        open=still_open,
        endless=endless,
        capture=capture,
        reversal=reversal,
        reversed=reversed_id,
        repayment=repayment,
        many=many,
        spending=spending,
    )


def _repay(staff: User, buyer: User, amount: int, reference: str) -> UUID:
    return services.record_repayment(
        actor=staff,
        business_id=business_of(buyer).id,
        amount=amount,
        currency="INR",
        reference=reference,
        reason="By cheque.",
    ).id


def _other_currencies(buyer: User, seller: User, staff: User) -> None:
    """Trade in a currency without smaller units, and in one with three digits of them."""
    for currency in ("JPY", "KWD"):
        open_line(business_of(buyer), 9_000, currency)
        held = hold(buyer, seller, 800, currency)
        services.capture_hold(actor=seller, hold_id=held.hold_id, amount=800)
        services.adjust_credit(
            actor=staff,
            business_id=business_of(buyer).id,
            amount=30,
            currency=currency,
            direction="credit",
            reference=f"gift {currency}",
            reason="For the trouble.",
            kind="bonus",
        )


def _other_statuses(seller: User, buyer: User, staff: User) -> None:
    """Suspend a line that is owed on, freeze an account that is in use, and close one that was never used."""
    line = open_line(business_of(seller), 5_000, "USD")
    hold(seller, buyer, 4_000, "USD")
    line = services.set_credit_status(actor=staff, line_id=line.id, status="suspended", reason="Late twice.")
    services.review_credit(actor=staff, line_id=line.id, rating="CC", risk_score=90, reason="Late twice.")
    services.set_account_status(
        actor=staff, account_id=line.account_id, status=Account.Status.FROZEN, reason="To be looked at."
    )
    (never_used,) = services.open_accounts([chart.cash("old", "USD")])
    services.set_account_status(actor=staff, account_id=never_used.id, status=Account.Status.CLOSED, reason="Not used.")


def _leg(debit: Account, credit: Account, amount: int) -> Leg:
    return Leg(phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=amount, currency=debit.currency)


def _record(*legs: Leg) -> Recorded:
    return services.record(Movement(kind=Kind.FEE, category=Category.SERVICE_FEE, reference="many", legs=legs))
