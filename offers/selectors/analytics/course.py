"""How negotiations go: how far they come, how they end, how soon they are answered, and how long people haggle."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from offers.models import Offer, OfferEvent, OfferLine, Side
from offers.selectors.analytics.scope import Period, Scope

Action = OfferEvent.Action
STAGES = (Action.SENT, Action.VIEWED, Action.COUNTERED, Action.ACCEPTED, Action.COMPLETED)
CLOSED = (Action.ACCEPTED, Action.REJECTED, Action.EXPIRED, Action.WITHDRAWN, Action.CANCELLED)
_ANSWERS = (Action.COUNTERED, Action.ACCEPTED, Action.REJECTED)
_TABLED = (Action.SENT, Action.COUNTERED, Action.REVISED)
_PERCENTILES = (50, 90)
HOURS = (1, 4, 24, 72)
MOST_BARGAINS = 20_000
"""Of how many accepted offers, the last ones, the concessions are reckoned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many offers have come to what, of one period and currency."""

    day: date
    currency: str
    by_action: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """How soon the offers in one currency were answered.

    `censored` are open and may still be answered, `unanswered` have ended without. `faster` is how many were answered
    in less than each of `HOURS`. Percentiles are by the nearest
    rank, so each is a time that somebody has taken; None where nobody has answered.
    """

    currency: str
    answered: int
    censored: int
    unanswered: int
    faster: list[int]
    p50: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How many offers in one currency were closed after so many terms on the table, and how many of them accepted."""

    currency: str
    rounds: int
    closed: int
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bargains:
    """What was given way on accepted offers in one currency: hundredths of a percent, one for each, in no order.

    `concessions` are from the first price to the agreed one, below zero where that is higher; `discounts` from the
    original price to the agreed one.
    """

    currency: str
    concessions: list[int]
    discounts: list[int]


def funnel(scope: Scope, period: Period) -> list[Counts]:
    """Return how many offers have ever come to each stage, by the period in which they were made."""
    steps = OfferEvent.objects.filter(scope.offers("offer__"), scope.within("offer__created_at"), action__in=STAGES)
    return _counted(steps, scope, "offer__created_at", period)


def outcomes(scope: Scope, period: Period) -> list[Counts]:
    """Return how many offers were closed in which way, by the period in which they were."""
    return _counted(_closings(scope), scope, "created_at", period)


def response_times(scope: Scope, now: datetime) -> list[ResponseTimes]:
    """Return how soon sellers have first answered the offers that were sent within the borders."""
    sent = _answered(scope)
    is_open = Q(answered_at=None, offer__status__in=Offer.OPEN, offer__expires_at__gt=now)
    faster = {f"under_{hours}": Count("id", filter=Q(taken__lt=timedelta(hours=hours))) for hours in HOURS}
    rows = (
        sent.values("currency")
        .annotate(sent=Count("id"), answered=Count("answered_at"), censored=Count("id", filter=is_open), **faster)
        .order_by("currency")
    )
    ranked = _percentiles(sent)
    return [
        ResponseTimes(
            currency=row["currency"],
            answered=row["answered"],
            censored=row["censored"],
            unanswered=row["sent"] - row["answered"] - row["censored"],
            faster=[row[name] for name in faster],
            p50=ranked.get((row["currency"], 50)),
            p90=ranked.get((row["currency"], 90)),
        )
        for row in rows
    ]


def rounds(scope: Scope) -> list[Rounds]:
    """Return after how many terms on the table the offers were closed that were so within the borders."""
    tabled = OfferEvent.objects.filter(offer=OuterRef("offer"), action__in=_TABLED, seq__lt=OuterRef("seq"))
    many = tabled.order_by().values("offer").annotate(many=Count("id")).values("many")
    rows = (
        _closings(scope)
        .annotate(currency=F("offer__currency"), rounds=Coalesce(Subquery(many), 0))
        .values_list("currency", "rounds")
        .annotate(closed=Count("id"), accepted=Count("id", filter=Q(action=Action.ACCEPTED)))
        .order_by("currency", "rounds")
    )
    return [Rounds(currency=row[0], rounds=row[1], closed=row[2], accepted=row[3]) for row in rows]


