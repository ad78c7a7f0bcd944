"""Checks of the transactions: numbered, not empty, what they say they are, and reversed at most once, exactly."""

from finance.sql.checks.check import TOLERANCE_SECONDS, check, moved, now, query
from finance.sql.numbered import NUMBERS

_REVERSED = """
    FROM finance_ledgertransaction x JOIN finance_ledgertransaction o ON o.id = x.reverses_id
"""


def _in_future() -> str:
    return f"""
        SELECT id, number, created_at FROM finance_ledgertransaction
        WHERE created_at > {moved(now(), TOLERANCE_SECONDS)}
    """  # noqa: S608 - constants only


def _time_backwards() -> str:
    return f"""
        SELECT id, number, created_at, before FROM (
            SELECT id, number, created_at, lag(created_at) OVER (ORDER BY number) AS before
            FROM finance_ledgertransaction
        ) AS n WHERE created_at < before AND created_at < {moved("before", -TOLERANCE_SECONDS)}
    """  # noqa: S608 - constants only


PROBES = (
    check(
        code="TRANSACTION_EMPTY",
        wrong="A transaction has no transfers.",
        advice="Find its transfers in a backup.",
        find=query("""
            SELECT x.id, x.number, x.kind FROM finance_ledgertransaction x
            WHERE NOT EXISTS (SELECT 1 FROM finance_transfer t WHERE t.transaction_id = x.id)
        """),
    ),
    check(
        code="TRANSACTION_NUMBER_INVALID",
        wrong="The number of a transaction is below 1, or stands twice.",
        advice="People name transactions by it: compare it with a backup.",
        find=query("""
            SELECT id, number FROM finance_ledgertransaction WHERE number < 1 OR number IN (
                SELECT number FROM finance_ledgertransaction GROUP BY number HAVING count(*) > 1
            )
        """),
    ),
    check(
        code="TRANSACTION_REFERENCE_REPEATED",
        wrong="A reference is empty or stands twice: something may have happened twice.",
        advice="Reverse the later one if it is the same; the constraint that forbids it is gone.",
        find=query("""
            SELECT id, number, reference FROM finance_ledgertransaction WHERE reference = '' OR reference IN (
                SELECT reference FROM finance_ledgertransaction GROUP BY reference HAVING count(*) > 1
            )
        """),
    ),
    check(
        code="TRANSACTION_KIND_MISMATCH",
        wrong="A transaction says that it captures, releases, expires or reverses, and does not.",
        advice="Its kind or its transfers were changed: the fingerprint tells.",
        find=query("""
            SELECT x.id, x.number, x.kind FROM finance_ledgertransaction x
            WHERE x.kind IN ('capture', 'release', 'expiry', 'reversal') AND NOT EXISTS (
                SELECT 1 FROM finance_transfer t WHERE t.transaction_id = x.id AND t.phase =
                    CASE x.kind WHEN 'capture' THEN 'post' WHEN 'release' THEN 'void' WHEN 'expiry' THEN 'expire'
                        ELSE 'single' END
            ) AND EXISTS (SELECT 1 FROM finance_transfer t WHERE t.transaction_id = x.id)
        """),
    ),
    check(
        code="TRANSACTION_IN_FUTURE",
        wrong="A transaction was recorded in the future.",
        advice="Look whether a server's clock was wrong; else it was changed or inserted by hand.",
        find=query(_in_future),
    ),
    check(
        code="TRANSACTION_TIME_BACKWARDS",
        wrong="A transaction is older than the one with the number before it.",
        advice="Look whether a server's clock was set back; else it was changed or inserted by hand.",
        find=query(_time_backwards),
    ),
    check(
        code="NUMBER_SEQUENCE_BEHIND",
        wrong="The sequence will give the next transactions numbers that are taken: they will be refused.",
        advice=f"`SELECT setval('{NUMBERS}', (SELECT max(number) FROM finance_ledgertransaction))`.",  # noqa: S608 - a constant
        vendor="postgresql",
        find=query(f"""
            SELECT '{NUMBERS}' AS id, s.last_value AS last, n.newest
            FROM {NUMBERS} s, (SELECT max(number) AS newest FROM finance_ledgertransaction) AS n
            WHERE n.newest > CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END
        """),  # noqa: S608 - constants only
    ),
    check(
        code="REVERSAL_UNLINKED",
        wrong="A reversal names nothing that it reverses, or something else does.",
        advice="Its link or its kind was changed: the reference of a reversal names the original.",
        find=query("""
            SELECT id, number, kind, reverses_id FROM finance_ledgertransaction
            WHERE (kind = 'reversal') <> (reverses_id IS NOT NULL)
        """),
    ),
    check(
        code="REVERSAL_REPEATED",
        wrong="A transaction was reversed more than once.",
        advice="Correct the accounts by an adjustment; the constraint that forbids it is gone.",
        find=query("""
            SELECT reverses_id AS id, count(*) AS reversals FROM finance_ledgertransaction
            WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING count(*) > 1
        """),
    ),
    check(
        code="REVERSAL_NOT_ALLOWED",
        wrong="A reversal reverses another reversal, itself, or a hold.",
        advice="Its link was changed, or it was inserted by hand: the reference of a reversal names the original.",
        find=query(f"""
            SELECT x.id, x.number, x.reverses_id, o.kind {_REVERSED}
            WHERE o.kind = 'reversal' OR EXISTS (
                SELECT 1 FROM finance_transfer t WHERE t.transaction_id = o.id AND t.phase NOT IN ('single', 'post'))
        """),  # noqa: S608 - constants only
    ),
    check(
        code="REVERSAL_NOT_MIRROR",
        wrong="What a reversal moves is not what its original moved, in the other direction.",
        advice="Correct the accounts by an adjustment; the fingerprint tells whether a transfer was changed.",
        find=query("""
            SELECT n.id, n.debit_account_id, n.credit_account_id, n.amount, n.currency, sum(n.times) AS difference
            FROM (
                SELECT x.id, t.debit_account_id, t.credit_account_id, t.amount, t.currency,
                    CASE t.phase WHEN 'single' THEN 1 ELSE 1000 END AS times
                FROM finance_ledgertransaction x JOIN finance_transfer t ON t.transaction_id = x.id
                WHERE x.reverses_id IS NOT NULL
                UNION ALL
                SELECT x.id, t.credit_account_id, t.debit_account_id, t.amount, t.currency, -1
                FROM finance_ledgertransaction x JOIN finance_transfer t ON t.transaction_id = x.reverses_id
                WHERE x.reverses_id IS NOT NULL
            ) AS n GROUP BY n.id, n.debit_account_id, n.credit_account_id, n.amount, n.currency
            HAVING sum(n.times) <> 0
        """),
    ),
    check(
        code="REVERSAL_BEFORE_ORIGINAL",
        wrong="A transaction was reversed before it was recorded.",
        advice="Its link was changed, or one of the two was inserted by hand.",
        find=query(f"SELECT x.id, x.number, o.number AS number_of_original {_REVERSED} WHERE x.number <= o.number"),
    ),
)
