"""Checks of the transfers, each by itself and with its accounts and its transaction."""

from finance.sql.checks.check import check, query
from wholexale.common.money import MAX_AMOUNT

PROBES = (
    check(
        code="AMOUNT_OUT_OF_RANGE",
        wrong=f"A transfer of less than 1 or more than {MAX_AMOUNT} minor units.",
        advice="It was changed or inserted by hand: compare it with its entries and a backup.",
        find=query(f"""
            SELECT id, phase, amount, currency FROM finance_transfer WHERE amount NOT BETWEEN 1 AND {MAX_AMOUNT}
        """),  # noqa: S608 - constants only
    ),
    check(
        code="TRANSFER_TO_ITSELF",
        wrong="A transfer from an account to the same account.",
        advice="It was changed or inserted by hand: the entries tell which account is the wrong one.",
        find=query("""
            SELECT id, debit_account_id, amount FROM finance_transfer WHERE debit_account_id = credit_account_id
        """),
    ),
    check(
        code="TRANSFER_CURRENCY_MISMATCH",
        wrong="A transfer has another currency than one of its accounts.",
        advice="The fingerprint of the transaction tells whether the transfer or the account was changed.",
        find=query("""
            SELECT t.id, t.currency, d.currency AS of_debit, c.currency AS of_credit
            FROM finance_transfer t JOIN finance_account d ON d.id = t.debit_account_id
            JOIN finance_account c ON c.id = t.credit_account_id
            WHERE t.currency <> d.currency OR t.currency <> c.currency
        """),
    ),
    check(
        code="TRANSFER_PHASE_MISMATCH",
        wrong="A transfer resolves a hold that it does not name, or names one that it does not resolve.",
        advice="Its phase or its link was changed: the kind of the transaction tells which.",
        find=query("""
            SELECT id, phase, hold_id FROM finance_transfer
            WHERE (phase IN ('post', 'void', 'expire')) <> (hold_id IS NOT NULL)
        """),
    ),
    check(
        code="TRANSFER_TIME_MISMATCH",
        wrong="A transfer was not recorded at the time of its transaction.",
        advice="One of the two was changed, or the transfer was added later: compare both with the entries.",
        find=query("""
            SELECT t.id, t.transaction_id, t.created_at, x.created_at AS expected
            FROM finance_transfer t JOIN finance_ledgertransaction x ON x.id = t.transaction_id
            WHERE t.created_at <> x.created_at
        """),
    ),
)
