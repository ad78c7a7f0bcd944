"""Whose offers are counted, of which time, and where days begin."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import DateField, Q
from django.db.models.functions import Trunc

from accounts import selectors as accounts_selectors
from accounts.models import Business, User
from finance import selectors as finance_selectors
from offers.models import Side
from offers.selectors.listing import Role

Period = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFigures:
    """Which offers: on which side the business stands, of which time, in which currency, and of which member.

    `window` is of days, which are cut in the time zone of the business, or of moments.
    """

    role: Role = "all"
    window: finance_selectors.Window = field(default_factory=finance_selectors.Window)
    currency: str | None = None
    member: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What `WantedFigures` means for somebody: the business that looks, None for all, and the borders as moments."""

    wanted: WantedFigures
    business_id: UUID | None
    is_empty: bool
    zone: ZoneInfo
    start: datetime | None
    end: datetime | None

    def offers(self, lead: str = "") -> Q:
        """Return the condition that an offer is counted, which was sent; `lead` leads to it from another row."""
        if self.is_empty:
            return Q(pk__in=[])
        sides = {"buyer": self._side(Side.BUYER, lead), "seller": self._side(Side.SELLER, lead)}
        chosen = sides.get(self.wanted.role, sides["buyer"] | sides["seller"])
        if self.wanted.currency is not None:
            chosen &= Q(**{f"{lead}currency": self.wanted.currency})
        return chosen & Q(**{f"{lead}sent_at__isnull": False})

    def orders(self, lead: str = "") -> Q:
        """Return the condition that the business stands on a side of an order, as the order itself says.

        `offers` implies it; the database finds the orders by it, instead of reading those of everybody.
        """
        if self.business_id is None:
            return Q()
        return Q(**{f"{lead}buyer_id": self.business_id}) | Q(**{f"{lead}seller_id": self.business_id})

    def within(self, name: str) -> Q:
        """Return the condition that something has happened within the borders."""
        after = Q() if self.start is None else Q(**{f"{name}__gte": self.start})
        return after if self.end is None else after & Q(**{f"{name}__lt": self.end})

    def cut(self, name: str, period: Period) -> Trunc:
        """Return the first day of the period in which something has happened, where the business is."""
        return Trunc(name, period, output_field=DateField(), tzinfo=self.zone)

    def _side(self, side: Side, lead: str) -> Q:
        """Return the condition that the business, and the member, stand on a side; for all of them nothing."""
        ids: dict[str, Any] = {f"{lead}{side}_id": self.business_id, f"{lead}{side}_user_id": self.wanted.member}
        return Q(**{name: value for name, value in ids.items() if value is not None})


def scope_of(*, actor: User, wanted: WantedFigures) -> Scope:
    """Return what somebody may count: the offers of their business; staff who may see offers and have none, all.

    Raises:
        ValidationFailed: where the window ends before it begins.
    """
    membership = accounts_selectors.membership_of(actor)
    business = membership.business if membership else Business(time_zone=settings.TIME_ZONE)
    is_staff = actor.is_staff and actor.has_perm("offers.view_offer")
    start, end = wanted.window.moments(business)
    return Scope(
        wanted=wanted,
        business_id=membership.business_id if membership else None,
        is_empty=membership is None and not is_staff,
        zone=ZoneInfo(business.time_zone),
        start=start,
        end=end,
    )
