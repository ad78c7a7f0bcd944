"""The clock that all processes share: the database's own."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from wholexale.common.prepared import Query, read


def database_now() -> datetime:
    """Return the time of the database's clock, also in the middle of a transaction; on SQLite this machine's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    ((moment,),) = read(now_query())
    return moment  # type: ignore[no-any-return]


def now_query() -> Query[datetime]:
    """Return the query of that time, to be read after a lock in the same round trip."""
    if connection.vendor != "postgresql":
        return Query("SELECT 1", (), lambda _rows: [timezone.now()])
    return Query("SELECT clock_timestamp()", (), lambda rows: [moment for (moment,) in rows])
