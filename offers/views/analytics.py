"""`/api/offers/analytics`: how deals go, counted from their history."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from offers.serializers import analytics as shapes
from wholexale.common.api import endpoint

_ERRORS = {400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED"}


class FunnelView(APIView):
    """`offers/analytics/funnel`."""

    @endpoint(query=shapes.SeriesQuery, returns=shapes.FunnelAnswer, errors=_ERRORS)
    def get(self, request: Request, query: shapes.SeriesQuery) -> shapes.FunnelAnswer:
        """Count how far offers have come, by when they were made."""
        return shapes.funnel(caller(request), query)


class OutcomesView(APIView):
    """`offers/analytics/outcomes`."""

    @endpoint(query=shapes.SeriesQuery, returns=shapes.OutcomesAnswer, errors=_ERRORS)
    def get(self, request: Request, query: shapes.SeriesQuery) -> shapes.OutcomesAnswer:
        """Count how offers ended, by when they did."""
        return shapes.outcomes(caller(request), query)


class ResponseTimesView(APIView):
    """`offers/analytics/response-time`."""

    @endpoint(query=shapes.FiguresQuery, returns=shapes.ResponseTimesAnswer, errors=_ERRORS)
    def get(self, request: Request, query: shapes.FiguresQuery) -> shapes.ResponseTimesAnswer:
        """Say how soon sellers answer the offers that were sent in a time."""
        return shapes.response_times(caller(request), query)


class RoundsView(APIView):
    """`offers/analytics/rounds`."""

    @endpoint(query=shapes.FiguresQuery, returns=shapes.RoundsAnswer, errors=_ERRORS)
    def get(self, request: Request, query: shapes.FiguresQuery) -> shapes.RoundsAnswer:
        """Say after how many rounds offers were closed, and how far prices moved."""
        return shapes.rounds(caller(request), query)


class GmvView(APIView):
    """`offers/analytics/gmv`."""

    @endpoint(query=shapes.SeriesQuery, returns=shapes.GmvAnswer, errors=_ERRORS)
    def get(self, request: Request, query: shapes.SeriesQuery) -> shapes.GmvAnswer:
        """Add up what was accepted and what was settled, by day, week or month."""
        return shapes.gmv(caller(request), query)


class TopView(APIView):
    """`offers/analytics/top`."""

    @endpoint(query=shapes.TopQuery, returns=shapes.TopAnswer, errors=_ERRORS)
    def get(self, request: Request, query: shapes.TopQuery) -> shapes.TopAnswer:
        """Rank products and counterparties by what was accepted."""
        return shapes.top(caller(request), query)
