"""What people read in the conversation of an offer."""

from accounts.models import User
from offers.models import Goods, Offer, OfferEvent, Order, OrderEvent, Side
from offers.selectors import on_the_table
from wholexale.common.measures import from_micro, from_milli

Action = OfferEvent.Action
LINE_TYPES = {
    Action.SENT: "offer_created",
    Action.COUNTERED: "offer_countered",
    Action.REVISED: "offer_countered",
    Action.ACCEPTED: "offer_accepted",
    Action.REJECTED: "offer_rejected",
    Action.WITHDRAWN: "offer_withdrawn",
    Action.EXPIRED: "offer_expired",
    Action.CANCELLED: "offer_cancelled",
    Action.COMPLETED: "offer_completed",
    Action.REMINDED: "offer_expiring",
    Action.SHORTFALL: "offer_credit_short",
}
"""The system lines that the steps of a negotiation write, the old backend's names first."""

_SAID = {
    Action.SENT: "{who} made an offer: {what}.",
    Action.COUNTERED: "{who} made a counter-offer: {what}.",
    Action.REVISED: "{who} renewed the offer: {what}.",
    Action.ACCEPTED: "{who} accepted the offer: {what}.",
    Action.REJECTED: "{who} rejected the offer.",
    Action.WITHDRAWN: "{who} withdrew the offer.",
    Action.EXPIRED: "The offer has expired.",
    Action.CANCELLED: "The marketplace cancelled the offer.",
    Action.COMPLETED: "The order was settled.",
    Action.REMINDED: "The offer ends soon.",
    Action.SHORTFALL: "{who} wanted to accept the offer, but the buyer's credit does not cover it just now.",
}
ORDER_LINES = {
    OrderEvent.Action.PLACED: "order_placed",
    OrderEvent.Action.PAID: "payment_processed",
    OrderEvent.Action.CONFIRMED: "order_confirmed",
    OrderEvent.Action.FULFILLED: "order_shipped",
    OrderEvent.Action.DELIVERED: "order_delivered",
    OrderEvent.Action.CANCELLED: "order_cancelled",
}
"""The system lines that the steps of an order write, in the old backend's words."""

_ORDER_SAID = {
    OrderEvent.Action.PLACED: "{order} was placed.",
    OrderEvent.Action.PAID: "{order} was paid.",
    OrderEvent.Action.CONFIRMED: "{who} confirmed {order}.",
    OrderEvent.Action.FULFILLED: "{who} sent goods of {order}.",
    OrderEvent.Action.DELIVERED: "{who} received the goods of {order}.",
    OrderEvent.Action.CANCELLED: "{who} cancelled {order}.",
}
MAX_QUOTED = 1000


def line_of(offer: Offer, action: Action, actor: User | None, message: str, *, side: Side | None = None) -> str:
    """Return the line that a step writes, with what was said to it; without an actor it is the business of the side."""
    who = actor.full_name if actor else _business(offer, side)
    said = _SAID[action].format(who=who, what=goods_of(offer))
    return f"{said} “{message[:MAX_QUOTED]}”" if message else said


def order_line_of(order: Order, action: OrderEvent.Action, actor: User | None, note: str) -> str:
    """Return the line that a step of an order writes, with what was said to it."""
    said = _ORDER_SAID[action].format(who=actor.full_name if actor else "The marketplace", order=order.order_number)
    return f"{said} “{note}”" if note else said


def goods_of(offer: Offer) -> str:
    """Return what is on the table in a few words: 100 pieces of Hex bolts at 85.00 INR."""
    _, lines = on_the_table(offer)
    said = _goods(lines[0], offer.currency)
    return f"{said} and more" if len(lines) > 1 else said


def _business(offer: Offer, side: Side | None) -> str:
    if side is None:
        return "The marketplace"
    return offer.buyer.name if side == Side.BUYER else offer.seller.name


def _goods(line: Goods, currency: str) -> str:
    price = from_micro(line.unit_price, currency)
    return f"{from_milli(line.quantity):f} {line.unit} of {line.name} at {price:f} {currency}"
