"""Corruptions of accounts and their balances."""

from uuid import UUID

from finance import services
from finance.models import Account, Balance, chart
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.sql.movement import MAX_COUNTER
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, copy, delete, unguarded
from wholexale.common.ids import new_id


def unjudged(debit: Account, credit: Account, amount: int) -> None:
    """Move an amount as if no account had a limit; all that is recorded is sound."""
    policies = {one.id: one.limit_policy for one in (debit, credit)}
    for account_id in policies:
        change(Account, account_id, limit_policy="none")
    leg = Leg(phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=amount, currency=debit.currency)
    movement = Movement(kind=Kind.ADJUSTMENT, category=Category.ADJUSTMENT, reference=str(new_id()), legs=(leg,))
    services.record(movement)
    for account_id, policy in policies.items():
        change(Account, account_id, limit_policy=policy)


@corruption("ACCOUNT_SIDE_MISMATCH")
def an_account_grows_on_the_wrong_side(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, normal_side="debit")


@corruption("ACCOUNT_OFF_CHART")
def an_account_has_the_code_of_another_business(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, code=f"seller:{new_id()}:payable")


@corruption("ACCOUNT_OFF_CHART")
def an_account_belongs_to_another_business(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, business_id=_seller(ledger))


@corruption("ACCOUNT_OFF_CHART")
def an_account_belongs_to_nobody(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, business_id=None)


@corruption("ACCOUNT_OFF_CHART")
def an_account_has_a_code_that_the_chart_does_not_know(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, code="pocket", business_id=None)


@corruption("ACCOUNT_OFF_CHART")
def an_account_stands_for_something_else(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, kind="equity")


@corruption("ACCOUNT_OFF_CHART")
def an_account_has_lost_its_limit(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.payable.id, limit_policy="none")


@corruption("ACCOUNT_REPEATED", "CONSTRAINT_MISSING")
def a_code_has_two_accounts(ledger: CleanLedger) -> UUID:
    with unguarded(Account):
        second: UUID = copy(Account, ledger.unused.id, id=new_id())
    Balance.objects.create(account_id=second)
    return second


@corruption("ACCOUNT_CLOSED_NOT_EMPTY")
def an_account_was_closed_with_a_balance(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.payable.id, status="closed")


@corruption("ACCOUNT_OVERDRAWN")
def an_account_was_drawn_on_beyond_what_it_has(ledger: CleanLedger) -> UUID:
    unjudged(ledger.payable, ledger.unused, 1_000_000)
    return ledger.payable.id


@corruption("CREDIT_ABOVE_EVERY_LIMIT")
def more_was_bought_than_any_limit_allowed(ledger: CleanLedger) -> UUID:
    unjudged(ledger.receivable, ledger.payable, 95_000)
    return ledger.line.id


@corruption("CREDIT_WITHOUT_LINE")
def a_business_without_credit_has_bought(ledger: CleanLedger) -> UUID:
    (receivable,) = services.open_accounts([chart.receivable(_seller(ledger), "INR")])
    unjudged(receivable, ledger.unused, 10)
    return receivable.id


@corruption("CURRENCY_UNKNOWN")
def an_account_is_in_no_currency(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, currency="XQX")


@corruption("BALANCE_MISSING")
def an_account_has_no_balance(ledger: CleanLedger) -> UUID:
    delete(Balance.objects.filter(account=ledger.unused))
    return ledger.unused.id


@corruption("BALANCE_POSTED_DRIFT", "COUNTERS_NOT_BALANCED")
def a_posted_counter_was_changed(ledger: CleanLedger) -> UUID:
    return change(Balance, ledger.payable.id, credits_posted=_balance(ledger.payable).credits_posted + 5)


@corruption("BALANCE_POSTED_DRIFT")
def both_posted_counters_were_changed(ledger: CleanLedger) -> UUID:
    row = _balance(ledger.payable)
    return change(
        Balance, ledger.payable.id, credits_posted=row.credits_posted + 5, debits_posted=row.debits_posted + 5
    )


@corruption("BALANCE_PENDING_DRIFT", "COUNTERS_NOT_BALANCED")
def a_pending_counter_was_changed(ledger: CleanLedger) -> UUID:
    return change(Balance, ledger.receivable.id, debits_pending=0)


@corruption("COUNTERS_NOT_BALANCED", "BALANCE_PENDING_DRIFT")
def something_is_held_on_one_side_only(ledger: CleanLedger) -> str:
    change(Balance, ledger.unused.id, credits_pending=1)
    return "INR"


@corruption("BALANCE_LAST_SEQ_DRIFT")
def a_balance_counts_an_entry_too_many(ledger: CleanLedger) -> UUID:
    return change(Balance, ledger.payable.id, last_seq=_balance(ledger.payable).last_seq + 1)


@corruption("BALANCE_LAST_SEQ_DRIFT")
def a_balance_counts_entries_where_there_are_none(ledger: CleanLedger) -> UUID:
    return change(Balance, ledger.unused.id, last_seq=1)


@corruption("BALANCE_OUT_OF_RANGE", "BALANCE_PENDING_DRIFT", "COUNTERS_NOT_BALANCED", "CONSTRAINT_MISSING")
def a_counter_is_below_zero(ledger: CleanLedger) -> UUID:
    with unguarded(Balance):
        return change(Balance, ledger.unused.id, debits_pending=-1)


@corruption("BALANCE_OUT_OF_RANGE", "BALANCE_POSTED_DRIFT")
def a_counter_is_too_large(ledger: CleanLedger) -> UUID:
    return change(Balance, ledger.unused.id, debits_posted=MAX_COUNTER + 1, credits_posted=MAX_COUNTER + 1)


def _balance(account: Account) -> Balance:
    return Balance.objects.get(account=account)


def _seller(ledger: CleanLedger) -> UUID:
    assert ledger.payable.business_id is not None
    return ledger.payable.business_id
