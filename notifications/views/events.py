"""`/api/system/events`."""

from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import selectors
from notifications.serializers import events as shapes
from notifications.views.caller import caller
from wholexale.common.api import endpoint


class SystemEventsView(APIView):
    """`system/events`."""

    @endpoint(query=shapes.EventQuery, returns=shapes.EventPage, errors={400: "VALIDATION_FAILED", 403: "FORBIDDEN"})
    def get(self, request: Request, query: shapes.EventQuery) -> shapes.EventPage:
        """List what has happened, for staff."""
        rows = selectors.system_events(actor=caller(request), wanted=query.wanted(), limit=query.limit)
        return shapes.event_page(rows, query)
