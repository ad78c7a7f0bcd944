"""Offers and orders in a few words, for whoever has heard a fact about one: plain values; who may see is not judged."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from offers.models import Offer, OfferEvent, OfferLine, Order, OrderEvent
from wholexale.common.measures import from_micro, from_milli


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferGist:
    """An offer as it stands, and what was said in one step of it. `total` is in minor units."""

    number: str
    title: str
    product: str
    quantity: str
    unit_price: str
    total: int
    currency: str
    awaiting: str
    valid_until: datetime
    time_zone: str
    buyer: str
    seller: str
    conversation_id: UUID | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGist:
    """An order as it stands, and what was said in one step of it. `total` is in minor units, with taxes."""

    number: str
    total: int
    currency: str
    status: str
    buyer: str
    seller: str
    offer_id: UUID
    conversation_id: UUID | None
    note: str


def offer_gist(offer_id: UUID, seq: int) -> OfferGist:
    """Return an offer in a few words, with the message of its event `seq`."""
    offer = Offer.objects.select_related("current", "buyer", "seller").get(id=offer_id)
    terms = offer.on_the_table
    first = OfferLine.objects.filter(revision=terms).order_by("position").first()
    assert first is not None  # noqa: S101 - terms have lines from their first commit on
    said = OfferEvent.objects.filter(offer=offer, seq=seq).values_list("message", flat=True).first()
    return OfferGist(
        number=offer.offer_number,
        title=offer.title,
        product=first.name,
        quantity=f"{from_milli(first.quantity):f} {first.unit}",
        unit_price=f"{from_micro(first.unit_price, terms.currency):f}",
        total=terms.total,
        currency=terms.currency,
        awaiting=offer.awaiting,
        valid_until=terms.valid_until,
        time_zone=terms.time_zone,
        buyer=offer.buyer.name,
        seller=offer.seller.name,
        conversation_id=offer.conversation_id,
        message=said or "",
    )


def order_gist(order_id: UUID, seq: int) -> OrderGist:
    """Return an order in a few words, with the note of its event `seq`."""
    order = Order.objects.select_related("buyer", "seller", "offer").get(id=order_id)
    said = OrderEvent.objects.filter(order=order, seq=seq).values_list("note", flat=True).first()
    return OrderGist(
        number=order.order_number,
        total=order.total,
        currency=order.currency,
        status=order.status,
        buyer=order.buyer.name,
        seller=order.seller.name,
        offer_id=order.offer_id,
        conversation_id=order.offer.conversation_id,
        note=said or "",
    )
