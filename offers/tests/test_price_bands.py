"""How offers are answered without looking: at which border, for which terms, and what the buyer never learns."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from msgspec import UNSET

from accounts.models import User
from chat.models import Message
from finance import services as finance_services
from finance.models import CreditLine
from finance.tests.staging import lender
from offers import services
from offers.models import Offer, OfferEvent, Order, PriceBand, Product
from offers.services import BandWish, LineWish, ProductDetails, TierWish
from offers.tests.audit import faults
from offers.tests.staging import (
    business_of,
    every_row,
    fresh,
    line_of,
    line_wish,
    offer_body,
    offer_wish,
    offered,
    open_line,
    refused,
    stocked,
)
from wholexale.common.realtime import Outgoing
from wholexale.common.testing import Api, SentItems

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

BAND = BandWish(accept_at=Decimal(95), decline_below=Decimal("80.5"))


@pytest.fixture(name="product")
def banded(seller: User) -> Product:
    """Accept at 95 percent of the tier's price of 100 rupees, decline below 80.5."""
    services.add_category(name="Fasteners", parent=services.add_category(name="Hardware"))
    product = stocked(seller, category="hardware-fasteners")
    services.set_product_band(actor=seller, product_id=product.id, wish=BAND)
    return product


@pytest.mark.parametrize(
    ("price", "status"),
    [
        ("95", "accepted"),
        ("120", "accepted"),
        ("94.999999", "pending"),
        ("80.5", "pending"),
        ("80.499999", "rejected"),
        ("0.01", "rejected"),
    ],
)
def test_the_price_decides(  # noqa: PLR0917 - two cases, and who is there
    buyer: User, seller: User, line: CreditLine, product: Product, price: str, status: str
) -> None:
    offer = offered(buyer, seller, lines=[line_of(product, price)])

    assert (offer.status, fresh(offer).status) == (status, status)
    assert fresh(offer).awaiting == ("seller" if status == "pending" else "")
    assert Order.objects.filter(offer=offer).count() == int(status == "accepted")
    assert faults() == []


def test_an_accepted_offer_is_an_order_like_any_other(
    api: Api, buyer: User, seller: User, line: CreditLine, product: Product
) -> None:
    body = offer_body(seller) | {"product": {"productId": str(product.id), "name": "Hex bolts"}}
    body |= {"pricing": {"originalPrice": 100, "offerPrice": 95}, "quantity": {"requested": 60, "unit": "pieces"}}
    reply = api.as_(buyer).post("offers", body)
    shown = reply.body["offer"]
    order = Order.objects.get()

    assert (reply.status, shown["status"], shown["orderId"]) == (201, "accepted", str(order.id))
    assert (order.accepting_side, order.accepted_by, order.total) == ("seller", seller, 570_000)
    assert order.hold is not None
    assert order.hold.amount == 570_000
    sent, agreed = OfferEvent.objects.order_by("seq")
    assert (sent.action, agreed.action, agreed.side, agreed.actor, agreed.changes) == (
        "sent", "accepted", "seller", None, {"automatic": True},
    )  # fmt: skip
    assert [one["action"] for one in shown["negotiations"]] == ["sent", "accepted"]
    assert api.as_(buyer).get(f"offers/{shown['id']}").body["offer"]["status"] == "accepted"
    assert api.as_(seller).get(f"orders/{order.id}").body["order"]["allowedActions"][0] == "confirm"


def test_the_conversation_and_both_sides_hear_of_it(
    buyer: User, seller: User, line: CreditLine, product: Product, sent: SentItems
) -> None:
    with sent() as items:
        offer = offered(buyer, seller, lines=[line_of(product, "95")])
    lines = Message.objects.filter(conversation_id=fresh(offer).conversation_id).order_by("seq")
    assert [one.system_message_type or one.message_type for one in lines] == [
        "offer", "offer_created", "offer_accepted", "order_placed",
    ]  # fmt: skip
    assert "Cotton Mill accepted the offer" in lines[2].content
    first: Any = lines[0]
    assert first.offer["status"] == "accepted"
    pushes: list[Any] = [item.push for item in items if isinstance(item, Outgoing)]
    heard = [(one.event, one.offer.status) for one in pushes if one.event.startswith("offer:")]
    assert sorted(heard) == [
        ("offer:created", "pending"), ("offer:received", "pending"),
        ("offer:responded", "accepted"), ("offer:response", "accepted"),
    ]  # fmt: skip
    (answer,) = [one for one in pushes if one.event == "offer:response"]
    assert (answer.action, answer.responder.name, answer.responder.role) == ("accept", "Cotton Mill", "system")
    (created,) = [one for one in pushes if one.event == "offer:created"]
    assert created.offer.order_id is UNSET


