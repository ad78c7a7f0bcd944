"""How negotiations go: how far they come, how they end, how soon they are answered, and how long people haggle."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Annotated, Any

from msgspec import Meta

from accounts.models import User
from offers.selectors import analytics
from offers.selectors.analytics import Bargains, Counts, ResponseTimes, Rounds
from offers.serializers.analytics.queries import FiguresQuery, SeriesQuery
from wholexale.common.clock import database_now
from wholexale.common.wire import Wire, wire_time

Percent = Annotated[Decimal, Meta(description="In percent, with two digits.")]
_DIGITS = Decimal("0.01")
_MILLISECOND = timedelta(milliseconds=1)


class FunnelSums(Wire, kw_only=True):
    """How many distinct offers have come how far in one currency; an offer may leave a stage out."""

    currency: str
    sent: int
    viewed: int
    countered: int
    accepted: int
    settled: int


class FunnelPoint(FunnelSums, kw_only=True):
    """The same of the offers that were made in the period that begins on `day`."""

    day: str


class FunnelAnswer(Wire, kw_only=True):
    """How far offers have come, by when they were made."""

    series: list[FunnelPoint]
    totals: list[FunnelSums]
    as_of: str


class OutcomeCounts(Wire, kw_only=True):
    """How many offers in one currency were closed, and in which way."""

    currency: str
    closed: int
    accepted: int
    rejected: int
    expired: int
    withdrawn: int
    cancelled: int


class OutcomePoint(OutcomeCounts, kw_only=True):
    """The same of the period that begins on `day`."""

    day: str


class OutcomeSums(OutcomeCounts, kw_only=True):
    """The same in all, and the parts of those that were closed."""

    acceptance_rate: Percent
    rejection_rate: Percent
    expiry_rate: Percent
    withdrawal_rate: Percent


class OutcomesAnswer(Wire, kw_only=True):
    """How offers ended, by when they did; an end that was revived is none."""

    series: list[OutcomePoint]
    totals: list[OutcomeSums]
    as_of: str


class ResponseRow(Wire, kw_only=True):
    """How many offers were answered in less than so many hours, and no less than in the row before; null is longer."""

    currency: str
    under_hours: int | None
    answered: int


class ResponseSums(Wire, kw_only=True):
    """How soon sellers answer, in milliseconds. `censored` may still be answered, `unanswered` have ended without."""

    currency: str
    answered: int
    censored: int
    unanswered: int
    p50: int | None
    p90: int | None


class ResponseTimesAnswer(Wire, kw_only=True):
    """How soon the offers that were sent in this time were first answered."""

    rows: list[ResponseRow]
    totals: list[ResponseSums]
    as_of: str


class RoundsRow(Wire, kw_only=True):
    """How many offers were closed after so many terms on the table."""

    currency: str
    rounds: int
    closed: int
    accepted: int


class GivenWay(Wire, kw_only=True):
    """What was given way on so many accepted offers, in percent; below zero where the agreed price is the higher."""

    offers: int
    average: Percent | None
    median: Percent | None


class RoundsSums(Wire, kw_only=True):
    """How long people haggle. `concession` is from the first price, `discount` from the original one, to the agreed."""

    currency: str
    closed: int
    accepted: int
    average_rounds: Decimal
    concession: GivenWay
    discount: GivenWay


class RoundsAnswer(Wire, kw_only=True):
    """The rounds of the offers that were closed in this time."""

    rows: list[RoundsRow]
    totals: list[RoundsSums]
    as_of: str


def funnel(actor: User, query: SeriesQuery) -> FunnelAnswer:
    """Return how far the offers of the caller's business have come."""
    points = analytics.funnel(query.scope(actor), query.group_by)
    return FunnelAnswer(
        series=[FunnelPoint(day=one.day.isoformat(), **_stages(one.currency, one.by_action)) for one in points],
        totals=[FunnelSums(**_stages(currency, counts)) for currency, counts in _by_currency(points).items()],
        as_of=wire_time(database_now()),
    )


def outcomes(actor: User, query: SeriesQuery) -> OutcomesAnswer:
    """Return how the offers of the caller's business ended."""
    points = analytics.outcomes(query.scope(actor), query.group_by)
    return OutcomesAnswer(
        series=[OutcomePoint(day=one.day.isoformat(), **_ends(one.currency, one.by_action)) for one in points],
        totals=[_outcome_sums(currency, counts) for currency, counts in _by_currency(points).items()],
        as_of=wire_time(database_now()),
    )


