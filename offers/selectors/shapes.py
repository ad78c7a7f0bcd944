"""An offer as one side sees it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from msgspec import UNSET

from accounts.models import Business, User
from accounts.selectors import person_ref
from chat.events import OfferCard
from offers.events import (
    ApprovalTerms,
    Discount,
    Negotiation,
    OfferAnalytics,
    OfferLineInfo,
    OfferShape,
    PartyRef,
    Pricing,
    ProductInfo,
    Quantity,
    Terms,
    Validity,
)
from offers.models import Goods, Offer, OfferEvent, OfferLine, OfferRevision, Side
from wholexale.common.measures import from_micro, from_milli
from wholexale.common.money import from_minor
from wholexale.common.wire import optional_time, wire_time

_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_PERCENT = Decimal("0.01")
_BINDING = ("accept", "send")
_RENAMED = {OfferEvent.Action.REVISED: "modified"}


def shown_status(offer: Offer, now: datetime) -> str:
    """Return how an offer stands at a moment: terms that have ended are expired, whoever has noticed."""
    return Offer.Status.EXPIRED if offer.is_open and offer.expires_at <= now else offer.status


ASK = "requestApproval"
"""What somebody does whose colleagues have to approve the terms first: neither accept them, nor send them."""


def allowed_actions(offer: Offer, side: Side | None, now: datetime) -> list[str]:
    """Return what a side may do with an offer at a moment."""
    if side is None:
        return []
    status = shown_status(offer, now)
    if status == Offer.Status.DRAFT:
        return ["send", "edit", "delete"]
    if status == Offer.Status.EXPIRED:
        return ["revise"] if offer.status == status and not was_revived_by(offer, side) else []
    if not offer.is_open:
        return []
    actions: list[str] = []
    if offer.awaiting == side:
        actions += ["accept", "reject", *(["counter"] if counters_left(offer, side) else [])]
    if side in {Side.BUYER, Side(offer.awaiting).other}:
        actions.append("withdraw")
    return actions


def max_counters(side: Side) -> int:
    """Return how many counters a side may make."""
    return settings.OFFER_BUYER_COUNTERS if side == Side.BUYER else settings.OFFER_SELLER_COUNTERS


def counters_left(offer: Offer, side: Side) -> int:
    """Return how many counters a side may still make."""
    return max(0, max_counters(side) - offer.counters_of(side))


def was_revived_by(offer: Offer, side: Side) -> bool:
    """Return whether a side has revived an expired offer before."""
    return offer.was_revived_by_buyer if side == Side.BUYER else offer.was_revived_by_seller


def offer_shape(offer: Offer, side: Side | None, now: datetime, *, needs_approval: bool = False) -> OfferShape:
    """Return an offer from `offers()` as a side sees it at a moment; None is staff.

    `needs_approval` says that who reads it must have the terms approved first.
    """
    actions = allowed_actions(offer, side, now)
    revision, lines = on_the_table(offer)
    first = lines[0]
    status = shown_status(offer, now)
    left = offer.expires_at - now
    seller_left = counters_left(offer, Side.SELLER)
    pricing = _pricing(first, revision)
    return OfferShape(
        id=str(offer.id),
        offer_id=offer.offer_number,
        title=offer.title,
        description=offer.description,
        buyer=_party(offer.buyer_user, offer.buyer),
        seller=_party(offer.seller_user, offer.seller),
        product=_product(first),
        pricing=pricing,
        quantity=Quantity(requested=from_milli(first.quantity), unit=first.unit),
        lines=[_line(one, revision.currency) for one in lines],
        status=status,
        awaiting=offer.awaiting or None if status == offer.status else None,
        revision=revision.number,
        version=offer.version,
        allowed_actions=[ASK if needs_approval and one in _BINDING else one for one in actions],
        remaining_counters=counters_left(offer, side) if side else 0,
        max_vendor_counters=max_counters(Side.SELLER),
        vendor_counter_count=offer.seller_counters,
        remaining_vendor_counters=seller_left,
        validity=Validity(
            start_date=wire_time(revision.valid_from),
            end_date=wire_time(revision.valid_until),
            timezone=revision.time_zone,
        ),
        negotiations=[_negotiation(one, offer) for one in _steps(offer)],
        terms=_terms(revision),
        shipping=revision.shipping,
        attachments=revision.attachments,
        priority=offer.priority,
        is_urgent=offer.priority == Offer.Priority.URGENT,
        context=offer.context,
        analytics=_analytics(offer),
        conversation_id=str(offer.conversation_id) if offer.conversation_id else UNSET,
        order_id=str(offer.order.id) if offer.status in Offer.DEALT else UNSET,
        close_reason=offer.close_reason or UNSET,
        time_remaining=max(0, left // _MILLISECOND),
        days_remaining=-(-left // _DAY),
        is_expired=left <= timedelta(0),
        discount_percentage=pricing.discount.percentage,
        first_viewed_at=optional_time(offer.first_viewed_at),
        closed_at=optional_time(offer.closed_at),
        created_at=wire_time(offer.created_at),
        updated_at=wire_time(offer.updated_at),
    )


def offer_card(offer: Offer) -> OfferCard:
    """Return what the conversation shows of an offer from `offers()`."""
    revision, lines = on_the_table(offer)
    return OfferCard(
        offer_id=str(offer.id),
        number=offer.offer_number,
        title=offer.title,
        amount=from_minor(revision.total, revision.currency),
        currency=revision.currency,
        unit_price=from_micro(lines[0].unit_price, revision.currency),
        quantity=from_milli(lines[0].quantity),
        unit=lines[0].unit,
        status=offer.status,
        awaiting=offer.awaiting,
        revision=revision.number,
        max_vendor_counters=max_counters(Side.SELLER),
        vendor_counter_count=offer.seller_counters,
        order_id=str(offer.order.id) if offer.status in Offer.DEALT else "",
    )


def approval_terms(revision: OfferRevision, lines: Iterable[OfferLine]) -> ApprovalTerms:
    """Return terms and their lines, written already or not, as who is to approve them reads them."""
    return ApprovalTerms(
        lines=[_line(one, revision.currency) for one in lines],
        terms=_terms(revision),
        valid_until=wire_time(revision.valid_until),
        shipping=revision.shipping,
        attachments=revision.attachments,
    )


def on_the_table(offer: Offer) -> tuple[OfferRevision, list[OfferLine]]:
    """Return the current terms and their lines; an offer has both from its first commit on."""
    revision = offer.on_the_table
    if "in_order" not in vars(revision):
        revision.in_order = list(revision.lines.order_by("position"))
    return revision, revision.in_order


def _steps(offer: Offer) -> list[OfferEvent]:
    steps: list[OfferEvent] = getattr(offer, "steps", [])
    return steps


def _party(person: User, business: Business) -> PartyRef:
    card = person_ref(person, business.name)
    fields = {name: getattr(card, name) for name in card.__struct_fields__}
    return PartyRef(**fields, business_id=str(business.id))


def _product(goods: Goods) -> ProductInfo:
    return ProductInfo(
        product_id=goods.product_ref,
        name=goods.name,
        category=goods.category or UNSET,
        sku=goods.sku or UNSET,
        brand=goods.brand or UNSET,
        specifications=goods.details.get("specifications", []),
        images=goods.details.get("images", []),
    )


def _pricing(line: OfferLine, revision: OfferRevision) -> Pricing:
    return Pricing(
        original_price=from_micro(line.original_unit_price, revision.currency),
        offer_price=from_micro(line.unit_price, revision.currency),
        currency=revision.currency,
        discount=_discount(line, revision.currency),
        total=from_minor(revision.total, revision.currency),
        total_minor=revision.total,
    )


def _discount(line: OfferLine, currency: str) -> Discount:
    below = line.original_unit_price - line.unit_price
    percent = Decimal(100 * below) / line.original_unit_price if line.original_unit_price else Decimal(0)
    return Discount(percentage=percent.quantize(_PERCENT), amount=from_micro(below, currency))


def _line(line: OfferLine, currency: str) -> OfferLineInfo:
    return OfferLineInfo(
        position=line.position,
        product=_product(line),
        unit=line.unit,
        quantity=from_milli(line.quantity),
        original_price=from_micro(line.original_unit_price, currency),
        offer_price=from_micro(line.unit_price, currency),
        tax_rate=Decimal(line.tax_rate).scaleb(-2),
        total=from_minor(line.total, currency),
        total_minor=line.total,
    )


def _negotiation(step: OfferEvent, offer: Offer) -> Negotiation:
    own, other = (Side.BUYER, Side.SELLER) if step.side == Side.BUYER else (Side.SELLER, Side.BUYER)
    return Negotiation(
        id=str(step.id),
        action=_RENAMED.get(OfferEvent.Action(step.action), step.action),
        from_user=person_ref(step.actor, _name_of(offer, own)) if step.actor else None,
        to_user=person_ref(offer.seller_user if other == Side.SELLER else offer.buyer_user, _name_of(offer, other)),
        changes=said_changes(step.changes) if step.changes else None,
        message=step.message,
        revision=step.revision,
        timestamp=wire_time(step.created_at),
    )


def _name_of(offer: Offer, side: Side) -> str:
    return offer.buyer.name if side == Side.BUYER else offer.seller.name


def said_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a counter has changed, its numbers as numbers."""
    numbers = {name: Decimal(changes[name]) for name in ("price", "quantity") if name in changes}
    return {**changes, **numbers}


def _terms(revision: OfferRevision) -> Terms:
    return Terms(
        payment_terms=revision.payment_terms,
        delivery_terms=revision.delivery_terms,
        warranty=revision.terms.get("warranty", UNSET),
        return_policy=revision.terms.get("returnPolicy", UNSET),
        custom_terms=revision.terms.get("customTerms", []),
    )


def _analytics(offer: Offer) -> OfferAnalytics:
    taken = offer.first_answered_at - offer.sent_at if offer.first_answered_at and offer.sent_at else None
    answers = [step for step in _steps(offer) if step.action != OfferEvent.Action.SENT]
    return OfferAnalytics(
        views=int(offer.first_viewed_at is not None),
        responses=len(answers),
        time_to_response=UNSET if taken is None else taken // _MILLISECOND,
    )
