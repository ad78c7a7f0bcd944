"""Work by the clock: every scheduler makes the row of the newest due time, and the first one wins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from wholexale.common.models import PeriodicRun
from wholexale.common.work.outcomes import Retry
from wholexale.common.work.rows import Work

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=7)  # much shorter than done rows are kept: a slot that was forgotten would be made again
_UNKNOWN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """What runs at every multiple of `every` since 1970, in UTC, moved by `offset`; `run` is given its due time.

    A new one runs at once, for the slot that has begun. After a pause only the newest slot runs.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], None]
    offset: timedelta = timedelta()

    def __post_init__(self) -> None:
        """Refuse what the pruning of done rows would make run twice."""
        if not timedelta() < self.every <= _LONGEST:
            raise ValueError(f"{self.name}: every {self.every} is not between 0 and {_LONGEST}")

    def slot(self, now: datetime) -> datetime:
        """Return the newest due time that has come."""
        start = _EPOCH + self.offset
        return start + (now - start) // self.every * self.every


class Schedule:
    """Makes the rows of periodic work. Any number of processes may have one."""

    def __init__(self, periodic: Sequence[Periodic]) -> None:
        """Have made nothing yet."""
        self._periodic = tuple(periodic)
        self._made: dict[str, datetime] = {}

    def make_due(self) -> None:
        """Make the rows that are due, where no other scheduler was first."""
        now = timezone.now()
        slots = {one.name: one.slot(now) for one in self._periodic}
        new = {name: due_at for name, due_at in slots.items() if self._made.get(name) != due_at}
        if new:
            rows = [PeriodicRun(name=name, due_at=due_at, run_at=due_at) for name, due_at in new.items()]
            PeriodicRun.objects.bulk_create(rows, ignore_conflicts=True)
            self._made |= new


def periodic_work(periodic: Sequence[Periodic]) -> Work[PeriodicRun]:
    """Return the kind of work that runs the rows of a schedule.

    A name that this process does not know may be known to the next release, whose scheduler made the row, so it is
    tried again; if nobody knows it, it is parked like all that fails.
    """
    by_name = {one.name: one for one in periodic}
    if len(by_name) != len(periodic):
        raise ValueError("Two kinds of periodic work have the same name.")

    def run(row: PeriodicRun) -> None:
        if row.name not in by_name:
            raise Retry(f"nothing here is called {row.name}", after=_UNKNOWN_SECONDS)
        by_name[row.name].run(row.due_at)

    return Work(model=PeriodicRun, run=run, batch=1)
