"""All the work there is, and what runs it: one thread in each server process, `manage.py work`, or Celery's workers."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts import tasks as accounts_tasks
from finance import tasks as finance_tasks
from notifications import tasks as notifications_tasks
from offers import tasks as offers_tasks
from wholexale.common import tasks as common_tasks, work as common_work
from wholexale.common.work import Periodic, Runner, Schedule, Work, periodic_work, work_off

PERIODIC: Sequence[Periodic] = (
    *common_tasks.PERIODIC,
    *accounts_tasks.PERIODIC,
    *finance_tasks.PERIODIC,
    *notifications_tasks.PERIODIC,
)
_KINDS: Sequence[Work[Any]] = (
    *accounts_tasks.WORK,
    *finance_tasks.WORK,
    *offers_tasks.WORK,
    *notifications_tasks.WORK,
    periodic_work(PERIODIC),
)
WORK: Sequence[Work[Any]] = tuple(replace(work, lease=min(work.lease, settings.WORK_LEASE)) for work in _KINDS)

POLL_SECONDS_LOCAL = 1.0
POLL_SECONDS_SHARED = 5.0
SHARE_SECONDS = 1.0
OVERDUE = timedelta(seconds=2)

_schedule = Schedule(PERIODIC)


def build_runner(*, threads: int = 1) -> Runner:
    """Return a runner of all the work."""
    poll = POLL_SECONDS_SHARED if settings.REDIS_URL else POLL_SECONDS_LOCAL
    return Runner(WORK, PERIODIC, poll=poll, threads=threads)


def build_stand_in() -> Runner:
    """Return a runner of what has been due for a while, which Celery should have run."""
    return Runner(WORK, PERIODIC, poll=POLL_SECONDS_LOCAL, overdue=OVERDUE)


def run_one(label: str, row_id: UUID) -> bool:
    """Run one row of a model (`finance.HoldExpiry`), if it is due and nobody else has it; return whether it ran.

    Raises:
        KeyError: where no work is called that.
    """
    kinds = {work.model._meta.label: work for work in WORK}
    return common_work.run_one(kinds[label], row_id)


def sweep() -> bool:
    """Make what the clock asks for and run what is due; return whether it is all.

    Each kind of work has about `SHARE_SECONDS`, so that none keeps another waiting for long.
    """
    _schedule.make_due()
    is_all = True
    for work in WORK:
        is_all &= _work_off_share(work)
    return is_all


def _work_off_share(work: Work[Any]) -> bool:
    end = time.monotonic() + SHARE_SECONDS
    return work_off(work, lambda: time.monotonic() > end)
