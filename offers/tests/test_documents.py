"""Offers on paper: what both forms say, who may have them, older terms, and that no text is taken for markup."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from finance.models import CreditLine
from finance.tests.document_staging import text as text_of_pdf
from offers import services
from offers.models import Offer
from offers.services import TermChanges
from offers.tests.staging import (
    accepted,
    business_of,
    countered,
    fresh,
    line_of,
    line_wish,
    offer_body,
    offer_wish,
    offered,
    open_line,
    stocked,
)
from wholexale.common.documents.wording import MINUS
from wholexale.common.testing import Api, Reply

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Reader = Callable[..., str]


def document(api: Api, who: User, offer: Offer, **query: Any) -> Reply:
    return api.as_(who).get(f"offers/{offer.id}/document", **query)


@pytest.fixture(params=["html", "pdf"])
def read(request: pytest.FixtureRequest, api: Api) -> Reader:
    """Return what reads the paper of an offer, in either form, as one line of text."""

    def reader(who: User, offer: Offer, **query: Any) -> str:
        reply = document(api, who, offer, format=request.param, **query)
        assert reply.status == 200, reply.raw
        if request.param == "pdf":
            return text_of_pdf(reply.raw)
        return " ".join(unescape(_without_tags(reply.raw.decode())).split())

    return reader


def _without_tags(page: str) -> str:
    body = page.partition("<body>")[2]
    return " ".join(part.rpartition(">")[2] for part in body.split("<"))


@pytest.fixture
def rich(buyer: User, seller: User, line: CreditLine) -> Offer:
    """Let a buyer of the seller's state offer for three lines, with every kind of terms; the seller has countered."""
    for person, number in ((buyer, "27AACCB1234K1Z5"), (seller, "27AAPFU0939F1ZV")):
        business = business_of(person)
        business.gst_number = number
        business.save()
    bolts = stocked(seller, "Hex bolts", tax_rate=Decimal(18), tax_code="7318", sku="HB-M8", brand="Samir")
    lines = [
        line_of(bolts, "85", "1200"),
        line_wish("125000.995", "12.5", name="Cloth", unit="kg", original_unit_price=Decimal(100_000)),
        line_wish("100", "1000", name="Boxes"),
    ]
    wish = offer_wish(
        seller,
        lines=lines,
        terms={
            "warranty": {"duration": "12 months", "coverage": "Defects of material"},
            "returnPolicy": {"days": 14, "conditions": "Unopened boxes"},
            "customTerms": ["Packed by the dozen", "Certificates with each lot"],
        },
        shipping={
            "from": {"city": "Mumbai", "country": "India"},
            "to": {"address": "Laxmi Road", "city": "Pune", "pincode": "411030", "country": "India"},
            "method": "express",
            "estimatedDays": 5,
        },
        attachments=[{"url": "https://example.com/a.pdf", "filename": "drawing.pdf"}],
    )
    offer = services.make_offer(actor=buyer, wish=replace(wish, message="Our usual order"))
    changes = TermChanges(price=Decimal(88))
    return services.counter_offer(actor=seller, offer_id=offer.id, changes=changes, message="We ship on Friday.")


