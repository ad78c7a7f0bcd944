"""What members may spend for their business: limits, and counters of windows in the business's time zone.

A counter holds what every `Spend` in its window adds up to. All of it happens under the lock of the membership, which
comes before the locks of balances.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from finance.models import Spend, SpendingLimit, SpendingWindow
from finance.selectors.windows import window_around
from finance.services.checks import check_choice, check_limit
from wholexale.common.clock import now_query
from wholexale.common.errors import Conflict, NotFound
from wholexale.common.money import check_currency, from_minor
from wholexale.common.prepared import Prepared, Query, Row, read
from wholexale.common.realtime import Actor

Window = SpendingLimit.Window


@dataclass(frozen=True, slots=True)
class Spender:
    """A locked membership, its limit in the currency of a purchase, and whether any window counts that currency.

    `now` is the time by the database's clock at which it was locked.
    """

    membership: Membership
    limit: SpendingLimit | None
    is_counted: bool
    now: datetime


def lock_spender(
    *, actor: User, business_id: UUID, currency: str, also: Query[Row]
) -> tuple[Spender | None, list[Row]]:
    """Lock the actor's membership in the buying business, before any balance; None for staff.

    Returns the rows of `also` as well, a query that is sent with the lock.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, for anybody else.
    """
    members, (now,), limits, counters, others = read(
        _MEMBER(actor.id, business_id),
        now_query(),
        _LIMIT(actor.id, business_id, currency),
        _COUNTERS(actor.id, business_id, currency),
        also,
    )
    if members:
        return Spender(members[0], limits[0] if limits else None, is_counted=bool(counters), now=now), others
    if actor.is_staff:
        return None, others
    raise accounts_selectors.business_not_found()


def count_spend(*, spender: Spender, hold_id: UUID, amount: int, currency: str) -> Spend:
    """Count a new hold against the member's limit; the membership is locked. Returns the row that the caller writes.

    Raises:
        Conflict: `SPENDING_LIMIT_EXCEEDED`, with what is `available` in the window.
    """
    membership, limit, now = spender.membership, spender.limit, spender.now
    if limit is not None:
        available = limit.limit_minor - _spent(membership, limit, now)
        if amount > available:
            raise _exceeded(limit, max(0, available))
    if limit is not None or spender.is_counted:
        _windows_at(membership.id, currency, now).update(spent_minor=F("spent_minor") + amount)
    return Spend(hold_id=hold_id, membership=membership, currency=currency, amount=amount, made_at=now)


def lock_spend(*, hold_id: UUID) -> Spend | None:
    """Lock the membership behind a hold, before any balance, and return what was counted; None for staff's holds."""
    made = Spend.objects.filter(hold_id=hold_id)
    if _locked().filter(id__in=made.values("membership_id")).first() is None:
        return None
    return made.first()


def give_back_spend(*, spend: Spend, amount: int) -> None:
    """Count no longer what was released of a hold, in every window that counted it; the membership is locked."""
    spend.amount -= amount
    spend.save(update_fields=["amount"])
    _windows_at(spend.membership_id, spend.currency, spend.made_at).update(spent_minor=F("spent_minor") - amount)


@transaction.atomic
def set_spending_limit(
    *, actor: Actor, membership_id: UUID, currency: str, window: str, limit_minor: int
) -> SpendingLimit:
    """Limit what a member of the actor's business may spend in a currency; what was spent before counts.

    Args:
        actor: who manages the spending of the business.
        membership_id: whose limit it is.
        currency: in which it counts.
        window: one of `SpendingLimit.Window`; `none` limits each purchase by itself.
        limit_minor: in minor units; 0 lets the member spend nothing.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, `MEMBER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_LARGE`, for another window.
    """
    membership = _lock_member(actor, membership_id)
    check_currency(currency)
    check_choice("window", window, Window.values)
    check_limit(limit_minor)
    limit, _ = SpendingLimit.objects.update_or_create(
        membership=membership, currency=currency, defaults={"window": window, "limit_minor": limit_minor}
    )
    return limit


@transaction.atomic
def remove_spending_limit(*, actor: Actor, membership_id: UUID, currency: str) -> None:
    """Let a member of the actor's business spend without limit in a currency.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, `MEMBER_NOT_FOUND`, `SPENDING_LIMIT_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = _lock_member(actor, membership_id)
    deleted, _ = SpendingLimit.objects.filter(membership=membership, currency=currency).delete()
    if not deleted:
        raise NotFound("SPENDING_LIMIT_NOT_FOUND", "There is no such spending limit.")


def _locked() -> "QuerySet[Membership]":
    """Return memberships that are locked as they are read; what refers to them can still be written."""
    return Membership.objects.select_related("business").select_for_update(of=("self",), no_key=True)


_MEMBER = Prepared(
    lambda user_id, business_id: _locked().filter(user_id=user_id, business_id=business_id), *(UUID, UUID)
)
_LIMIT = Prepared(
    lambda user_id, business_id, currency: SpendingLimit.objects.filter(
        membership__user_id=user_id, membership__business_id=business_id, currency=currency
    ),
    *(UUID, UUID, str),
)
_COUNTERS = Prepared(
    lambda user_id, business_id, currency: SpendingWindow.objects.filter(
        membership__user_id=user_id, membership__business_id=business_id, currency=currency
    ).values_list("id")[:1],
    *(UUID, UUID, str),
)


def _lock_member(actor: Actor, membership_id: UUID) -> Membership:
    own = accounts_selectors.access_membership(actor=actor, permission=Permission.SPENDING_MANAGE)
    if member := _locked().filter(id=membership_id, business_id=own.business_id).first():
        return member
    raise NotFound("MEMBER_NOT_FOUND", "There is no such member.")


def _spent(membership: Membership, limit: SpendingLimit, now: datetime) -> int:
    """Return what counts against a limit just now; a counter that is missing begins with what was spent before."""
    if limit.window == Window.NONE:
        return 0
    starts_at, ends_at = window_around(now, limit.window, membership.business.time_zone)
    counter, is_new = SpendingWindow.objects.get_or_create(
        membership=membership, currency=limit.currency, window=limit.window, starts_at=starts_at, ends_at=ends_at
    )
    if is_new:
        earlier = Spend.objects.filter(
            membership=membership, currency=limit.currency, made_at__gte=starts_at, made_at__lt=ends_at
        )
        counter.spent_minor = earlier.aggregate(sum=Sum("amount"))["sum"] or 0
        counter.save(update_fields=["spent_minor"])
    return counter.spent_minor


def _windows_at(membership_id: UUID, currency: str, moment: datetime) -> "QuerySet[SpendingWindow]":
    """Return every counter of a member whose window holds a moment, whichever limits it was made for."""
    return SpendingWindow.objects.filter(
        membership_id=membership_id, currency=currency, starts_at__lte=moment, ends_at__gt=moment
    )


def _exceeded(limit: SpendingLimit, available: int) -> Conflict:
    return Conflict(
        "SPENDING_LIMIT_EXCEEDED",
        "The amount is above what this member may spend.",
        available=from_minor(available, limit.currency),
        availableMinor=available,
        currency=limit.currency,
        window=limit.window,
    )
