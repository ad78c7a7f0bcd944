"""Corruptions of entries."""

from datetime import timedelta
from uuid import UUID

from finance.models import Entry, LedgerTransaction, Transfer
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, copy, delete, unguarded
from wholexale.common.ids import new_id

SUMS = ("TRANSACTION_NOT_BALANCED", "CURRENCY_NOT_BALANCED")
"""What one entry more, less or larger makes wrong."""


@corruption("ENTRY_NOT_AS_TRANSFER", "ENTRY_CHAIN_BROKEN", *SUMS)
def an_entry_has_another_amount(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Entry, ledger.entry_of(ledger.repayment, ledger.receivable), amount=3_001)


@corruption("TRANSACTION_NOT_BALANCED", "CURRENCY_NOT_BALANCED", "ENTRY_NOT_AS_TRANSFER", "ENTRY_CHAIN_BROKEN")
def the_debits_of_a_transaction_are_not_its_credits(ledger: CleanLedger) -> UUID:
    with unguarded():
        change(Entry, ledger.entry_of(ledger.capture, ledger.payable), amount=4_999)
    return ledger.capture


@corruption("CURRENCY_NOT_BALANCED", "TRANSACTION_NOT_BALANCED", "ENTRY_NOT_AS_TRANSFER", "ENTRY_CHAIN_BROKEN")
def the_debits_of_a_currency_are_not_its_credits(ledger: CleanLedger) -> str:
    with unguarded():
        change(Entry, ledger.entry_of(ledger.capture, ledger.receivable), amount=1)
    return "INR"


@corruption("ENTRY_CHAIN_BROKEN", "ENTRY_NOT_AS_TRANSFER")
def an_entry_has_another_balance(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Entry, ledger.entry_of(ledger.repayment, ledger.receivable), balance_after=0)


@corruption("ENTRY_CHAIN_BROKEN", "ENTRY_NOT_AS_TRANSFER", "TRANSFER_BALANCE_CHAIN")
def the_balance_of_a_hold_that_was_posted_was_changed_everywhere(ledger: CleanLedger) -> UUID:
    entry_id = ledger.entry_of(ledger.capture, ledger.payable)
    with unguarded():
        change(Transfer, ledger.resolution_of(ledger.captured).id, credit_balance=1)
        return change(Entry, entry_id, balance_after=2)