def test_both_forms_say_what_is_offered_by_whom_until_when_and_what_was_said(
    read: Reader, buyer: User, rich: Offer
) -> None:
    printed = read(buyer, rich)
    local = fresh(rich).expires_at.astimezone(ZoneInfo("Asia/Kolkata"))

    for part in [
        f"Offer {rich.offer_number}",
        "Countered: Corner Shop is to answer",
        "Revision 2 of 2, by the seller",
        f"Valid until {local.day} {local:%B %Y, %H:%M} IST Time zone Asia/Kolkata Currency INR",
        "Seller Cotton Mill Samir Seller India",
        "Buyer Corner Shop Bela Buyer India",
        "Bulk Order Request I need 100 units of your product",
        "# Description Quantity List price Unit price Discount Tax Total",
        "1 Hex bolts SKU HB-M8 · Samir · HSN/SAC 7318 1,200 pieces 90.00 88.00 2.22% 18% 1,05,600.00",
        f"2 Cloth 12.5 kg 1,00,000.00 1,25,000.995 {MINUS}25% 15,62,512.44",
        "3 Boxes 1,000 pieces 100.00 100.00 1,00,000.00",
        "Total before taxes 17,68,112.44 CGST 9%, estimated 9,504.00 SGST 9%, estimated 9,504.00",
        "Estimated total INR 17,87,120.44",
        "Payment Net 30 days",
        "Delivery Delivered to the door",
        "Warranty 12 months: Defects of material",
        "Returns 14 days: Unopened boxes",
        "Shipped from Mumbai, India",
        "Shipped to Laxmi Road, Pune, 411030, India",
        "Shipping Express, about 5 days",
        "Further terms, 2 Certificates with each lot",
        "Attachments drawing.pdf",
        "Bela Buyer Corner Shop Made the offer: revision 1, INR 17,64,512.44 before taxes Our usual order",
        "Samir Seller Cotton Mill Made a counter-offer: revision 2, INR 17,68,112.44 before taxes We ship on Friday.",
    ]:
        assert part in printed, printed
    assert "replaced" not in printed


def test_nothing_private_stands_on_it(read: Reader, buyer: User, seller: User, rich: Offer) -> None:
    for reader in (buyer, seller):
        printed = read(reader, rich)
        for person in (buyer, seller):
            assert person.email not in printed
            assert business_of(person).gst_number not in printed


def test_the_estimate_is_what_the_order_comes_to(read: Reader, buyer: User, rich: Offer) -> None:
    open_line(business_of(buyer), 10**9)
    order = accepted(buyer, rich)
    printed = read(buyer, rich)

    assert order.total == 178_712_044
    assert f"Status Accepted Order {order.order_number}" in printed
    assert "Accepted the offer: revision 2" in printed


def test_older_terms_are_read_by_their_number_and_say_that_they_were_replaced(
    read: Reader, seller: User, rich: Offer
) -> None:
    printed = read(seller, rich, revision=1)

    assert "Revision 1 of 2, by the buyer" in printed
    assert "These terms were replaced. Revision 2 is the last of this offer." in printed
    assert "1,200 pieces 90.00 85.00 5.56% 18% 1,02,000.00" in printed
    assert "We ship on Friday." in printed


@pytest.mark.parametrize("number", [3, 32_767])
def test_terms_that_are_not_there_are_not_found(api: Api, buyer: User, rich: Offer, number: int) -> None:
    reply = document(api, buyer, rich, revision=number)
    assert (reply.status, reply.code) == (404, "REVISION_NOT_FOUND")


@pytest.mark.parametrize("query", [{"format": "docx"}, {"revision": 0}, {"revision": "one"}, {"revision": 40_000}])
def test_a_malformed_wish_is_refused(api: Api, buyer: User, rich: Offer, query: dict[str, Any]) -> None:
    reply = document(api, buyer, rich, **query)
    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", list(query))


def test_what_was_drafted_before_the_offer_was_sent_is_the_buyers_secret(
    api: Api, buyer: User, seller: User, staff: User, line: CreditLine
) -> None:
    client = api.as_(buyer)
    cheap = offer_body(seller, draft=True, pricing={"originalPrice": 100, "offerPrice": 42})
    path = f"offers/{client.post('offers', cheap).body['offer']['id']}"
    assert api.as_(seller).get(f"{path}/document").code == "OFFER_NOT_FOUND"
    assert "42.00" in client.get(f"{path}/document").raw.decode()

    client.patch(path, offer_body(seller))
    client.post(f"{path}/send")
    assert api.as_(seller).get(f"{path}/document", revision=1).code == "REVISION_NOT_FOUND"
    shown = api.as_(seller).get(f"{path}/document")
    assert (shown.status, "42.00" in shown.raw.decode(), "4,200" in shown.raw.decode()) == (200, False, False)
    assert client.get(f"{path}/document", revision=1).status == 200
    assert api.as_(staff).get(f"{path}/document", revision=1).status == 200


