"""Invoices, credit notes and statements as PDF files, read back by another library."""

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from hypothesis import given, settings, strategies as st
from pypdf import PdfReader

from finance.documents import render_invoice, render_statement
from finance.tests.document_staging import BUYER, SELLER, credit_note, invoice, line, pages, row, statement, text
from wholexale.common.documents import Party
from wholexale.common.documents.paper import BODY, Paper
from wholexale.common.documents.wording import MARK, MINUS, amount, printable
from wholexale.common.money import from_minor

pytestmark = pytest.mark.once

INVOICE_HEADINGS = "# Description Quantity Unit price Discount Taxable Tax Total"
STATEMENT_HEADINGS = "Date Transaction Description Debit Credit Balance"
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 12
HOSTILE = {
    "control characters": "a\0b\x07c\x1bd\x7fe\u202ef\ufefff",
    "a long word": LONG_WORD,
    "emoji": "👩‍👩‍👧‍👦 🇮🇳 ✈️ 💥",
    "other scripts": "Жар «Ябл» 株式会社 شركة தமிழ்",
    "lone surrogates": "a\ud800b\udfff",
    "marks without letters": "\u0301\u093f\u094d\u200d",
    "places of the page number": "{nb} {nb}",
    "syntax of PDF files": r"\) Tj ET Q (\\",
    "lines": "one\r\ntwo\u2028three\tfour",
    "nothing": "",
    "blanks": " \u00a0\u3000 ",
}


@pytest.fixture(name="paper", scope="module")
def blank_paper() -> Iterator[Paper]:
    made = Paper(title="Test", author="Test", made_at=datetime(2026, 4, 5, tzinfo=UTC))
    yield made
    made.finish()


@pytest.fixture(name="three_hundred_lines", scope="module")
def pages_of_three_hundred_lines() -> list[str]:
    lines = (
        line(number, description=f"Begin{number}. {'Cotton kurta ' * (8 if number % 9 == 0 else 0)} End{number}.")
        for number in range(1, 301)
    )
    return pages(render_invoice(invoice(lines=tuple(lines))))


def test_an_invoice_says_everything_that_its_sheet_says() -> None:
    printed = text(render_invoice(invoice(notes="Thank you.")))

    for part in [
        "Tax invoice INV-2026-000123",
        "Issued on 5 April 2026 Due on 5 May 2026 Terms 30 days net Reference ORD-2026-000077",
        "Place of supply Maharashtra (27) Reverse charge No Currency INR",
        "Samir Textiles Private Limited Plot 14, MIDC Industrial Area Andheri East Mumbai 400093 Maharashtra India",
        "GSTIN 27AAPFU0939F1ZV",
        "Bela Retail LLP Shop 3, Laxmi Road Pune 411030 Maharashtra India GSTIN 27AACCB1234K1Z5",
        "1 Cotton kurta, indigo block print, sizes S to XL HSN/SAC 6204 100 pcs 450.00 500.00 44,500.00 2,225.00 5%",
        f"Subtotal 45,000.00 Discount {MINUS}500.00 CGST 2.5% 1,112.50 SGST 2.5% 1,112.50 Total INR 46,725.00",
        "Amount due by 5 May 2026 INR 46,725.00",
        "Notes Thank you.",
    ]:
        assert part in printed


def test_a_reverse_charge_is_said_in_words() -> None:
    assert "Reverse charge Yes: the buyer pays the tax" in text(render_invoice(invoice(is_reverse_charge=True)))


def test_what_a_sheet_does_not_say_leaves_no_trace() -> None:
    bare = invoice(
        title="Invoice", due_on=None, terms="", reference="", place_of_supply="", taxes=(), discount=0,
        seller=Party("Samir", "", (), ""), buyer=Party("Bela", "", (), ""),
        lines=(line(code="", discount=0, tax_rate="", tax=0),),
    )  # fmt: skip

    printed = text(render_invoice(bare))

    assert "# Description Quantity Unit price Total 1 " in printed
    for part in ("Due", "due", "Terms", "Reference", "supply", "Reverse", "Discount", "Tax", "HSN", "GSTIN", "Notes"):
        assert part not in printed


def test_a_credit_note_names_what_it_corrects_and_why_and_no_day_to_pay() -> None:
    printed = text(render_invoice(credit_note()))

    assert "Credit note CN-2026-000009" in printed
    assert "Corrects invoice INV-2026-000123" in printed
    assert "Reason Ten pieces came with a torn seam." in printed
    assert "Total credited INR 46,725.00" in printed
    assert "due" not in printed.lower()