def response_times(actor: User, query: FiguresQuery) -> ResponseTimesAnswer:
    """Return how soon the offers of the caller's business are answered."""
    now = database_now()
    found = analytics.response_times(query.scope(actor), now)
    return ResponseTimesAnswer(
        rows=[row for one in found for row in _histogram(one)],
        totals=[
            ResponseSums(
                currency=one.currency,
                answered=one.answered,
                censored=one.censored,
                unanswered=one.unanswered,
                p50=_milliseconds(one.p50),
                p90=_milliseconds(one.p90),
            )
            for one in found
        ],
        as_of=wire_time(now),
    )


def rounds(actor: User, query: FiguresQuery) -> RoundsAnswer:
    """Return after how many rounds the offers of the caller's business were closed, and what was given way."""
    scope, now = query.scope(actor), database_now()
    rows = analytics.rounds(scope)
    given = {one.currency: one for one in analytics.bargains(scope)}
    currencies = sorted({row.currency for row in rows})
    return RoundsAnswer(
        rows=[
            RoundsRow(currency=one.currency, rounds=one.rounds, closed=one.closed, accepted=one.accepted)
            for one in rows
        ],
        totals=[_rounds_sums([row for row in rows if row.currency == one], given.get(one)) for one in currencies],
        as_of=wire_time(now),
    )


def _by_currency(points: Iterable[Counts]) -> dict[str, Counter[str]]:
    """Add up periods, each currency by itself; no offer is in two of them."""
    sums: dict[str, Counter[str]] = {}
    for point in points:
        sums.setdefault(point.currency, Counter()).update(point.by_action)
    return dict(sorted(sums.items()))


def _stages(currency: str, counts: Counter[str]) -> dict[str, Any]:
    names = ("sent", "viewed", "countered", "accepted", "settled")
    return {"currency": currency} | {name: counts[action] for name, action in zip(names, analytics.STAGES, strict=True)}


def _ends(currency: str, counts: Counter[str]) -> dict[str, Any]:
    ends = {action.value: counts[action] for action in analytics.CLOSED}
    return {"currency": currency, "closed": counts.total(), **ends}


def _outcome_sums(currency: str, counts: Counter[str]) -> OutcomeSums:
    closed = counts.total()
    return OutcomeSums(
        **_ends(currency, counts),
        acceptance_rate=_ratio(100 * counts["accepted"], closed),
        rejection_rate=_ratio(100 * counts["rejected"], closed),
        expiry_rate=_ratio(100 * counts["expired"], closed),
        withdrawal_rate=_ratio(100 * counts["withdrawn"], closed),
    )


def _histogram(times: ResponseTimes) -> list[ResponseRow]:
    """Return how many answers took how long, each once."""
    slower = pairwise([0, *times.faster, times.answered])
    return [
        ResponseRow(currency=times.currency, under_hours=hours, answered=upto - before)
        for hours, (before, upto) in zip([*analytics.HOURS, None], slower, strict=True)
    ]


def _milliseconds(time: timedelta | None) -> int | None:
    return None if time is None else time // _MILLISECOND


def _rounds_sums(rows: list[Rounds], given: Bargains | None) -> RoundsSums:
    closed = sum(row.closed for row in rows)
    return RoundsSums(
        currency=rows[0].currency,
        closed=closed,
        accepted=sum(row.accepted for row in rows),
        average_rounds=_ratio(sum(row.rounds * row.closed for row in rows), closed),
        concession=_given_way(given.concessions if given else []),
        discount=_given_way(given.discounts if given else []),
    )


def _given_way(hundredths: list[int]) -> GivenWay:
    """Return what was given way; the median is the lower of the two in the middle."""
    if not hundredths:
        return GivenWay(offers=0, average=None, median=None)
    middle = sorted(hundredths)[(len(hundredths) - 1) // 2]
    average = _ratio(sum(hundredths), 100 * len(hundredths))
    return GivenWay(offers=len(hundredths), average=average, median=Decimal(middle).scaleb(-2))


def _ratio(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole).quantize(_DIGITS, ROUND_HALF_UP)
