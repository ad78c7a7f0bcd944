"""Celery's app with one more kind of periodic work, which kills whatever process runs it."""

import os
import signal
from dataclasses import replace
from datetime import timedelta

from django.conf import settings

import wholexale.celery
from wholexale import work
from wholexale.common.work import Periodic, periodic_work

app = wholexale.celery.app

NAME = "test.poison"


def _kill(_due_at: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_poison = Periodic(name=NAME, every=timedelta(days=7), run=_kill)
work.WORK = [*work.WORK[:-1], replace(periodic_work([*work.PERIODIC, _poison]), lease=settings.WORK_LEASE)]
