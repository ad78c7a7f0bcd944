"""The runner of a process: a few threads that make what is due by the clock, claim what is due, and run it."""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from wholexale.common.models import WorkRow
from wholexale.common.work import nudges
from wholexale.common.work.outcomes import describe
from wholexale.common.work.periodic import Periodic, Schedule
from wholexale.common.work.rows import Work, claim, next_due
from wholexale.common.work.running import run_claim

logger = logging.getLogger(__name__)

CONNECTIONS_PER_THREAD = 2  # its own, and that of a renewal

_SHORTEST_PAUSE = 0.05  # what is due and cannot be claimed is in somebody's open transaction
_LONGEST_REST = 5.0
_SHARE = 1.0  # of a thread's time, in seconds, until other kinds of work have their turn
_RANDOM = secrets.SystemRandom()


class _Chore:
    """What a thread does again and again. After a failure it rests, for longer with each, while others go on."""

    def __init__(self, name: str, do: Callable[[], float]) -> None:
        """Take what to do; it returns for how many seconds there is nothing more to do."""
        self._name = name
        self._do = do
        self._failures = 0
        self._rests_until = 0.0

    def turn(self) -> float:
        """Do it, unless it rests; return the seconds until it wants to be asked again."""
        rest = self._rests_until - time.monotonic()
        if rest > 0:
            return rest
        try:
            pause = self._do()
        except (DatabaseError, InterfaceError) as error:
            rest = self._rest()
            logger.warning("%s waits %.0f s: %s", self._name, rest, describe(error))
        except BaseException:  # also what ends threads: a handler may call sys.exit
            rest = self._rest()
            logger.exception("%s failed, and waits %.0f s", self._name, rest)
        else:
            self._failures = 0
            return pause
        _let_go()
        return rest

    def _rest(self) -> float:
        self._failures += 1
        rest = min(_LONGEST_REST, 2.0 ** min(self._failures, 10)) * _RANDOM.uniform(0.5, 1.0)
        self._rests_until = time.monotonic() + rest
        return rest


class Runner:
    """Runs the work of a process from `start` to `stop`. `poll` is in seconds: how long a missed nudge may cost.

    With `overdue` it runs only what has been due for so long: it stands in for others who should have run it.
    """

    def __init__(
        self,
        work: Sequence[Work[Any]],
        periodic: Sequence[Periodic] = (),
        *,
        poll: float,
        threads: int = 1,
        overdue: timedelta = timedelta(),
    ) -> None:
        """Start nothing yet."""
        self._work = tuple(work)
        self._schedule = Schedule(periodic)
        self._poll = poll
        self._count = threads
        self._overdue = overdue
        self._lock = threading.Lock()
        self._is_stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._wakes: list[threading.Event] = []

    def start(self) -> None:
        """Start the threads; later calls do nothing, also after `stop`."""
        with self._lock:
            if self._threads or self._is_stopping.is_set():
                return
            for number in range(self._count):
                wake = threading.Event()
                name = f"work-{number + 1}"
                self._wakes.append(wake)
                self._threads.append(threading.Thread(target=self._live, args=(wake,), name=name, daemon=True))
            if not self._overdue:
                nudges.listen(self.wake)
            for thread in self._threads:
                thread.start()
        logger.info("work runs: %s thread(s), looking every %s s", self._count, self._poll)

    def wake(self, _rows: Sequence[WorkRow] = ()) -> None:
        """Look for work at once."""
        for wake in self._wakes:
            wake.set()

    def stop(self, seconds: float) -> bool:
        """Let each thread finish the row that it runs, for at most so long; return whether all did.

        What was claimed and not begun is given back. A row that runs on is not: its lease ends by itself.
        """
        nudges.stop_listening(self.wake)
        self._is_stopping.set()
        self.wake()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _live(self, wake: threading.Event) -> None:
        chores = [
            _Chore("the schedule", self._make_due),
            *(_Chore(one.model._meta.label, partial(self._work_on, one)) for one in self._work),
        ]
        while True:
            wake.clear()  # before looking: a nudge that comes while we look is not lost
            if self._is_stopping.is_set():
                return
            pause = min(chore.turn() for chore in chores)
            _let_go()
            if pause > 0:
                wake.wait(min(pause, self._poll))

    def _make_due(self) -> float:
        self._schedule.make_due()
        return self._poll

    def _work_on(self, work: Work[Any]) -> float:
        """Run what is due of a kind of work, for about `_SHARE`; return the seconds until more is due."""
        end = time.monotonic() + _SHARE
        while time.monotonic() < end and not self._is_stopping.is_set():
            if (taken := claim(work, overdue=self._overdue)) is None:
                if (due := next_due(work.model)) is None:
                    return self._poll
                return max(_SHORTEST_PAUSE, (due + self._overdue - timezone.now()).total_seconds())
            run_claim(taken, self._is_stopping.is_set)
        return 0.0


def _let_go() -> None:
    """Give the connections of this thread back: a broken one must not be used again, and an idle runner needs none."""
    with contextlib.suppress(DatabaseError, InterfaceError):
        connections.close_all()
