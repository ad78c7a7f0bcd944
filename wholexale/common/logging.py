"""Log lines go to stderr, and carry the id of the request they belong to."""

import logging
from contextvars import ContextVar
from typing import Any

_LEVELS = {
    "django.request": "ERROR",
    "django.security.DisallowedHost": "CRITICAL",  # anyone could fill the log
    "uvicorn": "WARNING",  # it would log each socket twice
    "httpx": "WARNING",  # a line for each request, also to ourselves
    "twilio.http_client": "WARNING",  # eleven of them
}

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


def logging_to_stderr(level: str) -> dict[str, Any]:
    """Return Django's setting `LOGGING`, for a level as the environment names it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "wholexale.common.logging.RequestIdFilter"}},
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
        "root": {"handlers": ["stderr"], "level": {"warn": "WARNING"}.get(level, level.upper())},
        "loggers": {name: {"level": at_least} for name, at_least in _LEVELS.items()},
    }
