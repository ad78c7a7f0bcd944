"""What stands above and below the tables: the head of a document, parties, sums, remarks."""

from collections.abc import Sequence
from dataclasses import dataclass

from wholexale.common.documents import Party
from wholexale.common.documents.paper import (
    ACCENT,
    BODY,
    LABEL,
    LEFT,
    RIGHT,
    STRONG,
    TINT,
    WIDTH,
    Paper,
    Style,
    shortened,
)

Facts = Sequence[tuple[str, str]]
"""Labels with values; those without a value are left out."""

GRAND = Style(11, is_strong=True, colour=ACCENT)
"""The style of the one sum that the reader looks for."""

_TITLE = Style(21, is_strong=True, colour=ACCENT)
_NUMBER = Style(11, is_strong=True)
_FIGURE = Style(9.5, is_strong=True)
_NAME = Style(10.5, is_strong=True)

_HALF = 82.0
_MIDDLE = RIGHT - _HALF
_FACT_LABEL = 30.0
_SIDE = 2.0
_SPACE = 0.8
_BAND = 3.0
_MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Total:
    """A line below a table: what is summed up, and the sum."""

    label: str
    amount: str
    style: Style = BODY
    has_band: bool = False

    @property
    def height(self) -> float:
        """Return how high it is."""
        return self.style.leading + (_BAND if self.has_band else _SPACE)


def print_head(paper: Paper, title: str, number: str, facts: Facts) -> None:
    """Print what a document is on the left, and facts about it on the right."""
    top = paper.y
    paper.put_all(paper.broken(title, _TITLE, _HALF, most=2), _TITLE, LEFT, _HALF)
    paper.put_all(paper.broken(number, _NUMBER, _HALF, most=3), _NUMBER, LEFT, _HALF)
    below, paper.y = paper.y, top + 1.5
    for label, value in facts:
        if value:
            _print_fact(paper, label, value)
    paper.y = max(below, paper.y) + 6


def print_parties(paper: Paper, parties: Sequence[tuple[str, Party]]) -> None:
    """Print parties side by side, each under what it is to the document."""
    paper.rule()
    top = lowest = paper.y + 4
    for number, (label, party) in enumerate(parties):
        paper.y = top
        _print_party(paper, label, party, LEFT if number == 0 else _MIDDLE)
        lowest = max(lowest, paper.y)
    paper.y = lowest + 7


def print_figures(paper: Paper, figures: Facts) -> None:
    """Print a few figures side by side, each under its label."""
    height = LABEL.leading + _FIGURE.leading + 2 * _SIDE
    width = WIDTH / len(figures)
    paper.fill(TINT, LEFT, WIDTH, height)
    for number, (label, figure) in enumerate(figures):
        x = LEFT + number * width + _SIDE
        paper.put(label, LABEL, x, width, down=_SIDE)
        paper.put(figure, _FIGURE, x, width, down=_SIDE + LABEL.leading)
    paper.y += height + 6


def print_remark(paper: Paper, label: str, text: str) -> None:
    """Print a text of any length under a label, if there is one; its line breaks stay."""
    if not text.strip():
        return
    paper.need(LABEL.leading + 2 * BODY.leading)
    paper.put_all([label], LABEL, LEFT, WIDTH)
    for paragraph in text.splitlines():
        paper.put_all(paper.broken(paragraph, BODY, WIDTH), BODY, LEFT, WIDTH)
    paper.y += 5


def totals_height(totals: Sequence[Total]) -> float:
    """Return how high totals are."""
    return 2 + sum(total.height for total in totals)


def print_totals(paper: Paper, totals: Sequence[Total]) -> None:
    """Print totals one below the other on the right."""
    paper.y += 2
    for total in totals:
        paper.need(total.height)
        _print_total(paper, total)
    paper.y += 7


def _print_fact(paper: Paper, label: str, value: str) -> None:
    paper.put(label, LABEL, _MIDDLE, _FACT_LABEL, down=BODY.baseline - LABEL.baseline)
    width = _HALF - _FACT_LABEL
    paper.put_all(paper.broken(value, BODY, width, most=3), BODY, _MIDDLE + _FACT_LABEL, width)
    paper.y += _SPACE


def _print_party(paper: Paper, label: str, party: Party, x: float) -> None:
    paper.put_all([label], LABEL, x, _HALF)
    paper.y += _SPACE
    paper.put_all(paper.broken(party.name, _NAME, _HALF, most=4), _NAME, x, _HALF)
    address = [line for text in (*party.address, party.country) if text for line in paper.broken(text, BODY, _HALF)]
    paper.put_all(shortened(address, _MOST_LINES), BODY, x, _HALF)
    if party.tax_number:
        paper.y += _SPACE
        paper.put_all(paper.broken(f"GSTIN {party.tax_number}", STRONG, _HALF, most=2), STRONG, x, _HALF)


def _print_total(paper: Paper, total: Total) -> None:
    if total.has_band:
        paper.fill(TINT, _MIDDLE, _HALF, total.height)
    x, width = _MIDDLE + _SIDE, _HALF - 2 * _SIDE
    down = (total.height - total.style.leading) / 2
    (label,) = paper.broken(total.label, total.style, width - paper.measure(total.amount, total.style), most=1)
    paper.put(label, total.style, x, width, down=down)
    paper.put(total.amount, total.style, x, width, "R", down=down)
    paper.y += total.height
