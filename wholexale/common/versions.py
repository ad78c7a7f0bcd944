"""Versions that a caller has seen: a change may ask to come on top of one of them, or not at all (RFC 9110, 13.1.1).

Views hand on what `If-Match` says; services ask `is_stale` under the lock of the row, before they change it.
"""

Seen = frozenset[str] | None
"""Versions of which the caller has seen one; None does not care."""

ANY: frozenset[str] = frozenset({"*"})
"""Whatever there is, but there is something."""


def is_stale(seen: Seen, version: object) -> bool:
    """Return whether what there is was changed since the caller has seen it; the version of nothing is None."""
    if seen is None:
        return False
    return version is None or not seen & (ANY | {str(version)})
