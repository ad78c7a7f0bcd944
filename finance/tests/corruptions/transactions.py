"""Corruptions of transactions and of reversals."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from finance.models import LedgerTransaction, Transfer
from finance.sql.numbered import NUMBERS
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, copy, run, unguarded
from wholexale.common.ids import new_id
from wholexale.common.numbers import next_number

LOOSE = "CONSTRAINT_MISSING"


@corruption("TRANSACTION_EMPTY")
def a_transaction_moves_nothing(ledger: CleanLedger) -> UUID:
    forged: UUID = copy(
        LedgerTransaction, ledger.repayment, id=new_id(), number=next_number(LedgerTransaction), reference="forged"
    )
    return forged


@corruption("TRANSACTION_NUMBER_INVALID")
def a_transaction_has_the_number_zero(ledger: CleanLedger) -> UUID:
    first = LedgerTransaction.objects.order_by("number")[0]
    with unguarded():
        return change(LedgerTransaction, first.id, number=0)


@corruption("TRANSACTION_NUMBER_INVALID", LOOSE)
def two_transactions_have_one_number(ledger: CleanLedger) -> UUID:
    first, second = LedgerTransaction.objects.order_by("number")[:2]
    with unguarded(LedgerTransaction):
        return change(LedgerTransaction, second.id, number=first.number)


@corruption("TRANSACTION_REFERENCE_REPEATED", LOOSE)
def two_transactions_have_one_reference(ledger: CleanLedger) -> UUID:
    reference = LedgerTransaction.objects.get(id=ledger.capture).reference
    with unguarded(LedgerTransaction):
        return change(LedgerTransaction, ledger.repayment, reference=reference)


@corruption("TRANSACTION_REFERENCE_REPEATED")
def a_transaction_has_no_reference(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.repayment, reference="")


@corruption("TRANSACTION_KIND_MISMATCH", "FINGERPRINT_MISMATCH")
def a_capture_says_that_it_releases(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.capture, kind="release")


@corruption("FINGERPRINT_MISMATCH")
def a_transaction_was_for_something_else(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.capture, category="bonus")


@corruption("FINGERPRINT_MISMATCH")
def a_transaction_is_about_something_else(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.many, subject_id="другое")


@corruption("FINGERPRINT_MISMATCH")
def a_transaction_has_another_fingerprint(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.many, fingerprint="0" * 32)


@corruption("TRANSACTION_IN_FUTURE", "TRANSFER_TIME_MISMATCH")
def a_transaction_is_of_tomorrow(ledger: CleanLedger) -> UUID:
    last = LedgerTransaction.objects.order_by("-number")[0]
    with unguarded():
        return change(LedgerTransaction, last.id, created_at=timezone.now() + timedelta(days=1))


@corruption("TRANSACTION_TIME_BACKWARDS", "TRANSFER_TIME_MISMATCH")
def a_transaction_was_backdated(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.many, created_at=F("created_at") - timedelta(hours=1))


@corruption("NUMBER_SEQUENCE_BEHIND", vendor="postgresql")
def the_sequence_of_numbers_was_set_back(ledger: CleanLedger) -> str:
    run(f"ALTER SEQUENCE {NUMBERS} RESTART")  # unlike setval, this is undone with the transaction
    return NUMBERS


@corruption("REVERSAL_UNLINKED", "FINGERPRINT_MISMATCH", LOOSE)
def a_reversal_names_nothing(ledger: CleanLedger) -> UUID:
    with unguarded(LedgerTransaction):
        return change(LedgerTransaction, ledger.reversal, reverses_id=None)


@corruption("REVERSAL_UNLINKED", "REVERSAL_NOT_MIRROR", "FINGERPRINT_MISMATCH", LOOSE)
def a_fee_reverses_something(ledger: CleanLedger) -> UUID:
    with unguarded(LedgerTransaction):
        return change(LedgerTransaction, ledger.many, reverses_id=ledger.repayment)


@corruption("REVERSAL_REPEATED", "REVERSAL_NOT_MIRROR", "FINGERPRINT_MISMATCH", LOOSE)
def a_transaction_was_reversed_twice(ledger: CleanLedger) -> UUID:
    with unguarded(LedgerTransaction):
        change(LedgerTransaction, ledger.many, kind="reversal", reverses_id=ledger.reversed)
    return ledger.reversed


@corruption("REVERSAL_NOT_ALLOWED", "REVERSAL_NOT_MIRROR", "FINGERPRINT_MISMATCH")
def a_reversal_reverses_a_hold(ledger: CleanLedger) -> UUID:
    with unguarded():
        held = Transfer.objects.get(id=ledger.endless).transaction_id
        return change(LedgerTransaction, ledger.reversal, reverses_id=held)


@corruption("REVERSAL_NOT_ALLOWED", "REVERSAL_BEFORE_ORIGINAL", "REVERSAL_NOT_MIRROR", "FINGERPRINT_MISMATCH")
def a_reversal_reverses_itself(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.reversal, reverses_id=ledger.reversal)


@corruption("REVERSAL_NOT_MIRROR", "FINGERPRINT_MISMATCH")
def a_reversal_names_another_transaction(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.reversal, reverses_id=ledger.repayment)


@corruption("REVERSAL_BEFORE_ORIGINAL", "REVERSAL_NOT_MIRROR", "FINGERPRINT_MISMATCH")
def a_reversal_names_a_later_transaction(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.reversal, reverses_id=ledger.many)
