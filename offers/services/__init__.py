"""Writes: offers, answers to them, and orders. Callers use this module, not those below it."""

from offers.services.accepting import Accepted, accept_offer
from offers.services.bands import (
    BandWish,
    clear_category_band,
    clear_product_band,
    set_category_band,
    set_product_band,
)
from offers.services.catalogue import (
    ProductDetails,
    TierWish,
    add_category,
    add_product,
    archive_product,
    change_product,
)
from offers.services.making import OfferWish, discard_draft, edit_draft, make_offer, revise_offer, send_offer
from offers.services.negotiating import (
    cancel_offer,
    counter_offer,
    expire_offer,
    reject_offer,
    remind_of_offer,
    view_offer,
    withdraw_offer,
)
from offers.services.ordering import (
    Shipment,
    cancel_order,
    cancel_order_as_staff,
    confirm_delivery,
    confirm_order,
    end_order,
    fulfil_order,
    pay_order,
    settle_order,
    take_prepayment,
)
from offers.services.responding import Answer, Responded, respond_to_offer
from offers.services.terms import LineWish, TermChanges, TermsWish

__all__ = [
    "Accepted",
    "Answer",
    "BandWish",
    "LineWish",
    "OfferWish",
    "ProductDetails",
    "Responded",
    "Shipment",
    "TermChanges",
    "TermsWish",
    "TierWish",
    "accept_offer",
    "add_category",
    "add_product",
    "archive_product",
    "cancel_offer",
    "cancel_order",
    "cancel_order_as_staff",
    "change_product",
    "clear_category_band",
    "clear_product_band",
    "confirm_delivery",
    "confirm_order",
    "counter_offer",
    "discard_draft",
    "edit_draft",
    "end_order",
    "expire_offer",
    "fulfil_order",
    "make_offer",
    "pay_order",
    "reject_offer",
    "remind_of_offer",
    "respond_to_offer",
    "revise_offer",
    "send_offer",
    "set_category_band",
    "set_product_band",
    "settle_order",
    "take_prepayment",
    "view_offer",
    "withdraw_offer",
]
