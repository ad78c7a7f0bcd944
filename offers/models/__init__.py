"""What the rows mean."""

from offers.models.approvals import (
    ApprovalAction,
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalPolicyChange,
    ApprovalRequest,
    ApprovalRule,
)
from offers.models.catalogue import Category, PriceBand, PriceTier, Product
from offers.models.offers import Goods, Offer, OfferEvent, OfferLine, OfferRevision, OfferTimer, Side
from offers.models.orders import Order, OrderEvent, OrderLine, OrderPayment, OrderTimer

__all__ = [
    "ApprovalAction",
    "ApprovalDecision",
    "ApprovalPolicy",
    "ApprovalPolicyChange",
    "ApprovalRequest",
    "ApprovalRule",
    "Category",
    "Goods",
    "Offer",
    "OfferEvent",
    "OfferLine",
    "OfferRevision",
    "OfferTimer",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderPayment",
    "OrderTimer",
    "PriceBand",
    "PriceTier",
    "Product",
    "Side",
]
