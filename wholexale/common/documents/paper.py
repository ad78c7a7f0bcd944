"""Paper: A4 pages with one typeface, on which nothing but what the typeface has is ever printed.

Lengths are millimetres, sizes of type are points. The pen stands at `y`, from the top; who prints moves it down.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import fontpkg  # type: ignore[import-untyped]  # it ships no types
from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.prefs import ViewerPreferences

from wholexale.common.documents.wording import printable

logging.getLogger("fontTools.subset").setLevel(logging.WARNING)  # at INFO it lists the glyphs of every file

Align = Literal["L", "R"]

LEFT = 18.0
RIGHT = 192.0
WIDTH = RIGHT - LEFT
TOP = 18.0
BOTTOM = 275.0
_FOOT_GAP = 2.0
_CAPTION = 130.0

_FAMILY = "Mukta"
_REGULAR, _SEMIBOLD = 400, 600
_LAYOUT = ("GDEF", "GPOS", "GSUB")
"""Tables of which no file needs a copy: who shapes the text reads them from the font, before fpdf2 drops them."""

_POINT = 25.4 / 72
_LEADING = 1.42
_RISE = 0.3
"""How far below the middle of a line fpdf2 sets the letters, in parts of their size."""

_TOTAL_PAGES = "\0\0\0\0"
"""Stands for the number of pages until it is known, as wide as four digits. No text has it: `printable` drops it."""


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255."""

    red: int
    green: int
    blue: int


INK = Colour(28, 33, 38)
MUTED = Colour(98, 109, 120)
ACCENT = Colour(17, 73, 94)
TINT = Colour(237, 243, 246)
HAIRLINE = Colour(211, 219, 225)


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks."""

    size: float
    is_strong: bool = False
    colour: Colour = INK

    @property
    def leading(self) -> float:
        """Return the height of a line."""
        return self.size * _POINT * _LEADING

    @property
    def baseline(self) -> float:
        """Return where in a line the letters stand, from its top."""
        return self.size * _POINT * (_LEADING / 2 + _RISE)


LABEL = Style(8, colour=MUTED)
BODY = Style(9)
STRONG = Style(9, is_strong=True)


class Paper:
    """A document that is being printed."""

    def __init__(self, *, title: str, author: str, made_at: datetime) -> None:
        self.y = TOP
        self._widths: dict[tuple[str, bool], float] = {}
        self._pdf = _blank()
        self._known = frozenset(chr(code) for font in _fonts(self._pdf) for code in font.cmap)
        self._caption = self._printable(f"{title} · {author}")
        self._pdf.set_title(self._printable(title))
        self._pdf.set_author(self._printable(author))
        self._pdf.set_creation_date(made_at)
        self._pdf.add_page()

    @property
    def room(self) -> float:
        """Return how much of the page is left."""
        return BOTTOM - self.y

    def turn(self) -> None:
        """Go to the top of a new page."""
        self._print_footer()
        self._pdf.add_page()
        self.y = TOP

    def need(self, height: float) -> None:
        """Go to a new page where less than a height is left of this one."""
        if height > self.room and self.y > TOP:
            self.turn()

    def finish(self) -> bytes:
        """Return the file."""
        self._print_footer()
        return bytes(self._pdf.output())

    def put(self, text: str, style: Style, x: float, width: float, align: Align = "L", *, down: float = 0.0) -> None:
        """Print a line of text at the pen, or below it; the pen stays."""
        self._use(style)
        self._pdf.set_xy(x, self.y + down)
        self._pdf.cell(width, style.leading, self._printable(text), align=align)

    def put_all(self, texts: Iterable[str], style: Style, x: float, width: float) -> None:
        """Print lines of text, one below the other, and move the pen below them."""
        for text in texts:
            self.need(style.leading)
            self.put(text, style, x, width)
            self.y += style.leading

    def fill(self, colour: Colour, x: float, width: float, height: float) -> None:
        """Fill an area below the pen."""
        self._pdf.set_fill_color(*colour)
        self._pdf.rect(x, self.y, width, height, style="F")

    def rule(self) -> None:
        """Draw a thin line across the page at the pen."""
        self._pdf.set_draw_color(*HAIRLINE)
        self._pdf.set_line_width(0.2)
        self._pdf.line(LEFT, self.y, RIGHT, self.y)

    def measure(self, text: str, style: Style) -> float:
        """Return how wide a text is."""
        key = text, style.is_strong
        if key not in self._widths:
            self._use(Style(1, style.is_strong))
            self._widths[key] = self._pdf.get_string_width(self._printable(text))
        return self._widths[key] * style.size

    def broken(self, text: str, style: Style, width: float, *, most: int | None = None) -> list[str]:
        """Return a text as lines that fit a width: broken between words, and in a word where it alone is too long.

        Beyond `most` lines the text is cut, which an ellipsis shows.
        """
        whole = self._printable(text)
        lines = [whole] if self.measure(whole, style) <= width else list(self._lines(whole, style, width))
        return lines if most is None else shortened(lines, most)

    def _lines(self, text: str, style: Style, width: float) -> Iterator[str]:
        line = ""
        for word in text.split(" "):
            for part in self._parts(word, style, width):
                longer = f"{line} {part}".lstrip()
                if line and self.measure(longer, style) > width:
                    yield line
                    line = part
                else:
                    line = longer
        yield line

    def _parts(self, word: str, style: Style, width: float) -> Iterator[str]:
        """Yield a word, in parts where it is too wide: together, characters are no wider than one by one."""
        if self.measure(word, style) <= width:
            yield word
            return
        part, used = "", 0.0
        for char in word:
            advance = self.measure(char, style)
            if part and used + advance > width:
                yield part
                part, used = "", 0.0
            part, used = part + char, used + advance
        yield part

    def _use(self, style: Style) -> None:
        self._pdf.set_font(_FAMILY, "B" if style.is_strong else "", style.size)
        self._pdf.set_text_color(*style.colour)

    def _printable(self, text: str) -> str:
        return printable(text, self._known)

    def _print_footer(self) -> None:
        self.y = BOTTOM + _FOOT_GAP
        self.rule()
        self._use(LABEL)
        self._pdf.set_xy(LEFT, self.y + _FOOT_GAP)
        self._pdf.cell(WIDTH - _CAPTION, LABEL.leading, f"Page {self._pdf.page} of {_TOTAL_PAGES}")
        (caption,) = self.broken(self._caption, LABEL, _CAPTION, most=1)
        self.put(caption, LABEL, RIGHT - _CAPTION, _CAPTION, "R", down=_FOOT_GAP)


def shortened(lines: list[str], most: int) -> list[str]:
    """Return the first of many lines, with an ellipsis where others are missing."""
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]


def _blank() -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(auto=False)
    pdf.c_margin = 0
    pdf.alias_nb_pages(_TOTAL_PAGES)
    pdf.add_font(_FAMILY, "", fontpkg.path(_FAMILY, _REGULAR))
    pdf.add_font(_FAMILY, "B", fontpkg.path(_FAMILY, _SEMIBOLD))
    for font in _fonts(pdf):
        for tag in _LAYOUT:
            del font.ttfont[tag]
    pdf.set_text_shaping(features={"tnum": True}, direction="ltr")
    pdf.set_lang("en")
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    return pdf


def _fonts(pdf: FPDF) -> list[TTFFont]:
    return [font for font in pdf.fonts.values() if isinstance(font, TTFFont)]
