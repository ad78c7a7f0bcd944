"""Checks of the entries: numbered without gaps, chained by their balances, two for each transfer, zero in sum."""

from django.db import connection

from finance.sql.checks.check import TOLERANCE_SECONDS, Fault, check, joint, moved, query, sides

_SIGNED = "CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END"


_SHOWN = sides(debit="t.debit_balance", credit="t.credit_balance")

# Each entry with what the one before it in its account says; each database has its own quick way.
_FOLLOWING = {
    "postgresql": """
        SELECT account_id, id, seq, side, amount, balance_after, created_at,
            CASE lag(seq) OVER account WHEN seq - 1 THEN lag(balance_after) OVER account ELSE 0 END AS balance_before,
            lag(created_at) OVER account AS time_before
        FROM finance_entry WINDOW account AS (PARTITION BY account_id ORDER BY seq)
    """,
    "sqlite": """
        SELECT e.account_id, e.id, e.seq, e.side, e.amount, e.balance_after, e.created_at,
            coalesce(p.balance_after, 0) AS balance_before, p.created_at AS time_before
        FROM finance_entry e LEFT JOIN finance_entry p ON p.account_id = e.account_id AND p.seq = e.seq - 1
    """,
}


def _chain() -> str:
    is_older = f"n.created_at < n.time_before AND n.created_at < {moved('n.time_before', -TOLERANCE_SECONDS)}"
    expected = "n.balance_before + CASE WHEN n.side = a.normal_side THEN n.amount ELSE -n.amount END"
    return f"""
        SELECT n.id, n.account_id, n.seq, n.balance_after, {expected} AS expected, n.created_at, n.time_before
        FROM ({_FOLLOWING[connection.vendor]}) AS n JOIN finance_account a ON a.id = n.account_id
        WHERE n.balance_after <> {expected} OR ({is_older})
    """  # noqa: S608 - constants only


PROBES = (
    check(
        code="ENTRY_SEQUENCE_GAP",
        wrong="The entries of an account are not numbered 1, 2, 3: one is missing, doubled or renumbered before this.",
        advice="Find the missing entry in a backup; its transfer says what it was.",
        find=query("""
            SELECT id, account_id, seq, before + 1 AS expected FROM (
                SELECT id, account_id, seq, lag(seq, 1, 0) OVER (PARTITION BY account_id ORDER BY seq) AS before
                FROM finance_entry WHERE account_id IN (
                    SELECT account_id FROM finance_entry GROUP BY account_id
                    HAVING min(seq) <> 1 OR max(seq) <> count(*) OR sum(seq) <> count(*) * (count(*) + 1) / 2
                )
            ) AS n WHERE seq <> before + 1
        """),
    ),
    check(
        code="ENTRY_CHAIN_BROKEN",
        wrong="An entry does not follow from the one before it in its account: in its balance, or by its time.",
        advice="Of two in a row, the first was changed. Compare it with its transfer and a backup. If only the time is"
        " wrong, look whether a server's clock was set back.",
        find=query(_chain),
    ),
    check(
        code="ENTRY_MISSING",
        wrong="A transfer moved money and has not exactly two entries, one on each side.",
        advice="Restore the entries from a backup, or reverse the transaction once the accounts are understood.",
        find=query("""
            SELECT t.id, t.phase, count(e.id) AS entries
            FROM finance_transfer t LEFT JOIN finance_entry e ON e.transfer_id = t.id
            WHERE t.phase IN ('single', 'post') GROUP BY t.id, t.phase
            HAVING count(e.id) <> 2
                OR sum(CASE e.side WHEN 'debit' THEN 1 WHEN 'credit' THEN 2 ELSE 0 END) <> 3
        """),
    ),
    joint(
        f"""
            e.id, e.transfer_id, t.phase, e.account_id, e.amount, t.amount AS expected_amount, e.balance_after,
            {_SHOWN} AS expected_balance, e.created_at
        """,
        "finance_entry e JOIN finance_transfer t ON t.id = e.transfer_id",
        Fault(
            code="ENTRY_OF_UNPOSTED",
            wrong="A hold, or the release of one, has an entry, though it moves no money.",
            advice="The entry was inserted by hand: find out by whom, and correct the account by an adjustment.",
            where="t.phase NOT IN ('single', 'post')",
        ),
        Fault(
            code="ENTRY_NOT_AS_TRANSFER",
            wrong="An entry has another account, amount, balance or time than its transfer.",
            advice="The fingerprint of the transaction tells which of the two was changed.",
            where=f"""
                e.amount <> t.amount OR e.created_at <> t.created_at OR e.balance_after <> {_SHOWN}
                OR e.account_id <> {sides(debit="t.debit_account_id", credit="t.credit_account_id")}
            """,
        ),
    ),
    check(
        code="TRANSACTION_NOT_BALANCED",
        wrong="The debits of a transaction are not its credits.",
        advice="Another finding names the entry or the transfer at fault.",
        find=query(f"""
            SELECT t.transaction_id AS id, t.currency, sum({_SIGNED}) AS difference
            FROM finance_entry e JOIN finance_transfer t ON t.id = e.transfer_id
            GROUP BY t.transaction_id, t.currency HAVING sum({_SIGNED}) <> 0
        """),  # noqa: S608 - constants only
    ),
    check(
        code="CURRENCY_NOT_BALANCED",
        wrong="The debits of all accounts in a currency are not their credits: money came from nowhere, or went there.",
        advice="Another finding names the entry or the transfer at fault.",
        find=query(f"""
            SELECT a.currency AS id, sum(n.change) AS difference
            FROM (SELECT e.account_id, sum({_SIGNED}) AS change FROM finance_entry e GROUP BY e.account_id) AS n
            JOIN finance_account a ON a.id = n.account_id GROUP BY a.currency HAVING sum(n.change) <> 0
        """),  # noqa: S608 - constants only
    ),
)
