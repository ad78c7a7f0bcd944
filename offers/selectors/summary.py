"""How a business's offers stand, in counts and sums."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, F, Q, Sum, Value, When

from accounts.models import Membership
from offers.models import Offer, Side
from wholexale.common.clock import database_now
from wholexale.common.realtime import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many offers stand one way in one currency, and what they come to in minor units."""

    status: str
    currency: str
    count: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSummary:
    """The offers of one side: how many, how many of them the seller has answered, and how they stand."""

    total: int
    responded: int
    standings: list[Standing]


def offer_summary(
    *, actor: Actor, start: datetime | None = None, end: datetime | None = None
) -> dict[Side, SideSummary]:
    """Return how the offers of the actor's business stand, by side; nothing where they work for none."""
    business_id = Membership.objects.filter(user_id=actor.id).values_list("business_id", flat=True).first()
    return {side: _summary(business_id, side, start, end) for side in Side}


def _summary(business_id: UUID | None, side: Side, start: datetime | None, end: datetime | None) -> SideSummary:
    of_side = Q(buyer_id=business_id) if side == Side.BUYER else Q(seller_id=business_id)
    chosen = Offer.objects.filter(of_side, sent_at__isnull=False) if business_id else Offer.objects.none()
    if start is not None:
        chosen = chosen.filter(sent_at__gte=start)
    if end is not None:
        chosen = chosen.filter(sent_at__lt=end)
    is_over = Q(status__in=Offer.OPEN, expires_at__lte=database_now())
    shown = Case(When(is_over, then=Value(Offer.Status.EXPIRED.value)), default=F("status"))
    groups = (
        chosen.annotate(shown=shown)
        .values_list("shown", "currency")
        .annotate(Count("id"), Count("first_answered_at"), Sum("current__total"))
        .order_by("shown", "currency")
    )
    rows = list(groups)
    return SideSummary(
        total=sum(row[2] for row in rows),
        responded=sum(row[3] for row in rows),
        standings=[Standing(status=row[0], currency=row[1], count=row[2], total=int(row[4] or 0)) for row in rows],
    )
