"""Checks of the money that goes out: refunds, disputes and payouts, each held, posted or released as it stands."""

from finance.sql.checks.check import Fault
from finance.sql.checks.papers import LOSSES, is_cash, is_payable, is_receivable, joint_late, reference


def _held(row: str, kind: str) -> str:
    """Return the joins from a row to its hold, to the accounts of that, and to what has resolved it."""
    return f"""
        LEFT JOIN finance_transfer h ON h.id = {row}.hold_id
        LEFT JOIN finance_ledgertransaction hx
            ON hx.id = h.transaction_id AND hx.reference = {reference(kind, f"{row}.id", "held")}
        LEFT JOIN finance_account d ON d.id = h.debit_account_id
        LEFT JOIN finance_account c ON c.id = h.credit_account_id
        LEFT JOIN finance_transfer s ON s.hold_id = h.id
    """


def _returned(row: str, kind: str) -> str:
    """Return the joins from a row to what came back of it, and to the accounts of that."""
    return f"""
        LEFT JOIN finance_ledgertransaction bx ON bx.reference = {reference(kind, f"{row}.id", "returned")}
        LEFT JOIN finance_transfer b ON b.transaction_id = bx.id
        LEFT JOIN finance_account bd ON bd.id = b.debit_account_id
        LEFT JOIN finance_account bc ON bc.id = b.credit_account_id
    """


def _refunds() -> str:
    return f"""
        finance_refund r JOIN finance_paymentintent i ON i.id = r.intent_id
        {_held("r", "refund")} {_returned("r", "refund")}
        LEFT JOIN finance_creditnote n ON n.refund_id = r.id
    """


def _disputes() -> str:
    taken = f"""
        t.phase = 'single' AND t.currency = i.currency AND {is_cash("c", "i.provider")}
        AND (a.code = '{LOSSES}' OR {is_payable("a", "i.payee_id")})
    """
    return f"""
        finance_dispute d JOIN finance_paymentintent i ON i.id = d.intent_id
        LEFT JOIN finance_ledgertransaction x ON x.id = d.transaction_id
        LEFT JOIN finance_ledgertransaction u ON u.reverses_id = x.id
        LEFT JOIN (
            SELECT d.id, sum(t.amount) AS amount, sum(CASE WHEN {taken} THEN t.amount ELSE 0 END) AS taken
            FROM finance_dispute d JOIN finance_paymentintent i ON i.id = d.intent_id
            JOIN finance_transfer t ON t.transaction_id = d.transaction_id
            JOIN finance_account a ON a.id = t.debit_account_id JOIN finance_account c ON c.id = t.credit_account_id
            GROUP BY d.id
        ) AS b ON b.id = d.id
    """  # noqa: S608 - constants only


def _payouts() -> str:
    return f"finance_payout p {_held('p', 'payout')} {_returned('p', 'payout')}"


_REFUND_BECAME = """
    CASE WHEN s.id IS NULL THEN 'pending' WHEN s.phase = 'void' AND bx.id IS NULL THEN 'failed'
        WHEN s.phase = 'post' AND bx.id IS NULL THEN 'succeeded' WHEN s.phase = 'post' THEN 'failed' ELSE '' END
"""
_PAYOUT_BECAME = """
    CASE WHEN s.id IS NULL THEN 'pending' WHEN s.phase = 'post' AND bx.id IS NULL THEN 'paid'
        WHEN (s.phase = 'post' OR bx.id IS NULL) AND p.state IN ('failed', 'canceled') THEN p.state ELSE '' END
"""
_IS_POSTED = "(r.origin = 'seller' AND coalesce(s.phase, '') = 'post')"
_SOURCE_OF_REFUND = f"""
    (r.origin = 'seller' AND {is_payable("d", "i.payee_id")}) OR
    (r.origin = 'overpayment' AND {is_receivable("d", "i.payer_id")})
"""

