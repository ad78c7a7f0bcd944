"""Reads of offers and orders."""

from offers.selectors.access import Seat, access_offer, lock_offer, offer_not_found, offers, side_of, take_seat
from offers.selectors.listing import Role, Sort, WantedOffers, history, initial_offers, own_offers
from offers.selectors.orders import (
    OrderSeat,
    access_order,
    allowed_order_actions,
    lock_order,
    order_not_found,
    order_side,
    orders,
    own_orders,
    take_order_seat,
)
from offers.selectors.shapes import (
    allowed_actions,
    counters_left,
    max_counters,
    offer_card,
    offer_shape,
    said_changes,
    shown_status,
    was_revived_by,
)
from offers.selectors.summary import SideSummary, Standing, offer_summary

__all__ = [
    "OrderSeat",
    "Role",
    "Seat",
    "SideSummary",
    "Sort",
    "Standing",
    "WantedOffers",
    "access_offer",
    "access_order",
    "allowed_actions",
    "allowed_order_actions",
    "counters_left",
    "history",
    "initial_offers",
    "lock_offer",
    "lock_order",
    "max_counters",
    "offer_card",
    "offer_not_found",
    "offer_shape",
    "offer_summary",
    "offers",
    "order_not_found",
    "order_side",
    "orders",
    "own_offers",
    "own_orders",
    "said_changes",
    "shown_status",
    "side_of",
    "take_order_seat",
    "take_seat",
    "was_revived_by",
]
