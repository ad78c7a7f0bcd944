"""What runs work, be it the runner of a process or a worker of Celery on Redis: the same rows, the same ends."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import OperationalError, connection, transaction

from wholexale import work as composition
from wholexale.common.models import PeriodicRun
from wholexale.common.tests.work_staging import Diary, again, bring_forward, due, wait_until
from wholexale.common.work import Periodic, Runner, Schedule, Work, nudge_on_commit, periodic_work, replay
from wholexale.tests.workers import ENGINES

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 3600.0
"""Seconds until anybody looks again: no test waits for that."""

Running = Callable[..., None]


@pytest.fixture(params=ENGINES)
def running(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Start an engine, which ends with the test."""
    engine = running_celery if request.param == "celery" else running_runner
    with ExitStack() as stack:

        def start(*work: Work[Any], periodic: tuple[Periodic, ...] = (), poll: float = NEVER, threads: int = 1) -> None:
            monkeypatch.setattr(composition, "WORK", work)
            monkeypatch.setattr(composition, "_schedule", Schedule(periodic))
            stack.enter_context(engine(work, periodic, poll, threads))

        yield start


@contextmanager
def running_runner(
    work: tuple[Work[Any], ...], periodic: tuple[Periodic, ...], poll: float, threads: int
) -> Iterator[None]:
    runner = Runner(work, periodic, poll=poll, threads=threads)
    runner.start()
    try:
        yield
    finally:
        assert runner.stop(10.0)


@contextmanager
def running_celery(
    _work: tuple[Work[Any], ...], _periodic: tuple[Periodic, ...], poll: float, threads: int
) -> Iterator[None]:
    """Run a worker of Celery in threads of this process, with the broker of the lane, and what beat would do."""
    from wholexale.celery import app, build_publisher, sweep  # noqa: PLC0415 - refuses to be imported without a broker

    is_over = threading.Event()

    def tick() -> None:
        sweep.apply_async()
        while not is_over.wait(poll):
            sweep.apply_async()

    beat, publisher = threading.Thread(target=tick), build_publisher()
    with start_worker(app, pool="threads", concurrency=threads, perform_ping_check=False):
        beat.start()
        publisher.start()
        try:
            yield
        finally:
            is_over.set()
            beat.join()
            assert publisher.stop(10.0)


def test_what_is_due_at_the_start_is_run_in_order(running: Running) -> None:
    waiting = due(120)
    diary = Diary()

    running(diary.work())

    wait_until(lambda: PeriodicRun.objects.filter(state="done").count() == 120)
    assert [row.pk for row in diary.ran] == [row.pk for row in waiting]


def test_a_commit_wakes_it_at_once(running: Running) -> None:
    diary = Diary()
    running(diary.work())
    time.sleep(0.2)

    began = time.monotonic()
    with transaction.atomic():
        nudge_on_commit(*due())
        time.sleep(0.1)
        assert diary.ran == []
    wait_until(lambda: len(diary.ran) == 1)
    assert time.monotonic() - began < 2.0


def test_a_rollback_wakes_nobody(running: Running) -> None:
    diary = Diary()
    running(diary.work())
    time.sleep(0.2)

    with transaction.atomic():
        nudge_on_commit(*due())
        transaction.set_rollback(True)
    time.sleep(0.3)

    assert diary.ran == []


def test_a_row_of_another_process_is_found_by_looking_now_and_then(running: Running) -> None:
    diary = Diary()
    running(diary.work(), poll=0.1)
    time.sleep(0.2)

    due()

    wait_until(lambda: len(diary.ran) == 1, seconds=2)


def test_periodic_work_runs_by_the_clock(running: Running) -> None:
    ran: list[object] = []
    every = Periodic(name="often", every=timedelta(seconds=1), run=ran.append)

    running(periodic_work([every]), periodic=(every,), poll=0.1)
    wait_until(lambda: len(ran) >= 3)

    assert len(set(ran)) == len(ran)


def test_a_row_that_runs_longer_than_its_lease_runs_once(running: Running) -> None:
    [row] = due()
    diary = Diary(do=lambda _row: time.sleep(1.2))

    running(diary.work(lease=timedelta(seconds=0.4)), poll=0.1, threads=2)

    wait_until(lambda: again(row).state == "done")
    assert (again(row).attempts, len(diary.ran)) == (1, 1)


def test_several_threads_share_the_work(running: Running) -> None:
    due(60)
    threads: Counter[str] = Counter()

    def note(_row: PeriodicRun) -> None:
        threads[threading.current_thread().name] += 1
        time.sleep(0.005)

    diary = Diary(do=note)
    running(diary.work(batch=5), poll=0.05, threads=3)

    wait_until(lambda: PeriodicRun.objects.filter(state="done").count() == 60)
    assert set(Counter(row.pk for row in diary.ran).values()) == {1}
    assert len(threads) == 3


def test_a_connection_that_broke_is_replaced(running: Running) -> None:
    waiting = due(2)

    def break_it(row: PeriodicRun) -> None:
        if row.pk == waiting[0].pk and row.attempts == 1:
            if connection.vendor == "postgresql":
                connection.ensure_connection()
                connection.connection.close()
            raise OperationalError("the connection broke")

    diary = Diary(do=break_it)
    running(diary.work())

    wait_until(lambda: again(waiting[1]).state == "done")
    wait_until(lambda: again(waiting[0]).state == "pending")
    assert again(waiting[0]).last_error == "OperationalError: the connection broke"


def test_what_fails_again_and_again_is_parked_and_runs_once_it_is_replayed(running: Running) -> None:
    poison, sound = due(2)
    is_repaired = threading.Event()

    def fail(row: PeriodicRun) -> None:
        if row.pk == poison.pk and not is_repaired.is_set():
            raise ConnectionError("refused")

    running(Diary(do=fail).work(), poll=0.1)

    def is_dead() -> bool:
        bring_forward()
        return again(poison).state == "dead"

    wait_until(is_dead)
    assert (again(poison).attempts, again(poison).last_error) == (5, "ConnectionError: refused")
    assert again(sound).state == "done"

    is_repaired.set()
    assert replay(PeriodicRun.objects.all()) == 1
    wait_until(lambda: again(poison).state == "done")
