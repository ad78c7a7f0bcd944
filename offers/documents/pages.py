"""An offer as a PDF file."""

from collections.abc import Sequence

from offers.documents.shapes import OfferSheet, PrintedLine, PrintedStep
from wholexale.common.documents.blocks import (
    GRAND,
    Total,
    print_head,
    print_parties,
    print_remark,
    print_totals,
    totals_height,
)
from wholexale.common.documents.paper import Paper
from wholexale.common.documents.tables import Cell, Column, Row, Table

_LINES = (
    Column("#"),
    Column("Description", "L", is_flexible=True),
    Column("Quantity"),
    Column("List price"),
    Column("Unit price"),
    Column("Discount"),
    Column("Tax"),
    Column("Total"),
)
_TERMS = (Column("Terms", "L"), Column("", "L", is_flexible=True))
_STEPS = (Column("Negotiation", "L"), Column("By", "L"), Column("What was done", "L", is_flexible=True))
_AFTER_TABLE = 7.0


def render_offer(sheet: OfferSheet) -> bytes:
    """Return the sheet as a PDF file."""
    paper = Paper(title=f"Offer {sheet.number}", author=sheet.buyer.name, made_at=sheet.made_at)
    print_head(paper, "Offer", sheet.number, sheet.facts)
    print_parties(paper, [("Seller", sheet.seller), ("Buyer", sheet.buyer)])
    print_remark(paper, "Please note", sheet.notice)
    print_remark(paper, sheet.title, sheet.description)
    totals = [*(Total(one.label, one.amount) for one in sheet.sums), _grand(sheet)]
    Table(paper, _LINES, [_line(one) for one in sheet.lines]).print(keep=totals_height(totals))
    print_totals(paper, totals)
    print_remark(paper, "Taxes", sheet.remark)
    _print_table(paper, _TERMS, [Row([Cell(label), Cell(text)]) for label, text in sheet.terms if text])
    _print_table(paper, _STEPS, [_step(one) for one in sheet.steps])
    return paper.finish()


def _grand(sheet: OfferSheet) -> Total:
    return Total(sheet.grand.label, sheet.grand.amount, GRAND, has_band=True)


def _line(line: PrintedLine) -> Row:
    return Row(
        [
            Cell(line.position),
            Cell(line.name, line.note),
            Cell(line.quantity),
            Cell(line.list_price),
            Cell(line.unit_price),
            Cell(line.discount),
            Cell(line.tax_rate),
            Cell(line.total),
        ]
    )


def _step(step: PrintedStep) -> Row:
    return Row([Cell(step.at), Cell(step.who, step.business), Cell(step.what, step.message)])


def _print_table(paper: Paper, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    if rows:
        Table(paper, columns, rows).print()
        paper.y += _AFTER_TABLE
