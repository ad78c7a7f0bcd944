"""Real processes for races: each has a connection of its own, and each call of a round begins in all of them at once.

They are forked from one clean process that has loaded Django and nothing else: a fork of the one that runs the tests
would inherit its threads and connections.
"""

import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

import django
from django.apps import apps
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

if not apps.ready:
    django.setup()

from django.db import OperationalError, connection
from django.utils import timezone

from wholexale.common.errors import DomainError

CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__, "finance.tests.worker", "finance.tests.crashes"])
PATIENCE = 60
LOCK_NOT_AVAILABLE = "55P03"


class Call(NamedTuple):
    """A verb of some services with what it is given."""

    verb: str
    fields: dict[str, Any]
    services: str = "finance.services"

    def make(self) -> Any:
        """Call it."""
        return getattr(import_module(self.services), self.verb)(**self.fields)


@dataclass(frozen=True)
class Answer:
    """What one call came to: `ok`, `replay`, the code of a refusal, or the name of an error that is none."""

    code: str
    facts: dict[str, Any]
    result: Any = None


def is_busy(error: Exception) -> bool:
    """Say whether a lock or a connection was not free: then nothing has happened, and one may ask again."""
    said = str(error) if isinstance(error, OperationalError) else ""
    is_locked = "database is locked" in said or "too many clients" in said
    return is_locked or getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE


def perform(call: Call, *, tries: int = 10) -> Answer:
    """Call a service and say what it came to; where a lock or a connection is not free, ask again as clients do."""
    try:
        result = call.make()
    except DomainError as refusal:
        return Answer(refusal.code, refusal.context)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
        if tries > 1 and is_busy(error):
            time.sleep(0.5)
            return perform(call, tries=tries - 1)
        return Answer(f"{type(error).__name__}: {error}", {})
    recorded = getattr(result, "recorded", result)
    return Answer("replay" if getattr(recorded, "is_replay", False) else "ok", {}, result)


def perform_until(moment: datetime, call: Call, again_while: str) -> Answer:
    """Call a service at a moment, and again for as long as it is refused with a code."""
    time.sleep(max(0, (moment - timezone.now()).total_seconds()))
    while (answer := perform(call)).code == again_while:
        pass
    return answer


@contextmanager
def lasting(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the tests of a module commit, and empty the database when they are through, once instead of after each."""
    with blocker.unblock():
        try:
            yield
        finally:
            call_command("flush", verbosity=0, interactive=False)
            connection.close()


def enter(database: str) -> None:
    """Work on a database from now on, with one connection instead of a pool."""
    logging.disable(logging.INFO)
    connection.settings_dict["NAME"] = database
    connection.settings_dict["OPTIONS"].pop("pool", None)


_start: list[Barrier] = []


def _board(database: str, start: Barrier) -> None:
    enter(database)
    _start.append(start)


def _take_turns(calls: Sequence[Call]) -> list[Answer]:
    """Make the calls, each at the same time as the other processes make theirs."""
    answers = []
    try:
        for call in calls:
            _start[0].wait(PATIENCE)
            answers.append(perform(call))
    finally:
        connection.close()
    return answers


def _wait_and_perform(plans: Sequence[tuple[datetime, Call, str]]) -> list[Answer]:
    try:
        return [perform_until(*plan) for plan in plans]
    finally:
        connection.close()


@dataclass
class Crew:
    """Several processes."""

    pool: ProcessPoolExecutor
    size: int

    def race(self, *calls_of_each: Sequence[Call]) -> list[list[Answer]]:
        """Let each process make its calls, in step with the others, and return the answers of each process."""
        assert len(calls_of_each) == self.size
        running = [self.pool.submit(_take_turns, calls) for calls in calls_of_each]
        patience = PATIENCE + max(map(len, calls_of_each))  # on SQLite, everybody's calls wait for one another
        return [one.result(patience) for one in running]

    def keep_appointments(self, *plans_of_each: Sequence[tuple[datetime, Call, str]]) -> list[list[Answer]]:
        """Let each process call at its moments, again for as long as it gets the code beside it."""
        running = [self.pool.submit(_wait_and_perform, plans) for plans in plans_of_each]
        return [one.result(PATIENCE) for one in running]


@contextmanager
def crew_of(size: int) -> Iterator[Crew]:
    """Start processes on the database of the tests, and end them."""
    names = (str(connection.settings_dict["NAME"]), CONTEXT.Barrier(size))
    with ProcessPoolExecutor(size, mp_context=CONTEXT, initializer=_board, initargs=names) as pool:
        yield Crew(pool, size)


def codes(answers: Sequence[Sequence[Answer]]) -> Counter[str]:
    """Return how all calls came out."""
    return Counter(answer.code for one in answers for answer in one)


def turns(answers: Sequence[Sequence[Answer]]) -> list[tuple[Answer, ...]]:
    """Return the answers to the same call of every process, turn by turn."""
    return list(zip(*answers, strict=True))


def codes_by_turn(answers: Sequence[Sequence[Answer]]) -> list[Counter[str]]:
    """Return how the calls of each turn came out."""
    return [Counter(answer.code for answer in turn) for turn in turns(answers)]
