"""Checks of what members have spent: each spend is of a hold and counts what is left of it, and windows add up."""

from finance.sql.checks.check import Fault, check, joint, moved, query

_LEFT = "CASE WHEN r.id IS NULL THEN h.amount WHEN r.phase = 'post' THEN r.amount ELSE 0 END"
_DAY = 86_400
_LENGTHS = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366)}
"""How many days a window may have; where clocks change they are an hour or two shorter or longer."""


def _windows_of_wrong_length() -> str:
    clocks = 2 * 3600
    shortest = " ".join(
        f"WHEN '{kind}' THEN {moved('starts_at', least * _DAY - clocks)}" for kind, (least, _) in _LENGTHS.items()
    )
    longest = " ".join(
        f"WHEN '{kind}' THEN {moved('starts_at', most * _DAY + clocks)}" for kind, (_, most) in _LENGTHS.items()
    )
    window = '"window"'
    return f"""
        SELECT id, membership_id, {window}, starts_at, ends_at FROM finance_spendingwindow
        WHERE ends_at < CASE {window} {shortest} END OR ends_at > CASE {window} {longest} END OR {window} = 'none'
    """  # noqa: S608 - constants only


PROBES = (
    joint(
        f"s.hold_id AS id, s.membership_id, s.currency, h.phase, h.currency AS of_hold, s.amount, {_LEFT} AS expected",
        """
            finance_spend s JOIN finance_transfer h ON h.id = s.hold_id
            LEFT JOIN finance_transfer r ON r.hold_id = h.id LEFT JOIN finance_account a ON a.id = h.debit_account_id
            LEFT JOIN accounts_membership m ON m.id = s.membership_id
        """,
        Fault(
            code="SPEND_NOT_OF_HOLD",
            wrong="A spend is not of a hold of the member's business in the same currency.",
            advice="It was changed by hand: compare it with a backup.",
            where="""
                h.phase <> 'pending' OR s.currency <> h.currency OR a.business_id IS NULL
                OR a.business_id <> m.business_id
            """,
        ),
        Fault(
            code="SPEND_AMOUNT_DRIFT",
            wrong="A spend does not count what is held, or what was posted of it.",
            advice="Set it to the expected amount, and its windows with it.",
            where=f"s.amount <> {_LEFT}",
        ),
    ),
    check(
        code="SPEND_MISSING",
        wrong="A member's hold on the credit of their business is not counted as spent.",
        advice="Somebody deleted the spend: their limit lets them spend as much again.",
        find=query("""
            SELECT h.id, m.id AS membership_id, h.amount, h.currency FROM finance_transfer h
            JOIN finance_ledgertransaction x ON x.id = h.transaction_id
            JOIN finance_account a ON a.id = h.debit_account_id
            JOIN accounts_membership m ON m.user_id = x.actor_id AND m.business_id = a.business_id
            WHERE h.phase = 'pending' AND x.kind = 'purchase' AND a.limit_policy = 'credit_limit'
                AND m.created_at < h.created_at
                AND NOT EXISTS (SELECT 1 FROM finance_spend s WHERE s.hold_id = h.id)
        """),
    ),
    check(
        code="SPENDING_WINDOW_DRIFT",
        wrong="A counter of a spending limit is not the sum of what was spent in its window.",
        advice="Set the counter to the expected sum under the lock of the membership.",
        find=query("""
            SELECT * FROM (
                SELECT w.id, w.membership_id, w.starts_at, w.ends_at, w.spent_minor, (
                    SELECT coalesce(sum(s.amount), 0) FROM finance_spend s
                    WHERE s.membership_id = w.membership_id AND s.currency = w.currency
                        AND s.made_at >= w.starts_at AND s.made_at < w.ends_at
                ) AS expected FROM finance_spendingwindow w
            ) AS n WHERE spent_minor <> expected
        """),
    ),
    check(
        code="SPENDING_WINDOW_LENGTH",
        wrong="The window of a spending limit is not as long as a day, week, month or year.",
        advice="Delete the counter: the next purchase begins a new one from what was spent.",
        find=query(_windows_of_wrong_length),
    ),
)
