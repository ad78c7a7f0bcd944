"""All the work there is, and what runs it: one thread in each server process, `manage.py work`, or both."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts import tasks as accounts_tasks
from finance import tasks as finance_tasks
from offers import tasks as offers_tasks
from wholexale.common import tasks as common_tasks, work as common_work
from wholexale.common.work import Periodic, Runner, Work, periodic_work

PERIODIC: Sequence[Periodic] = (*common_tasks.PERIODIC, *accounts_tasks.PERIODIC, *finance_tasks.PERIODIC)
WORK: Sequence[Work[Any]] = (*accounts_tasks.WORK, *finance_tasks.WORK, *offers_tasks.WORK, periodic_work(PERIODIC))

POLL_SECONDS_LOCAL = 1.0
POLL_SECONDS_SHARED = 5.0


def build_runner(*, threads: int = 1, lease: timedelta | None = None) -> Runner:
    """Return a runner of all the work; `lease` replaces that of each kind."""
    kinds = [replace(work, lease=lease or work.lease) for work in WORK]
    poll = POLL_SECONDS_SHARED if settings.REDIS_URL else POLL_SECONDS_LOCAL
    return Runner(kinds, PERIODIC, poll=poll, threads=threads)


def run_one(label: str, row_id: UUID) -> bool:
    """Run one row of a model (`finance.HoldExpiry`), if it is due and nobody else has it; return whether it ran.

    Raises:
        KeyError: where no work is called that.
    """
    kinds = {work.model._meta.label: work for work in WORK}
    return common_work.run_one(kinds[label], row_id)
