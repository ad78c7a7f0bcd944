"""How facts are told: as what, to whom, and with amounts and moments as people read them in every language."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from accounts.models import Permission
from notifications.models import Type
from wholexale.common.money import from_minor


class Telling(NamedTuple):
    """The type of what is told, and its wording."""

    type: Type
    template: str


def money(amount_minor: int, currency: str) -> str:
    """Return an amount of minor units: INR 8,500.00."""
    return f"{currency} {from_minor(amount_minor, currency):,f}"


def amount(amount_minor: int, currency: str) -> dict[str, str | int]:
    """Return an amount as clients read it: exactly, in whole and in minor units."""
    return {"currency": currency, "amount": f"{from_minor(amount_minor, currency):f}", "amountMinor": amount_minor}


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment in somebody's zone: 2026-11-27 18:30."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def people_of(business_ids: Collection[UUID], permission: Permission, *, but: UUID | None = None) -> list[UUID]:
    """Return who may deal with something for some businesses, but for who has done it."""
    allowed = accounts_selectors.people_allowed(business_ids=business_ids, permission=permission)
    return [user_id for people in allowed.values() for user_id in people if user_id != but]
