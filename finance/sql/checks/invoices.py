"""Checks of the invoices and credit notes: each says what was posted, adds up, is owed and numbered as it should."""

from finance.sql.checks.check import Fault, check, dashed, is_postgres, joint, query
from finance.sql.checks.papers import is_payable, is_receivable, moved_by
from finance.sql.checks.payments import OF_PAYMENT

_ACCOUNTS = """
    LEFT JOIN finance_account d ON d.id = t.debit_account_id LEFT JOIN finance_account c ON c.id = t.credit_account_id
"""
_INVOICES = f"""
    finance_invoice v LEFT JOIN finance_invoicebalance b ON b.invoice_id = v.id
    LEFT JOIN finance_transfer t ON t.transaction_id = v.transaction_id {_ACCOUNTS}
    LEFT JOIN (
        SELECT invoice_id, count(*) AS lines, max(position) AS last, sum(taxable + discount) AS subtotal,
            sum(discount) AS discount, sum(tax) AS tax, sum(total) AS total
        FROM finance_invoiceline GROUP BY invoice_id
    ) AS l ON l.invoice_id = v.id
    LEFT JOIN (
        SELECT invoice_id, sum(captured) AS paid, sum(refunded) AS refunded
        FROM finance_paymentintent GROUP BY invoice_id
    ) AS p ON p.invoice_id = v.id
    LEFT JOIN (
        SELECT invoice_id, sum(amount) AS credited, sum(tax) AS tax FROM finance_creditnote GROUP BY invoice_id
    ) AS n ON n.invoice_id = v.id
"""  # noqa: S608 - constants only
_CREDIT_NOTES = f"""
    finance_creditnote n JOIN finance_invoice v ON v.id = n.invoice_id
    LEFT JOIN finance_ledgertransaction x ON x.id = n.transaction_id
    LEFT JOIN finance_transfer t ON t.transaction_id = x.id {_ACCOUNTS}
"""
_NUMBERS = """
    (
        SELECT seller_id AS id, kind, year, sum(documents) AS documents, max(newest) AS newest, max(last) AS last FROM (
            SELECT seller_id, 'INV' AS kind, year, count(*) AS documents, max(serial) AS newest, 0 AS last
            FROM finance_invoice GROUP BY seller_id, year
            UNION ALL
            SELECT seller_id, 'CRN', year, count(*), max(serial), 0 FROM finance_creditnote GROUP BY seller_id, year
            UNION ALL
            SELECT seller_id, kind, year, 0, 0, last FROM finance_documentcounter
        ) AS s GROUP BY seller_id, kind, year
    ) AS n
"""


def _sum_of(taxes: str) -> str:
    """Return the sum of the amounts in a list of taxes, whatever else somebody has put there."""
    if is_postgres():
        items = f"CASE jsonb_typeof({taxes}) WHEN 'array' THEN {taxes} ELSE '[]' END"
        amount = "CASE jsonb_typeof(e.one -> 'amount') WHEN 'number' THEN (e.one ->> 'amount')::numeric END"
        return f"(SELECT coalesce(sum({amount}), 0) FROM jsonb_array_elements({items}) AS e (one))"  # noqa: S608 - constants only
    amount = f"json_extract({taxes}, e.fullkey || '.amount')"
    return f"(SELECT coalesce(sum({amount}), 0) FROM json_each({taxes}) AS e)"  # noqa: S608 - constants only


def _credit_note_reference() -> str:
    return f"'credit:' || {dashed('v.id')} || ':' || n.year || '-' || n.serial"


def _owed() -> str:
    """Return whose posted debt on papers is not the sum of what is due on their invoices."""
    of_papers = moved_by(f"v.id IS NOT NULL OR x.kind IN ('credit_note', 'refund') OR {OF_PAYMENT}")
    return f"""
        SELECT business_id AS id, currency, sum(posted) AS posted, sum(due) AS due FROM (
            SELECT a.business_id, a.currency, m.amount AS posted, 0 AS due
            FROM ({of_papers}) AS m JOIN finance_account a ON a.id = m.account_id WHERE a.limit_policy = 'credit_limit'
            UNION ALL
            SELECT v.buyer_id, v.currency, 0, v.total - b.credited - b.paid + b.refunded
            FROM finance_invoice v JOIN finance_invoicebalance b ON b.invoice_id = v.id
            UNION ALL
            SELECT payer_id, currency, 0, refunded - captured FROM finance_paymentintent WHERE invoice_id IS NULL
        ) AS s GROUP BY business_id, currency HAVING sum(posted) <> sum(due)
    """  # noqa: S608 - constants only