def test_a_statement_says_everything_that_its_sheet_and_its_rows_say() -> None:
    rows = [row(1), row(2, description="Repayment", debit=20_000, credit=None, balance=-4_950)]

    printed = text(render_statement(statement(), rows))

    for part in [
        "Statement of account Payable to the business",
        "From 1 March 2026, 00:00 IST To 31 March 2026, 24:00 IST Currency INR Made on 1 April 2026, 04:30 UTC",
        "Samir Textiles Private Limited",
        f"Opening balance INR 100.50 Debits INR 200.00 Credits INR 50.00 Closing balance INR {MINUS}49.50",
        f"{STATEMENT_HEADINGS} Opening balance 100.50",
        "10 Mar 2026 17:30 TXN-2026-000001 Kurtas, 100 pieces 50.00 150.50",
        f"10 Mar 2026 17:30 TXN-2026-000002 Repayment 200.00 {MINUS}49.50",
        f"Closing balance 200.00 50.00 {MINUS}49.50",
    ]:
        assert part in printed


def test_a_statement_without_entries_has_its_balances() -> None:
    assert "Opening balance 100.50 Closing balance" in text(render_statement(statement(), []))


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (0, "INR", "0.00"),
        (99_999, "INR", "999.99"),
        (100_000, "INR", "1,000.00"),
        (10_000_000, "INR", "1,00,000.00"),
        (123_456_780, "INR", "12,34,567.80"),
        (10**13, "INR", "1,00,00,00,00,000.00"),
        (-4_950, "INR", f"{MINUS}49.50"),
        (1_234_567, "JPY", "1,234,567"),
        (1_234_567_890, "KWD", "1,234,567.890"),
        (5, "KWD", "0.005"),
        (123_456_789, "USD", "1,234,567.89"),
    ],
)
def test_amounts_have_the_digits_and_the_groups_of_their_currency(minor: int, currency: str, expected: str) -> None:
    assert amount(minor, currency) == expected


@given(minor=st.integers(-(10**15), 10**15), currency=st.sampled_from(["INR", "JPY", "KWD", "USD"]))
def test_no_amount_changes_by_being_written(minor: int, currency: str) -> None:
    written = amount(minor, currency).replace(",", "").replace(MINUS, "-")

    assert Decimal(written) == from_minor(minor, currency)


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("INR", "INR 12,34,567.80"), ("JPY", "JPY 123,456,780"), ("KWD", "KWD 123,456.780")],
)
def test_a_total_is_printed_in_the_way_of_its_currency(currency: str, expected: str) -> None:
    assert f"Total {expected}" in text(render_invoice(invoice(currency=currency, total=123_456_780)))


def test_each_page_of_many_has_the_headings_and_its_number(three_hundred_lines: list[str]) -> None:
    count = len(three_hundred_lines)

    assert count > 9
    for number, page in enumerate(three_hundred_lines, 1):
        assert INVOICE_HEADINGS in page
        assert f"Page {number} of {count}" in page
        assert "Tax invoice INV-2026-000123 · Samir Textiles Private Limited" in page


def test_each_line_is_printed_once_and_is_not_split_between_pages(three_hundred_lines: list[str]) -> None:
    for number in range(1, 301):
        beginnings = [page.count(f"Begin{number}.") for page in three_hundred_lines]

        assert sum(beginnings) == 1
        assert [page.count(f"End{number}.") for page in three_hundred_lines] == beginnings


def test_each_page_of_a_statement_has_the_headings() -> None:
    printed = pages(render_statement(statement(), [row(number) for number in range(1, 51)]))

    assert [STATEMENT_HEADINGS in page for page in printed] == [True, True]


def test_a_row_that_no_page_could_hold_is_continued() -> None:
    words = [f"word{number}" for number in range(600)]

    printed = pages(render_invoice(invoice(lines=(line(description=" ".join(words)), line(2)))))

    assert len(printed) > 2
    assert all(INVOICE_HEADINGS in page for page in printed[1:])
    assert set(words) <= set(" ".join(printed).split())


@pytest.mark.parametrize("count", [10, 11, 12])
def test_the_totals_stay_together_below_the_last_line(count: int) -> None:
    printed = pages(render_invoice(invoice(lines=tuple(line(number) for number in range(1, count + 1)))))

    last = printed[-1]
    assert f" {count} Cotton kurta" in last
    assert last.index("Cotton kurta") < last.index("Subtotal") < last.index("Total INR") < last.index("Amount due by")
    assert "Subtotal" not in "".join(printed[:-1])


def test_remarks_of_any_length_go_on_over_pages() -> None:
    remarks = [f"Remark{number}." for number in range(100)]

    printed = text(render_invoice(credit_note(reason="\n".join(remarks), notes="\n\n".join(remarks))))

    words = re.sub(r"Page \d of \d Credit note CN-2026-000009 · Samir Textiles Private Limited ?", "", printed)
    assert f"Reason {' '.join(remarks)} # Description" in words
    assert f"Notes {' '.join(remarks)}" in words


