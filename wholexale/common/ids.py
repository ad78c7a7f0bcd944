"""Identifiers: time-ordered UUIDs (RFC 9562, version 7), so ids sort by age in every store."""

from uuid import UUID

from uuid_utils.compat import uuid7

from wholexale.common.errors import NotFound


def new_id() -> UUID:
    """Return a new time-ordered UUID."""
    return uuid7()


def id_from_path(value: str, *, missing: NotFound) -> UUID:
    """Parse an id that stands in a URL.

    Raises:
        NotFound: `missing`, because a string that is no id names nothing.
    """
    try:
        return UUID(value)
    except ValueError:
        raise missing from None