PROBES = (
    joint(
        """
            v.id, v.seller_id, v.year, v.serial, v.currency, v.subtotal, v.discount, v.tax, v.total, t.amount AS posted,
            l.lines, l.total AS of_lines, b.credited, n.credited AS expected_credited, b.paid, p.paid AS expected_paid,
            b.refunded, p.refunded AS expected_refunded
        """,
        _INVOICES,
        Fault(
            code="INVOICE_NOT_AS_POSTED",
            wrong="The total of an invoice is not what its transaction has posted, from its buyer to its seller.",
            advice="The fingerprint tells whether the transaction was changed. If not, the invoice was: see its file.",
            where=f"""
                t.id IS NULL OR t.phase <> 'post' OR t.amount <> v.total OR t.currency <> v.currency
                OR NOT {is_receivable("d", "v.buyer_id")} OR NOT {is_payable("c", "v.seller_id")}
            """,
        ),
        Fault(
            code="INVOICE_LINES_DRIFT",
            wrong="The lines of an invoice do not add up to it, or are not numbered 1, 2, 3.",
            advice="A line is missing or was changed: compare them with the stored file and a backup.",
            where="""
                l.lines IS NULL OR l.last <> l.lines OR l.subtotal <> v.subtotal OR l.discount <> v.discount
                OR l.tax <> v.tax OR l.total <> v.total
            """,
        ),
        Fault(
            code="INVOICE_TAXES_DRIFT",
            wrong="The taxes of an invoice do not add up to its tax.",
            advice="The list of taxes was changed: compare it with the lines, the stored file and a backup.",
            where=lambda: f"{_sum_of('v.taxes')} <> v.tax",
        ),
        Fault(
            code="INVOICE_BALANCE_MISSING",
            wrong="An invoice has no balance: it can neither be paid nor credited.",
            advice="Insert the balance with the expected sums.",
            where="b.invoice_id IS NULL",
        ),
        Fault(
            code="INVOICE_BALANCE_DRIFT",
            wrong="What an invoice says was paid, refunded or credited is not the sum of payments and credit notes.",
            advice="If the payments and credit notes are sound, set the balance to the expected sums under its lock.",
            where="""
                b.paid <> coalesce(p.paid, 0) OR b.refunded <> coalesce(p.refunded, 0)
                OR b.credited <> coalesce(n.credited, 0)
            """,
        ),
        Fault(
            code="INVOICE_OVERCREDITED",
            wrong="More was taken off an invoice than it comes to.",
            advice="Look which credit note was not judged; the seller has given up more than was sold.",
            where="n.credited > v.total OR b.credited > v.total",
        ),
        Fault(
            code="INVOICE_CREDITED_TAX_DRIFT",
            wrong="The credit notes of an invoice take off more tax than it has, or all of it without all of its tax.",
            advice="The tax of a credit note was changed: compare them with their stored files.",
            where="n.tax > v.tax OR (n.credited = v.total AND n.tax <> v.tax)",
        ),
    ),
    joint(
        """
            n.id, n.seller_id, n.year, n.serial, n.amount, n.tax, v.seller_id AS seller_of_invoice, x.number, x.kind,
            t.amount AS moved
        """,
        _CREDIT_NOTES,
        Fault(
            code="CREDIT_NOTE_NOT_AS_BOOKED",
            wrong="A credit note is of another seller than its invoice, or not what its transaction has moved.",
            advice="The fingerprint tells whether the transaction was changed. If not, see the stored file.",
            where=lambda: (
                f"""
                n.seller_id <> v.seller_id OR (n.refund_id IS NULL AND (
                    t.id IS NULL OR x.kind <> 'credit_note' OR x.reference <> {_credit_note_reference()}
                    OR t.phase <> 'single' OR t.amount <> n.amount OR t.currency <> v.currency
                    OR NOT {is_payable("d", "v.seller_id")} OR NOT {is_receivable("c", "v.buyer_id")}))
            """
            ),
        ),
        Fault(
            code="CREDIT_NOTE_TAXES_DRIFT",
            wrong="The taxes of a credit note do not add up to its tax.",
            advice="The list of taxes was changed: compare it with the stored file and a backup.",
            where=lambda: f"{_sum_of('n.taxes')} <> n.tax",
        ),
    ),
    joint(
        "n.id, n.kind, n.year, n.documents, n.newest, n.last",
        _NUMBERS,
        Fault(
            code="DOCUMENT_NUMBER_GAP",
            wrong="The invoices or credit notes of a seller are not numbered 1, 2, 3 in a year; the seller is named.",
            advice="One is missing or was renumbered: tax law wants them all. Find it in a backup.",
            where="n.documents <> n.newest",
        ),
        Fault(
            code="DOCUMENT_COUNTER_DRIFT",
            wrong="The counter of a seller's documents is not their last number: the next is refused, or leaves a gap.",
            advice="If no document is missing, set the counter to the newest number.",
            where="n.last <> n.newest",
        ),
    ),
    check(
        code="RECEIVABLE_DRIFT",
        wrong="What a buyer owes on papers, by the ledger, is not what is due on invoices less what was prepaid.",
        advice="Another finding names the invoice, payment or transaction at fault. What staff has booked, and what was"
        " captured without an invoice, is left out on both sides.",
        find=query(_owed),
    ),
)