def test_a_rejected_offer_is_closed_by_nobody(buyer: User, seller: User, line: CreditLine, product: Product) -> None:
    offer = fresh(offered(buyer, seller, lines=[line_of(product, "10")]))

    assert (offer.status, offer.closed_by, offer.close_reason, offer.closed_at is None) == ("rejected", None, "", False)
    assert OfferEvent.objects.filter(offer=offer).last().changes == {"automatic": True}  # type: ignore[union-attr]


def test_the_buyer_learns_of_no_border(api: Api, buyer: User, seller: User, line: CreditLine, product: Product) -> None:
    """The three outcomes, read in every way that the buyer has; 95 and 80.5 stand nowhere."""
    read = api.as_(buyer)
    for price in (96, 90, 70):
        body = offer_body(seller) | {"product": {"productId": str(product.id), "name": "Hex bolts"}}
        body |= {"pricing": {"originalPrice": 100, "offerPrice": price}, "quantity": {"requested": 6, "unit": "pieces"}}
        made = read.post("offers", body).body
        path = f"offers/{made['offer']['id']}"
        said = [made, read.get(path).body, read.get(f"{path}/history").body]
        said += [read.get(f"products/{product.id}").body, read.get("products").body]
        names = {name for one in said for name in keys_of(one)}
        numbers = {number for one in said for number in values_of(one) if isinstance(number, int | Decimal)}
        assert not {name for name in names if "accept_at" in name or "acceptAt" in name or "decline" in name.lower()}
        assert not numbers & {95, Decimal("80.5"), 9500, 8050}
    assert read.get(f"products/{product.id}/band").code == "PRODUCT_NOT_FOUND"


def keys_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for one in value.values() for name in keys_of(one))]
    return [name for one in value for name in keys_of(one)] if isinstance(value, list) else []


