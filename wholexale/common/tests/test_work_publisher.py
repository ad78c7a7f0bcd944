"""The way from a commit to a broker: nobody waits for it, and one that does not answer is left alone for a while."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from wholexale.common.tests.work_staging import due, wait_until
from wholexale.common.work import Publisher, nudge, nudge_on_commit, publisher

pytestmark = pytest.mark.django_db(transaction=True)

Publishing = Callable[[Callable[[str, str], object]], Publisher]


@pytest.fixture
def publishing() -> Iterator[Publishing]:
    """Start publishers, which end with the test."""
    with ExitStack() as stack:

        def start(publish: Callable[[str, str], object]) -> Publisher:
            one = Publisher(publish)
            one.start()
            stack.callback(one.stop, 5.0)
            return one

        yield start


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


def test_a_commit_tells_which_rows_are_due(publishing: Publishing, told: list[tuple[str, str]]) -> None:
    publishing(lambda *hint: told.append(hint))

    with transaction.atomic():
        rows = due(2)
        nudge_on_commit(*rows)
        time.sleep(0.1)
        assert told == []

    wait_until(lambda: len(told) == 2)
    assert told == [("common.PeriodicRun", str(row.pk)) for row in rows]


def test_a_rollback_tells_nothing(publishing: Publishing, told: list[tuple[str, str]]) -> None:
    one = publishing(lambda *hint: told.append(hint))

    with transaction.atomic():
        nudge_on_commit(*due())
        transaction.set_rollback(True)

    assert one.stop(5.0) is True
    assert told == []


def test_what_is_due_later_is_left_to_those_who_look(publishing: Publishing, told: list[tuple[str, str]]) -> None:
    one = publishing(lambda *hint: told.append(hint))

    nudge(*due(run_at=timezone.now() + timedelta(seconds=1)))
    nudge()

    assert one.stop(5.0) is True
    assert told == []


def test_nobody_waits_for_a_broker_that_hangs(publishing: Publishing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "MOST_HINTS", 10)
    gate, asked = threading.Event(), 0

    def hang(*_hint: str) -> None:
        nonlocal asked
        asked += 1
        gate.wait(10)

    one = publishing(hang)
    rows = due(100)
    began = time.monotonic()
    for row in rows:
        nudge_on_commit(row)
    assert time.monotonic() - began < 1.0

    assert one.stop(0.1) is False
    gate.set()
    assert one.stop(5.0) is True
    assert 10 <= asked <= 11


def test_a_broker_that_does_not_answer_is_left_alone_for_a_while(
    publishing: Publishing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publisher, "REST_SECONDS", 0.5)
    answers, asked = threading.Event(), 0

    def publish(*_hint: str) -> None:
        nonlocal asked
        asked += 1
        if not answers.is_set():
            raise ConnectionError("refused")

    with caplog.at_level(logging.WARNING):
        one = publishing(publish)
        nudge(*due(50))
        wait_until(one._hints.empty)
        assert asked == publisher.FAILURES

        time.sleep(0.6)
        nudge(*due(5))
        wait_until(one._hints.empty)
        assert asked == publisher.FAILURES + 1

        answers.set()
        time.sleep(0.6)
        nudge(*due(5))
        wait_until(lambda: asked == publisher.FAILURES + 6)

    assert caplog.text.count("ConnectionError: refused") == publisher.FAILURES + 1


def test_a_publisher_starts_once_and_tells_nothing_after_its_end(
    publishing: Publishing, told: list[tuple[str, str]]
) -> None:
    one = publishing(lambda *hint: told.append(hint))
    one.start()
    assert [thread.name for thread in threading.enumerate()].count("publisher") == 1

    one.stop(5.0)
    one.start()
    nudge(*due())
    time.sleep(0.1)

    assert told == []
