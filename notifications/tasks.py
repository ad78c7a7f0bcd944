"""Work that is due: deliveries, those that runs have died of, and messages that nobody has read."""

from datetime import datetime, timedelta

from notifications import services
from notifications.models import Delivery
from wholexale.common.models import PeriodicRun, WorkRow
from wholexale.common.work import Backoff, Periodic, Work

TRIES = 5
LEASE = timedelta(seconds=15)
"""Shorter than elsewhere: what a dead process had begun is late by so much. It is renewed while a provider is slow."""

UNREAD_AFTER = timedelta(minutes=1)
"""Who looks at the conversation has read a message by then."""

_OVERLAP = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(days=1)
_TELL_UNREAD = "notifications.tell_unread"


def deliver(row: Delivery) -> None:
    """Send one notification on one channel."""
    services.deliver(delivery_id=row.id, lease=row.lease_owner, is_last_try=row.attempts >= TRIES)


def settle_parked(_due_at: datetime) -> None:
    """End what was parked without a word."""
    services.settle_parked()


def tell_unread(due_at: datetime) -> None:
    """End the notices of what was read, and tell people what they have not, since the last time."""
    services.end_read_notices()
    services.tell_unread_messages(since=_told_until(due_at) - _OVERLAP, until=due_at - UNREAD_AFTER)


def _told_until(due_at: datetime) -> datetime:
    """Return up to when people were told before."""
    runs = PeriodicRun.objects.filter(name=_TELL_UNREAD, state=WorkRow.State.DONE, due_at__lt=due_at)
    last = runs.order_by("-due_at").values_list("due_at", flat=True).first()
    earliest = due_at - _LONGEST_PAUSE
    return max(last - UNREAD_AFTER, earliest) if last else earliest


DELIVERIES = Work(
    model=Delivery, run=deliver, batch=10, lease=LEASE, tries=TRIES, backoff=Backoff(base=timedelta(seconds=5))
)
WORK = (DELIVERIES,)
PERIODIC = (
    Periodic(name="notifications.settle_parked", every=timedelta(minutes=1), run=settle_parked),
    Periodic(name=_TELL_UNREAD, every=timedelta(minutes=1), run=tell_unread),
)
