"""Lines about products of the catalogue: its words, prices and rules hold; a product of anybody else's is opaque."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from offers import services
from offers.models import Offer, OfferLine, Product
from offers.services import LineWish, ProductDetails, TermChanges, TierWish
from offers.tests.audit import faults
from offers.tests.staging import (
    accepted,
    countered,
    expired,
    fresh,
    line_of,
    line_wish,
    offer_body,
    offer_wish,
    offered,
    refused,
    respond,
    stocked,
)
from wholexale.common.testing import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("line")]


@pytest.fixture(name="product")
def in_stock(seller: User) -> Product:
    services.add_category(name="Hardware")
    return stocked(
        seller,
        sku="HB-8",
        brand="Forge",
        category="hardware",
        tax_code="7318",
        tax_rate=Decimal(18),
        images=["https://example.com/bolt.jpg"],
        specifications=[{"name": "Thread", "value": "M8"}],
    )


def body_of(product: Product, seller: User, *, quantity: Any = 60, **changes: Any) -> dict[str, Any]:
    return (
        offer_body(seller)
        | {
            "product": {"productId": str(product.id), "name": "Cheap stuff", "sku": "X", "brand": "Y", "category": "Z"},
            "quantity": {"requested": quantity, "unit": "pieces"},
        }
        | changes
    )


def on_the_table(offer: Offer) -> OfferLine:
    line: OfferLine = fresh(offer).current.lines.get()
    return line


def test_what_is_said_of_a_known_product_comes_from_the_catalogue(
    api: Api, buyer: User, seller: User, product: Product
) -> None:
    reply = api.as_(buyer).post("offers", body_of(product, seller))
    assert reply.status == 201, reply.body
    shown = reply.body["offer"]

    assert shown["product"] == {
        "productId": str(product.id),
        "name": "Hex bolts",
        "category": "Hardware",
        "sku": "HB-8",
        "brand": "Forge",
        "specifications": [{"name": "Thread", "value": "M8"}],
        "images": ["https://example.com/bolt.jpg"],
    }
    assert (shown["pricing"]["originalPrice"], shown["pricing"]["offerPrice"], shown["lines"][0]["taxRate"]) == (
        100, 85, 18,
    )  # fmt: skip
    line = OfferLine.objects.get()
    assert (line.tax_code, line.tax_rate, line.original_unit_price) == ("7318", 1800, 100_000_000)
    assert faults() == []


def test_the_order_of_a_known_product_carries_its_tax(buyer: User, seller: User, product: Product) -> None:
    order = accepted(seller, offered(buyer, seller, lines=[line_of(product)]))

    assert (order.subtotal, order.tax) == (510_000, 91_800)
    assert order.lines.get().tax_code == "7318"


@pytest.mark.parametrize(("quantity", "price"), [("6", 100), ("96", 100), ("102", 90), ("600", 90)])
def test_the_original_price_is_that_of_the_quantitys_tier(
    buyer: User, seller: User, product: Product, quantity: str, price: int
) -> None:
    offer = offered(buyer, seller, lines=[line_of(product, quantity=quantity)])
    assert on_the_table(offer).original_unit_price == price * 10**6


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"quantity": 3}, "BELOW_MOQ quantity.requested"),
        ({"quantity": 61}, "BAD_MULTIPLE quantity.requested"),
        ({"quantity": 6.5}, "VALIDATION_FAILED quantity.requested"),
        ({"quantity": -6}, "VALIDATION_FAILED quantity.requested"),
        ({"pricing": {"originalPrice": 9, "offerPrice": 8, "currency": "USD"}}, "VALIDATION_FAILED pricing.currency"),
        ({"pricing": {"originalPrice": 100, "offerPrice": -1}}, "VALIDATION_FAILED pricing.offerPrice"),
    ],
)  # fmt: skip
def test_a_broken_rule_names_the_field_of_the_line(
    api: Api, product: Product, buyer: User, changes: dict[str, Any], refusal: str
) -> None:
    seller = User.objects.get(membership__business=product.seller_id)
    reply = api.as_(buyer).post("offers", body_of(product, seller, **changes))

    assert (reply.status, f"{reply.code} {' '.join(reply.fields)}") == (400, refusal), reply.body
    assert not Offer.objects.exists()


def test_another_unit_than_the_products_is_refused(api: Api, buyer: User, seller: User, product: Product) -> None:
    body = body_of(product, seller) | {"quantity": {"requested": 60, "unit": "kg"}}
    reply = api.as_(buyer).post("offers", body)
    assert (reply.code, reply.fields) == ("VALIDATION_FAILED", ["quantity.unit"])


def test_the_line_at_fault_is_named_among_several(api: Api, buyer: User, seller: User, product: Product) -> None:
    second = {key: body_of(product, seller, quantity=7)[key] for key in ("product", "pricing", "quantity")}
    reply = api.as_(buyer).post("offers", body_of(product, seller, lines=[second]))
    assert (reply.code, reply.fields) == ("BAD_MULTIPLE", ["lines[1].quantity.requested"])


def test_a_product_that_the_seller_does_not_sell_is_refused(
    api: Api, buyer: User, seller: User, outsider: User, product: Product
) -> None:
    for body in (body_of(stocked(outsider), seller), body_of(stocked(buyer), seller)):
        reply = api.as_(buyer).post("offers", body)
        assert (reply.status, reply.code, reply.fields) == (400, "INVALID_PRODUCT", ["product.productId"])
    services.archive_product(actor=seller, product_id=product.id)
    assert api.as_(buyer).post("offers", body_of(product, seller)).code == "INVALID_PRODUCT"


def test_an_id_is_known_however_it_is_spelled(buyer: User, seller: User, product: Product) -> None:
    own = str(product.id)
    for spelled in (own.upper(), product.id.hex, f"{{{own}}}", product.id.urn):
        with refused("BAD_MULTIPLE"):
            offered(buyer, seller, lines=[line_wish("85", "7", product_ref=spelled)])
        offer = offered(buyer, seller, lines=[line_wish("85", "60", product_ref=spelled)])
        assert on_the_table(offer).product_ref == own


@pytest.mark.parametrize("reference", ["p1", "65f0a1b2c3d4e5f6a7b8c9d0", "01a21d50-5c2e-7407-84a1-65b5f4822476"])
def test_any_other_product_stays_as_the_client_says(
    api: Api, buyer: User, seller: User, product: Product, reference: str
) -> None:
    named = {"product": {"productId": reference, "name": "Own words", "sku": "X"}}
    body = body_of(product, seller, quantity=7) | named
    shown = api.as_(buyer).post("offers", body).body["offer"]

    assert (shown["product"]["productId"], shown["product"]["name"], shown["product"]["sku"]) == (
        reference, "Own words", "X",
    )  # fmt: skip
    assert (shown["pricing"]["originalPrice"], shown["lines"][0]["taxRate"]) == (100, 0)


def test_a_counter_obeys_the_rules_and_takes_the_price_of_its_quantity(
    api: Api, buyer: User, seller: User, product: Product
) -> None:
    offer = offered(buyer, seller, lines=[line_of(product)])
    reply = respond(api, seller, offer, "counter", changes={"quantity": 70})
    assert (reply.status, reply.code, reply.fields) == (400, "BAD_MULTIPLE", ["quantity.requested"])
    assert respond(api, seller, offer, "counter", changes={"quantity": 3}).code == "BELOW_MOQ"

    reply = respond(api, seller, offer, "counter", changes={"quantity": 120})
    assert reply.body["offer"]["pricing"]["originalPrice"] == 90
    same = respond(api, buyer, offer, "counter", changes={"quantity": 120})
    assert same.code == "COUNTER_UNCHANGED"


def test_what_is_on_the_table_stays_whatever_becomes_of_the_product(
    buyer: User, seller: User, product: Product
) -> None:
    offer = offered(buyer, seller, lines=[line_of(product)])
    tiers = [TierWish(from_quantity=Decimal(1), unit_price=Decimal(200))]
    details = ProductDetails(name="Renamed", tiers=tiers)
    services.change_product(actor=seller, product_id=product.id, details=details)
    assert (on_the_table(offer).name, on_the_table(offer).original_unit_price) == ("Hex bolts", 100_000_000)
    countered(seller, offer, "180")
    assert (on_the_table(offer).name, on_the_table(offer).original_unit_price) == ("Renamed", 200_000_000)

    services.archive_product(actor=seller, product_id=product.id)
    with refused("INVALID_PRODUCT"):
        services.counter_offer(actor=buyer, offer_id=offer.id, changes=TermChanges(price=Decimal(150)))
    assert accepted(buyer, offer).subtotal == 180 * 60 * 100


def test_an_expired_offer_is_renewed_by_the_rules(buyer: User, seller: User, product: Product) -> None:
    offer = offered(buyer, seller, lines=[line_of(product)])
    end = fresh(offer).expires_at
    expired(offer)
    with refused("BAD_MULTIPLE"):
        services.revise_offer(
            actor=buyer, offer_id=offer.id, changes=TermChanges(valid_until=end, quantity=Decimal(61))
        )
    services.revise_offer(actor=buyer, offer_id=offer.id, changes=TermChanges(valid_until=end, quantity=Decimal(600)))
    assert on_the_table(offer).original_unit_price == 90_000_000


def test_a_draft_obeys_the_rules_when_it_is_made_edited_and_sent(
    api: Api, buyer: User, seller: User, product: Product
) -> None:
    drafts = api.as_(buyer)
    assert drafts.post("offers", body_of(product, seller, quantity=7, draft=True)).code == "BAD_MULTIPLE"
    draft = drafts.post("offers", body_of(product, seller, draft=True)).body["offer"]
    path = f"offers/{draft['id']}"
    assert drafts.patch(path, body_of(product, seller, quantity=7)).code == "BAD_MULTIPLE"

    services.archive_product(actor=seller, product_id=product.id)
    unsent = drafts.post(f"{path}/send")
    assert (unsent.code, unsent.fields) == ("INVALID_PRODUCT", ["product.productId"])
    tiers = [TierWish(from_quantity=Decimal(1), unit_price=Decimal(200))]
    details = ProductDetails(status="active", tiers=tiers)
    services.change_product(actor=seller, product_id=product.id, details=details)
    sent = drafts.post(f"{path}/send").body["offer"]
    assert (sent["status"], sent["revision"], sent["pricing"]["originalPrice"]) == ("pending", 2, 200)
    assert faults() == []


def test_a_draft_that_the_catalogue_still_says_is_sent_as_it_is(
    api: Api, buyer: User, seller: User, product: Product
) -> None:
    draft = api.as_(buyer).post("offers", body_of(product, seller, draft=True)).body["offer"]
    assert api.as_(buyer).post(f"offers/{draft['id']}/send").body["offer"]["revision"] == 1


def of_the_catalogue(lines: list[LineWish], buyer: User, seller: User) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        services.make_offer(actor=buyer, wish=offer_wish(seller, lines=lines))
    tables = ("offers_product", "offers_pricetier", "offers_priceband", "offers_category")
    return [one["sql"] for one in queries if any(f'FROM "{table}"' in one["sql"] for table in tables)]


def test_the_lines_of_an_offer_are_known_in_one_query(buyer: User, seller: User, product: Product) -> None:
    opaque = [line_wish(product_ref=f"p{number}") for number in range(3)]
    assert of_the_catalogue(opaque, buyer, seller) == []
    lines = [line_of(stocked(seller, f"Item {number}")) for number in range(5)]
    tiers = [sql for sql in of_the_catalogue([*opaque, *lines], buyer, seller) if "pricetier" in sql]
    rules = [sql for sql in of_the_catalogue([*opaque, *lines], buyer, seller) if "pricetier" not in sql]
    assert (len(tiers), len(rules)) == (1, 2)
