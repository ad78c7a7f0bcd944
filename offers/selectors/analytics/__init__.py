"""How deals go, counted from their history."""

from offers.selectors.analytics.course import (
    CLOSED,
    HOURS,
    STAGES,
    Bargains,
    Counts,
    ResponseTimes,
    Rounds,
    bargains,
    funnel,
    outcomes,
    response_times,
    rounds,
)
from offers.selectors.analytics.scope import Period, Scope, WantedFigures, scope_of
from offers.selectors.analytics.trade import (
    Ranked,
    RankedBy,
    Turnover,
    Volume,
    agreed_in_all,
    top_counterparties,
    top_products,
    turnover,
)

__all__ = [
    "CLOSED",
    "HOURS",
    "STAGES",
    "Bargains",
    "Counts",
    "Period",
    "Ranked",
    "RankedBy",
    "ResponseTimes",
    "Rounds",
    "Scope",
    "Turnover",
    "Volume",
    "WantedFigures",
    "agreed_in_all",
    "bargains",
    "funnel",
    "outcomes",
    "response_times",
    "rounds",
    "scope_of",
    "top_counterparties",
    "top_products",
    "turnover",
]