def values_of(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if inner is None else [one for part in inner for one in values_of(part)]


def test_without_credit_a_person_answers(buyer: User, seller: User, product: Product) -> None:
    open_line(business_of(buyer), 100_000)
    before = every_row()
    offer = offered(buyer, seller, lines=[line_of(product, "95")])

    assert (offer.status, offer.awaiting) == ("pending", "seller")
    assert not hasattr(offer, "order")
    assert [event.action for event in OfferEvent.objects.all()] == ["sent"]
    after = every_row()
    finance = [name for name in after if name.startswith("finance.")]
    assert {name: after[name] for name in finance} == {name: before[name] for name in finance}
    assert faults() == []


def test_a_frozen_line_leaves_it_to_a_person(buyer: User, seller: User, line: CreditLine, product: Product) -> None:
    finance_services.set_credit_status(actor=lender(), line_id=line.id, status="suspended", reason="Overdue")
    assert offered(buyer, seller, lines=[line_of(product, "95")]).status == "pending"


def test_an_order_that_is_paid_in_advance_is_placed_too(buyer: User, seller: User, product: Product) -> None:
    order = Order.objects.get(offer=offered(buyer, seller, lines=[line_of(product, "95")]))
    assert (order.settlement, order.payment is None) == ("prepaid", False)
    assert faults() == []


@pytest.mark.parametrize(
    "asked",
    [
        {"terms": {"customTerms": ["The seller pays for delays"]}},
        {"terms": {"warranty": {"duration": "10 years", "coverage": "All"}}},
        {"attachments": [{"url": "/files/contract.pdf"}]},
        {"payment_terms": "net_90"},
    ],
    ids=["custom terms", "warranty", "papers", "credit period"],
)
def test_a_rule_about_prices_agrees_to_nothing_else(
    buyer: User, seller: User, line: CreditLine, product: Product, asked: dict[str, Any]
) -> None:
    assert offered(buyer, seller, lines=[line_of(product, "99")], **asked).status == "pending"


@pytest.mark.parametrize(
    ("prices", "status"),
    [
        (["95", "95"], "accepted"),
        (["95", "94"], "pending"),
        (["100", "80"], "rejected"),
        (["95", None], "pending"),
        (["80", None], "rejected"),
    ],
)
def test_every_line_is_judged(  # noqa: PLR0917 - two cases, and who is there
    buyer: User, seller: User, line: CreditLine, product: Product, prices: list[str | None], status: str
) -> None:
    lines: list[LineWish] = [line_of(product, price) if price else line_wish("95", "1") for price in prices]
    assert offered(buyer, seller, lines=lines).status == status


def test_a_product_without_a_rule_is_left_to_people(
    buyer: User, seller: User, line: CreditLine, product: Product
) -> None:
    services.clear_product_band(actor=seller, product_id=product.id)
    for price in ("1", "100"):
        assert offered(buyer, seller, lines=[line_of(product, price)]).status == "pending"


@pytest.mark.parametrize(("wish", "outcomes"), [
    (BandWish(accept_at=Decimal(90)), ["pending", "accepted"]),
    (BandWish(decline_below=Decimal(90)), ["rejected", "pending"]),
    (BandWish(kind="price", accept_at=Decimal("90.5"), decline_below=Decimal(80)), ["rejected", "accepted"]),
    (BandWish(kind="price", accept_at=Decimal("100.01"), decline_below=Decimal("0.01")), ["pending", "pending"]),
], ids=["accept only", "decline only", "prices", "wide prices"])  # fmt: skip
def test_a_rule_may_draw_one_border_or_name_prices(  # noqa: PLR0917 - two cases, and who is there
    buyer: User, seller: User, line: CreditLine, product: Product, wish: BandWish, outcomes: list[str]
) -> None:
    services.set_product_band(actor=seller, product_id=product.id, wish=wish)
    for price, status in zip(("50", "100"), outcomes, strict=True):
        assert offered(buyer, seller, lines=[line_of(product, price)]).status == status


def test_percents_are_of_the_tier_of_the_quantity(
    buyer: User, seller: User, line: CreditLine, product: Product
) -> None:
    lines = [line_of(product, "86", quantity="96"), line_of(product, "86", quantity="120")]
    assert [offered(buyer, seller, lines=[one]).status for one in lines] == ["pending", "accepted"]


def test_the_nearest_rule_holds(buyer: User, seller: User, line: CreditLine, product: Product) -> None:
    def outcome() -> str:
        return offered(buyer, seller, lines=[line_of(product, "85")]).status

    services.set_category_band(actor=seller, slug="hardware", wish=BandWish(accept_at=Decimal(50)))
    assert outcome() == "pending"
    services.clear_product_band(actor=seller, product_id=product.id)
    assert outcome() == "accepted"
    services.set_category_band(actor=seller, slug="hardware-fasteners", wish=BandWish(decline_below=Decimal(90)))
    assert outcome() == "rejected"
    services.clear_category_band(actor=seller, slug="hardware-fasteners")
    services.clear_category_band(actor=seller, slug="hardware")
    assert outcome() == "pending"


def test_the_rules_of_other_sellers_are_theirs(
    buyer: User, seller: User, outsider: User, line: CreditLine, product: Product
) -> None:
    services.clear_product_band(actor=seller, product_id=product.id)
    services.set_category_band(actor=outsider, slug="hardware", wish=BandWish(accept_at=Decimal(1)))
    assert offered(buyer, seller, lines=[line_of(product, "95")]).status == "pending"


def test_a_draft_is_judged_when_it_is_sent_at_the_price_of_that_day(
    buyer: User, seller: User, line: CreditLine, product: Product
) -> None:
    def draft() -> Offer:
        wish = offer_wish(seller, lines=[line_of(product, "95")])
        return services.make_offer(actor=buyer, wish=services.OfferWish(**fields_of(wish) | {"is_draft": True}))

    first, second = draft(), draft()
    assert (first.status, Order.objects.count()) == ("draft", 0)
    assert services.send_offer(actor=buyer, offer_id=first.id).status == "accepted"
    dearer = ProductDetails(tiers=[TierWish(from_quantity=Decimal(1), unit_price=Decimal(200))])
    services.change_product(actor=seller, product_id=product.id, details=dearer)
    assert services.send_offer(actor=buyer, offer_id=second.id).status == "rejected"
    assert faults() == []


def fields_of(wish: Any) -> dict[str, Any]:
    return {name: getattr(wish, name) for name in wish.__slots__}


def test_a_counter_is_answered_by_people(buyer: User, seller: User, line: CreditLine, product: Product) -> None:
    offer = offered(buyer, seller, lines=[line_of(product, "90")])
    services.counter_offer(actor=seller, offer_id=offer.id, changes=services.TermChanges(price=Decimal(99)))
    services.counter_offer(actor=buyer, offer_id=offer.id, changes=services.TermChanges(price=Decimal(98)))
    assert (fresh(offer).status, fresh(offer).awaiting) == ("countered", "seller")


def test_who_is_blocked_gets_no_order(api: Api, buyer: User, seller: User, line: CreditLine, product: Product) -> None:
    api.as_(seller).post("chat/blocks", {"user": str(buyer.id)})
    with refused("BLOCKED"):
        offered(buyer, seller, lines=[line_of(product, "95")])


def test_the_seller_sets_reads_and_takes_away_a_rule(api: Api, seller: User) -> None:
    keeper = api.as_(seller)
    services.add_category(name="Hardware")
    for path in (f"products/{stocked(seller).id}/band", "categories/hardware/band"):
        assert keeper.get(path).body == {"band": None}
        drawn = keeper.put(path, {"acceptAt": 95, "declineBelow": 80.5}).body["band"]
        assert (drawn["kind"], drawn["acceptAt"], drawn["declineBelow"]) == ("percent", 95, 80.5)
        again = keeper.put(path, {"declineBelow": 100}).body["band"]
        assert (again["acceptAt"], again["declineBelow"]) == (None, 100)
        assert keeper.get(path).body == {"band": again}
        assert keeper.delete(path).body["band"] is keeper.delete(path).body["band"] is None
        assert keeper.get(path).body == {"band": None}
    assert not PriceBand.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "acceptAt"),
        ({"acceptAt": 80, "declineBelow": 80}, "declineBelow"),
        ({"acceptAt": 0}, "acceptAt"),
        ({"declineBelow": -1}, "declineBelow"),
        ({"acceptAt": 95.125}, "acceptAt"),
        ({"acceptAt": 1001}, "acceptAt"),
        ({"acceptAt": "95"}, "acceptAt"),
        ({"kind": "guess", "acceptAt": 95}, "kind"),
    ],
)
def test_a_rule_that_makes_no_sense_names_its_field(api: Api, seller: User, body: dict[str, Any], field: str) -> None:
    services.add_category(name="Hardware")
    for path in (f"products/{stocked(seller).id}/band", "categories/hardware/band"):
        reply = api.as_(seller).put(path, body)
        assert (reply.status, reply.fields) == (400, [field])
    assert not PriceBand.objects.exists()


def test_a_category_has_no_price(api: Api, seller: User) -> None:
    services.add_category(name="Hardware")
    reply = api.as_(seller).put("categories/hardware/band", {"kind": "price", "acceptAt": 95})
    assert (reply.status, reply.fields) == (400, ["kind"])
    assert api.as_(seller).put("categories/nowhere/band", {"acceptAt": 95}).code == "CATEGORY_NOT_FOUND"


def test_the_database_keeps_a_rule_in_order(seller: User, product: Product) -> None:
    own: dict[str, Any] = {"seller_id": product.seller_id, "author": seller, "category_id": product.category_id}
    broken = [
        PriceBand(**own),
        PriceBand(**own, accept_at=1, decline_below=1),
        PriceBand(**own, accept_at=0),
        PriceBand(**own, accept_at=1, kind="price"),
        PriceBand(**own, accept_at=1, product=product),
        PriceBand(seller_id=product.seller_id, author=seller, accept_at=1),
    ]
    for row in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