def test_figures_are_equally_wide_so_that_columns_of_them_align(paper: Paper) -> None:
    assert len({round(paper.measure(digit, BODY), 6) for digit in "0123456789"}) == 1


def test_columns_of_the_largest_amounts_fit_beside_each_other() -> None:
    largest = 10**13
    full = line(
        unit_price="1,00,00,00,00,000.00", quantity="1,00,000.000",
        discount=largest, taxable=largest, tax=largest, total=largest,
    )  # fmt: skip

    printed = text(render_invoice(invoice(lines=(full,), total=largest)))

    assert printed.count("1,00,00,00,00,000.00") == 7


def test_the_same_values_make_the_same_bytes_at_any_time() -> None:
    first = [render_invoice(invoice()), render_invoice(credit_note()), render_statement(statement(), [row(1), row(2)])]

    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC)):
        assert render_invoice(invoice()) == first[0]
        assert render_invoice(credit_note()) == first[1]
        assert render_statement(statement(), iter([row(1), row(2)])) == first[2]


def test_files_say_what_they_are_and_by_whom_and_since_when() -> None:
    reader = PdfReader(io.BytesIO(render_invoice(invoice())))

    assert reader.metadata is not None
    assert reader.metadata.title == "Tax invoice INV-2026-000123"
    assert reader.metadata.author == "Samir Textiles Private Limited"
    assert reader.metadata.creation_date == datetime(2026, 4, 5, tzinfo=UTC)
    assert str(reader.root_object["/Lang"]) == "en"
    assert "/DisplayDocTitle" in str(reader.root_object["/ViewerPreferences"])


def test_devanagari_is_shaped(paper: Paper) -> None:
    conjunct, letters = "क्ष", ["क", "ष"]

    assert paper.measure(conjunct, BODY) < sum(paper.measure(letter, BODY) for letter in letters)
    assert "भारत" in text(render_invoice(invoice(seller=Party("राजेन्द्र हस्तशिल्प", "", ("जयपुर",), "भारत"))))


def test_the_sign_of_the_rupee_is_printed() -> None:
    assert "₹ 500 each" in text(render_invoice(invoice(lines=(line(description="₹ 500 each"),))))


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_printed_without_a_warning(words: str, caplog: pytest.LogCaptureFixture) -> None:
    party = Party(words, words, (words, words), words)
    each = line(description=words, code=words, quantity=words, unit=words, unit_price=words, tax_rate=words)
    note = credit_note(
        title=words, number=words, seller=party, buyer=party, place_of_supply=words, terms=words,
        reference=words, corrects=words, reason=words, lines=(each, each), notes=words,
    )  # fmt: skip

    assert "46,725.00" in text(render_invoice(note))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_statement_of_hostile_texts_is_printed_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    rows = [replace(row(), on=words, number=words, description=words) for words in HOSTILE.values()]
    everything = "".join(HOSTILE.values())
    head = statement(business=replace(SELLER, name=everything), account=everything, start=everything, end=everything)

    assert text(render_statement(head, rows)).count("150.50") == len(rows)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_no_text_is_taken_for_the_number_of_pages() -> None:
    printed = text(render_invoice(invoice(reference="{nb}", terms="\0\0\0\0 net")))

    assert "Reference {nb}" in printed
    assert "Terms net" in printed


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("tidy", "tidy"),
        (" one\r\n two\tthree ", "one two three"),
        ("a\0b\x7f", "ab"),
        ("invoice\u202e001\u2066", "invoice001"),
        ("Cafe\u0301", "Café"),
        ("№ ① ㎏", "№ 1 kg"),
        ("✈️", MARK),
        ("Жар", MARK * 3),
        ("क्‍ष", "क्‍ष"),
        ("a\ud800", f"a{MARK}"),
    ],
)
def test_only_what_the_typeface_has_is_printed(paper: Paper, written: str, expected: str) -> None:
    assert printable(written, paper._known) == expected


@settings(max_examples=50, deadline=None)
@given(words=st.text(max_size=60))
def test_every_line_of_any_text_fits_and_nothing_is_lost(paper: Paper, words: str) -> None:
    lines = paper.broken(words, BODY, 12.0)

    assert all(paper.measure(each, BODY) <= 12.0 for each in lines)
    assert "".join(lines).replace(" ", "") == printable(words, paper._known).replace(" ", "")


@settings(max_examples=5, deadline=None)
@given(name=st.text(max_size=40), description=st.text(max_size=80))
def test_any_name_and_description_make_a_readable_file(name: str, description: str) -> None:
    seller = Party(name, SELLER.tax_number, SELLER.address, SELLER.country)
    sheet = invoice(seller=seller, buyer=BUYER, lines=(line(description=description),))

    assert "INR 46,725.00" in text(render_invoice(sheet))
