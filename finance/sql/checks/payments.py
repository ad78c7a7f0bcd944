"""Checks of the payments: each is booked as it was paid, its sums and its history agree."""

from finance.models import PaymentIntent, Payout, Refund
from finance.sql.checks.check import Fault, check, query
from finance.sql.checks.papers import (
    cash_code,
    is_cash,
    is_named_in,
    is_provider_fees,
    is_receivable,
    joint_late,
    moved_by,
    reference,
    step_in,
)
from wholexale.common.numbers import numbers_of

OF_PAYMENT = "x.reference LIKE 'payment:%'"
"""The condition that a transaction is what a payment has brought in."""

_STEPS = "':held', ':paid', ':released', ':returned'"


def _payments() -> str:
    return f"""
        finance_paymentintent i LEFT JOIN finance_invoice v ON v.id = i.invoice_id
        LEFT JOIN finance_ledgertransaction x ON x.reference = {reference("payment", "i.id")}
        LEFT JOIN finance_paymentchange c ON c.intent_id = i.id AND c.number = i.version
        LEFT JOIN (
            SELECT intent_id, sum(CASE state WHEN 'succeeded' THEN amount ELSE 0 END) AS refunded,
                sum(CASE state WHEN 'pending' THEN amount ELSE 0 END) AS refunding
            FROM finance_refund GROUP BY intent_id
        ) AS r ON r.intent_id = i.id
        LEFT JOIN (
            SELECT intent_id, sum(amount) AS disputed FROM finance_dispute WHERE state <> 'won' GROUP BY intent_id
        ) AS d ON d.intent_id = i.id
    """  # noqa: S608 - constants only


def _booked() -> str:
    """Return the statement that compares what a payment says with what its transaction has moved."""
    taken = f"{is_cash('d', 'i.provider')} AND {is_receivable('c', 'i.payer_id')}"
    kept = f"{is_provider_fees('d', 'i.provider')} AND {is_cash('c', 'i.provider')}"
    single = "t.phase = 'single' AND t.currency = i.currency"
    return f"""
        SELECT * FROM (
            SELECT i.id, i.number, i.captured, i.provider_fee, count(t.id) AS transfers,
                sum(CASE WHEN {single} AND {taken} THEN t.amount ELSE 0 END) AS taken,
                sum(CASE WHEN {single} AND {kept} THEN t.amount ELSE 0 END) AS kept
            FROM finance_paymentintent i
            JOIN finance_ledgertransaction x ON x.reference = {reference("payment", "i.id")}
            LEFT JOIN finance_transfer t ON t.transaction_id = x.id
            LEFT JOIN finance_account d ON d.id = t.debit_account_id
            LEFT JOIN finance_account c ON c.id = t.credit_account_id
            WHERE i.state = 'succeeded' GROUP BY i.id, i.number, i.captured, i.provider_fee
        ) AS n WHERE taken <> captured OR kept <> provider_fee
            OR transfers <> CASE WHEN provider_fee > 0 THEN 2 ELSE 1 END
    """  # noqa: S608 - constants only


def _without_paper() -> str:
    """Return the transactions that a paper must stand on, where none does."""
    return f"""
        SELECT x.id, x.number, x.kind, x.reference FROM finance_ledgertransaction x
        LEFT JOIN finance_paymentintent i ON {OF_PAYMENT} AND {is_named_in("x.reference", "payment", "i.id")}
        LEFT JOIN finance_refund r ON x.kind = 'refund' AND {is_named_in("x.reference", "refund", "r.id")}
        LEFT JOIN finance_payout p ON x.kind = 'payout' AND {is_named_in("x.reference", "payout", "p.id")}
        LEFT JOIN finance_dispute d ON d.transaction_id = x.id
        LEFT JOIN finance_creditnote n ON n.transaction_id = x.id
        WHERE ({OF_PAYMENT} AND i.id IS NULL)
            OR (x.kind = 'refund' AND (r.id IS NULL OR {step_in("x.reference", "refund")} NOT IN ({_STEPS})))
            OR (x.kind = 'payout' AND (p.id IS NULL OR {step_in("x.reference", "payout")} NOT IN ({_STEPS})))
            OR (x.kind = 'chargeback' AND d.id IS NULL) OR (x.kind = 'credit_note' AND n.id IS NULL)
    """  # noqa: S608 - constants only


