"""How amounts, days and texts of others are written on paper."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from wholexale.common.money import from_minor

MINUS = "\N{MINUS SIGN}"
MARK = "\N{LOZENGE}"
"""Stands for a character that the typeface lacks."""

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Control characters by their category, but Devanagari is not spelled without them."""

_BEFORE_PAIRS = re.compile(r"(?<=\d)(?=(\d\d)+\d$)")
"""Where India puts its commas: before the last three digits, and before each pair in front of them."""


def amount(minor: int, currency: str) -> str:
    """Return an amount of minor units with all digits of its currency, grouped: 1,234.500, but rupees 12,34,567.80."""
    written = grouped(from_minor(abs(minor), currency), currency)
    return f"{MINUS}{written}" if minor < 0 else written


def grouped(number: Decimal, currency: str) -> str:
    """Return a number, not below zero, with its digits grouped as those who deal in a currency do."""
    return _in_lakhs(f"{number:f}") if currency == "INR" else f"{number:,f}"


def money(minor: int, currency: str) -> str:
    """Return an amount with the code of its currency."""
    return f"{currency} {amount(minor, currency)}"


def plain(number: Decimal) -> str:
    """Return a number without zeros at its end: 85.50 for prices is `85.5`, 100.000 is `100`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(on: date) -> str:
    """Return a date as no reader mistakes it: 5 April 2026."""
    return f"{on.day} {on:%B %Y}"


def printable(text: str, known: Collection[str]) -> str:
    """Return a text in the characters of a typeface, on one line, without those that control how others appear.

    What the typeface lacks becomes what Unicode holds compatible with it, or `MARK`.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(_written(char, known) for char in composed).split())


def _written(char: str, known: Collection[str]) -> str:
    if char.isspace():
        return " "
    if unicodedata.category(char) in {"Cc", "Cf"} and char not in _JOINERS:
        return ""
    if char in known:
        return char
    if unicodedata.category(char) in {"Mn", "Me"}:
        return ""
    compatible = unicodedata.normalize("NFKC", char)
    return compatible if all(part in known for part in compatible) else MARK


def _in_lakhs(number: str) -> str:
    whole, point, fraction = number.partition(".")
    return _BEFORE_PAIRS.sub(",", whole) + point + fraction
