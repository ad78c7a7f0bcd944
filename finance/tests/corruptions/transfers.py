"""Corruptions of transfers."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F

from finance.models import Transfer
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, copy, unguarded
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT

HELD = ("FINGERPRINT_MISMATCH", "BALANCE_PENDING_DRIFT", "SPEND_AMOUNT_DRIFT")
"""What another amount of a member's hold makes wrong."""

LOOSE = "CONSTRAINT_MISSING"


@corruption("AMOUNT_OUT_OF_RANGE", *HELD, LOOSE)
def a_hold_holds_nothing(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        return change(Transfer, ledger.endless, amount=0)


@corruption("AMOUNT_OUT_OF_RANGE", *HELD, LOOSE)
def a_hold_is_larger_than_any_may_be(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        return change(Transfer, ledger.endless, amount=MAX_AMOUNT + 1)


@corruption("TRANSFER_TO_ITSELF", "FINGERPRINT_MISMATCH", "BALANCE_PENDING_DRIFT", LOOSE)
def a_hold_is_from_an_account_to_itself(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        return change(Transfer, ledger.endless, credit_account_id=ledger.receivable.id)


@corruption("TRANSFER_CURRENCY_MISMATCH", "FINGERPRINT_MISMATCH", "SPEND_NOT_OF_HOLD", LOOSE)
def a_hold_has_another_currency_than_its_accounts(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        return change(Transfer, ledger.endless, currency="USD")


@corruption("TRANSFER_PHASE_MISMATCH", "FINGERPRINT_MISMATCH", "BALANCE_PENDING_DRIFT", "SPEND_AMOUNT_DRIFT", LOOSE)
def a_post_names_no_hold(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        return change(Transfer, ledger.resolution_of(ledger.partly).id, hold_id=None)


@corruption("TRANSFER_TIME_MISMATCH")
def a_hold_has_another_time_than_its_transaction(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.endless, created_at=F("created_at") + timedelta(milliseconds=1))


@corruption("FINGERPRINT_MISMATCH", "ENTRY_NOT_AS_TRANSFER", "BALANCE_POSTED_DRIFT", "TRANSFER_BALANCE_CHAIN")
def a_transfer_has_another_amount(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(Transfer, ledger.transfer_of(ledger.repayment).id, amount=2_999)
    return ledger.repayment


@corruption("FINGERPRINT_MISMATCH", "BALANCE_PENDING_DRIFT", "SPEND_NOT_OF_HOLD")
def a_hold_was_turned_around(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(Transfer, ledger.endless, debit_account_id=ledger.payable.id, credit_account_id=ledger.receivable.id)
    return Transfer.objects.get(id=ledger.endless).transaction_id


@corruption("TRANSFER_BALANCE_CHAIN")
def a_hold_shows_another_balance(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.endless, debit_balance=1)


@corruption("TRANSFER_BALANCE_CHAIN", "ENTRY_NOT_AS_TRANSFER")
def a_transfer_shows_another_balance(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.transfer_of(ledger.repayment).id, debit_balance=F("debit_balance") + 1)


@corruption("ENTRY_MISSING", "FINGERPRINT_MISMATCH", "BALANCE_POSTED_DRIFT", "TRANSFER_BALANCE_CHAIN")
def a_transfer_was_added_to_a_transaction(ledger: CleanLedger) -> UUID:
    with unguarded():
        forged: UUID = copy(Transfer, ledger.transfer_of(ledger.repayment).id, id=new_id())
    return forged
