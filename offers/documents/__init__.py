"""An offer on paper, as a PDF file or as a page that a browser prints: both say the same, for both are one sheet.

A document is made of plain values alone: nothing here knows a database or a request.
"""

from django.template.loader import render_to_string

from offers.documents.shapes import OfferSheet, PrintedLine, PrintedStep, Sum


def render_pdf(sheet: OfferSheet) -> bytes:
    """Return an offer as a PDF file."""
    from offers.documents import pages  # noqa: PLC0415 - loads fpdf2

    return pages.render_offer(sheet)


def render_html(sheet: OfferSheet) -> bytes:
    """Return an offer as a page that needs nothing else."""
    return render_to_string("offers/offer.html", {"sheet": sheet}).encode()


__all__ = ["OfferSheet", "PrintedLine", "PrintedStep", "Sum", "render_html", "render_pdf"]