@corruption("ENTRY_NOT_AS_TRANSFER", "ENTRY_SEQUENCE_GAP", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT")
def an_entry_stands_in_another_account(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Entry, ledger.entry_of(ledger.repayment, ledger.receivable), account_id=ledger.unused.id, seq=1)


@corruption("ENTRY_NOT_AS_TRANSFER")
def an_entry_has_another_time(ledger: CleanLedger) -> UUID:
    row = Entry.objects.get(id=ledger.entry_of(ledger.repayment, ledger.receivable))
    with unguarded():
        return change(Entry, row.id, created_at=row.created_at + timedelta(milliseconds=1))


@corruption("ENTRY_CHAIN_BROKEN", "TRANSACTION_TIME_BACKWARDS")
def an_entry_was_backdated_with_its_transaction(ledger: CleanLedger) -> UUID:
    row = Entry.objects.filter(account=ledger.payable).order_by("-seq")[0]
    before = row.created_at - timedelta(hours=1)
    with unguarded():
        change(LedgerTransaction, ledger.many, created_at=before)
        Transfer.objects.filter(transaction=ledger.many).update(created_at=before)
        Entry.objects.filter(transfer__transaction=ledger.many).update(created_at=before)
    return Entry.objects.filter(transfer__transaction=ledger.many, account=ledger.payable).order_by("seq")[0].id


@corruption("ENTRY_MISSING", "ENTRY_SEQUENCE_GAP", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT", *SUMS)
def an_entry_was_deleted(ledger: CleanLedger) -> UUID:
    with unguarded():
        delete(Entry.objects.filter(id=ledger.entry_of(ledger.capture, ledger.receivable)))
    return ledger.resolution_of(ledger.captured).id


@corruption("ENTRY_SEQUENCE_GAP", "ENTRY_MISSING", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT", *SUMS)
def the_first_entry_of_an_account_was_deleted(ledger: CleanLedger) -> UUID:
    first, second = Entry.objects.filter(account=ledger.receivable).order_by("seq")[:2]
    with unguarded():
        delete(Entry.objects.filter(id=first.id))
    return second.id


@corruption("BALANCE_LAST_SEQ_DRIFT", "ENTRY_MISSING", *SUMS)
def the_last_entry_of_an_account_was_deleted(ledger: CleanLedger) -> UUID:
    last = Entry.objects.filter(account=ledger.receivable).order_by("-seq")[0]
    with unguarded():
        delete(Entry.objects.filter(id=last.id))
    return ledger.receivable.id


@corruption("ENTRY_MISSING", "BALANCE_LAST_SEQ_DRIFT", "ENTRY_SEQUENCE_GAP", "ENTRY_CHAIN_BROKEN")
def both_entries_of_a_transfer_were_deleted(ledger: CleanLedger) -> UUID:
    transfer = ledger.resolution_of(ledger.captured)
    with unguarded():
        delete(Entry.objects.filter(transfer_id=transfer.id))
    return transfer.id


@corruption("ENTRY_SEQUENCE_GAP", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT")
def an_entry_was_renumbered(ledger: CleanLedger) -> UUID:
    last = Entry.objects.filter(account=ledger.receivable).order_by("-seq")[0]
    with unguarded():
        return change(Entry, last.id, seq=last.seq + 5)


@corruption("ENTRY_CHAIN_BROKEN")
def two_entries_changed_their_places(ledger: CleanLedger) -> UUID:
    first, second = Entry.objects.filter(account=ledger.receivable).order_by("seq")[:2]
    with unguarded():
        for entry_id, seq in ((first.id, 1_000), (second.id, first.seq), (first.id, second.seq)):
            change(Entry, entry_id, seq=seq)
    return first.id


@corruption("ENTRY_OF_UNPOSTED", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT", *SUMS)
def a_hold_has_an_entry(ledger: CleanLedger) -> UUID:
    last = Entry.objects.filter(account=ledger.receivable).order_by("-seq")[0]
    held = Transfer.objects.get(id=ledger.endless)
    with unguarded():
        forged: UUID = copy(
            Entry,
            last.id,
            id=new_id(),
            seq=last.seq + 1,
            transfer_id=held.id,
            side="debit",
            amount=held.amount,
            balance_after=held.debit_balance,
            created_at=held.created_at,
        )
    return forged


@corruption("ENTRY_MISSING", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT", "CONSTRAINT_MISSING", *SUMS)
def a_transfer_has_three_entries(ledger: CleanLedger) -> UUID:
    last = Entry.objects.filter(account=ledger.receivable).order_by("-seq")[0]
    with unguarded(Entry):
        copy(Entry, last.id, id=new_id(), seq=last.seq + 1)
    return last.transfer_id


@corruption("ENTRY_MISSING", "ENTRY_CHAIN_BROKEN", "ENTRY_NOT_AS_TRANSFER", "CONSTRAINT_MISSING", *SUMS)
def a_transfer_has_two_entries_on_one_side(ledger: CleanLedger) -> UUID:
    with unguarded(Entry):
        change(Entry, ledger.entry_of(ledger.repayment, ledger.receivable), side="debit")
    return ledger.transfer_of(ledger.repayment).id


@corruption("ENTRY_SEQUENCE_GAP", "ENTRY_CHAIN_BROKEN", "BALANCE_LAST_SEQ_DRIFT", "CONSTRAINT_MISSING")
def two_entries_have_one_number(ledger: CleanLedger) -> UUID:
    second, last = Entry.objects.filter(account=ledger.receivable).order_by("-seq")[:2]
    with unguarded(Entry):
        change(Entry, second.id, seq=last.seq)
    return max(second.id, last.id)
