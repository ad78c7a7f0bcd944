"""Corruptions of what protects the ledger, and of what rows refer to and say."""

from uuid import UUID, uuid4

import pytest
from django.db import connection

from finance.models import Account, CreditRequest, Entry, LedgerTransaction
from finance.sql import function, guards
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.tampering import change, run, unguarded


@corruption("GUARD_MISSING")
def a_guard_was_dropped(ledger: CleanLedger) -> str:
    run("DROP TRIGGER finance_entry_keep" + " ON finance_entry" * (connection.vendor == "postgresql"))
    return "finance_entry_keep"


@corruption("GUARD_MISSING")
def all_guards_were_dropped(ledger: CleanLedger) -> str:
    guards.remove(connection)
    return "finance_creditlinechange_keep"


@corruption("GUARD_MISSING", vendor="postgresql")
def a_guard_was_switched_off(ledger: CleanLedger) -> str:
    run("ALTER TABLE finance_transfer DISABLE TRIGGER finance_transfer_keep_all")
    return "finance_transfer_keep_all"


@corruption("GUARD_CHANGED", vendor="postgresql")
def the_guards_let_everything_pass(ledger: CleanLedger) -> str:
    run("""
        CREATE OR REPLACE FUNCTION finance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RETURN coalesce(NEW, OLD); END'
    """)
    return "finance_refuse_change"


@corruption("GUARD_CHANGED", vendor="postgresql")
def a_guard_looks_at_some_rows_only(ledger: CleanLedger) -> str:
    run("""
        CREATE OR REPLACE TRIGGER finance_entry_keep BEFORE DELETE OR UPDATE ON finance_entry FOR EACH ROW
        WHEN (OLD.seq > 1000) EXECUTE FUNCTION finance_refuse_change()
    """)
    return "finance_entry_keep"


@corruption("GUARD_CHANGED", vendor="sqlite")
def a_guard_refuses_nothing(ledger: CleanLedger) -> str:
    run("DROP TRIGGER finance_entry_keep")
    run("CREATE TRIGGER finance_entry_keep BEFORE UPDATE ON finance_entry BEGIN SELECT 1; END")
    return "finance_entry_keep"


@corruption("FUNCTION_CHANGED", vendor="postgresql")
def the_function_of_the_ledger_is_another(ledger: CleanLedger) -> str:
    run(f"""
        CREATE OR REPLACE FUNCTION {function.NAME}(movement jsonb, wanted jsonb) RETURNS jsonb LANGUAGE plpgsql AS
        'BEGIN RETURN NULL; END'
    """)
    return function.NAME


@corruption("FUNCTION_CHANGED", vendor="postgresql")
def the_function_of_the_ledger_is_missing(ledger: CleanLedger) -> str:
    run(f"DROP FUNCTION {function.NAME}(jsonb, jsonb)")
    return function.NAME


@corruption("CONSTRAINT_MISSING")
def the_constraints_of_a_table_are_gone(ledger: CleanLedger) -> str:
    with unguarded(Entry):
        return "finance_entry_counts"


@corruption("CONSTRAINT_MISSING")
def the_references_of_a_table_are_gone(ledger: CleanLedger) -> str:
    with unguarded(Entry):
        return "finance_entry.transfer_id refers to finance_transfer"


@corruption("CONSTRAINT_MISSING")
def a_column_may_repeat_itself(ledger: CleanLedger) -> str:
    with unguarded(LedgerTransaction):
        return "finance_ledgertransaction.number is unique"


@corruption("CONSTRAINT_MISSING")
def an_index_that_forbids_a_second_row_is_gone(ledger: CleanLedger) -> str:
    run("DROP INDEX finance_creditrequest_one_open")
    return "finance_creditrequest_one_open"


@corruption("CONSTRAINT_MISSING", vendor="postgresql")
def an_amount_may_be_empty(ledger: CleanLedger) -> str:
    run("ALTER TABLE finance_entry ALTER amount DROP NOT NULL")
    return "finance_entry.amount is never empty"


@corruption("CONSTRAINT_MISSING", vendor="postgresql")
def the_currency_of_transfers_is_tied_to_nothing(ledger: CleanLedger) -> str:
    run("ALTER TABLE finance_transfer DROP CONSTRAINT finance_transfer_credit_currency")
    return "finance_transfer_credit_currency"


@corruption("CONSTRAINT_MISSING", vendor="postgresql")
def a_constraint_was_not_validated(ledger: CleanLedger) -> str:
    run("ALTER TABLE finance_balance DROP CONSTRAINT finance_balance_not_negative")
    run("ALTER TABLE finance_balance ADD CONSTRAINT finance_balance_not_negative CHECK (debits_posted >= 0) NOT VALID")
    return "finance_balance_not_negative"


@corruption("CONSTRAINT_MISSING", vendor="postgresql")
def the_references_of_a_table_are_switched_off(ledger: CleanLedger) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            pytest.skip("only a superuser can do that")
        cursor.execute("ALTER TABLE finance_spend DISABLE TRIGGER ALL")
        cursor.execute("""
            SELECT conname FROM pg_constraint WHERE conrelid = 'finance_spend'::regclass AND contype = 'f'
        """)
        return str(cursor.fetchall()[0][0])


@corruption("REFERENCE_BROKEN")
def a_transaction_was_made_by_nobody(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(LedgerTransaction, ledger.repayment, actor_id=uuid4())


@corruption(
    "REFERENCE_BROKEN",
    "ENTRY_MISSING",
    "TRANSACTION_NOT_BALANCED",
)
def an_entry_has_no_transfer(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Entry, ledger.entry_of(ledger.repayment, ledger.receivable), transfer_id=uuid4())


@corruption("VALUE_UNKNOWN")
def an_account_has_a_status_that_there_is_not(ledger: CleanLedger) -> UUID:
    return change(Account, ledger.unused.id, status="asleep")


@corruption("VALUE_UNKNOWN")
def a_request_was_decided_in_a_way_that_there_is_not(ledger: CleanLedger) -> UUID:
    return change(CreditRequest, CreditRequest.objects.all()[0].id, status="perhaps")


@corruption("NUMBER_NOT_WHOLE", vendor="sqlite")
def a_number_is_a_text(ledger: CleanLedger) -> UUID:
    run("UPDATE finance_spendinglimit SET limit_minor = 'much'")
    return ledger.spending.id
