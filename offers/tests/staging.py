"""What the tests of offers stage: offers, answers to them, and pictures of every row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.apps import apps

from accounts.models import User
from finance.tests.staging import business_of, employee, limit_spending, open_line
from offers import services
from offers.models import Offer, Order, Product
from offers.services import LineWish, OfferWish, ProductDetails, TermChanges, TermsWish, TierWish
from wholexale.common.clock import database_now
from wholexale.common.errors import DomainError
from wholexale.common.testing import Api, Reply, clock_query

__all__ = ["business_of", "employee", "limit_spending", "open_line"]

SEED_OFFER: dict[str, Any] = {
    "title": "Bulk Order Request",
    "description": "I need 100 units of your product",
    "product": {"productId": "product_id", "name": "Product Name"},
    "pricing": {"originalPrice": 100, "offerPrice": 85},
    "quantity": {"requested": 100, "unit": "pieces"},
}
"""The example of the owner's document, but for the seller and the end, which lies in the past by now."""


def offer_body(seller: User, *, days: int = 7, **changes: Any) -> dict[str, Any]:
    """Return the owner's example, to a seller, with an end some days from now."""
    end = (database_now() + timedelta(days=days)).isoformat()
    return SEED_OFFER | {"seller": str(seller.id), "validity": {"endDate": end}} | changes


def line_wish(price: str = "85", quantity: str = "100", **changes: Any) -> LineWish:
    """Return a line of the example."""
    wish = LineWish(
        product_ref="product_id",
        name="Product Name",
        unit="pieces",
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        original_unit_price=Decimal(100),
    )
    return replace(wish, **changes)


def offer_wish(
    seller: User, *, end: datetime | None = None, lines: list[LineWish] | None = None, **of: Any
) -> OfferWish:
    """Return the example as a wish; further fields are those of the terms."""
    terms = TermsWish(
        currency="INR",
        lines=lines or [line_wish()],
        payment_terms="",
        delivery_terms="door_delivery",
        valid_from=None,
        valid_until=end or database_now() + timedelta(days=7),
        time_zone="",
    )
    return OfferWish(
        title="Bulk Order Request",
        description="I need 100 units of your product",
        seller_id=seller.id,
        terms=replace(terms, **of),
    )


def offered(buyer: User, seller: User, **fields: Any) -> Offer:
    """Let a buyer make the example's offer to a seller."""
    return services.make_offer(actor=buyer, wish=offer_wish(seller, **fields))


def countered(seller: User, offer: Offer, price: str = "90") -> Offer:
    """Let somebody answer an offer with another price."""
    return services.counter_offer(actor=seller, offer_id=offer.id, changes=TermChanges(price=Decimal(price)))


def stocked(seller: User, name: str = "Hex bolts", *, unit: str = "pieces", **details: Any) -> Product:
    """Let a seller put a product up for sale: 100 rupees apiece, 90 from 100 on, 6 at least, in sixes."""
    prices = {"1": "100", "100": "90"} if unit == "pieces" else {"0.5": "100"}
    tiers = [TierWish(from_quantity=Decimal(start), unit_price=Decimal(price)) for start, price in prices.items()]
    said = {"moq": Decimal(6), "multiple": Decimal(6)} if unit == "pieces" else {}
    wish = ProductDetails(**{"name": name, "tiers": tiers} | said | details)
    return services.add_product(actor=seller, unit=unit, currency="INR", details=wish)


def line_of(product: Product, price: str = "85", quantity: str = "60", **changes: Any) -> LineWish:
    """Return a line that names a product of the catalogue, and says the rest wrongly."""
    return line_wish(price, quantity, product_ref=str(product.id), name="Whatever", **changes)


def accepted(seller: User, offer: Offer) -> Order:
    """Let somebody accept an offer."""
    return services.accept_offer(actor=seller, offer_id=offer.id).order


def expired(offer: Offer) -> Any:
    """Let the time of an offer's terms end, and the clock notice."""
    with later(offer):
        services.expire_offer(offer_id=offer.id, revision=fresh(offer).current.number)
    return fresh(offer)


@contextmanager
def later(offer: Offer, seconds: int = 0) -> Iterator[None]:
    """Let the database's clock show the end of an offer's terms, or some seconds after or before."""
    moment = fresh(offer).expires_at + timedelta(seconds=seconds)
    with clock_at(moment):
        yield


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let the database's clock stand still at a moment, as far as offers ask for it."""
    modules = ("approvals", "making", "negotiating", "order_steps", "steps")
    patches: list[Any] = [mock.patch(f"offers.services.{name}.database_now", return_value=moment) for name in modules]
    patches.append(mock.patch("offers.serializers.offers.database_now", return_value=moment))
    patches.append(mock.patch("offers.selectors.access.now_query", clock_query(lambda: moment)))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def fresh(offer: Offer) -> Any:
    """Read an offer again; untyped, as what may be missing of an offer is there in each test that looks at it."""
    return Offer.objects.select_related("current").get(id=offer.id)


def every_row() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of offers, finance and chat, by model."""
    models = [model for app in ("offers", "finance", "chat") for model in apps.get_app_config(app).get_models()]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a refusal, after which every row of the database is as it was."""
    before = every_row()
    with pytest.raises(DomainError) as caught:
        yield
    assert caught.value.code == code
    assert every_row() == before


def respond(api: Api, who: User, offer: Offer, action: str, **more: Any) -> Reply:
    """Answer an offer over REST."""
    return api.as_(who).put(f"offers/{offer.id}/respond", {"action": action, **more})
