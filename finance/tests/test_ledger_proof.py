"""Random operations of many processes on one ledger: nothing is lost, doubled or beyond a limit, nothing deadlocks."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from finance import services, tasks
from finance.tests.foreman import Foreman, build_world
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.racers import lasting
from wholexale.common.work import run_due

MANY = 100_000
"""Some 250 operations a second on either database: seven minutes, or twice that beside other tests."""


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with lasting(django_db_blocker):
        yield


def deadlocks() -> int:
    """Return how many deadlocks the server has seen in this database."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("processes", "operations", "kills"),
    [(4, 400, 2), pytest.param(8, MANY, 16, marks=[pytest.mark.proof, pytest.mark.timeout(1_800)])],
)
def test_nothing_is_lost_or_doubled_or_beyond_a_limit(
    db: None, tmp_path: Path, processes: int, operations: int, kills: int
) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    before = deadlocks()
    world = build_world(seed=seed, processes=processes, squeezes=operations // 60)
    foreman = Foreman(world, operations // processes, tmp_path)

    reckoning = foreman.run(kills=kills)

    answers = reckoning.answers()
    rate = answers.total() * 1_000 // foreman.milliseconds
    print(f"{answers.total()} operations of {processes} processes, {rate} a second")
    print(f"killed {kills} times; answers: {dict(answers.most_common())}")
    assert list(reckoning.problems()) == []
    print(f"{reckoning.untold} had happened although a kill had cut off the answer")
    assert violations(read_rows()) == []
    run_due(*tasks.WORK[:1])  # nobody has ended the holds whose time has come meanwhile
    assert services.find_drift() == []
    assert deadlocks() == before
    assert answers.total() == operations
