"""Log lines carry the id of the request they belong to."""

import logging
from contextvars import ContextVar

NOBODY = "-"
request_id: ContextVar[str] = ContextVar("request_id", default=NOBODY)


def current_request() -> str:
    """Return the id of the request that runs, or of the work; "" outside of both."""
    current = request_id.get()
    return "" if current == NOBODY else current


class RequestIdFilter(logging.Filter):
    """Add `request_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the id; never drop the record."""
        record.request_id = request_id.get()
        return True
