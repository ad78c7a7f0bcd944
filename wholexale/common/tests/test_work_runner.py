"""The runner of a process: woken by commits, stopped in bounded time, and not ended by any failure."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from wholexale.common.tests.work_staging import Diary, again, due, wait_until
from wholexale.common.work import Runner, Work, claim, nudge, nudge_on_commit, rows, runner

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 3600.0
"""A poll that no test waits for."""

Running = Callable[..., Runner]


@pytest.fixture
def running() -> Iterator[Running]:
    """Start runners, which end with the test."""
    with ExitStack() as stack:

        def start(*work: Work[Any], poll: float = NEVER, overdue: timedelta = timedelta()) -> Runner:
            one = Runner(work, poll=poll, overdue=overdue)
            one.start()
            stack.callback(one.stop, 10.0)
            return one

        yield start


@contextmanager
def lasting(seconds: float) -> Iterator[None]:
    """Check that a block takes less than so many seconds."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def has_run(diary: Diary, count: int) -> bool:
    return len(diary.ran) == count


# --- When it looks ----------------------------------------------------------------------------------------------


def test_a_rollback_does_not_wake_it(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def count(*_args: Any, **_more: Any) -> None:
        nonlocal looked
        looked += 1

    monkeypatch.setattr(runner, "claim", count)
    running(Diary().work())
    wait_until(lambda: looked == 1)

    with transaction.atomic():
        nudge_on_commit()
        transaction.set_rollback(True)
    time.sleep(0.2)

    assert looked == 1


def test_what_comes_due_between_two_looks_is_run_on_time(running: Running) -> None:
    at = timezone.now() + timedelta(seconds=0.6)
    due(run_at=at)
    diary = Diary()

    running(diary.work())
    wait_until(lambda: has_run(diary, 1), seconds=3)

    assert at <= timezone.now() < at + timedelta(seconds=0.4)


def test_it_does_not_look_all_the_time(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(runner, "claim", lambda work, **_: looks.append(time.monotonic()))
    due()  # due, and never to be had: somebody holds it in an open transaction

    running(Diary().work())
    time.sleep(0.1)
    nudge()
    time.sleep(0.9)

    assert 5 < len(looks) < 30


def test_an_idle_runner_holds_no_connection(running: Running) -> None:
    used: list[Any] = []
    due()

    running(Diary(do=lambda row: used.append(connections["default"])).work())
    wait_until(lambda: len(used) == 1)

    wait_until(lambda: used[0].connection is None)


def test_one_that_stands_in_runs_what_others_have_left_lying_for_a_while(running: Running) -> None:
    at = timezone.now() + timedelta(seconds=0.3)
    rows = [*due(run_at=at), *due(state="leased", lease_until=at, attempts=1)]
    diary = Diary()

    running(diary.work(), poll=0.1, overdue=timedelta(seconds=1))
    nudge()
    wait_until(lambda: len(diary.ran) > 0, seconds=5)
    assert timezone.now() >= at + timedelta(seconds=1)

    wait_until(lambda: {again(row).state for row in rows} == {"done"}, seconds=5)


# --- Leases -----------------------------------------------------------------------------------------------------


def test_a_row_that_runs_longer_than_its_lease_stays_ours_and_so_do_those_behind_it(running: Running) -> None:
    waiting = due(3)
    diary = Diary(do=lambda row: time.sleep(1.2) if row.pk == waiting[0].pk else None)
    hasty = diary.work(lease=timedelta(seconds=0.5))
    running(hasty)
    wait_until(lambda: has_run(diary, 1))

    while not has_run(diary, 3):
        assert claim(hasty) is None
        time.sleep(0.02)

    assert [again(row).attempts for row in waiting] == [1, 1, 1]


# --- The end ----------------------------------------------------------------------------------------------------


def test_the_end_waits_for_the_row_that_runs_and_gives_back_the_others(running: Running) -> None:
    waiting = due(10)
    diary = Diary(do=lambda row: time.sleep(0.5))
    one = running(diary.work())
    wait_until(lambda: has_run(diary, 1))

    with lasting(3.0):
        assert one.stop(10.0) is True

    assert [again(row).state for row in waiting] == ["done"] + ["pending"] * 9
    assert {again(row).attempts for row in waiting[1:]} == {0}


def test_the_end_does_not_wait_for_ever(running: Running) -> None:
    [slow, behind] = due(2)
    gate = threading.Event()
    diary = Diary(do=lambda row: wait_until(gate.is_set, seconds=20))
    one = running(diary.work())
    wait_until(lambda: has_run(diary, 1))

    with lasting(1.0):
        assert one.stop(0.2) is False
    assert again(slow).state == "leased"

    gate.set()
    wait_until(lambda: again(slow).state == "done")
    wait_until(lambda: again(behind).state == "pending")


def test_an_idle_runner_ends_at_once(running: Running) -> None:
    one = running(Diary().work())
    time.sleep(0.2)

    with lasting(0.5):
        assert one.stop(10.0) is True


def test_a_runner_starts_once_and_not_after_its_end(running: Running) -> None:
    diary = Diary()
    one = running(diary.work())
    one.start()
    assert [thread.name for thread in threading.enumerate()].count("work-1") == 1

    one.stop(10.0)
    one.start()
    due()
    time.sleep(0.2)

    assert diary.ran == []


# --- Failures ---------------------------------------------------------------------------------------------------


def test_the_rest_after_a_failure_grows_and_ends_with_the_first_success() -> None:
    fails = iter([True] * 8 + [False, True])

    def do() -> float:
        if next(fails):
            raise OperationalError("gone")
        return 7.0

    chore = runner._Chore("something", do)
    rests = []
    for _ in range(10):
        rests.append(chore.turn())
        chore._rests_until = 0.0

    longest = [2, 4, 5, 5, 5, 5, 5, 5]
    assert all(most / 2 <= rest <= most for rest, most in zip(rests, longest, strict=False))
    assert rests[8] == 7.0
    assert 1 <= rests[9] <= 2


def test_it_outlives_a_database_that_does_not_answer(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = threading.Event()
    asked: list[float] = []

    def claim_or_fail(work: Work[Any], **_: Any) -> Any:
        asked.append(time.monotonic())
        if not answers.is_set():
            raise OperationalError("the server closed the connection")
        return claim(work)

    monkeypatch.setattr(runner, "claim", claim_or_fail)
    due()
    diary = Diary()
    monkeypatch.setattr(runner, "_LONGEST_REST", 0.2)
    with caplog.at_level(logging.WARNING):
        running(diary.work(), poll=0.05)
        time.sleep(1.0)
        tries = len(asked)
        answers.set()
        wait_until(lambda: has_run(diary, 1))

    assert 4 <= tries <= 11
    assert "common.PeriodicRun waits" in caplog.text
    assert "the server closed the connection" in caplog.text


def test_a_kind_of_work_that_fails_to_be_claimed_stops_no_other(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = Diary().work(batch=1), Diary()

    def fail() -> None:
        raise ValueError("broken")

    monkeypatch.setattr(runner, "claim", lambda work, **_: fail() if work is broken else claim(work))
    due(3)

    with caplog.at_level(logging.ERROR):
        running(broken, sound.work(), poll=0.05)
        wait_until(lambda: has_run(sound, 3), seconds=5)

    assert "ValueError: broken" in caplog.text


def test_work_that_ends_its_thread_does_not_end_the_runner(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = due(3)
    diary = Diary(do=lambda row: sys.exit(1) if row.pk == waiting[0].pk else None)
    monkeypatch.setattr(runner, "_LONGEST_REST", 0.2)

    running(diary.work(), poll=0.05)

    wait_until(lambda: [again(row).state for row in waiting] == ["leased", "done", "done"])


def test_an_outcome_that_cannot_be_written_is_left_to_the_lease(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = due(2)
    settle, refusals = rows.Claim.settle, [OperationalError("gone")]

    def fail_once(taken: Any, row: Any, **changes: Any) -> bool:
        if refusals:
            raise refusals.pop()
        return settle(taken, row, **changes)

    monkeypatch.setattr(rows.Claim, "settle", fail_once)
    monkeypatch.setattr(runner, "_LONGEST_REST", 0.2)
    running(Diary().work(), poll=0.05)

    wait_until(lambda: again(waiting[1]).state == "done")
    assert (again(waiting[0]).state, again(waiting[0]).attempts) == ("leased", 1)
