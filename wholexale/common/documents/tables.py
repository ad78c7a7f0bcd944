"""Tables over any number of pages: the headings stand on each, and a row is cut only where no page could hold it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wholexale.common.documents.paper import ACCENT, BOTTOM, LEFT, MUTED, TINT, TOP, WIDTH, Align, Paper, Style

_SIZES = (9.0, 8.0, 7.0, 6.0)
"""Sizes of type, tried in this order until the flexible column is roomy."""

_ROOMY = 46.0
_LEAST = 24.0
_WIDEST = 40.0
_GAP = 3.5
_SIDE = 2.0
_PAD = 1.4


@dataclass(frozen=True, slots=True)
class Column:
    """A column: as wide as its widest cell, or, the flexible one, as what the others leave."""

    heading: str
    align: Align = "R"
    is_flexible: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and a note in smaller type below it."""

    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, one for each column."""

    cells: Sequence[Cell]
    is_strong: bool = False


Lines = list[tuple[str, Style]]
Piece = list[Lines]
"""The lines of each cell of a row, as far as one page holds them."""


class Table:
    """A table on paper; columns in which no row says anything are left out."""

    def __init__(self, paper: Paper, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        used = [
            index
            for index, column in enumerate(columns)
            if column.is_flexible or any(row.cells[index].text for row in rows)
        ]
        self._paper = paper
        self._columns = [columns[index] for index in used]
        self._rows = [Row([row.cells[index] for index in used], row.is_strong) for row in rows]
        self._size, self._widths = self._fitted()
        self._leading = Style(self._size).leading

    def print(self, *, keep: float = 0.0) -> None:
        """Print the table; its last row stays together with what comes below it, which is `keep` high."""
        pieces = [piece for row in self._rows for piece in self._pieces(row)]
        needed = [self._height(piece) for piece in pieces]
        needed[-1:] = [height + keep for height in needed[-1:]]
        self._paper.need(self._band + sum(needed[:1]))
        self._print_headings()
        for number, piece in enumerate(pieces):
            if number and needed[number] > self._paper.room:
                self._paper.turn()
                self._print_headings()
            self._print_piece(piece)

    @property
    def _band(self) -> float:
        return self._leading + 2 * _PAD

    def _height(self, piece: Piece) -> float:
        return self._leading * max(map(len, piece)) + 2 * _PAD

    def _fitted(self) -> tuple[float, list[float]]:
        """Return a size of type and the widths of the columns at that size."""
        available = WIDTH - 2 * _SIDE - _GAP * (len(self._columns) - 1)
        roomy = (size for size in _SIZES if available - sum(self._taken(size)) >= _ROOMY)
        size = next(roomy, _SIZES[-1])
        taken = self._taken(size)
        scale = min(1.0, (available - _LEAST) / (sum(taken) or 1.0))
        rest = available - scale * sum(taken)
        return size, [scale * width or rest for width in taken]

    def _taken(self, size: float) -> list[float]:
        """Return what the columns need at a size; the flexible one needs nothing."""
        return [0.0 if column.is_flexible else self._widest(index, size) for index, column in enumerate(self._columns)]

    def _widest(self, index: int, size: float) -> float:
        heading = self._paper.measure(self._columns[index].heading, Style(size, is_strong=True))
        texts = [
            self._paper.measure(text, style)
            for row in self._rows
            for text, style in _styled(row.cells[index], size, row)
        ]
        return min(max([heading, *texts]), _WIDEST)

    def _pieces(self, row: Row) -> Iterator[Piece]:
        cells = [self._broken(cell, width, row) for cell, width in zip(row.cells, self._widths, strict=True)]
        most = int((BOTTOM - TOP - self._band - 2 * _PAD) / self._leading)
        for first in range(0, max(map(len, cells)), most):
            yield [lines[first : first + most] for lines in cells]

    def _broken(self, cell: Cell, width: float, row: Row) -> Lines:
        texts = _styled(cell, self._size, row)
        return [(line, style) for text, style in texts for line in self._paper.broken(text, style, width)]

    def _print_headings(self) -> None:
        style = Style(self._size, is_strong=True, colour=ACCENT)
        self._paper.fill(TINT, LEFT, WIDTH, self._band)
        self._print_lines([[(column.heading, style)] for column in self._columns])
        self._paper.y += self._band

    def _print_piece(self, piece: Piece) -> None:
        self._print_lines(piece)
        self._paper.y += self._height(piece)
        self._paper.rule()

    def _print_lines(self, piece: Piece) -> None:
        x = LEFT + _SIDE
        for column, width, lines in zip(self._columns, self._widths, piece, strict=True):
            for number, (text, style) in enumerate(lines):
                self._paper.put(text, style, x, width, column.align, down=_PAD + number * self._leading)
            x += width + _GAP


def _styled(cell: Cell, size: float, row: Row) -> Lines:
    """Return the texts of a cell with their looks, without empty ones."""
    text, note = Style(size, row.is_strong), Style(size - 1, colour=MUTED)
    return [(words, style) for words, style in ((cell.text, text), (cell.note, note)) if words]
