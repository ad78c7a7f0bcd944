"""The list of all work is whole, and what runs it fits the connections that a process may hold."""

import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from wholexale import work
from wholexale.common.models import PeriodicRun
from wholexale.common.tests.work_staging import again, due
from wholexale.common.work import CONNECTIONS_PER_THREAD, Runner, nudge
from wholexale.common.work.pruning import work_models
from wholexale.realtime.workers import COMMAND_THREADS
from wholexale.server import build_engine


def test_every_row_of_work_has_somebody_who_runs_it() -> None:
    assert {one.model for one in work.WORK} == set(work_models())
    assert len(work.WORK) == len(work_models())


def test_the_names_of_periodic_work_say_whose_it_is() -> None:
    names = [one.name for one in work.PERIODIC]

    assert len(set(names)) == len(names)
    assert {name.partition(".")[0] for name in names} <= {"common", "accounts", "finance", "notifications"}
    assert {"common.prune_keys", "common.prune_work", "accounts.prune_sessions"} <= set(names)


@pytest.mark.django_db
def test_one_row_is_run_by_the_label_of_its_model_and_its_id() -> None:
    [row] = due(name="common.prune_keys")

    assert work.run_one("common.PeriodicRun", row.pk) is True
    assert again(row).state == "done"
    assert work.run_one("common.PeriodicRun", row.pk) is False
    assert work.run_one("common.PeriodicRun", uuid4()) is False


def test_a_label_that_names_no_work_is_refused() -> None:
    with pytest.raises(KeyError):
        work.run_one("accounts.User", uuid4())


@pytest.mark.django_db
@pytest.mark.parametrize("name", [one.name for one in work.PERIODIC])
def test_all_periodic_work_runs_on_an_empty_marketplace(name: str) -> None:
    [row] = due(name=name)

    work.run_one(PeriodicRun._meta.label, row.pk)

    assert (again(row).state, again(row).last_error) == ("done", "")


@pytest.mark.parametrize(("redis", "seconds"), [("", 1.0), ("redis://localhost", 5.0)])
def test_a_runner_looks_every_second_or_every_five_with_redis(settings: Settings, redis: str, seconds: float) -> None:
    settings.REDIS_URL = redis

    assert work.build_runner()._poll == seconds


def test_a_lease_is_that_of_the_settings_or_shorter() -> None:
    assert {one.lease for one in work.WORK} == {settings.WORK_LEASE, timedelta(seconds=15)}
    assert timedelta(seconds=30) == settings.WORK_LEASE


def test_the_connections_beside_requests_are_counted() -> None:
    """Four command threads, five batch threads (`test_batching` counts those), and one thread of work."""
    assert settings.ENGINE_CONNECTIONS == COMMAND_THREADS + 5 + CONNECTIONS_PER_THREAD


@pytest.mark.parametrize(("name", "kind"), [("on", Runner), ("off", type(None))])
def test_a_server_has_the_engine_that_the_settings_name(settings: Settings, name: str, kind: type[object]) -> None:
    settings.WORK_RUNNER = name

    assert type(build_engine()) is kind


@pytest.mark.servers
def test_a_commit_tells_celery_of_its_row(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from wholexale.celery import run_row  # noqa: PLC0415 - refuses to be imported without a broker

    settings.WORK_RUNNER = "celery"
    sent: list[Any] = []
    monkeypatch.setattr(run_row, "apply_async", lambda args, **options: sent.append((args, options)))
    row = PeriodicRun(name="test", due_at=timezone.now())

    engine = build_engine()
    assert engine is not None
    engine.start()
    nudge(row)
    assert engine.stop(5.0) is True

    assert sent == [(("common.PeriodicRun", str(row.pk)), {"expires": 30})]


@pytest.mark.servers
def test_a_sweep_of_celery_waits_for_a_database_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from wholexale.celery import sweep  # noqa: PLC0415 - refuses to be imported without a broker

    def fail() -> bool:
        raise OperationalError("the server closed the connection")

    asked: list[Any] = []
    monkeypatch.setattr(work, "sweep", fail)
    monkeypatch.setattr(sweep, "apply_async", lambda **options: asked.append(options))
    with caplog.at_level(logging.WARNING):
        sweep()
    assert "the work waits: OperationalError: the server closed the connection" in caplog.text
    assert asked == []

    monkeypatch.setattr(work, "sweep", lambda: False)
    sweep()
    assert asked == [{"expires": 30}]


@pytest.mark.parametrize("arguments", [["--threads", "0"], ["--threads", "1000"]])
def test_a_worker_refuses_what_cannot_be(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("work", *arguments)
