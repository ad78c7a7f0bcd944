"""A clock that stands still until it is moved, for the ledger and, on PostgreSQL, for the function inside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.db import connection

START = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)

# A schema that is searched before the built-in functions: what the ledger calls `clock_timestamp` is then ours.
_SHADOW = """
    CREATE SCHEMA staged;
    CREATE FUNCTION staged.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS $$ SELECT pg_catalog.current_setting('staged.now')::timestamptz $$;
    SET LOCAL search_path = staged, pg_catalog, public;
"""


class Clock:
    """What time the ledger believes it is."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def move(self, seconds: int) -> None:
        """Let time pass."""
        self.set(self.now + timedelta(seconds=seconds))

    def read(self) -> datetime:
        """Return the time."""
        return self.now

    def set(self, now: datetime) -> None:
        """Put the hands of the clock."""
        self.now = now
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('staged.now', %s, true)", [now.isoformat()])

    @classmethod
    @contextmanager
    def standing(cls) -> Iterator["Clock"]:
        """Put the clock up inside the surrounding transaction, which must be rolled back."""
        clock = cls()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_SHADOW)
            clock.set(clock.now)
            yield clock
        else:
            with mock.patch("finance.sql.stepwise.database_now", clock.read):
                yield clock
