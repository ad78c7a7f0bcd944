"""Checks of the balances: each counter is the sum of the transfers behind it, and no account says more than it may."""

from finance.sql.checks.check import check, query
from finance.sql.movement import MAX_COUNTER

# What has been moved on each side of each account, and what is still held there.
_POSTED = """
    SELECT account_id, sum(debits) AS debits, sum(credits) AS credits FROM (
        SELECT debit_account_id AS account_id, sum(amount) AS debits, 0 AS credits
        FROM finance_transfer WHERE phase IN ('single', 'post') GROUP BY debit_account_id
        UNION ALL
        SELECT credit_account_id, 0, sum(amount)
        FROM finance_transfer WHERE phase IN ('single', 'post') GROUP BY credit_account_id
    ) AS s GROUP BY account_id
"""
_OPEN = """
    finance_transfer t WHERE t.phase = 'pending'
    AND NOT EXISTS (SELECT 1 FROM finance_transfer r WHERE r.hold_id = t.id)
"""
_HELD = f"""
    SELECT account_id, sum(debits) AS debits, sum(credits) AS credits FROM (
        SELECT t.debit_account_id AS account_id, t.amount AS debits, 0 AS credits FROM {_OPEN}
        UNION ALL
        SELECT t.credit_account_id, 0, t.amount FROM {_OPEN}
    ) AS s GROUP BY account_id
"""  # noqa: S608 - constants only


def _counters(counted: str, kind: str) -> str:
    """Return the statement that compares two counters of each balance with a sum."""
    return f"""
        SELECT b.account_id AS id, b.debits_{kind} AS debits, coalesce(f.debits, 0) AS expected_debits,
            b.credits_{kind} AS credits, coalesce(f.credits, 0) AS expected_credits
        FROM finance_balance b LEFT JOIN ({counted}) AS f ON f.account_id = b.account_id
        WHERE b.debits_{kind} <> coalesce(f.debits, 0) OR b.credits_{kind} <> coalesce(f.credits, 0)
    """  # noqa: S608 - constants only


PROBES = (
    check(
        code="BALANCE_MISSING",
        wrong="An account has no balance: nothing can be recorded on it.",
        advice="Insert the balance with the sums of the account's transfers; a repeated run checks them.",
        find=query("""
            SELECT a.id, a.code, a.currency FROM finance_account a
            LEFT JOIN finance_balance b ON b.account_id = a.id WHERE b.account_id IS NULL
        """),
    ),
    check(
        code="BALANCE_POSTED_DRIFT",
        wrong="What a balance says was posted is not the sum of the transfers.",
        advice="Freeze the account. If the entries are sound, set the counters to the expected ones under its lock.",
        find=query(_counters(_POSTED, "posted")),
    ),
    check(
        code="BALANCE_PENDING_DRIFT",
        wrong="What a balance says is held is not the sum of the open holds.",
        advice="Freeze the account. If the holds are sound, set the counters to the expected ones under its lock.",
        find=query(_counters(_HELD, "pending")),
    ),
    check(
        code="BALANCE_LAST_SEQ_DRIFT",
        wrong="The number of the last entry is not the one that the balance says, or the number of entries is not.",
        advice="Freeze the account: its next entry would be refused, or leave a gap. Find the entry in a backup.",
        find=query("""
            SELECT b.account_id AS id, b.last_seq, coalesce(n.newest, 0) AS newest, coalesce(n.entries, 0) AS entries
            FROM finance_balance b LEFT JOIN (
                SELECT account_id, max(seq) AS newest, count(*) AS entries FROM finance_entry GROUP BY account_id
            ) AS n ON n.account_id = b.account_id
            WHERE b.last_seq <> coalesce(n.newest, 0) OR b.last_seq <> coalesce(n.entries, 0)
        """),
    ),
    check(
        code="BALANCE_OUT_OF_RANGE",
        wrong="A counter is below zero, or larger than can be said exactly.",
        advice="No movement can have done that. Freeze the account and compare it with a backup.",
        find=query(f"""
            SELECT account_id AS id, debits_posted, credits_posted, debits_pending, credits_pending, last_seq
            FROM finance_balance
            WHERE debits_posted NOT BETWEEN 0 AND {MAX_COUNTER} OR credits_posted NOT BETWEEN 0 AND {MAX_COUNTER}
                OR debits_pending NOT BETWEEN 0 AND {MAX_COUNTER} OR credits_pending NOT BETWEEN 0 AND {MAX_COUNTER}
                OR last_seq < 0
        """),  # noqa: S608 - constants only
    ),
    check(
        code="COUNTERS_NOT_BALANCED",
        wrong="The counters of all balances in a currency do not add up: debits are not credits.",
        advice="Another finding names the balance at fault.",
        find=query("""
            SELECT a.currency AS id, sum(b.debits_posted) - sum(b.credits_posted) AS posted_difference,
                sum(b.debits_pending) - sum(b.credits_pending) AS pending_difference
            FROM finance_balance b JOIN finance_account a ON a.id = b.account_id GROUP BY a.currency
            HAVING sum(b.debits_posted) <> sum(b.credits_posted) OR sum(b.debits_pending) <> sum(b.credits_pending)
        """),
    ),
)
