"""Checks of what is read one by one: what each line of an invoice comes to, and the files as they were given out."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection
from iso4217 import Currency

from finance.models import StoredDocument
from finance.sql.checks.check import Found, Tally, check
from wholexale.common.clock import database_now
from wholexale.common.money import exponent

SAMPLE = 2_000
"""How many files a run reads at most; of more, each day has others, so that all of them come round."""

_BATCH = 5_000
_WHOLE_PRICE = 10**9  # quantities are in thousandths, prices in millionths
_WHOLE_RATE = 10_000
_DIGITS = {one.code: exponent(one.code) for one in Currency}

# Casts, because SQLite keeps whatever it is given, also where a number belongs.
_LINES = """
    SELECT CAST(l.id AS varchar), v.currency, v.is_reverse_charge, CAST(l.quantity AS bigint),
        CAST(l.unit_price AS bigint), CAST(l.discount AS bigint), CAST(l.taxable AS bigint),
        CAST(l.tax_rate AS bigint), CAST(l.tax AS bigint)
    FROM finance_invoiceline l JOIN finance_invoice v ON v.id = l.invoice_id
"""
_FILES = """
    SELECT CAST(f.id AS varchar), f.content, f.sha256 FROM finance_storeddocument f JOIN (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM finance_storeddocument
    ) AS n ON n.id = f.id WHERE n.place % {shares} = {share}
"""


class Line(NamedTuple):
    """What is read of a line of an invoice."""

    id: str
    currency: str
    is_reverse_charge: bool
    quantity: int
    unit_price: int
    discount: int
    taxable: int
    tax_rate: int
    tax: int

    @property
    def expected_taxable(self) -> int:
        """Return quantity times price, rounded once, less the discount."""
        price = self.quantity * self.unit_price * 10 ** _DIGITS.get(self.currency, 0)
        return _rounded(price, _WHOLE_PRICE) - self.discount

    @property
    def expected_taxes(self) -> set[int]:
        """Return what the tax may come to: one tax, or two equal halves that are rounded each."""
        if self.is_reverse_charge:
            return {0}
        part = self.taxable * self.tax_rate
        return {_rounded(part, _WHOLE_RATE), 2 * _rounded(part, 2 * _WHOLE_RATE)}


def _misreckoned() -> Found:
    tally = Tally()
    for row in _rows(_LINES, _BATCH):
        line = Line._make(row)
        if line.taxable != line.expected_taxable or line.tax not in line.expected_taxes:
            tally.add(**line._asdict(), expected_taxable=line.expected_taxable)
    return tally.found()


def _changed_files() -> Found:
    tally = Tally()
    shares = -(-StoredDocument.objects.count() // SAMPLE) or 1
    share = database_now().toordinal() % shares
    for document_id, content, sha256 in _rows(_FILES.format(shares=shares, share=share), batch=50):
        digest = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
        if digest != sha256:
            tally.add(id=document_id, sha256=sha256, expected=digest)
    return tally.found()


def _rows(statement: str, batch: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement, of which only so many are in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        yield from chain.from_iterable(iter(lambda: cursor.fetchmany(batch), []))


def _rounded(numerator: int, denominator: int) -> int:
    """Return a quotient, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


PROBES = (
    check(
        code="INVOICE_LINE_MISRECKONED",
        wrong="A line of an invoice is not its quantity times its price less its discount, or its tax not of its rate.",
        advice="It was changed by hand: compare it with the stored file and a backup.",
        find=_misreckoned,
    ),
    check(
        code="DOCUMENT_CHANGED",
        wrong="The file of an invoice or credit note is not the one that was given out: its digest is another.",
        advice="Restore the file from a backup; whoever got the first one has another.",
        find=_changed_files,
    ),
)
