"""Corruptions of what members have spent, and of the counters of their limits."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F

from finance.models import Spend, SpendingWindow
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, delete


@corruption("SPEND_NOT_OF_HOLD", "SPENDING_WINDOW_DRIFT")
def a_spend_is_in_another_currency(ledger: CleanLedger) -> UUID:
    return change(Spend, ledger.captured, currency="USD")


@corruption("SPEND_NOT_OF_HOLD", "SPEND_MISSING", "SPEND_AMOUNT_DRIFT")
def a_spend_is_of_something_that_is_no_hold(ledger: CleanLedger) -> UUID:
    repayment = ledger.transfer_of(ledger.repayment).id
    change(Spend, ledger.captured, hold_id=repayment)
    return repayment


@corruption("SPEND_AMOUNT_DRIFT", "SPENDING_WINDOW_DRIFT")
def a_spend_counts_what_was_released(ledger: CleanLedger) -> UUID:
    return change(Spend, ledger.released, amount=3_000)


@corruption("SPEND_MISSING", "SPENDING_WINDOW_DRIFT")
def a_spend_was_deleted(ledger: CleanLedger) -> UUID:
    delete(Spend.objects.filter(pk=ledger.captured))
    return ledger.captured


@corruption("SPENDING_WINDOW_DRIFT")
def a_counter_was_set_back(ledger: CleanLedger) -> UUID:
    return change(SpendingWindow, _window(ledger), spent_minor=0)


@corruption("SPENDING_WINDOW_DRIFT")
def a_spend_was_moved_to_another_year(ledger: CleanLedger) -> UUID:
    change(Spend, ledger.captured, made_at=F("made_at") - timedelta(days=400))
    return _window(ledger)


@corruption("SPENDING_WINDOW_LENGTH")
def a_month_has_forty_days(ledger: CleanLedger) -> UUID:
    return change(SpendingWindow, _window(ledger), ends_at=F("ends_at") + timedelta(days=10))


def _window(ledger: CleanLedger) -> UUID:
    return SpendingWindow.objects.get(membership=ledger.spending.membership).id
