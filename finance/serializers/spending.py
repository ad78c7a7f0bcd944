"""What members may spend, on the wire."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from accounts.models import Membership
from accounts.selectors import UserRef, user_ref
from finance.selectors import SpendingRow
from finance.serializers.fields import Currency, SpendingWindow, amounts
from wholexale.common.money import Amount, check_currency, to_minor
from wholexale.common.wire import Resource, Wire, wire_time


class SpendingBody(Wire, kw_only=True):
    """How much a member may buy on account in a window; 0 is nothing, `none` a limit on each purchase."""

    currency: Currency
    window: SpendingWindow
    amount: Amount

    def limit_minor(self) -> int:
        """Return the limit in minor units.

        Raises:
            ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`,
                `AMOUNT_TOO_LARGE`.
        """
        currency = check_currency(self.currency)
        return 0 if self.amount.is_zero() else to_minor(self.amount, currency)


class SpendingDeletion(Wire, kw_only=True):
    """Which of a member's limits."""

    currency: Currency


class SpendingMember(Resource, kw_only=True):
    """Whose limit it is."""

    user: UserRef
    role: str


class SpendingInfo(Resource, kw_only=True):
    """What a member may buy on account in a window, and what they did."""

    member: SpendingMember
    currency: str
    window: str
    limit: Amount
    limit_minor: int
    spent: Amount
    spent_minor: int
    available: Amount
    available_minor: int
    window_starts_at: str | UnsetType = UNSET
    window_ends_at: str | UnsetType = UNSET


class SpendingList(Wire, kw_only=True):
    """The limits that the caller may see."""

    limits: list[SpendingInfo]


class SpendingSaved(Wire, kw_only=True):
    """A limit as it is now."""

    message: str
    limit: SpendingInfo


class Done(Wire, kw_only=True):
    """It is done; the text is for a person."""

    message: str


def spending_list(rows: Iterable[SpendingRow]) -> SpendingList:
    """Return limits."""
    return SpendingList(limits=[spending_info(row) for row in rows])


def spending_info(row: SpendingRow) -> SpendingInfo:
    """Return one limit."""
    limit = row.limit
    return SpendingInfo(
        id=str(limit.id),
        member=_member(limit.membership),
        currency=limit.currency,
        window=limit.window,
        **amounts(limit.currency, limit=limit.limit_minor, spent=row.spent, available=row.available),
        window_starts_at=wire_time(row.ends[0]) if row.ends else UNSET,
        window_ends_at=wire_time(row.ends[1]) if row.ends else UNSET,
    )


def _member(membership: Membership) -> SpendingMember:
    return SpendingMember(id=str(membership.id), user=user_ref(membership.user), role=membership.role)
