"""What the tests of work stage: rows that are due, and work that says what it ran."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from wholexale.common.models import PeriodicRun
from wholexale.common.work import Work

SLOT = timezone.now() - timedelta(days=1)


def due(count: int = 1, *, name: str = "test", **fields: Any) -> list[PeriodicRun]:
    """Make rows that are due, the first one longest."""
    start = SLOT + timedelta(seconds=PeriodicRun.objects.count())
    times = [start + timedelta(seconds=number) for number in range(count)]
    return PeriodicRun.objects.bulk_create(
        [PeriodicRun(**{"name": name, "due_at": at, "run_at": at, **fields}) for at in times]
    )


def again(row: PeriodicRun) -> PeriodicRun:
    """Return a row as it stands now."""
    return PeriodicRun.objects.get(pk=row.pk)


def end_lease(*rows: PeriodicRun) -> None:
    """Let the leases of rows run out, as if their time had passed."""
    PeriodicRun.objects.filter(pk__in=[row.pk for row in rows]).update(lease_until=timezone.now() - timedelta(hours=1))


def bring_forward() -> None:
    """Make everything that waits for its next try due at once."""
    PeriodicRun.objects.filter(state="pending").update(run_at=SLOT)


@dataclass
class Diary:
    """A kind of work that notes which rows it ran, and does to them what a test says."""

    do: Callable[[PeriodicRun], None] = lambda row: None
    ran: list[PeriodicRun] = field(default_factory=list)

    def work(self, **settings: Any) -> Work[PeriodicRun]:
        """Return it."""
        return Work(model=PeriodicRun, run=self._run, **settings)

    def _run(self, row: PeriodicRun) -> None:
        self.ran.append(row)
        self.do(row)


def raising(error: BaseException) -> Callable[[PeriodicRun], None]:
    """Return what raises an error for every row."""
    return partial(_raise, error)


def _raise(error: BaseException, _row: PeriodicRun) -> None:
    raise error


def wait_until(is_so: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: where it does not become so.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
