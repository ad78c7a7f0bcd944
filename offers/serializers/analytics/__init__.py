"""How deals go, on the wire. Nothing is added up across currencies: each has rows and totals of its own."""

from offers.serializers.analytics.course import (
    FunnelAnswer,
    OutcomesAnswer,
    ResponseTimesAnswer,
    RoundsAnswer,
    funnel,
    outcomes,
    response_times,
    rounds,
)
from offers.serializers.analytics.queries import FiguresQuery, SeriesQuery, TopQuery
from offers.serializers.analytics.trade import GmvAnswer, TopAnswer, gmv, top

__all__ = [
    "FiguresQuery",
    "FunnelAnswer",
    "GmvAnswer",
    "OutcomesAnswer",
    "ResponseTimesAnswer",
    "RoundsAnswer",
    "SeriesQuery",
    "TopAnswer",
    "TopQuery",
    "funnel",
    "gmv",
    "outcomes",
    "response_times",
    "rounds",
    "top",
]
