"""Statements of providers as files: what is read, and what is refused with its line and column."""

from datetime import date
from pathlib import Path

import pytest

from finance.management.statement_file import Unreadable, read_statement
from finance.selectors.movements import Moved

pytestmark = pytest.mark.once
HEADER = "date,type,reference,amount,fee,currency\n"
LINE = "2026-11-18,payment,ch_1,100.00,2.00,INR"
READ = Moved(
    type="payment", reference="ch_1", amount=100_00, fee=2_00, currency="INR", date=date(2026, 11, 18), name="line 2"
)


def file_of(folder: Path, content: str | bytes) -> Path:
    path = folder / "statement.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        HEADER + LINE,
        HEADER + LINE + "\n\n",
        "\ufeff" + HEADER + LINE + "\n",
        (HEADER + LINE + "\n").replace("\n", "\r\n"),
        HEADER + '"2026-11-18","payment","ch_1","100.00","2.00","INR"\n',
        HEADER + " 2026-11-18 , payment , ch_1 , 100 , 2.0 , INR \n",
        "Fee,Amount,Currency,Reference,Type,Date,Balance\n2,100,INR,ch_1,payment,2026-11-18,\u20b9 7\n",
    ],
)
def test_a_statement_is_read_as_spreadsheets_write_it(tmp_path: Path, content: str) -> None:
    assert list(read_statement(file_of(tmp_path, content))) == [READ]


def test_amounts_are_read_in_the_digits_of_their_currency(tmp_path: Path) -> None:
    text = HEADER + "2026-11-18,payout,po_1,-500,,JPY\n2026-11-18,payment,ch_1,1.234,-0.010,KWD\n"

    assert [(one.amount, one.fee) for one in read_statement(file_of(tmp_path, text))] == [(-500, 0), (1_234, -10)]


def test_a_field_of_two_lines_counts_as_two_lines(tmp_path: Path) -> None:
    text = HEADER + LINE.replace("ch_1", '"a, ""b""\nc"') + "\n" + LINE + "\n"

    assert [(one.name, one.reference) for one in read_statement(file_of(tmp_path, text))] == [
        ("line 2", 'a, "b"\nc'),
        ("line 4", "ch_1"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: a header is expected that names the column date once"),
        (LINE, "line 1: a header is expected that names the column date once"),
        (HEADER.replace(",fee", ""), "line 1: a header is expected that names the column fee once"),
        (HEADER.replace("\n", ",FEE\n"), "line 1: a header is expected that names the column fee once"),
        ((HEADER + LINE).encode("utf-16"), "line 1: text in UTF-8 is expected"),
        (HEADER + LINE + ",\n", "line 2: 6 fields are expected, and there are 7"),
        (HEADER + LINE + "\n\n" + "2026-11-18,payment\n", "line 4: 6 fields are expected, and there are 2"),
        (HEADER + '"2026-11-18', "line 2: unexpected end of data"),
        (HEADER + LINE.replace("ch_1", '"ch"_1'), "line 2: ',' expected after '\"'"),
        (HEADER + LINE.replace("ch_1", "x" * 200_000), "line 2: field larger than field limit (131072)"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_with_its_line(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(Unreadable) as caught:
        list(read_statement(file_of(tmp_path, content)))

    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("date", "18.11.2026", "a day such as 2026-11-18 is expected, not '18.11.2026'"),
        ("date", "2026-02-30", "a day such as 2026-11-18 is expected, not '2026-02-30'"),
        ("date", "2026-W47-3", "a day such as 2026-11-18 is expected, not '2026-W47-3'"),
        ("type", "fee", "one of payment, refund, payout, chargeback is expected, not 'fee'"),
        ("reference", "  ", "a reference is expected"),
        ("reference", b"caf\xe9", "text in UTF-8 is expected"),
        ("amount", "", "a number such as -1234.50 is expected, not ''"),
        ("amount", "1e3", "a number such as -1234.50 is expected, not '1e3'"),
        ("amount", "NaN", "a number such as -1234.50 is expected, not 'NaN'"),
        ("amount", "1 000", "a number such as -1234.50 is expected, not '1 000'"),
        ("amount", "\u0661", "a number such as -1234.50 is expected, not '\u0661'"),
        ("amount", "-0.00", "an amount that is not zero is expected"),
        ("amount", "1.001", "INR has 2 digits behind the point, and '1.001' has more"),
        ("fee", "2%", "a number such as -1234.50 is expected, not '2%'"),
        ("currency", "inr", "a currency such as INR is expected, not 'inr'"),
        ("currency", "XQX", "a currency such as INR is expected, not 'XQX'"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(tmp_path: Path, column: str, text: str | bytes, expected: str) -> None:
    names, fields = HEADER.strip().split(","), LINE.encode().split(b",")
    fields[names.index(column)] = text if isinstance(text, bytes) else text.encode()
    content = (HEADER + LINE + "\n").encode() + b",".join(fields)

    with pytest.raises(Unreadable) as caught:
        list(read_statement(file_of(tmp_path, content)))

    assert str(caught.value) == f"line 3, column {column}: {expected}"


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    lines = read_statement(file_of(tmp_path, HEADER + (LINE + "\n") * 50_000 + "broken\n"))

    assert next(lines) == READ
