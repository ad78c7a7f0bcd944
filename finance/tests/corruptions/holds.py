"""Corruptions of holds, of what resolved them, and of the work that ends them."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from finance.models import HoldExpiry, LedgerTransaction, Transfer
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, copy, delete, unguarded
from wholexale.common.ids import new_id
from wholexale.common.numbers import next_number

LOOSE = "CONSTRAINT_MISSING"


@corruption("HOLD_RESOLVED_TWICE", "FINGERPRINT_MISMATCH", LOOSE)
def a_hold_was_released_twice(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        copy(Transfer, ledger.resolution_of(ledger.released).id, id=new_id())
    return ledger.released


@corruption(
    "RESOLUTION_NOT_OF_HOLD",
    "RESOLUTION_BEFORE_HOLD",
    "RESOLUTION_AMOUNT_MISMATCH",
    "FINGERPRINT_MISMATCH",
    "BALANCE_PENDING_DRIFT",
)
def what_was_posted_is_no_hold(ledger: CleanLedger) -> UUID:
    with unguarded():
        resolution = ledger.resolution_of(ledger.captured)
        return change(Transfer, resolution.id, hold_id=ledger.resolution_of(ledger.partly).id)


@corruption("RESOLUTION_NOT_OF_HOLD", "TRANSFER_BALANCE_CHAIN")
def a_release_is_of_another_account(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.resolution_of(ledger.released).id, credit_account_id=ledger.unused.id)


@corruption("RESOLUTION_AMOUNT_MISMATCH")
def a_release_is_not_of_all_that_was_held(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.resolution_of(ledger.released).id, amount=1)


@corruption(
    "RESOLUTION_AMOUNT_MISMATCH",
    "FINGERPRINT_MISMATCH",
    "ENTRY_NOT_AS_TRANSFER",
    "BALANCE_POSTED_DRIFT",
    "TRANSFER_BALANCE_CHAIN",
    "SPEND_AMOUNT_DRIFT",
)
def more_was_posted_than_was_held(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.resolution_of(ledger.partly).id, amount=4_001)


@corruption("RESOLUTION_BEFORE_HOLD", "TRANSFER_BALANCE_CHAIN")
def a_hold_was_released_before_it_was_placed(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(
            LedgerTransaction,
            Transfer.objects.get(id=ledger.released).transaction_id,
            number=next_number(LedgerTransaction),
        )
    return ledger.resolution_of(ledger.released).id


@corruption("HOLD_POSTED_LATE")
def a_hold_was_posted_after_its_end(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(Transfer, ledger.captured, timeout_at=F("created_at") + timedelta(microseconds=1))
    return ledger.resolution_of(ledger.captured).id


@corruption("HOLD_EXPIRED_EARLY")
def a_hold_expired_before_its_end(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(Transfer, ledger.expired, timeout_at=F("timeout_at") + timedelta(days=1))
    return ledger.resolution_of(ledger.expired).id


@corruption("HOLD_EXPIRED_EARLY", "HOLD_EXPIRY_STRAY")
def a_hold_without_an_end_expired(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(Transfer, ledger.expired, timeout_at=None)
    return ledger.resolution_of(ledger.expired).id


@corruption("TIMEOUT_MISPLACED", LOOSE)
def a_repayment_ends_by_itself(ledger: CleanLedger) -> UUID:
    with unguarded(Transfer):
        return change(Transfer, ledger.transfer_of(ledger.repayment).id, timeout_at=timezone.now() + timedelta(days=1))


@corruption("TIMEOUT_MISPLACED", "HOLD_OVERDUE", "HOLD_EXPIRY_LATE")
def a_hold_ended_before_it_was_placed(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Transfer, ledger.open, timeout_at=F("created_at") - timedelta(days=1))


@corruption("HOLD_OVERDUE", "HOLD_EXPIRY_LATE", "TRANSACTION_TIME_BACKWARDS", "TRANSFER_TIME_MISMATCH")
def a_hold_is_open_after_its_end(ledger: CleanLedger) -> UUID:
    with unguarded():
        now = timezone.now()
        change(Transfer, ledger.open, timeout_at=now - timedelta(minutes=11), created_at=now - timedelta(minutes=15))
        change(
            LedgerTransaction,
            Transfer.objects.get(id=ledger.open).transaction_id,
            created_at=now - timedelta(minutes=14),
        )
    return ledger.open


@corruption("HOLD_EXPIRY_MISSING")
def nothing_will_end_a_hold(ledger: CleanLedger) -> UUID:
    delete(HoldExpiry.objects.filter(hold_id=ledger.open))
    return ledger.open


@corruption("HOLD_EXPIRY_MISSING")
def the_work_of_ending_an_open_hold_is_done(ledger: CleanLedger) -> UUID:
    change(HoldExpiry, _expiry(ledger), state="done")
    return ledger.open


@corruption("HOLD_EXPIRY_DEAD")
def the_work_of_ending_a_hold_was_given_up(ledger: CleanLedger) -> UUID:
    change(HoldExpiry, _expiry(ledger), state="dead")
    return ledger.open


@corruption("HOLD_EXPIRY_LATE")
def the_work_of_ending_a_hold_waits_too_long(ledger: CleanLedger) -> UUID:
    change(HoldExpiry, _expiry(ledger), run_at=F("run_at") + timedelta(hours=1))
    return ledger.open


@corruption("HOLD_EXPIRY_STRAY")
def a_hold_without_an_end_will_be_ended(ledger: CleanLedger) -> UUID:
    return HoldExpiry.objects.create(hold_id=ledger.endless, run_at=timezone.now()).id


@corruption("HOLD_EXPIRY_STRAY")
def something_that_is_no_hold_will_be_ended(ledger: CleanLedger) -> UUID:
    return HoldExpiry.objects.create(hold_id=ledger.transfer_of(ledger.repayment).id, run_at=timezone.now()).id


def _expiry(ledger: CleanLedger) -> UUID:
    return HoldExpiry.objects.get(hold_id=ledger.open).id
