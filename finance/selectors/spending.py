"""What members may spend for their business, and what is left of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, DateTimeField, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import selectors as accounts_selectors
from accounts.models import Business, Permission
from finance.models import Spend, SpendingLimit, SpendingWindow
from finance.selectors.windows import window_around
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor

Ends = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class SpendingRow:
    """A limit with what counts against it just now, in minor units; `ends` are those of its window, if it has one."""

    limit: SpendingLimit
    spent: int
    ends: Ends | None

    @property
    def available(self) -> int:
        """Return what the member may still spend; of a limit on each purchase, all of it."""
        return max(0, self.limit.limit_minor - self.spent)


def spending_rows(*, actor: Actor) -> list[SpendingRow]:
    """Return the limits of the actor's business, or the actor's own for who does not manage them, in two queries.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
    """
    own = accounts_selectors.access_membership(actor=actor)
    limits = SpendingLimit.objects.filter(membership__business_id=own.business_id)
    if not own.may(Permission.SPENDING_MANAGE):
        limits = limits.filter(membership=own)
    return _rows(limits, own.business)


def spending_row(*, actor: Actor, limit: SpendingLimit) -> SpendingRow:
    """Return a limit of the actor's business as the list shows it.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, `SPENDING_LIMIT_NOT_FOUND`.
    """
    own = accounts_selectors.access_membership(actor=actor)
    for row in _rows(SpendingLimit.objects.filter(id=limit.id, membership__business_id=own.business_id), own.business):
        return row
    raise NotFound("SPENDING_LIMIT_NOT_FOUND", "There is no such spending limit.")


def _rows(limits: "QuerySet[SpendingLimit]", business: Business) -> list[SpendingRow]:
    """Return limits with what their counters say; one that did not begin yet would begin with what was spent before."""
    now = timezone.now()
    ends = {
        str(window): window_around(now, window, business.time_zone)
        for window in SpendingLimit.Window
        if window != SpendingLimit.Window.NONE
    }
    whose = {"membership": OuterRef("membership"), "currency": OuterRef("currency")}
    counters = SpendingWindow.objects.filter(
        **whose, window=OuterRef("window"), starts_at=OuterRef("starts_at"), ends_at=OuterRef("ends_at")
    )
    earlier = Spend.objects.filter(**whose, made_at__gte=OuterRef("starts_at"), made_at__lt=OuterRef("ends_at"))
    sums = earlier.order_by().values("membership").annotate(sum=Sum("amount")).values("sum")
    found = limits.select_related("membership__user", "membership__business").annotate(
        starts_at=_of_window({window: first for window, (first, _) in ends.items()}),
        ends_at=_of_window({window: last for window, (_, last) in ends.items()}),
        spent=Coalesce(Subquery(counters.values("spent_minor")[:1]), Subquery(sums), 0),
    )
    ordered = found.order_by("membership__created_at", "membership_id", "currency")
    return [SpendingRow(limit, limit.spent, ends.get(limit.window)) for limit in ordered]


def _of_window(moments: dict[str, datetime]) -> Case:
    """Return the moment that belongs to the window of a limit; NULL, hence nothing spent, where it has none."""
    cases = [When(window=window, then=Value(moment)) for window, moment in moments.items()]
    return Case(*cases, output_field=DateTimeField())