PROBES = (
    joint_late(
        f"""
            r.id, r.number, r.state, {_REFUND_BECAME} AS became, r.origin, r.amount, h.amount AS held,
            s.amount AS resolved, b.amount AS returned, n.amount AS credited, r.hold_id
        """,
        _refunds,
        Fault(
            code="REFUND_HOLD_MISMATCH",
            wrong="What was held for a refund is not its amount, or is not between the accounts that it is about.",
            advice="The fingerprint of the hold tells whether it was changed. If not, the refund was: see its payment.",
            where=f"""
                hx.id IS NULL OR h.phase <> 'pending' OR h.amount <> r.amount OR h.currency <> i.currency
                OR NOT {is_cash("c", "i.provider")} OR NOT ({_SOURCE_OF_REFUND})
            """,
        ),
        Fault(
            code="REFUND_STATE_MISMATCH",
            wrong="A refund is not what became of its hold: posted, released, or posted and returned.",
            advice="Ask the provider. Believe the ledger, and set the state to what became of the hold.",
            where=f"""
                r.state <> {_REFUND_BECAME} OR (s.phase = 'post' AND s.amount <> r.amount)
                OR (r.state = 'pending') <> (r.settled_at IS NULL)
            """,
        ),
        Fault(
            code="REFUND_RETURN_MISMATCH",
            wrong="What came back of a refund is not its amount, or is not to the credit of the payer.",
            advice="The fingerprint of the transaction tells whether it was changed. If not, the refund was.",
            where=f"""
                bx.id IS NOT NULL AND (b.phase <> 'single' OR b.amount <> r.amount OR b.currency <> i.currency
                OR NOT {is_cash("bd", "i.provider")} OR NOT {is_receivable("bc", "i.payer_id")})
            """,
        ),
        Fault(
            code="REFUND_CREDIT_NOTE_MISMATCH",
            wrong="A refund of the seller's money that was paid has not one credit note of its amount, or another has.",
            advice="Numbers tell whether one is missing: find it in a backup. Without it the seller pays tax twice.",
            where=f"""
                {_IS_POSTED} <> (n.id IS NOT NULL) OR n.amount <> r.amount OR n.invoice_id <> i.invoice_id
                OR n.transaction_id <> s.transaction_id
            """,
        ),
    ),
    joint_late(
        """
            d.id, d.provider_ref, d.state, d.amount, b.amount AS moved, b.taken, i.captured, x.number,
            u.number AS reversed_by
        """,
        _disputes,
        Fault(
            code="DISPUTE_NOT_AS_BOOKED",
            wrong="What was booked for a dispute is not its amount, taken from the seller or from us by the provider.",
            advice="The fingerprint tells whether the transaction was changed. If not, ask the provider.",
            where=lambda: (
                f"""
                x.kind <> 'chargeback' OR x.reference <> {reference("dispute", "i.id")} || ':' || d.provider_ref
                OR d.amount > i.captured OR coalesce(b.amount, 0) <> d.amount OR b.taken <> b.amount
            """
            ),
        ),
        Fault(
            code="DISPUTE_STATE_MISMATCH",
            wrong="A dispute was won and the money is not back, or it is back and the dispute was not won.",
            advice="Ask the provider. If the money is back, reverse the dispute's transaction (`undo` of the services);"
            " if it is not, set the state to what the last change of the payment says.",
            where="""
                (d.state = 'won') <> (u.id IS NOT NULL)
                OR (d.state IN ('won', 'lost')) <> (d.closed_at IS NOT NULL)
            """,
        ),
    ),
    joint_late(
        f"""
            p.id, p.number, p.state, {_PAYOUT_BECAME} AS became, p.amount, h.amount AS held, s.amount AS resolved,
            b.amount AS returned, p.hold_id
        """,
        _payouts,
        Fault(
            code="PAYOUT_HOLD_MISMATCH",
            wrong="What was held for a payout is not its amount, or is not between the accounts that it is about.",
            advice="The fingerprint of the hold tells whether it was changed. If not, ask the provider.",
            where=f"""
                hx.id IS NULL OR h.phase <> 'pending' OR h.amount <> p.amount OR h.currency <> p.currency
                OR NOT {is_cash("c", "p.provider")} OR NOT {is_payable("d", "p.business_id")}
            """,
        ),
        Fault(
            code="PAYOUT_STATE_MISMATCH",
            wrong="A payout is not what became of its hold: posted, released, or posted and returned.",
            advice="Ask the provider. Believe the ledger, and set the state to what became of the hold.",
            where=f"""
                p.state <> {_PAYOUT_BECAME} OR (s.phase = 'post' AND s.amount <> p.amount)
                OR (p.state = 'pending') <> (p.settled_at IS NULL)
            """,
        ),
        Fault(
            code="PAYOUT_RETURN_MISMATCH",
            wrong="What came back of a payout is not its amount, or is not to the credit of its business.",
            advice="The fingerprint of the transaction tells whether it was changed. If not, the payout was.",
            where=f"""
                bx.id IS NOT NULL AND (b.phase <> 'single' OR b.amount <> p.amount OR b.currency <> p.currency
                OR NOT {is_cash("bd", "p.provider")} OR NOT {is_payable("bc", "p.business_id")})
            """,
        ),
    ),
)
