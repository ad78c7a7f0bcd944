"""Lists of offers and orders, and their histories."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Membership
from offers.models import Offer, OfferEvent, OfferLine, Side
from offers.selectors.access import offers
from wholexale.common.clock import database_now
from wholexale.common.realtime import Actor

Role = Literal["buyer", "seller", "all"]
Sort = Literal["newest", "oldest", "ending", "amount"]
_ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-id",),
    "oldest": ("id",),
    "ending": ("expires_at", "id"),
    "amount": ("-current__total", "-id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOffers:
    """Which offers: on which side, how they stand, about what, with whom, and in which order."""

    role: Role = "all"
    status: str | None = None
    text: str = ""
    product: str | None = None
    counterparty: UUID | None = None
    is_awaiting_me: bool = False
    start: datetime | None = None
    end: datetime | None = None
    sort: Sort = "newest"


def own_offers(*, actor: Actor, wanted: WantedOffers) -> "QuerySet[Offer]":
    """Return the offers of the actor's business; none where they work for none."""
    business_id = Membership.objects.filter(user_id=actor.id).values_list("business_id", flat=True).first()
    if business_id is None:
        return Offer.objects.none()
    chosen = offers().filter(_sides(business_id, wanted))
    if wanted.status is not None:
        chosen = chosen.filter(_status_is(wanted.status, database_now()))
    if wanted.text:
        chosen = chosen.filter(_says(wanted.text))
    if wanted.product is not None:
        about = OfferLine.objects.filter(revision_id=OuterRef("current_id"), product_ref=wanted.product)
        chosen = chosen.filter(Exists(about))
    if wanted.start is not None:
        chosen = chosen.filter(created_at__gte=wanted.start)
    if wanted.end is not None:
        chosen = chosen.filter(created_at__lt=wanted.end)
    return chosen.order_by(*_ORDERS[wanted.sort])


def history(offer: Offer, side: Side | None) -> "QuerySet[OfferEvent]":
    """Return every step of an offer that a side may see, oldest first; None is staff. Drafts are the buyer's own."""
    steps = offer.events.select_related("actor__membership__business").order_by("seq")
    return steps.exclude(action=OfferEvent.Action.DRAFTED) if side == Side.SELLER else steps


def _sides(business_id: UUID, wanted: WantedOffers) -> Q:
    as_buyer = Q(buyer_id=business_id)
    as_seller = Q(seller_id=business_id, sent_at__isnull=False)
    if wanted.counterparty is not None:
        as_buyer &= Q(seller_id=wanted.counterparty) | Q(seller_user_id=wanted.counterparty)
        as_seller &= Q(buyer_id=wanted.counterparty) | Q(buyer_user_id=wanted.counterparty)
    if wanted.is_awaiting_me:
        as_buyer &= Q(awaiting=Side.BUYER)
        as_seller &= Q(awaiting=Side.SELLER)
    return {"buyer": as_buyer, "seller": as_seller, "all": as_buyer | as_seller}[wanted.role]


def _status_is(status: str, now: datetime) -> Q:
    """Return the condition that an offer is shown with a status; `sent` is an old name of `pending`."""
    is_over = Q(status__in=Offer.OPEN, expires_at__lte=now)
    if status == Offer.Status.EXPIRED:
        return is_over | Q(status=status)
    unanswered: list[str] = [Offer.Status.PENDING, Offer.Status.VIEWED]
    names = unanswered if status in {"pending", "sent"} else [status]
    return Q(status__in=names) & ~is_over


def _says(text: str) -> Q:
    named = OfferLine.objects.filter(revision_id=OuterRef("current_id"), name__icontains=text)
    people = Q(buyer__name__icontains=text) | Q(seller__name__icontains=text)
    return Q(title__icontains=text) | Q(description__icontains=text) | people | Q(Exists(named))
