"""How a business's offers stand, in the old backend's shape."""

from decimal import Decimal

from msgspec import field as wire_field

from accounts.models import User
from offers import selectors
from offers.models import Side
from offers.selectors import SideSummary
from offers.serializers.fields import Moment, border
from wholexale.common.money import Amount, from_minor
from wholexale.common.wire import Wire

_PERCENT = Decimal("0.01")


class SummaryQuery(Wire, kw_only=True):
    """Which offers: those that were sent between two moments."""

    start: Moment | None = wire_field(name="from", default=None)
    to: Moment | None = None


class StandingInfo(Wire, kw_only=True):
    """How many offers have a status in a currency; `_id` is the status, as the old backend sent it."""

    status: str = wire_field(name="_id")
    count: int
    total_value: Amount
    total_value_minor: int
    currency: str


class SideInfo(Wire, kw_only=True):
    """The offers of one side; `responseRate` is a text in percent, or 0 where there are none, as it was."""

    total: int
    responded: int
    response_rate: str | int
    stats: list[StandingInfo]


class Summary(Wire, kw_only=True):
    """What the caller's business has sent as a buyer, and received as a seller."""

    sent: SideInfo
    received: SideInfo


def summary(actor: User, query: SummaryQuery) -> Summary:
    """Return how the offers of the caller's business stand."""
    found = selectors.offer_summary(actor=actor, start=border(query.start, "from"), end=border(query.to, "to"))
    return Summary(sent=_side(found[Side.BUYER]), received=_side(found[Side.SELLER]))


def _side(found: SideSummary) -> SideInfo:
    rate = (Decimal(100 * found.responded) / found.total).quantize(_PERCENT) if found.total else None
    return SideInfo(
        total=found.total,
        responded=found.responded,
        response_rate=0 if rate is None else str(rate),
        stats=[
            StandingInfo(
                status=one.status,
                count=one.count,
                total_value=from_minor(one.total, one.currency),
                total_value_minor=one.total,
                currency=one.currency,
            )
            for one in found.standings
        ],
    )
