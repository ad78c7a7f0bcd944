"""What has happened, on the wire, for staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from notifications.models import SystemEvent
from notifications.selectors import EventFilter
from wholexale.common.api.pagination import MAX_LIMIT
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.wire import Resource, Wire, wire_time


class EventQuery(Wire, kw_only=True):
    """Which events: the newest first, or, with a `cursor`, those that follow it, oldest first.

    A `type` that ends in a dot takes all that begin so: `offer.`.
    """

    type: Annotated[str, Meta(max_length=40)] = ""
    subject_type: Annotated[str, Meta(max_length=20)] = ""
    subject: UUID | None = None
    since: Annotated[str, Meta(max_length=40)] | None = None
    cursor: UUID | None = None
    limit: Annotated[int, Meta(ge=1)] = 50

    def __post_init__(self) -> None:
        """Clamp the limit, as lists do."""
        self.limit = min(self.limit, MAX_LIMIT)

    def wanted(self) -> EventFilter:
        """Return the filter.

        Raises:
            ValidationFailed: where `since` is no moment.
        """
        return EventFilter(
            type=self.type,
            subject_type=self.subject_type,
            subject_id=self.subject,
            since=_moment(self.since),
            after=self.cursor,
        )


class EventInfo(Resource, kw_only=True):
    """One thing that has happened. `message` and `severity` are what old clients show."""

    type: str
    subject: dict[str, str]
    actor_id: str | None
    business_ids: list[str]
    data: dict[str, Any]
    message: str
    severity: str
    timestamp: str
    created_at: str


class EventPage(Wire, kw_only=True):
    """Events, and the cursor to go on from: that of the newest one here, or the one that was sent."""

    events: list[EventInfo]
    cursor: str | None


def event_page(rows: Sequence[SystemEvent], query: EventQuery) -> EventPage:
    """Return events as staff reads them."""
    newest = max((row.id for row in rows), default=query.cursor)
    return EventPage(events=[_event(row) for row in rows], cursor=str(newest) if newest else None)


def _event(row: SystemEvent) -> EventInfo:
    at = wire_time(row.at)
    return EventInfo(
        id=str(row.id),
        type=row.type,
        subject={"type": row.subject_type, "id": str(row.subject_id)},
        actor_id=str(row.actor_id) if row.actor_id else None,
        business_ids=row.business_ids,
        data=row.data,
        message=f"{row.type} {row.data.get('action', '')}".strip(),
        severity="warning" if row.type == "user.locked" or row.data.get("state") == "failed" else "info",
        timestamp=at,
        created_at=at,
    )


def _moment(text: str | None) -> datetime | None:
    """Return the moment that the parameter names.

    Raises:
        ValidationFailed: where it names none.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign in a query reads as a blank
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        fault = FieldError(path="since", msg="Expected a moment with a time zone", location="query")
        raise ValidationFailed(details=[fault])
    return found