def bargains(scope: Scope) -> list[Bargains]:
    """Return what was given way on the offers that were accepted within the borders: per unit of their first line.

    Where another product was agreed on than was first offered, there is nothing to compare.
    """
    first_terms = OfferEvent.objects.filter(offer=OuterRef("offer"), action=Action.SENT).values("revision")[:1]
    lines = OfferLine.objects.filter(revision__offer=OuterRef("offer"), position=1)
    agreed = lines.filter(revision__number=OuterRef("revision"))
    first = lines.filter(revision__number=OuterRef("sent_as"), product_ref=OuterRef("product"))
    rows = (
        _closings(scope)
        .filter(action=Action.ACCEPTED)
        .annotate(sent_as=Subquery(first_terms), product=Subquery(agreed.values("product_ref")[:1]))
        .annotate(
            first=Subquery(first.values("unit_price")[:1]),
            agreed=Subquery(agreed.values("unit_price")[:1]),
            original=Subquery(agreed.values("original_unit_price")[:1]),
        )
        .order_by("-created_at", "-id")
        .values_list("offer__currency", "first", "agreed", "original")[:MOST_BARGAINS]
    )
    return _bargains(list(rows))


def _answered(scope: Scope) -> "QuerySet[Any, Any]":
    """Return the sending of offers within the borders, each with when its seller first answered and the time taken."""
    answers = OfferEvent.objects.filter(offer=OuterRef("offer"), side=Side.SELLER, action__in=_ANSWERS).order_by("seq")
    sent = OfferEvent.objects.filter(scope.offers("offer__"), scope.within("created_at"), action=Action.SENT)
    taken = ExpressionWrapper(F("answered_at") - F("created_at"), output_field=DurationField())
    return sent.annotate(
        currency=F("offer__currency"), answered_at=Subquery(answers.values("created_at")[:1]), taken=taken
    )


def _closings(scope: Scope) -> "QuerySet[OfferEvent]":
    """Return the steps that have closed offers within the borders; an end that was revived has closed nothing."""
    revived = OfferEvent.objects.filter(offer=OuterRef("offer"), action=Action.REVISED, seq__gt=OuterRef("seq"))
    within = scope.offers("offer__") & scope.within("created_at")
    return OfferEvent.objects.filter(within, ~Exists(revived), action__in=CLOSED)


def _counted(steps: "QuerySet[OfferEvent]", scope: Scope, name: str, period: Period) -> list[Counts]:
    """Count distinct offers by period, currency and action, in one query."""
    rows = (
        steps.annotate(day=scope.cut(name, period), currency=F("offer__currency"))
        .values_list("day", "currency", "action")
        .annotate(Count("offer", distinct=True))
        .order_by("day", "currency", "action")
    )
    found: dict[tuple[date, str], Counter[str]] = {}
    for day, currency, action, count in rows:
        found.setdefault((day, currency), Counter())[action] = count
    return [Counts(day=day, currency=currency, by_action=counter) for (day, currency), counter in found.items()]


def _percentiles(sent: "QuerySet[Any, Any]") -> dict[tuple[str, int], timedelta]:
    """Return the response times at the percentiles by currency: of n in order, the one of rank ceil(n * percent / 100).

    Whole numbers on purpose: every database finds the same rank. What is unanswered comes last and is not counted; to
    leave it out by a condition would have PostgreSQL look for the answers to the offers of everybody.
    """
    ranked = sent.annotate(
        rank=Window(RowNumber(), partition_by=F("currency"), order_by=[F("taken").asc(nulls_last=True), F("id")]),
        many=Window(Count("answered_at"), partition_by=F("currency")),
    )
    at = {percent: Q(rank=(F("many") * percent + 99) / 100) for percent in _PERCENTILES}
    rows = ranked.filter(at[50] | at[90]).values_list("currency", "rank", "many", "taken")
    return {
        (currency, percent): time
        for currency, rank, many, time in rows
        for percent in _PERCENTILES
        if rank == (many * percent + 99) // 100
    }


def _bargains(rows: Iterable[tuple[str, int | None, int | None, int | None]]) -> list[Bargains]:
    found: dict[str, Bargains] = {}
    for currency, first, agreed, original in rows:
        of_currency = found.setdefault(currency, Bargains(currency=currency, concessions=[], discounts=[]))
        if agreed is not None and first:
            of_currency.concessions.append(_below(first, agreed))
        if agreed is not None and original:
            of_currency.discounts.append(_below(original, agreed))
    return [found[currency] for currency in sorted(found)]


def _below(price: int, agreed: int) -> int:
    """Return how far a price lies above the agreed one, in hundredths of a percent of it, rounded half up."""
    return (20_000 * (price - agreed) + price) // (2 * price)
