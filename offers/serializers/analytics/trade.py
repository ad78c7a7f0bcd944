"""What was traded: by period, by product and by counterparty."""

from accounts.models import User
from offers.selectors import analytics
from offers.selectors.analytics import Ranked, Turnover, Volume
from offers.serializers.analytics.queries import SeriesQuery, TopQuery
from wholexale.common.clock import database_now
from wholexale.common.measures import from_milli
from wholexale.common.money import Amount, from_minor
from wholexale.common.wire import Wire, wire_time


class VolumeInfo(Wire, kw_only=True):
    """How many orders, and what they come to."""

    orders: int
    amount: Amount
    amount_minor: int


class GmvSums(Wire, kw_only=True):
    """What was accepted (orders, also those that were cancelled later) and settled (invoices), with taxes."""

    currency: str
    accepted: VolumeInfo
    settled: VolumeInfo


class GmvPoint(GmvSums, kw_only=True):
    """The same of the period that begins on `day`."""

    day: str


class GmvAnswer(Wire, kw_only=True):
    """What was traded, by when it was accepted and when settled."""

    series: list[GmvPoint]
    totals: list[GmvSums]
    as_of: str


class RankedBusiness(Wire, kw_only=True):
    """Who sells or buys it."""

    id: str
    business_name: str


class TopCounterparty(Wire, kw_only=True):
    """A business with which was dealt; amounts are before taxes."""

    rank: int
    currency: str
    business: RankedBusiness
    offers: int
    quantity: Amount
    amount: Amount
    amount_minor: int


class TopProduct(TopCounterparty, kw_only=True):
    """A product of a seller, as it was last called."""

    product_id: str
    name: str
    unit: str


class TopSums(Wire, kw_only=True):
    """What was agreed in all, before taxes."""

    currency: str
    offers: int
    amount: Amount
    amount_minor: int


class TopAnswer(Wire, kw_only=True):
    """The first ten of each currency among what was accepted in this time."""

    products: list[TopProduct]
    counterparties: list[TopCounterparty]
    totals: list[TopSums]
    as_of: str


def gmv(actor: User, query: SeriesQuery) -> GmvAnswer:
    """Return what the caller's business has traded."""
    points = analytics.turnover(query.scope(actor), query.group_by)
    return GmvAnswer(
        series=[
            GmvPoint(
                day=one.day.isoformat(),
                currency=one.currency,
                accepted=_volume(one.accepted, one.currency),
                settled=_volume(one.settled, one.currency),
            )
            for one in points
        ],
        totals=[_gmv_sums([one for one in points if one.currency == currency]) for currency in _currencies(points)],
        as_of=wire_time(database_now()),
    )


def top(actor: User, query: TopQuery) -> TopAnswer:
    """Return what the caller's business trades most in, and with whom."""
    scope = query.scope(actor)
    return TopAnswer(
        products=[_product(one) for one in analytics.top_products(scope, query.by)],
        counterparties=[_counterparty(one) for one in analytics.top_counterparties(scope, query.by)],
        totals=[
            TopSums(
                currency=currency,
                offers=volume.count,
                amount=from_minor(volume.amount, currency),
                amount_minor=volume.amount,
            )
            for currency, volume in analytics.agreed_in_all(scope).items()
        ],
        as_of=wire_time(database_now()),
    )


def _currencies(points: list[Turnover]) -> list[str]:
    return sorted({one.currency for one in points})


def _gmv_sums(points: list[Turnover]) -> GmvSums:
    """Add up the periods of one currency."""
    currency = points[0].currency
    return GmvSums(
        currency=currency,
        accepted=_volume(sum((one.accepted for one in points), Volume()), currency),
        settled=_volume(sum((one.settled for one in points), Volume()), currency),
    )


def _volume(volume: Volume, currency: str) -> VolumeInfo:
    return VolumeInfo(orders=volume.count, amount=from_minor(volume.amount, currency), amount_minor=volume.amount)


def _counterparty(row: Ranked) -> TopCounterparty:
    return TopCounterparty(
        rank=row.rank,
        currency=row.currency,
        business=RankedBusiness(id=str(row.business.id), business_name=row.business.name),
        offers=row.offers,
        quantity=from_milli(row.quantity),
        amount=from_minor(row.amount, row.currency),
        amount_minor=row.amount,
    )


def _product(row: Ranked) -> TopProduct:
    whole = _counterparty(row)
    fields = {name: getattr(whole, name) for name in whole.__struct_fields__}
    return TopProduct(**fields, product_id=row.product_ref, name=row.name, unit=row.unit)
