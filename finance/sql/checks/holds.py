"""Checks of the holds: each ends once, as it was placed, in its time, and what ends it is waiting to run."""

from finance.sql.checks.check import Fault, check, joint, moved, now, query

OVERDUE_SECONDS = 600
"""How long after its timeout a hold may still be open: workers may be down for a while."""


def _overdue() -> str:
    return f"h.timeout_at < {moved(now(), -OVERDUE_SECONDS)}"


def _late() -> str:
    is_late = f"w.run_at > {moved('h.timeout_at', OVERDUE_SECONDS)} AND w.run_at > {moved(now(), OVERDUE_SECONDS)}"
    return f"w.state IN ('pending', 'leased') AND {is_late}"


PROBES = (
    check(
        code="HOLD_RESOLVED_TWICE",
        wrong="A hold was posted, released or expired more than once.",
        advice="Reverse the later one if it posted; the constraint that forbids it is gone.",
        find=query("""
            SELECT hold_id AS id, count(*) AS resolutions FROM finance_transfer
            WHERE hold_id IS NOT NULL GROUP BY hold_id HAVING count(*) > 1
        """),
    ),
    joint(
        """
            r.id, r.phase, r.hold_id, h.phase AS phase_of_hold, r.amount, h.amount AS held, r.created_at, h.timeout_at,
            rx.number, hx.number AS number_of_hold
        """,
        """
            finance_transfer r JOIN finance_transfer h ON h.id = r.hold_id
            LEFT JOIN finance_ledgertransaction rx ON rx.id = r.transaction_id
            LEFT JOIN finance_ledgertransaction hx ON hx.id = h.transaction_id
        """,
        Fault(
            code="RESOLUTION_NOT_OF_HOLD",
            wrong="What a transfer resolves is no hold, or has other accounts or another currency.",
            advice="Its link or its accounts were changed: its fingerprint and the entries tell which.",
            where="""
                h.phase <> 'pending' OR r.currency <> h.currency
                OR r.debit_account_id <> h.debit_account_id OR r.credit_account_id <> h.credit_account_id
            """,
        ),
        Fault(
            code="RESOLUTION_AMOUNT_MISMATCH",
            wrong="More was posted than was held, or a release or expiry is not of all that was held.",
            advice="Compare both with their fingerprints; correct the balance by an adjustment.",
            where="r.amount > h.amount OR (r.phase IN ('void', 'expire') AND r.amount <> h.amount)",
        ),
        Fault(
            code="RESOLUTION_BEFORE_HOLD",
            wrong="A hold was resolved before it was placed.",
            advice="Its link was changed, or one of the two was inserted by hand.",
            where="rx.number < hx.number",
        ),
        Fault(
            code="HOLD_POSTED_LATE",
            wrong="A hold was posted at or after its timeout.",
            advice="The post was not judged, or the timeout was changed: ask the buyer before it is settled.",
            where="r.phase = 'post' AND h.timeout_at <= r.created_at",
        ),
        Fault(
            code="HOLD_EXPIRED_EARLY",
            wrong="A hold expired before its timeout, or had none.",
            advice="The expiry was not judged, or the timeout was changed: the seller may count on the money.",
            where="r.phase = 'expire' AND (h.timeout_at IS NULL OR h.timeout_at > r.created_at)",
        ),
    ),
    joint(
        "h.id, h.timeout_at, w.id AS expiry_id, w.state, w.run_at, w.last_error",
        """
            (
                SELECT t.id, t.timeout_at FROM finance_transfer t
                WHERE t.phase = 'pending' AND t.timeout_at IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM finance_transfer r WHERE r.hold_id = t.id)
            ) AS h LEFT JOIN finance_holdexpiry w ON w.hold_id = h.id
        """,
        Fault(
            code="HOLD_OVERDUE",
            wrong="A hold is still open ten minutes after its timeout.",
            advice="Look whether the runner of work is running: expiries are work rows.",
            where=_overdue,
        ),
        Fault(
            code="HOLD_EXPIRY_MISSING",
            wrong="An open hold has a timeout, and nothing that will end it.",
            advice="Release it, or insert its expiry; it will not end by itself.",
            where="w.id IS NULL OR w.state = 'done'",
        ),
        Fault(
            code="HOLD_EXPIRY_DEAD",
            wrong="The expiry of an open hold was given up.",
            advice="Read its last error, and replay it in the admin.",
            where="w.state = 'dead'",
        ),
        Fault(
            code="HOLD_EXPIRY_LATE",
            wrong="The expiry of an open hold waits for a time long after the timeout.",
            advice="Set its `run_at` to the timeout.",
            where=_late,
        ),
    ),
    check(
        code="HOLD_EXPIRY_STRAY",
        wrong="An expiry belongs to something that is no hold, or has no timeout.",
        advice="It will fail when it runs: delete it once it is understood.",
        find=query("""
            SELECT w.id, w.hold_id, h.phase FROM finance_holdexpiry w JOIN finance_transfer h ON h.id = w.hold_id
            WHERE h.phase <> 'pending' OR h.timeout_at IS NULL
        """),
    ),
)
