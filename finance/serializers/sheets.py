"""Statements and invoices as CSV (RFC 4180), for spreadsheets that take texts for formulas when they begin like one."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from finance.models import Account, Entry, Invoice
from finance.selectors import Statement, invoice_status, today_for
from wholexale.common.money import from_minor

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
INVOICE_HEADER = (
    "invoiceNumber", "issuedOn", "dueOn", "seller", "buyer", "reference", "currency", "total", "credited", "paid",
    "refunded", "due", "status",
)  # fmt: skip
HEADER = ("seq", "date", "transactionId", "description", "debit", "credit", "balance")
Cell = str | int | Decimal | None

_FORMULA = ("=", "+", "-", "@")
_CONTROL = ("\t", "\r", "\n")


def statement_csv(found: Statement, batches: Iterable[list[Entry]]) -> Iterator[bytes]:
    """Yield a statement in pieces: the header, the opening balance, the entries, the closing balance."""
    zone, currency = _zone(found), found.account.currency
    opening = [None, _local(found.start, zone), None, "Opening balance", None, None, _amount(found.opening, currency)]
    closing = [None, _local(found.end, zone), None, "Closing balance", None, None, _amount(found.closing, currency)]
    yield _lines([HEADER, opening])
    for batch in batches:
        yield _lines(_row(entry, currency, zone) for entry in batch)
    yield _lines([closing])


def invoice_csv(batches: Iterable[list[Invoice]]) -> Iterator[bytes]:
    """Yield a list of invoices in pieces, the newest first."""
    yield _lines([INVOICE_HEADER])
    for batch in batches:
        yield _lines(_invoice_row(one) for one in batch)


def file_name(found: Statement) -> str:
    """Return what the file of a statement is called, without its ending: its place in the chart, currency, and days."""
    zone, account = _zone(found), found.account
    last = found.end - timedelta(microseconds=1) if found.end else None
    days = [moment.astimezone(zone).strftime("%Y%m%d") for moment in (found.start, last) if moment]
    return "-".join(["statement", account.code.rpartition(":")[2], account.currency, *days])


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that looks like it begins with an apostrophe."""
    looks_like_one = text.startswith(_CONTROL) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if looks_like_one else text


def _row(entry: Entry, currency: str, zone: ZoneInfo) -> list[Cell]:
    origin, amount = entry.transfer.transaction, _amount(entry.amount, currency)
    is_debit = entry.side == Account.Side.DEBIT
    return [
        entry.seq,
        _local(entry.created_at, zone),
        origin.transaction_id,
        origin.description,
        amount if is_debit else None,
        None if is_debit else amount,
        _amount(entry.balance_after, currency),
    ]


def _invoice_row(invoice: Invoice) -> list[Cell]:
    balance, currency = invoice.balance, invoice.currency
    sums = (invoice.total, balance.credited, balance.paid, balance.refunded, balance.due)
    return [
        invoice.invoice_number,
        invoice.issued_on.isoformat(),
        invoice.due_on.isoformat(),
        invoice.seller_details.get("name", ""),
        invoice.buyer_details.get("name", ""),
        invoice.reference,
        currency,
        *(_amount(one, currency) for one in sums),
        invoice_status(invoice, today_for(invoice.seller)),
    ]


def _lines(rows: Iterable[Iterable[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode()


def _amount(minor: int, currency: str) -> Decimal:
    return from_minor(minor, currency)


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat(timespec="milliseconds") if moment else None


def _zone(found: Statement) -> ZoneInfo:
    return ZoneInfo(found.account.business.time_zone if found.account.business else "UTC")
