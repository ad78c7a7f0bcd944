"""A crash at every statement of every verb: nothing of it is there, and asked for again it succeeds."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import DjangoDbBlocker

from finance import services
from finance.models import Balance
from finance.sql import Phase
from finance.tests.crash_scenes import VERBS, Scene
from finance.tests.crashes import fail_at, kill_at, steps_of
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.racers import Answer, Call, lasting, perform

KILLED = "OperationalError"


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with people of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the news of every account that is frozen out of the report."""
    caplog.set_level(logging.WARNING, logger="finance")


@pytest.mark.parametrize("crash", [fail_at, pytest.param(kill_at, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
@pytest.mark.parametrize("verb", VERBS)
def test_a_crash_at_any_statement_leaves_nothing_behind(
    db: None, verb: str, crash: Callable[[Call, int, bool], None]
) -> None:
    stage, repeated = VERBS[verb]
    steps = steps_of(stage(Scene()))
    call = stage(Scene())
    before, boundaries = read_rows(), 0

    for at in range(steps):
        for is_after in (False, True):
            assert read_rows() == before, f"something was left behind before step {at}"
            crash(call, at, is_after)
            boundaries += 1

    assert boundaries == 2 * steps
    assert read_rows() != before, "the crash after the commit came too early"
    assert perform(call).code == repeated
    assert violations(read_rows()) == []


def terminate(pid: int) -> None:
    """End one connection of the server, as its administrator or a failover would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchone() == (True,)


def waiting_for_a_lock() -> int:
    """Return the connection that waits for a lock inside the ledger's function, as soon as there is one."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                " AND query LIKE 'SELECT finance_record%%'"
            )
            if found := cursor.fetchone():
                return int(found[0])
        time.sleep(0.01)


def in_a_thread(call: Call) -> Answer:
    try:
        return perform(call)
    finally:
        connection.close()


@contextmanager
def locked(scene: Scene) -> Iterator[None]:
    """Hold the lock of an account from another connection."""
    release, is_locked = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            Balance.objects.select_for_update().get(account=scene.other)
            is_locked.set()
            release.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert is_locked.wait(30)
        try:
            yield
        finally:
            release.set()
            holding.result(30)


@pytest.mark.servers
def test_a_connection_that_ends_inside_the_function_leaves_nothing_behind(db: None) -> None:
    scene = Scene()
    call = scene.movement(scene.leg(Phase.SINGLE, 7), scene.leg(Phase.PENDING, 5))
    before = read_rows()

    with locked(scene), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(in_a_thread, call)
        terminate(waiting_for_a_lock())
        assert asked.result(30).code.startswith(KILLED)

    assert read_rows() == before
    assert perform(call).code == "ok"
    assert violations(read_rows()) == []


@pytest.mark.servers
def test_who_waits_too_long_for_a_lock_is_told_so_and_has_done_nothing(db: None) -> None:
    scene = Scene()
    call = scene.movement(scene.leg(Phase.SINGLE, 7))
    before = read_rows()

    with locked(scene):
        answer = perform(call, tries=1)

    assert "lock timeout" in answer.code
    assert read_rows() == before
    assert perform(call).code == "ok"


@pytest.mark.servers
@pytest.mark.parametrize("verb", ["record five legs", "hold credit, the first time", "capture a part of a hold"])
def test_a_connection_that_ends_between_the_call_and_the_commit_leaves_nothing_behind(db: None, verb: str) -> None:
    stage, repeated = VERBS[verb]
    call = stage(Scene())
    before = read_rows()

    def ask_and_lose_the_connection() -> None:
        with transaction.atomic():
            getattr(services, call.verb)(**call.fields)
            pid = connection.connection.info.backend_pid
            with ThreadPoolExecutor(1) as pool:
                pool.submit(terminate, pid).result(30)

    with pytest.raises(OperationalError):
        ask_and_lose_the_connection()
    connection.close()

    assert read_rows() == before
    assert perform(call).code == "ok"
    assert perform(call).code == repeated
    assert violations(read_rows()) == []
