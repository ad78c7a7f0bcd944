"""Statements of providers as files: CSV in UTF-8, one line for each amount that was moved."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TextIO, TypeVar

from finance.selectors.movements import TYPES, Moved
from wholexale.common.money import exponent

COLUMNS = ("date", "type", "reference", "amount", "fee", "currency")
"""What a statement has in its first line, in any order; further columns are passed by."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
T = TypeVar("T")


class Unreadable(Exception):
    """A statement that cannot be read: says where, and what was expected."""

    def __init__(self, line: int, expected: str, *, column: str = "") -> None:
        """Take the number of the line, the first being 1, and the name of the column."""
        super().__init__(f"line {line}, column {column}: {expected}" if column else f"line {line}: {expected}")


def read_statement(path: Path) -> Iterator[Moved]:
    """Yield the lines of a statement, one by one: a file may be of any size.

    Raises:
        OSError: there is no such file.
        Unreadable: naming the line and the column.
    """
    # What is no UTF-8 is read as surrogates, so that the field where it stands can be named.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        yield from _lines(_rows(file))


def read_day(text: str) -> date:
    """Return a day.

    Raises:
        ValueError: it is not written as 2026-11-18.
    """
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"a day such as 2026-11-18 is expected, not {text!r}")


def _lines(rows: Iterator[tuple[int, list[str]]]) -> Iterator[Moved]:
    names = _header(rows)
    for number, row in rows:
        if len(row) != len(names):
            raise Unreadable(number, f"{len(names)} fields are expected, and there are {len(row)}")
        yield _read(number, dict(zip(names, row, strict=True)))


def _header(rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    """Return the names of the columns."""
    number, header = next(rows, (1, []))
    try:
        names = [_text(name).lower() for name in header]
    except ValueError as error:
        raise Unreadable(number, str(error)) from error
    for name in COLUMNS:
        if names.count(name) != 1:
            raise Unreadable(number, f"a header is expected that names the column {name} once")
    return names


def _rows(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty with the number of the line on which it begins."""
    reader = csv.reader(file, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise Unreadable(number, str(error)) from error
        if row is None:
            return
        if row:
            yield number, row


def _read(number: int, row: Mapping[str, str]) -> Moved:
    def read(column: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(_text(row[column]))
        except ValueError as error:
            raise Unreadable(number, str(error), column=column) from error

    currency = read("currency", _currency)
    return Moved(
        date=read("date", read_day),
        type=read("type", _type),
        reference=read("reference", _reference),
        amount=read("amount", lambda text: _amount(text, currency)),
        fee=read("fee", lambda text: _minor(text or "0", currency)),
        currency=currency,
        name=f"line {number}",
    )


def _text(field: str) -> str:
    """Return a field without blanks around it.

    Raises:
        ValueError: it is not in UTF-8.
    """
    if not field.isascii() and any("\ud800" <= sign <= "\udfff" for sign in field):
        raise ValueError("text in UTF-8 is expected")
    return field.strip()


def _type(text: str) -> str:
    if text not in TYPES:
        raise ValueError(f"one of {', '.join(TYPES)} is expected, not {text!r}")
    return text


def _reference(text: str) -> str:
    if not text:
        raise ValueError("a reference is expected")
    return text


def _currency(text: str) -> str:
    try:
        if _CURRENCY.fullmatch(text):
            exponent(text)
            return text
    except ValueError:
        pass
    raise ValueError(f"a currency such as INR is expected, not {text!r}")


def _amount(text: str, currency: str) -> int:
    amount = _minor(text, currency)
    if not amount:
        raise ValueError("an amount that is not zero is expected")
    return amount


def _minor(text: str, currency: str) -> int:
    """Return a number of whole units in minor units."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"a number such as -1234.50 is expected, not {text!r}")
    digits = exponent(currency)
    exact = Decimal(text).scaleb(digits)
    if exact != exact.to_integral_value():
        raise ValueError(f"{currency} has {digits} digits behind the point, and {text!r} has more")
    return int(exact)
