"""The rows: who claims which, how a claim is kept, and how a row ends.

A claim commits before anything runs. It holds its rows for the length of a lease, by an owner that is unique to the
claim, and every later change asks for that owner: who has lost a row cannot finish it any more.
"""

import logging
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DurationField, F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

from wholexale.common.models import WorkRow
from wholexale.common.work.nudges import nudge_on_commit
from wholexale.common.work.outcomes import Backoff

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=WorkRow)
State = WorkRow.State

TRIES = 5
BATCH = 50
LEASE = timedelta(seconds=30)
BACKOFF = Backoff()

_HOST = socket.gethostname()[:40]


@dataclass(frozen=True, kw_only=True)
class Work(Generic[R]):
    """A kind of work: the rows of a model, and what runs one of them.

    `run` is called outside of any transaction and may be called again for the same row. `batch` rows are claimed at
    once: keep it small where one takes long, for the others wait with it. After `tries` tries a row is parked.
    """

    model: type[R]
    run: Callable[[R], None]
    batch: int = BATCH
    lease: timedelta = LEASE
    tries: int = TRIES
    backoff: Backoff = BACKOFF


@dataclass
class Claim(Generic[R]):
    """Rows that are ours until `expires` on the monotonic clock, counted from before the database was asked."""

    work: Work[R]
    owner: str
    waiting: deque[R]
    expires: float
    running: R | None = field(default=None)

    @property
    def is_held(self) -> bool:
        """Return whether nobody else can have taken the rows yet."""
        return time.monotonic() < self.expires

    def renew(self) -> None:
        """Hold the rows for another lease. Of a claim that has lapsed, only the row that runs may still be saved."""
        was_held, began = self.is_held, time.monotonic()
        rows = ([self.running] if self.running else []) + (list(self.waiting) if was_held else [])
        renewed = self._own(rows).update(lease_until=moment(self.work.lease))
        if was_held and renewed:
            self.expires = began + self.work.lease.total_seconds()

    def give_back(self) -> None:
        """Make the rows that were not begun due again, as if they had not been claimed."""
        rows = list(self.waiting)
        self.waiting.clear()
        if rows:
            self._own(rows).update(state=State.PENDING, attempts=F("attempts") - 1, lease_owner="", lease_until=None)

    def settle(self, row: R, **changes: Any) -> bool:
        """Write how a row ended; return whether it was still ours, else nothing is written."""
        changes = {"lease_owner": "", "lease_until": None, **changes}
        if self._own([row]).update(**changes):
            return True
        logger.warning("%s was taken over: how it ended here is ignored", name_of(row))
        return False

    def _own(self, rows: Sequence[R]) -> QuerySet[R]:
        ids = [row.pk for row in rows]
        return self.work.model._default_manager.filter(pk__in=ids, state=State.LEASED, lease_owner=self.owner)


def claim(work: Work[R], *, row_id: UUID | None = None, overdue: timedelta = timedelta()) -> Claim[R] | None:
    """Take rows that are due, oldest first, or one that is named; None where there is none.

    With `overdue`, only rows that have been due for so long: those that others should have taken.

    Only rows that were never tried come in batches. One that failed, or whose process died, comes alone: if it is what
    kills processes, it takes no try away from others.
    """
    for due in due_rows(work.model, overdue=overdue):
        chosen = due if row_id is None else due.filter(pk=row_id)
        attempts = chosen.values_list("attempts", flat=True).first()  # takes no lock to see that there is nothing
        if attempts is not None and (taken := _take(work, chosen[: 1 if attempts else work.batch])) is not None:
            return taken
    return None


def due_rows(model: type[R], *, overdue: timedelta = timedelta()) -> tuple[QuerySet[R], QuerySet[R]]:
    """Return what may be claimed: the rows whose lease has run out, and those whose time has come, oldest first."""
    now = moment(-overdue)
    rows = model._default_manager.order_by("run_at")
    return rows.filter(state=State.LEASED, lease_until__lte=now), rows.filter(state=State.PENDING, run_at__lte=now)


def _take(work: Work[R], due: QuerySet[R]) -> Claim[R] | None:
    """Lease these rows, but for those that somebody else is taking at this moment."""
    owner, began = f"{_HOST}:{secrets.token_hex(8)}", time.monotonic()
    with transaction.atomic():
        rows = _together(list(due.select_for_update(skip_locked=True)))
        work.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
            state=State.LEASED, attempts=F("attempts") + 1, lease_owner=owner, lease_until=moment(work.lease)
        )
    for row in rows:
        row.state, row.attempts, row.lease_owner = State.LEASED, row.attempts + 1, owner
    return Claim(work, owner, deque(rows), began + work.lease.total_seconds()) if rows else None


def _together(found: list[R]) -> list[R]:
    """Return the first row alone where it was tried before, else those up to the first that was."""
    return found[:1] if found and found[0].attempts else list(takewhile(lambda row: not row.attempts, found))


def next_due(model: type[R]) -> datetime | None:
    """Return when the next pending row is due, which may have passed; None where none waits."""
    pending = model._default_manager.filter(state=State.PENDING).order_by("run_at")
    return pending.values_list("run_at", flat=True).first()


def replay(rows: QuerySet[R]) -> int:
    """Make the dead among these rows due again, with all their tries; return how many there were."""
    dead = rows.filter(state=State.DEAD)
    count = dead.update(state=State.PENDING, attempts=0, run_at=moment(), finished_at=None)
    nudge_on_commit()
    return count


def moment(delay: timedelta = timedelta()) -> Combinable | datetime:
    """Return now, or a time after, by the clock that all processes share: PostgreSQL's own, or this machine's."""
    if connection.vendor == "postgresql":
        return Now() + Value(delay, DurationField())
    return timezone.now() + delay


def name_of(row: WorkRow) -> str:
    """Return how log lines name a row."""
    return f"{row._meta.label} {row.pk}"
