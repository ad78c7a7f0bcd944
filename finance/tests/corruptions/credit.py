"""Corruptions of credit lines and of their changes."""

from uuid import UUID

from finance.models import CreditLine, CreditLineChange
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, delete, unguarded


@corruption("CREDIT_LINE_DRIFT")
def a_limit_was_raised_by_hand(ledger: CleanLedger) -> UUID:
    return change(CreditLine, ledger.line.id, limit_minor=900_000)


@corruption("CREDIT_LINE_DRIFT")
def a_line_was_suspended_by_hand(ledger: CleanLedger) -> UUID:
    return change(CreditLine, ledger.line.id, status="suspended")


@corruption("CREDIT_LINE_VERSION")
def a_line_has_another_version(ledger: CleanLedger) -> UUID:
    return change(CreditLine, ledger.line.id, version=7)


@corruption("CREDIT_LINE_VERSION", "CREDIT_LINE_DRIFT")
def the_last_change_of_a_line_was_deleted(ledger: CleanLedger) -> UUID:
    with unguarded():
        delete(CreditLineChange.objects.filter(id=_changes(ledger)[-1].id))
    return ledger.line.id


@corruption("CREDIT_CHANGE_CHAIN", "CREDIT_LINE_VERSION")
def the_first_change_of_a_line_was_deleted(ledger: CleanLedger) -> UUID:
    first, second = _changes(ledger)
    with unguarded():
        delete(CreditLineChange.objects.filter(id=first.id))
    return second.id


@corruption("CREDIT_LINE_DRIFT", "CREDIT_LINE_VERSION")
def a_line_has_no_change(ledger: CleanLedger) -> UUID:
    with unguarded():
        delete(CreditLineChange.objects.filter(line=ledger.line))
    return ledger.line.id


@corruption("CREDIT_CHANGE_CHAIN")
def a_change_begins_with_another_limit(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(CreditLineChange, _changes(ledger)[-1].id, old_limit_minor=1)


@corruption("CREDIT_CHANGE_CHAIN")
def a_change_begins_with_another_status(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(CreditLineChange, _changes(ledger)[-1].id, old_status="revoked")


@corruption("CREDIT_CHANGE_SELF_APPROVED")
def somebody_approved_their_own_change(ledger: CleanLedger) -> UUID:
    row = _changes(ledger)[-1]
    with unguarded():
        return change(CreditLineChange, row.id, approver_id=row.actor_id)


@corruption("CREDIT_LIMIT_OUT_OF_RANGE", "CREDIT_LINE_DRIFT", "CONSTRAINT_MISSING")
def a_limit_is_below_zero(ledger: CleanLedger) -> UUID:
    with unguarded(CreditLine):
        return change(CreditLine, ledger.line.id, limit_minor=-1)


@corruption("CREDIT_LINE_ACCOUNT", "CREDIT_WITHOUT_LINE")
def a_line_limits_another_account(ledger: CleanLedger) -> UUID:
    return change(CreditLine, ledger.line.id, account_id=ledger.unused.id)


def _changes(ledger: CleanLedger) -> list[CreditLineChange]:
    return list(CreditLineChange.objects.filter(line=ledger.line).order_by("number"))
