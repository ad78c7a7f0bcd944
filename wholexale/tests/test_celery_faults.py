"""Celery and its broker when things go wrong: no request notices, nothing is lost, and soon everything is done."""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from wholexale.tests.live import Stores, free_port
from wholexale.tests.test_payment_kill import AGREED, OPEN, PATIENCE, Market, number, wait_until
from wholexale.tests.test_redis_loss import redis_on
from wholexale.tests.test_work_kill import assert_each_hold_ended_once
from wholexale.tests.workers import Worker, place_holds, query, run_code, states

pytestmark = [
    pytest.mark.live,
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]

SOON = 10.0
"""Seconds in which everything is done once the broker is back."""

TAKEN_OVER = 35.0
"""Seconds in which the rows of a worker that was killed are done by others: their lease, and a look."""

POISON = """
    from django.utils import timezone
    from wholexale.common.models import PeriodicRun
    from wholexale.tests.poison import NAME

    PeriodicRun.objects.create(name=NAME, due_at=timezone.now())
"""
REPLAY = """
    from django.test import Client
    from django.urls import reverse
    from wholexale.common.models import PeriodicRun
    from accounts.models import User
    from wholexale.common.testing import make_person

    desk = Client()
    desk.force_login(make_person("staff", role=User.Role.SUPER_ADMIN))
    said = {"action": "replay", "_selected_action": [str(PeriodicRun.objects.get(state="dead").pk)]}
    page = desk.post(reverse("admin:common_periodicrun_changelist"), said, follow=True)
    assert "1 rows are due again." in page.content.decode(), page.content
"""

Break = Callable[[subprocess.Popen[bytes], int, Path, float], ExitStack]


def stop(server: subprocess.Popen[bytes], port: int, folder: Path, seconds: float) -> ExitStack:
    """Stop Redis for so long; what it held is gone."""
    server.kill()
    server.wait()
    time.sleep(seconds)
    stack = ExitStack()
    stack.enter_context(redis_on(port, folder))
    return stack


def hang(server: subprocess.Popen[bytes], port: int, folder: Path, seconds: float) -> ExitStack:
    """Let Redis swallow everything for so long, and answer nothing."""
    server.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    server.send_signal(signal.SIGCONT)
    return ExitStack()


def flush(server: subprocess.Popen[bytes], port: int, folder: Path, seconds: float) -> ExitStack:
    """Take everything out of Redis, again and again, for so long."""
    end = time.monotonic() + seconds
    with redis.Redis(port=port) as client:
        while time.monotonic() < end:
            client.flushall()
            time.sleep(0.05)
    return ExitStack()


@contextmanager
def paying(market: Market) -> Iterator[list[float]]:
    """Pay two or three times a second; every payment is accepted. Yield how long each answer took."""
    is_over, took = False, []

    def pay() -> None:
        while not is_over:
            took.append(market.pay(10_000)[1])
            time.sleep(0.3)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(pay)
        try:
            yield took
        finally:
            is_over = True
    running.result()


@pytest.mark.parametrize(
    ("break_it", "seconds"),
    [(hang, 4), *(pytest.param(one, 30, marks=pytest.mark.proof) for one in (stop, hang, flush))],
)
def test_a_broker_that_is_stopped_hung_or_flushed_fails_no_request_and_loses_nothing(
    tmp_path: Path, break_it: Break, seconds: float
) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with (
        redis_on(port, tmp_path) as server,
        Market.opened(REDIS_URL=url, WORK_RUNNER="celery") as market,
        Worker.run(market.stores, "beat"),
        Worker.run(market.stores, "celery"),
    ):
        with paying(market) as took:
            time.sleep(2)
            before = len(took)
            held = break_it(server, port, tmp_path, seconds)
        with held:
            began = time.monotonic()
            wait_until(lambda: number(market.stores, OPEN) == 0, SOON)
            done = time.monotonic() - began
            market.pay(10_000)
            wait_until(lambda: number(market.stores, OPEN) == 0, SOON)
            run_code(market.stores, AGREED)

        print(f"{break_it.__name__}: {len(took)} payments, {len(took) - before} meanwhile; the longest answer took")
        print(f"{max(took):.2f} s; {done:.1f} s after the broker was back everything was done")
        assert max(took) < PATIENCE
        assert number(market.stores, "SELECT max(charges) FROM finance_fakecharge") == 1
        succeeded = number(market.stores, "SELECT count(*) FROM finance_paymentintent WHERE state = 'succeeded'")
        assert succeeded == len(took) + 1


def test_work_goes_on_while_there_is_neither_broker_nor_beat(tmp_path: Path) -> None:
    port = free_port()
    with Stores.fresh(REDIS_URL=f"redis://127.0.0.1:{port}/0") as stores:
        place_holds(stores, 100)
        with Worker.run(stores, "celery", started="looking"):
            wait_until(lambda: states(stores)["done"] == 100, 30)
        assert_each_hold_ended_once(stores, 100)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_workers_that_are_killed_at_random_every_two_seconds_lose_no_row_and_repeat_no_effect() -> None:
    chance, count = random.Random(2), 10_000
    with Stores.fresh() as stores, Worker.clock(stores, "celery"), ExitStack() as stack:
        place_holds(stores, count)
        workers = [stack.enter_context(Worker.run(stores, "celery")) for _ in range(2)]
        kills = 0
        while states(stores)["done"] < count * 0.9:
            time.sleep(2)
            at = chance.randrange(len(workers))
            workers[at].kill()
            kills += 1
            workers[at] = stack.enter_context(Worker.run(stores, "celery"))
        workers[0].kill()
        held = query(stores, "SELECT id FROM finance_holdexpiry WHERE state = 'leased'")
        listed = ", ".join(f"'{one}'" for (one,) in held) or "NULL"
        began = time.monotonic()
        left = f"SELECT count(*) FROM finance_holdexpiry WHERE state <> 'done' AND id IN ({listed})"
        wait_until(lambda: number(stores, left) == 0, TAKEN_OVER)
        taken_over = time.monotonic() - began
        wait_until(lambda: states(stores)["done"] == count, 600)

        [(most,)] = query(stores, "SELECT max(attempts) FROM finance_holdexpiry")
        print(f"{kills} workers killed; rows of the last were taken over in {taken_over:.1f} s; at most {most} tries")
        assert 1 < most <= 5
        assert_each_hold_ended_once(stores, count)


def test_what_kills_every_process_that_runs_it_is_parked_and_stops_no_other() -> None:
    with Stores.fresh(WORK_LEASE="1s") as stores, Worker.clock(stores, "celery"):
        run_code(stores, POISON)
        with Worker.run(stores, "poison"):
            place_holds(stores, 50)
            wait_until(lambda: states(stores, "common_periodicrun")["dead"] == 1, 90)
            wait_until(lambda: states(stores)["done"] == 50, 30)
        [(tries, error)] = query(stores, "SELECT attempts, last_error FROM common_periodicrun WHERE state = 'dead'")
        assert (tries, error.partition(":")[0]) == (6, "LeaseEnded")

        run_code(stores, REPLAY)
        assert query(stores, "SELECT state, attempts FROM common_periodicrun WHERE name = 'test.poison'") == [
            ("pending", 0)
        ]
        assert_each_hold_ended_once(stores, 50)
