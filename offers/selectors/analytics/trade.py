"""What was traded: by period, by product and by counterparty. Amounts of two currencies are never added."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Sum, When, Window
from django.db.models.functions import RowNumber

from accounts.models import Business
from offers.models import OfferEvent, OrderLine
from offers.selectors.analytics.scope import Period, Scope

Action = OfferEvent.Action
RankedBy = Literal["amount", "quantity", "offers"]
MOST_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How many orders, and what they come to in minor units."""

    count: int = 0
    amount: int = 0

    def __add__(self, other: "Volume") -> "Volume":
        """Add what is in the same currency."""
        return Volume(count=self.count + other.count, amount=self.amount + other.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """What was accepted, and what settled, in one period and currency: totals of orders and of invoices, with taxes."""

    day: date
    currency: str
    accepted: Volume
    settled: Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One product or counterparty and its place among those of a currency.

    `quantity` is in thousandths of `unit`, and without one a mix of units.
    """

    currency: str
    rank: int
    business: Business
    product_ref: str = ""
    name: str = ""
    unit: str = ""
    offers: int
    quantity: int
    amount: int


def turnover(scope: Scope, period: Period) -> list[Turnover]:
    """Return what was accepted and what was settled within the borders, each by the period in which it was."""
    steps = OfferEvent.objects.filter(
        scope.offers("offer__"), scope.within("created_at"), action__in=[Action.ACCEPTED, Action.COMPLETED]
    )
    is_new, is_settled = Q(action=Action.ACCEPTED), Q(action=Action.COMPLETED)
    rows = (
        steps.annotate(day=scope.cut("created_at", period), currency=F("offer__currency"))
        .values_list("day", "currency")
        .annotate(
            agreed=Count("id", filter=is_new),
            agreed_amount=Sum("offer__order__total", filter=is_new),
            settled=Count("id", filter=is_settled),
            settled_amount=Sum("offer__order__invoice__total", filter=is_settled),
        )
        .order_by("day", "currency")
    )
    return [
        Turnover(
            day=row[0],
            currency=row[1],
            accepted=Volume(count=row[2], amount=int(row[3] or 0)),
            settled=Volume(count=row[4], amount=int(row[5] or 0)),
        )
        for row in rows
    ]


def top_products(scope: Scope, by: RankedBy) -> list[Ranked]:
    """Return the products that were agreed on most within the borders; those of two sellers, or by two units, are two.

    Amounts are before taxes.
    """
    lines = _agreed(scope).annotate(business=F("order__seller"))
    rows = _ranked(lines, by, "business", "product_ref", "unit")
    businesses, names = _businesses(rows), _names(rows)
    return [_group(row, businesses, names[row["last"], row["product_ref"]]) for row in rows]


def top_counterparties(scope: Scope, by: RankedBy) -> list[Ranked]:
    """Return the businesses with which most was agreed within the borders; amounts are before taxes.

    For staff, who stand on no side, these are the sellers, or with the role of sellers the buyers.
    """
    rows = _ranked(_agreed(scope).annotate(business=_counterparty(scope)), by, "business")
    businesses = _businesses(rows)
    return [_group(row, businesses) for row in rows]


def agreed_in_all(scope: Scope) -> dict[str, Volume]:
    """Return what was agreed on within the borders by currency, before taxes: what the places are a part of."""
    rows = _agreed(scope).values_list("order__currency").annotate(Count("order", distinct=True), Sum("total"))
    return {row[0]: Volume(count=row[1], amount=int(row[2])) for row in rows.order_by("order__currency")}


def _agreed(scope: Scope) -> "QuerySet[OrderLine]":
    """Return the lines of what was accepted within the borders."""
    was_accepted = Q(order__offer__events__action=Action.ACCEPTED) & scope.within("order__offer__events__created_at")
    return OrderLine.objects.filter(was_accepted, scope.offers("order__offer__"), scope.orders("order__"))


def _counterparty(scope: Scope) -> Any:
    if scope.business_id is None:
        return F("order__buyer") if scope.wanted.role == "seller" else F("order__seller")
    return Case(When(order__buyer=scope.business_id, then=F("order__seller")), default=F("order__buyer"))


def _ranked(lines: "QuerySet[OrderLine, Any]", by: RankedBy, *names: str) -> list[dict[str, Any]]:
    """Return the first ten groups of each currency; of equal ones that comes first which was first agreed on."""
    groups = (
        lines.annotate(currency=F("order__currency"))
        .values("currency", *names)
        .annotate(
            offers=Count("order", distinct=True),
            sold=Sum("quantity"),
            amount=Sum("total"),
            first=Min("order__number"),
            last=Max("order__number"),
        )
    )
    place: list[Any] = [
        F("sold" if by == "quantity" else by).desc(),
        F("amount").desc(),
        F("first").asc(),
        *map(F, names),
    ]
    ranked = groups.annotate(place=Window(RowNumber(), partition_by=F("currency"), order_by=place))
    return list(ranked.filter(place__lte=MOST_ROWS).order_by("currency", "place"))


def _names(rows: list[dict[str, Any]]) -> dict[tuple[int, str], str]:
    """Return what products were called when they were last agreed on, by the number of the order, in one query."""
    lines = OrderLine.objects.filter(order__number__in={row["last"] for row in rows}).order_by("-position")
    return {(number, ref): name for number, ref, name in lines.values_list("order__number", "product_ref", "name")}


def _businesses(rows: list[dict[str, Any]]) -> dict[UUID, Business]:
    return Business.objects.in_bulk({row["business"] for row in rows})


def _group(row: dict[str, Any], businesses: dict[UUID, Business], name: str = "") -> Ranked:
    return Ranked(
        currency=row["currency"],
        rank=row["place"],
        business=businesses[row["business"]],
        product_ref=row.get("product_ref", ""),
        name=name,
        unit=row.get("unit", ""),
        offers=row["offers"],
        quantity=int(row["sold"]),
        amount=int(row["amount"]),
    )
