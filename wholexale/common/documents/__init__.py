"""What documents on paper are made of: pages, blocks, tables, and how amounts and texts of others are written on them.

All of it is made of plain values: nothing here knows a database, a model or a request. `paper`, `blocks` and `tables`
load fpdf2 and the fonts, which take a quarter of the time in which a process starts: import them where a file is made.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """A business as it stands on a document; `tax_number` is its GSTIN, `address` has a text for each line."""

    name: str
    tax_number: str
    address: tuple[str, ...]
    country: str
