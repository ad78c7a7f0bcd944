"""Documents on paper: invoices, credit notes and statements as PDF files.

A document is made of plain values alone: nothing here knows a database, a model or a request. The same values make the
same bytes, as long as the libraries stay the same, so a digest of a file that was sent can be stored.
"""

from finance.documents.invoices import render_invoice
from finance.documents.shapes import InvoiceLine, InvoiceSheet, Party, StatementRow, StatementSheet, TaxPart
from finance.documents.statements import render_statement

__all__ = [
    "InvoiceLine",
    "InvoiceSheet",
    "Party",
    "StatementRow",
    "StatementSheet",
    "TaxPart",
    "render_invoice",
    "render_statement",
]