def _cash() -> str:
    """Return where the money that papers have moved at a provider is not the sum of the papers."""
    kinds = "x.kind IN ('refund', 'chargeback', 'payout')"
    won = "x.reverses_id IN (SELECT transaction_id FROM finance_dispute)"
    return f"""
        SELECT code AS id, currency, sum(posted) AS posted, sum(papers) AS papers FROM (
            SELECT a.code, a.currency, m.amount AS posted, 0 AS papers
            FROM ({moved_by(f"{OF_PAYMENT} OR {kinds} OR {won}")}) AS m JOIN finance_account a ON a.id = m.account_id
            WHERE a.code LIKE {cash_code("'%'")}
            UNION ALL
            SELECT {cash_code("provider")}, currency, 0, captured - provider_fee - refunded - disputed
            FROM finance_paymentintent
            UNION ALL
            SELECT {cash_code("provider")}, currency, 0, -amount FROM finance_payout WHERE state = 'paid'
        ) AS s GROUP BY code, currency HAVING sum(posted) <> sum(papers)
    """  # noqa: S608 - constants only


def _sequences_behind() -> str:
    return " UNION ALL ".join(
        f"""
            SELECT '{numbers_of(model)}' AS id, s.last_value AS last, n.newest
            FROM {numbers_of(model)} s, (SELECT max(number) AS newest FROM {model._meta.db_table}) AS n
            WHERE n.newest > CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END
        """  # noqa: S608 - constants only
        for model in (PaymentIntent, Refund, Payout)
    )


