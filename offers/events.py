"""What other apps are told of offers and orders, and what clients see: the shape of an offer, and its pushes."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from accounts.selectors import UserRef
from wholexale.common.events import Fact
from wholexale.common.money import Amount
from wholexale.common.realtime import Push
from wholexale.common.wire import Resource, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferStepTaken(Fact):
    """Somebody has done something with an offer: its event `seq`. Without `side` and `actor_id` it was the system."""

    type: ClassVar[str] = "offer.step_taken"
    offer_id: UUID
    seq: int
    action: str
    side: str
    actor_id: UUID | None
    buyer_id: UUID
    seller_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStepTaken(Fact):
    """Somebody has done something with an order: its event `seq`. Without `side` and `actor_id` it was the system."""

    type: ClassVar[str] = "order.step_taken"
    order_id: UUID
    seq: int
    action: str
    side: str
    actor_id: UUID | None
    buyer_id: UUID
    seller_id: UUID


class PartyRef(UserRef, kw_only=True):
    """One side of an offer: the person, and the business that they act for."""

    business_id: str


class ProductInfo(Wire, kw_only=True):
    """What is bought, as it was when it was put on the table."""

    product_id: str
    name: str
    category: str | UnsetType = UNSET
    sku: str | UnsetType = UNSET
    brand: str | UnsetType = UNSET
    specifications: list[dict[str, str]] = []
    images: list[str] = []


class Discount(Wire, kw_only=True):
    """How far the offer is below the original price, per unit and in percent."""

    percentage: Amount
    amount: Amount


class Pricing(Wire, kw_only=True):
    """Unit prices, and what the goods cost in all, before taxes."""

    original_price: Amount
    offer_price: Amount
    currency: str
    discount: Discount
    total: Amount
    total_minor: int


class Quantity(Wire, kw_only=True):
    """How much is wanted."""

    requested: Amount
    unit: str


class Validity(Wire, kw_only=True):
    """From when until when the terms may be accepted."""

    start_date: str
    end_date: str
    timezone: str


class Terms(Wire, kw_only=True):
    """When is paid, how is delivered, and what else was agreed."""

    payment_terms: str
    delivery_terms: str
    warranty: dict[str, Any] | UnsetType = UNSET
    return_policy: dict[str, Any] | UnsetType = UNSET
    custom_terms: list[str] = []


class OfferLineInfo(Wire, kw_only=True):
    """One line of the terms on the table."""

    position: int
    product: ProductInfo
    unit: str
    quantity: Amount
    original_price: Amount
    offer_price: Amount
    tax_rate: Amount
    total: Amount
    total_minor: int


class Negotiation(Resource, kw_only=True):
    """One step that one side has taken."""

    action: str
    from_user: UserRef | None
    to_user: UserRef | None
    changes: dict[str, Any] | None
    message: str
    revision: int
    timestamp: str


class OfferAnalytics(Wire, kw_only=True):
    """How the other side has taken it; `timeToResponse` in milliseconds."""

    views: int
    responses: int
    time_to_response: int | UnsetType = UNSET


class OfferShape(Resource, kw_only=True):
    """An offer as one side sees it. `pricing`, `quantity` and `product` are those of the first line.

    `allowedActions` is what the reader may do now: `requestApproval` where their colleagues must approve before they
    accept, or send, what is on the table. `timeRemaining` is in milliseconds.
    """

    offer_id: str
    title: str
    description: str
    buyer: PartyRef
    seller: PartyRef
    product: ProductInfo
    pricing: Pricing
    quantity: Quantity
    lines: list[OfferLineInfo]
    status: str
    awaiting: str | None
    revision: int
    version: int
    allowed_actions: list[str]
    remaining_counters: int
    max_vendor_counters: int
    vendor_counter_count: int
    remaining_vendor_counters: int
    validity: Validity
    negotiations: list[Negotiation]
    terms: Terms
    shipping: dict[str, Any]
    attachments: list[dict[str, Any]]
    priority: str
    is_urgent: bool
    context: dict[str, Any]
    analytics: OfferAnalytics
    conversation_id: str | UnsetType = UNSET
    order_id: str | UnsetType = UNSET
    close_reason: str | UnsetType = UNSET
    is_deleted: bool = False
    time_remaining: int
    days_remaining: int
    is_expired: bool
    discount_percentage: Amount
    first_viewed_at: str | None
    closed_at: str | None
    created_at: str
    updated_at: str


class Responder(Wire, kw_only=True):
    """Who has answered."""

    id: str
    name: str
    role: str


class OfferReceived(Push, kw_only=True):
    """The other side has made an offer."""

    event: ClassVar[str] = "offer:received"
    offer: OfferShape
    conversation_id: str


class OfferCreated(Push, kw_only=True):
    """One's own side has made an offer, perhaps on another device."""

    event: ClassVar[str] = "offer:created"
    offer: OfferShape
    conversation_id: str


class OfferResponse(Push, kw_only=True):
    """The other side has answered."""

    event: ClassVar[str] = "offer:response"
    offer: OfferShape
    action: str
    responder: Responder


class OfferResponded(Push, kw_only=True):
    """One's own side has answered, perhaps on another device."""

    event: ClassVar[str] = "offer:responded"
    offer: OfferShape
    action: str


class OfferViewed(Push, kw_only=True):
    """The recipient has looked at an offer."""

    event: ClassVar[str] = "offer:viewed"
    offer_id: str
    viewed_at: str


class OfferExpired(Push, kw_only=True):
    """The terms have ended, and nobody has accepted them."""

    event: ClassVar[str] = "offer:expired"
    offer: OfferShape


class OfferExpiring(Push, kw_only=True):
    """The terms end soon; `hours` before it."""

    event: ClassVar[str] = "offer:expiring"
    offer: OfferShape
    hours: int


class OfferCreditShort(Push, kw_only=True):
    """The seller would have accepted these terms, but the buyer's credit does not cover them."""

    event: ClassVar[str] = "offer:credit_short"
    offer_id: str
    number: str
    revision: int


class OfferWithdrawn(Push, kw_only=True):
    """An offer was taken back, or staff has cancelled it."""

    event: ClassVar[str] = "offer:withdrawn"
    offer: OfferShape
    reason: str


class ApprovalTerms(Wire, kw_only=True):
    """The terms that are to be approved: whatever differs in any of it is something else."""

    lines: list[OfferLineInfo]
    terms: Terms
    valid_until: str
    shipping: dict[str, Any]
    attachments: list[dict[str, Any]]


class ApprovalRequested(Push, kw_only=True):
    """A colleague asks to have terms approved."""

    event: ClassVar[str] = "offer:approval_requested"
    approval_id: str
    offer_id: str
    action: str
    revision: int


class ApprovalDecided(Push, kw_only=True):
    """A colleague has decided about terms; `status` is how the request stands after it."""

    event: ClassVar[str] = "offer:approval_decided"
    approval_id: str
    offer_id: str
    action: str
    revision: int
    decision: str
    status: str


class OrderUpdated(Push, kw_only=True):
    """An order has changed. `version` only grows: what comes with a smaller one is old."""

    event: ClassVar[str] = "order:updated"
    id: str
    order_id: str
    offer_id: str
    status: str
    action: str
    version: int
