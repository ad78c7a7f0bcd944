"""Offers and orders: the other side is told, and of what the system does both are. Nobody is told what they did."""

from collections.abc import Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from accounts.models import Permission
from notifications.handlers.showing import Telling, amount, moment, money
from notifications.models import Type
from notifications.services import Notice, notify
from offers import selectors as offers_selectors
from offers.events import OfferStepTaken, OrderStepTaken
from offers.selectors import OfferGist, OrderGist

_OFFER_STEPS: Mapping[str, Telling] = {
    "sent": Telling(Type.OFFER_RECEIVED, "offer-notification"),
    "revised": Telling(Type.OFFER_RECEIVED, "offer-notification"),
    "countered": Telling(Type.OFFER_COUNTERED, "offer-response.countered"),
    "accepted": Telling(Type.OFFER_ACCEPTED, "offer-response.accepted"),
    "rejected": Telling(Type.OFFER_REJECTED, "offer-response.rejected"),
    "withdrawn": Telling(Type.OFFER_RESPONSE, "offer-response.withdrawn"),
    "expired": Telling(Type.OFFER_RESPONSE, "offer-response.expired"),
    "cancelled": Telling(Type.OFFER_RESPONSE, "offer-response.withdrawn"),
    "reminded": Telling(Type.REMINDER, "offer-reminder"),
}
_ORDER_STEPS: Mapping[str, Telling] = {
    "placed": Telling(Type.ORDER_PLACED, "order-update.placed"),
    "confirmed": Telling(Type.ORDER_CONFIRMED, "order-update.confirmed"),
    "fulfilled": Telling(Type.ORDER_SHIPPED, "order-update.shipped"),
    "delivered": Telling(Type.ORDER_DELIVERED, "order-update.delivered"),
    "settled": Telling(Type.SYSTEM_UPDATE, "order-update.settled"),
    "cancelled": Telling(Type.SYSTEM_UPDATE, "order-update.cancelled"),
}
_SIDES = ("buyer", "seller")
_MARKETPLACE = "Wholexale"


def tell_offer_step(fact: OfferStepTaken) -> None:
    """Tell the people of the other side what was done with an offer; a reminder goes to whose turn it is."""
    if (telling := _OFFER_STEPS.get(fact.action)) is None:
        return
    told = _people(fact, [side for side in _SIDES if side != fact.side], Permission.OFFERS_MANAGE)
    if not told:
        return
    gist = offers_selectors.offer_gist(fact.offer_id, fact.seq)
    notify(
        *(
            Notice(
                type=telling.type,
                to=people,
                template=telling.template,
                values=_offer_values(gist, fact, told=side),
                data=_offer_data(gist, fact),
                fact=fact.type,
                thread_id=f"offer-{fact.offer_id}",
                actions=[{"label": "View offer", "type": "primary", "action": "view_offer"}],
            )
            for side, people in told.items()
            if fact.action != "reminded" or side == gist.awaiting
        )
    )


def tell_order_step(fact: OrderStepTaken) -> None:
    """Tell the people of the other side what was done with an order.

    That it was placed, the side that accepted is told: the other one hears that its offer was accepted.
    """
    if (telling := _ORDER_STEPS.get(fact.action)) is None:
        return
    own_side_is_told = fact.action == "placed"
    told = _people(fact, [side for side in _SIDES if (side == fact.side) == own_side_is_told], Permission.ORDERS_MANAGE)
    if not told:
        return
    gist = offers_selectors.order_gist(fact.order_id, fact.seq)
    notify(
        *(
            Notice(
                type=telling.type,
                to=people,
                template=telling.template,
                values=_order_values(gist, fact, told=side),
                data=_order_data(gist, fact),
                fact=fact.type,
                thread_id=f"order-{fact.order_id}",
                actions=[{"label": "View order", "type": "primary", "action": "view_order"}],
            )
            for side, people in told.items()
        )
    )


def _people(
    fact: OfferStepTaken | OrderStepTaken, sides: Sequence[str], permission: Permission
) -> dict[str, list[UUID]]:
    """Return who is told, by side, but for who has done it; a side that has nobody to tell is left out."""
    businesses = {side: fact.buyer_id if side == "buyer" else fact.seller_id for side in sides}
    allowed = accounts_selectors.people_allowed(business_ids=businesses.values(), permission=permission)
    found = {side: [one for one in allowed[business] if one != fact.actor_id] for side, business in businesses.items()}
    return {side: people for side, people in found.items() if people}


def _offer_values(gist: OfferGist, fact: OfferStepTaken, *, told: str) -> dict[str, str]:
    return {
        "sender": _sender(gist, fact.side, told),
        "product": gist.product,
        "price": f"{gist.currency} {gist.unit_price}",
        "quantity": gist.quantity,
        "total": money(gist.total, gist.currency),
        "valid_until": moment(gist.valid_until, ZoneInfo(gist.time_zone)),
        "quote": gist.message,
        "link": f"/offers/{fact.offer_id}",
    }


def _offer_data(gist: OfferGist, fact: OfferStepTaken) -> dict[str, str | int]:
    data: dict[str, str | int] = {
        "offerId": str(fact.offer_id),
        "offerNumber": gist.number,
        "senderName": _sender(gist, fact.side, ""),
    }
    return data | amount(gist.total, gist.currency) | _conversation(gist.conversation_id) | _person(fact.actor_id)


def _order_values(gist: OrderGist, fact: OrderStepTaken, *, told: str) -> dict[str, str]:
    return {
        "sender": gist.buyer if fact.action == "placed" else _sender(gist, fact.side, told),
        "order": gist.number,
        "status": gist.status,
        "total": money(gist.total, gist.currency),
        "quote": gist.note,
        "link": f"/orders/{fact.order_id}",
    }


def _order_data(gist: OrderGist, fact: OrderStepTaken) -> dict[str, str | int]:
    data: dict[str, str | int] = {
        "orderId": str(fact.order_id),
        "orderNumber": gist.number,
        "offerId": str(gist.offer_id),
    }
    return data | amount(gist.total, gist.currency) | _conversation(gist.conversation_id) | _person(fact.actor_id)


def _sender(gist: OfferGist | OrderGist, side: str, told: str) -> str:
    """Return the business that has acted; of what the system did, the one across the table from who is told."""
    across = {"buyer": "seller", "seller": "buyer"}.get(told, "")
    return {"buyer": gist.buyer, "seller": gist.seller}.get(side or across, _MARKETPLACE)


def _conversation(conversation_id: UUID | None) -> dict[str, str]:
    return {} if conversation_id is None else {"conversationId": str(conversation_id)}


def _person(actor_id: UUID | None) -> dict[str, str]:
    return {} if actor_id is None else {"senderId": str(actor_id)}
