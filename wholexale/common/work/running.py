"""Running what was claimed: renew the leases meanwhile, judge how each row ended, give back what was not begun."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connections
from django.db.models import F
from django.utils import timezone

from wholexale.common.logging import request_id
from wholexale.common.models import WorkRow
from wholexale.common.work.outcomes import Later, Permanent, Retry, describe
from wholexale.common.work.rows import Claim, State, Work, claim, moment, name_of

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=WorkRow)

RENEWALS = 3
"""How often a lease is renewed in its own length: two renewals may fail before it runs out."""

_SOONEST = timedelta(seconds=1)


def run_due(*kinds: Work[Any]) -> int:
    """Run everything that is due now, in this thread; return how many rows that were."""
    count = 0
    for work in kinds:
        while (taken := claim(work)) is not None:
            count += len(taken.waiting)
            run_claim(taken)
    return count


def work_off(work: Work[Any], is_over: Callable[[], bool]) -> bool:
    """Run what is due of a kind of work until that is all, or asked to stop; return whether it was all."""
    while not is_over():
        if (taken := claim(work)) is None:
            return True
        run_claim(taken, is_over)
    return False


def run_one(work: Work[Any], row_id: UUID) -> bool:
    """Run one row, if it is due and nobody else has it; return whether it ran."""
    taken = claim(work, row_id=row_id)
    if taken is not None:
        run_claim(taken)
    return taken is not None


def run_claim(taken: Claim[Any], is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Run the rows of a claim one after the other, until asked to stop, or the claim could not be renewed in time.

    Rows that were not begun are given back, but for those that others have taken meanwhile.
    """
    with _renewed(taken):
        try:
            while taken.waiting and taken.is_held and not is_stopping():
                taken.running = taken.waiting.popleft()
                _run(taken, taken.running)
                taken.running = None
        finally:
            if taken.waiting:
                with contextlib.suppress(DatabaseError, InterfaceError):  # else the lease ends by itself
                    taken.give_back()


@contextmanager
def _renewed(taken: Claim[Any]) -> Iterator[None]:
    """Renew a claim from a thread beside, which costs nothing while the rows are quick."""
    is_over = threading.Event()
    threading.Thread(target=_renew, args=(taken, is_over), name="lease", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _renew(taken: Claim[Any], is_over: threading.Event) -> None:
    while not is_over.wait(taken.work.lease.total_seconds() / RENEWALS):
        try:
            taken.renew()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next renewal may work
            logger.warning("a lease of %s could not be renewed: %s", taken.work.model._meta.label, describe(error))
        finally:
            connections.close_all()


def _run(taken: Claim[R], row: R) -> None:
    """Run one row and write how it ended; log lines carry the id of the request that made it due."""
    token = request_id.set(row.request_id or f"work-{row.pk}")
    try:
        if row.attempts > taken.work.tries:
            _park(taken, row, f"LeaseEnded: claimed {row.attempts - 1} times, and the last run did not come to its end")
        else:
            _try(taken, row)
    finally:
        request_id.reset(token)


def _try(taken: Claim[R], row: R) -> None:
    try:
        taken.work.run(row)
    except Later as later:
        _drop_broken_connections()
        until = max(later.until, timezone.now() + _SOONEST)
        taken.settle(row, state=State.PENDING, run_at=until, attempts=F("attempts") - 1)
    except Exception as error:  # noqa: BLE001 - the row says what it was
        _drop_broken_connections()
        _fail(taken, row, error)
    else:
        taken.settle(row, state=State.DONE, finished_at=moment())


def _drop_broken_connections() -> None:
    """Let the outcome be written on a sound connection; one whose transaction our caller holds is not ours to close."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _fail(taken: Claim[R], row: R, error: Exception) -> None:
    """Park a row that has no tries left, or never had a chance; let others wait for their next try."""
    work, said = taken.work, describe(error)
    if isinstance(error, Permanent) or row.attempts >= work.tries:
        _park(taken, row, said, error)
        return
    delay = timedelta(seconds=error.after) if isinstance(error, Retry) else work.backoff.after(row.attempts)
    if taken.settle(row, state=State.PENDING, run_at=moment(delay), last_error=said):
        tries = f"{row.attempts} of {work.tries}"
        logger.warning("try %s of %s failed, the next in %.0f s: %s", tries, name_of(row), delay.total_seconds(), said)


def _park(taken: Claim[R], row: R, said: str, error: Exception | None = None) -> None:
    """Leave a row to staff."""
    if taken.settle(row, state=State.DEAD, finished_at=moment(), last_error=said):
        logger.error("work is parked: %s: %s", name_of(row), said, exc_info=error)
