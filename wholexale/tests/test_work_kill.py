"""Workers that are killed, cut off or told to stop in the middle of many rows: nothing is lost or happens twice."""

import random
import time
from contextlib import AbstractContextManager

import pytest

from wholexale.tests.live import Stores
from wholexale.tests.workers import ENGINES, KEPT, Worker, place_holds, query, states

pytestmark = pytest.mark.timeout(300)

CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def fresh(engine: str = "runner", **extra: str) -> AbstractContextManager[Stores]:
    """Return stores; a runner's without Redis, where it looks every second."""
    return Stores.fresh(**extra) if engine == "celery" else Stores.fresh(REDIS_URL="", **extra)


def kill_workers_until_done(stores: Stores, engine: str, count: int, *, rows: int, seconds: float) -> list[int]:
    """Kill worker after worker, each when it has done so many rows or worked so long; return what each one left."""
    chance, left = random.Random(count), []
    while (before := states(stores)["done"]) < count:
        worker = Worker.start(stores, engine)
        deadline = time.monotonic() + seconds * chance.uniform(0.8, 1.2)
        while time.monotonic() < deadline and states(stores)["done"] < min(count, before + rows):
            time.sleep(0.05)
        worker.kill()
        left.append(states(stores)["leased"])
    return left


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("count", "rows", "seconds"),
    [
        (120, 35, 30.0),
        pytest.param(10_000, 10_000, 2.0, marks=[pytest.mark.proof, pytest.mark.timeout(1800)]),
    ],
)
def test_workers_that_are_killed_lose_no_row_and_repeat_no_effect(
    engine: str, count: int, rows: int, seconds: float
) -> None:
    with fresh(engine, WORK_LEASE="1s") as stores, Worker.clock(stores, engine):
        place_holds(stores, count)
        left = kill_workers_until_done(stores, engine, count, rows=rows, seconds=seconds)

        assert sum(number > 0 for number in left) >= 2, left  # they were killed while something ran
        [(most, again)] = query(
            stores, "SELECT max(attempts), sum(CASE WHEN attempts > 1 THEN 1 ELSE 0 END) FROM finance_holdexpiry"
        )
        assert 1 < most <= 5
        assert again > 0
        assert_each_hold_ended_once(stores, count)


@pytest.mark.servers
@pytest.mark.proof
@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_whose_connections_are_cut_again_and_again_loses_nothing(engine: str) -> None:
    with fresh(engine, WORK_LEASE="1s") as stores, Worker.clock(stores, engine):
        place_holds(stores, 600)
        with Worker.run(stores, engine) as worker:
            for done in (50, 150, 250, 350, 450, 600):
                while states(stores)["done"] < done:
                    time.sleep(0.05)
                assert query(stores, CUT)

            assert worker.stop() == 0
        assert_each_hold_ended_once(stores, 600)


@pytest.mark.parametrize("engine", ENGINES)
def test_workers_that_are_told_to_stop_leave_the_rest_to_the_next(engine: str) -> None:
    with fresh(engine) as stores, Worker.clock(stores, engine):
        place_holds(stores, 120)
        with Worker.run(stores, engine) as one, Worker.run(stores, engine) as other:
            while states(stores)["done"] < 30:
                time.sleep(0.05)
            assert [one.stop(), other.stop()] == [0, 0]

        assert states(stores).keys() <= {"done", "pending"}
        with Worker.run(stores, engine):
            while states(stores)["done"] < 120:
                time.sleep(0.05)
        assert query(stores, "SELECT DISTINCT attempts FROM finance_holdexpiry") == [(1,)]
        assert_each_hold_ended_once(stores, 120)


def assert_each_hold_ended_once(stores: Stores, count: int) -> None:
    """Check that all is done, that the ledger has one expiry for each hold, and that nothing else was given back."""
    assert states(stores) == {"done": count}
    ended = query(stores, "SELECT count(*), count(DISTINCT hold_id) FROM finance_transfer WHERE phase = 'expire'")
    assert ended == [(count, count)]
    assert query(stores, "SELECT count(*) FROM finance_ledgertransaction WHERE kind = 'expiry'") == [(count,)]
    held = query(stores, "SELECT sum(debits_pending), sum(credits_pending), sum(debits_posted) FROM finance_balance")
    assert held == [(KEPT, KEPT, 0)]
    assert query(stores, "SELECT sum(spent_minor) FROM finance_spendingwindow") == [(KEPT,)]
