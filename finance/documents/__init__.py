"""Documents on paper: invoices, credit notes and statements as PDF files.

A document is made of plain values alone: nothing here knows a database, a model or a request. The same values make the
same bytes, as long as the libraries stay the same, so a digest of a file that was sent can be stored.

fpdf2 and the fonts take a quarter of the time in which a process starts, so the first document loads them.
"""

from collections.abc import Iterable

from finance.documents.shapes import InvoiceLine, InvoiceSheet, StatementRow, StatementSheet, TaxPart


def render_invoice(sheet: InvoiceSheet) -> bytes:
    """Return an invoice or a credit note as a PDF file; the same sheet makes the same bytes."""
    from finance.documents import invoices  # noqa: PLC0415 - loads fpdf2

    return invoices.render_invoice(sheet)


def render_statement(sheet: StatementSheet, rows: Iterable[StatementRow]) -> bytes:
    """Return a statement as a PDF file; the same sheet and rows make the same bytes."""
    from finance.documents import statements  # noqa: PLC0415 - loads fpdf2

    return statements.render_statement(sheet, rows)


__all__ = [
    "InvoiceLine",
    "InvoiceSheet",
    "StatementRow",
    "StatementSheet",
    "TaxPart",
    "render_invoice",
    "render_statement",
]
