"""Checks of the transfers, each by itself and with its accounts and its transaction."""

from finance.sql.checks.check import Fault, joint
from wholexale.common.money import MAX_AMOUNT

PROBES = (
    joint(
        """
            t.id, t.phase, t.amount, t.currency, d.currency AS of_debit, c.currency AS of_credit, t.debit_account_id,
            t.credit_account_id, t.hold_id, t.timeout_at, t.created_at, x.created_at AS of_transaction
        """,
        """
            finance_transfer t LEFT JOIN finance_ledgertransaction x ON x.id = t.transaction_id
            LEFT JOIN finance_account d ON d.id = t.debit_account_id
            LEFT JOIN finance_account c ON c.id = t.credit_account_id
        """,
        Fault(
            code="AMOUNT_OUT_OF_RANGE",
            wrong=f"A transfer of less than 1 or more than {MAX_AMOUNT} minor units.",
            advice="It was changed or inserted by hand: compare it with its entries and a backup.",
            where=f"t.amount NOT BETWEEN 1 AND {MAX_AMOUNT}",
        ),
        Fault(
            code="TRANSFER_TO_ITSELF",
            wrong="A transfer from an account to the same account.",
            advice="It was changed or inserted by hand: the entries tell which account is the wrong one.",
            where="t.debit_account_id = t.credit_account_id",
        ),
        Fault(
            code="TRANSFER_CURRENCY_MISMATCH",
            wrong="A transfer has another currency than one of its accounts.",
            advice="The fingerprint of the transaction tells whether the transfer or the account was changed.",
            where="t.currency <> d.currency OR t.currency <> c.currency",
        ),
        Fault(
            code="TRANSFER_PHASE_MISMATCH",
            wrong="A transfer resolves a hold that it does not name, or names one that it does not resolve.",
            advice="Its phase or its link was changed: the kind of the transaction tells which.",
            where="(t.phase IN ('post', 'void', 'expire')) <> (t.hold_id IS NOT NULL)",
        ),
        Fault(
            code="TRANSFER_TIME_MISMATCH",
            wrong="A transfer was not recorded at the time of its transaction.",
            advice="One of the two was changed, or the transfer was added later: compare both with the entries.",
            where="t.created_at <> x.created_at",
        ),
        Fault(
            code="TIMEOUT_MISPLACED",
            wrong="Something that is no hold has a timeout, or a hold's lies before the hold.",
            advice="It was changed or inserted by hand: compare it with a backup.",
            where="t.timeout_at IS NOT NULL AND (t.phase <> 'pending' OR t.timeout_at <= t.created_at)",
        ),
    ),
)