def test_outsiders_and_nobody_get_nothing(api: Api, outsider: User, rich: Offer) -> None:
    assert document(api, outsider, rich).code == "OFFER_NOT_FOUND"
    assert api.get(f"offers/{rich.id}/document").status == 401
    assert api.as_(outsider).get("offers/none/document").code == "OFFER_NOT_FOUND"


def test_the_answer_says_what_it_is_and_is_kept_by_nobody(api: Api, buyer: User, rich: Offer) -> None:
    number = rich.offer_number
    page, pdf, old = (
        document(api, buyer, rich, **query) for query in ({}, {"format": "pdf"}, {"format": "pdf", "revision": 1})
    )

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Disposition"] == f'inline; filename="{number}.html"'
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert (pdf.headers["Content-Type"], pdf.raw[:5]) == ("application/pdf", b"%PDF-")
    assert pdf.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert old.headers["Content-Disposition"] == f'attachment; filename="{number}-revision-1.pdf"'
    assert {one.headers["Cache-Control"] for one in (page, pdf, old)} == {"private, no-store"}


def test_texts_of_others_are_never_markup(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    evil = "</td><script>alert(1)</script><img src=x onerror=alert(1)>{{ sheet }}{% now 'Y' %}\"'&amp;"
    wish = replace(
        offer_wish(seller, lines=[line_wish(name=evil)], terms={"customTerms": [evil]}),
        title=evil, description=evil, message=evil,
    )  # fmt: skip
    offer = services.make_offer(actor=buyer, wish=wish)
    page = document(api, seller, offer).raw.decode()

    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5
    assert page.count("{{ sheet }}{% now &#x27;Y&#x27; %}&quot;&#x27;&amp;amp;") == 5
    assert document(api, seller, offer, format="pdf").raw.startswith(b"%PDF-")


def test_without_taxes_nothing_is_estimated(read: Reader, buyer: User, offer: Offer) -> None:
    printed = read(buyer, offer)
    assert "Total before taxes INR 8,500.00" in printed
    assert "estimate" not in printed


def test_the_status_is_that_of_the_moment(read: Reader, buyer: User, offer: Offer) -> None:
    assert "Status Pending: Cotton Mill is to answer" in read(buyer, offer)
    Offer.objects.update(expires_at=fresh(offer).created_at)
    assert "Status Expired" in read(buyer, offer)


def test_who_cancels_for_the_marketplace_is_not_named(read: Reader, buyer: User, staff: User, offer: Offer) -> None:
    services.cancel_offer(actor=staff, offer_id=offer.id, reason="Forbidden goods")
    printed = read(buyer, offer)
    assert "The marketplace Cancelled the offer Forbidden goods" in printed
    assert staff.full_name not in printed


def test_the_recipient_who_reads_the_paper_has_looked_at_the_offer(api: Api, seller: User, offer: Offer) -> None:
    assert document(api, seller, offer, format="pdf").status == 200
    assert fresh(offer).status == "viewed"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_moments_are_told_in_the_time_zone_of_the_terms(
    read: Reader, buyer: User, seller: User, line: CreditLine, zone: str
) -> None:
    offer = offered(buyer, seller, time_zone=zone)
    local = fresh(offer).expires_at.astimezone(ZoneInfo(zone))
    assert f"{local:%B %Y, %H:%M %Z} Time zone {zone}" in read(buyer, offer)


def test_fifty_lines_and_many_steps_go_over_several_pages(
    read: Reader, buyer: User, seller: User, line: CreditLine
) -> None:
    lines = [line_wish("1", "1", name=f"Goods number {number} begin, {'very ' * 30}long, end") for number in range(50)]
    offer = offered(buyer, seller, lines=lines)
    for turn in range(8):
        countered(seller if turn % 2 == 0 else buyer, offer, str(2 + turn))
    printed = read(buyer, offer)
    assert all(f"Goods number {number} begin" in printed for number in range(50))
    assert "revision 9, INR 58.00 before taxes" in printed