PROBES = (
    joint_late(
        """
            i.id, i.number, i.state, x.number AS booked_as, i.captured, i.capturable, i.provider_fee, i.version,
            i.refunded, r.refunded AS expected_refunded, i.refunding, r.refunding AS expected_refunding,
            i.disputed, d.disputed AS expected_disputed
        """,
        _payments,
        Fault(
            code="PAYMENT_NOT_OF_INVOICE",
            wrong="A payment is by somebody else, to somebody else or in another currency than its invoice says.",
            advice="It was changed by hand: what it brought in was booked to whom it names. Compare it with a backup.",
            where="i.payer_id <> v.buyer_id OR i.payee_id <> v.seller_id OR i.currency <> v.currency",
        ),
        Fault(
            code="PAYMENT_STATE_MISMATCH",
            wrong="A payment has an amount or a time that does not belong to its state.",
            advice="Ask the provider how it stands, and set what does not belong there to what its last change says.",
            where="""
                (i.state = 'requires_capture') <> (i.capturable > 0) OR i.capturable > i.amount
                OR (i.state <> 'succeeded' AND i.provider_fee <> 0)
                OR (i.state = 'succeeded') <> (i.captured_at IS NOT NULL)
            """,
        ),
        Fault(
            code="PAYMENT_NOT_BOOKED",
            wrong="A payment has succeeded, and nothing was booked for it.",
            advice="Find the transaction in a backup. If there never was one, the state was changed by hand: ask the"
            " provider whether the money came.",
            where="i.state = 'succeeded' AND x.id IS NULL",
        ),
        Fault(
            code="PAYMENT_BOOKED_UNPAID",
            wrong="Money was booked for a payment that has not succeeded.",
            advice="Ask the provider. If the money came, restore the state and the amount that its last change says.",
            where="i.state <> 'succeeded' AND x.id IS NOT NULL",
        ),
        Fault(
            code="PAYMENT_REFUNDS_DRIFT",
            wrong="What a payment says is refunded, or waits to be, is not the sum of its refunds.",
            advice="Set it to the expected sums under its lock: too much may be refunded meanwhile.",
            where="i.refunded <> coalesce(r.refunded, 0) OR i.refunding <> coalesce(r.refunding, 0)",
        ),
        Fault(
            code="PAYMENT_DISPUTES_DRIFT",
            wrong="What a payment says is disputed is not the sum of its disputes that were not won.",
            advice="Set it to the expected sum under its lock: too much may be refunded meanwhile.",
            where="i.disputed <> coalesce(d.disputed, 0)",
        ),
        Fault(
            code="PAYMENT_HISTORY_DRIFT",
            wrong="A payment is not what its last change says, or that change is not there, or not the last.",
            advice="Somebody changed it by hand. Find out whom to believe: the ledger and the provider know.",
            where="""
                c.id IS NULL OR c.new_state <> i.state OR c.captured <> i.captured OR c.refunded <> i.refunded
                OR c.refunding <> i.refunding OR c.disputed <> i.disputed OR EXISTS (
                    SELECT 1 FROM finance_paymentchange o WHERE o.intent_id = i.id AND o.number > i.version)
            """,
        ),
    ),
    check(
        code="PAYMENT_BOOKED_OTHERWISE",
        wrong="What was booked for a payment is not what was captured and what the provider kept, or is elsewhere.",
        advice="The fingerprint tells whether the transaction was changed. If not, the payment was: ask the provider.",
        find=query(_booked),
    ),
    check(
        code="PAYMENT_HISTORY_CHAIN",
        wrong="A change of a payment does not begin with the state that the one before it left, or has not its number.",
        advice="A change is missing before it, or one was changed by hand: compare them with a backup.",
        find=query("""
            SELECT id, intent_id, number, old_state, before_state FROM (
                SELECT c.*, lag(number, 1, 0) OVER (PARTITION BY intent_id ORDER BY number) AS before_number,
                    lag(new_state) OVER (PARTITION BY intent_id ORDER BY number) AS before_state
                FROM finance_paymentchange c
            ) AS n WHERE number <> before_number + 1 OR old_state <> coalesce(before_state, '')
        """),
    ),
    check(
        code="PAPER_MISSING",
        wrong="Money was booked for a payment, refund, dispute, payout or credit note that there is not.",
        advice="Find the row in a backup, by the reference. If there never was one, the transaction was forged.",
        find=query(_without_paper),
    ),
    check(
        code="PAPER_REVERSED",
        wrong="A transaction was reversed on which an invoice, payment, refund, payout or credit note still stands.",
        advice="Book the opposite by an adjustment; the invoice or payment itself is undone by a credit or refund.",
        find=query(f"""
            SELECT r.id, r.number, o.number AS number_of_original, o.kind, o.reference
            FROM finance_ledgertransaction r JOIN finance_ledgertransaction o ON o.id = r.reverses_id
            LEFT JOIN finance_invoice v ON v.transaction_id = o.id
            WHERE o.kind IN ('credit_note', 'refund', 'payout') OR v.id IS NOT NULL
                OR {OF_PAYMENT.replace("x.", "o.")}
        """),  # noqa: S608 - constants only
    ),
    check(
        code="PROVIDER_CASH_DRIFT",
        wrong="What papers have moved at a provider is not what its payments, refunds, disputes and payouts add up to.",
        advice="Another finding names the paper or the transaction at fault; `manage.py reconcile` asks the provider.",
        find=query(_cash),
    ),
    check(
        code="PAPER_SEQUENCE_BEHIND",
        wrong="A sequence will give the next payments, refunds or payouts numbers that are taken: they are refused.",
        advice="`SELECT setval(id, newest)`, with the id and the newest number of the row.",
        vendor="postgresql",
        find=query(_sequences_behind),
    ),
)
