"""Statements of account."""

from collections.abc import Iterable

from finance.documents.shapes import StatementRow, StatementSheet
from wholexale.common.documents.blocks import Facts, print_figures, print_head, print_parties
from wholexale.common.documents.paper import Paper
from wholexale.common.documents.tables import Cell, Column, Row, Table
from wholexale.common.documents.wording import amount, day, money

_TITLE = "Statement of account"
_COLUMNS = (
    Column("Date", "L"),
    Column("Transaction", "L"),
    Column("Description", "L", is_flexible=True),
    Column("Debit"),
    Column("Credit"),
    Column("Balance"),
)


def render_statement(sheet: StatementSheet, rows: Iterable[StatementRow]) -> bytes:
    """Return the sheet and its rows as a PDF file."""
    paper = Paper(title=f"{_TITLE}: {sheet.account}", author=sheet.business.name, made_at=sheet.made_at)
    facts = [
        ("From", sheet.start),
        ("To", sheet.end),
        ("Currency", sheet.currency),
        ("Made on", f"{day(sheet.made_at)}, {sheet.made_at:%H:%M %Z}"),
    ]
    print_head(paper, _TITLE, sheet.account, facts)
    print_parties(paper, [("Business", sheet.business)])
    print_figures(paper, _figures(sheet))
    Table(paper, _COLUMNS, [_opening(sheet), *(_row(row, sheet.currency) for row in rows), _closing(sheet)]).print()
    return paper.finish()


def _figures(sheet: StatementSheet) -> Facts:
    return [
        ("Opening balance", money(sheet.opening, sheet.currency)),
        ("Debits", money(sheet.debits, sheet.currency)),
        ("Credits", money(sheet.credits, sheet.currency)),
        ("Closing balance", money(sheet.closing, sheet.currency)),
    ]


def _opening(sheet: StatementSheet) -> Row:
    balance = Cell(amount(sheet.opening, sheet.currency))
    return Row([Cell(), Cell(), Cell("Opening balance"), Cell(), Cell(), balance], is_strong=True)


def _closing(sheet: StatementSheet) -> Row:
    sums = [Cell(amount(minor, sheet.currency)) for minor in (sheet.debits, sheet.credits, sheet.closing)]
    return Row([Cell(), Cell(), Cell("Closing balance"), *sums], is_strong=True)


def _row(row: StatementRow, currency: str) -> Row:
    sides = ["" if minor is None else amount(minor, currency) for minor in (row.debit, row.credit)]
    texts = [row.on, row.number, row.description, *sides, amount(row.balance, currency)]
    return Row([Cell(text) for text in texts])
