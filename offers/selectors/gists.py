"""Offers and orders in a few words, for whoever has heard a fact about one: plain values; who may see is not judged."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from offers.models import Offer, OfferEvent, Order, OrderEvent
from offers.selectors.access import LINES
from wholexale.common.measures import from_micro, from_milli
from wholexale.common.prepared import Prepared, read


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
    (offer,), lines, ((said,),) = read(_OFFER(offer_id), LINES(offer_id), _SAID(offer_id, seq))
    terms, first = offer.on_the_table, lines[0]
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
        message=said,
    )


_OFFER = Prepared(lambda offer_id: Offer.objects.select_related("current", "buyer", "seller").filter(id=offer_id), UUID)
_SAID = Prepared(
    lambda offer_id, seq: OfferEvent.objects.filter(offer_id=offer_id, seq=seq).values_list("message"), *(UUID, int)
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
