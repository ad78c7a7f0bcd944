"""Real processes that run work, and stores with work for them, for tests that kill what runs."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, Self

import psycopg
import pytest

from wholexale.tests.live import ROOT, START_SECONDS, Stores

ENGINES = [pytest.param("runner", id="runner"), pytest.param("celery", id="celery", marks=pytest.mark.servers)]
"""What runs work: the runner, here as `manage.py work`, or Celery, which needs a broker."""

QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
COMMANDS = {
    "runner": ("manage.py", "work", "--threads", "2"),
    "celery": ("-m", "celery", "-A", "wholexale", "worker", "--concurrency", "2", *QUIET),
    "poison": ("-m", "celery", "-A", "wholexale.tests.poison", "worker", "--concurrency", "2", *QUIET),
    "beat": ("-m", "celery", "-A", "wholexale", "beat"),
}
STARTED = {"runner": "Working", "celery": "ready.", "poison": "ready.", "beat": "LocalTime"}

KEPT = 1_000_000
"""What is held beside, and does not end by itself: to end anything twice would take from it."""

HOLDS = """
    from datetime import timedelta
    from django.db import transaction
    from django.utils import timezone
    from finance.tests.staging import business_of, hold, limit_spending, open_line
    from wholexale.common.testing import make_person

    buyer, seller = make_person("buyer", owns="Corner Shop"), make_person("seller", owns="Cotton Mill")
    open_line(business_of(buyer), 10**9)
    limit_spending(buyer, buyer, 10**9)
    hold(buyer, seller, {kept})
    for start in range(0, {count}, 200):
        with transaction.atomic():
            for _ in range(start, min(start + 200, {count})):
                hold(buyer, seller, 100, expires_at=timezone.now() + timedelta(seconds={seconds}))
"""


def place_holds(stores: Stores, count: int, *, seconds: float = 1.0) -> None:
    """Place holds of 1 rupee through the service, which end by themselves so many seconds after they were placed."""
    run_code(stores, HOLDS.format(count=count, seconds=seconds, kept=KEPT))


def run_code(stores: Stores, code: str) -> None:
    """Run code in a process of its own that has the stores."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", dedent(code)]
    run = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=stores.environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr


def query(stores: Stores, statement: str) -> list[tuple[Any, ...]]:
    """Ask the database of some stores directly."""
    if uri := stores.environment.get("POSTGRES_URI"):
        with psycopg.connect(uri, autocommit=True) as server:
            return server.execute(statement.encode()).fetchall()
    path = Path(stores.environment["DATA_DIR"]) / "wholexale.sqlite3"
    with contextlib.closing(sqlite3.connect(path, timeout=20)) as file:
        return file.execute(statement).fetchall()


def states(stores: Stores, table: str = "finance_holdexpiry") -> Counter[str]:
    """Count the rows of a kind of work by their state."""
    return Counter(dict(query(stores, f"SELECT state, count(*) FROM {table} GROUP BY state")))


@dataclass
class Worker:
    """A running process that runs work, or asks for it: one of `COMMANDS`."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    @contextmanager
    def run(cls, stores: Stores, kind: str = "runner", *, started: str = "") -> Iterator[Self]:
        """Start a worker, wait until it works, and kill it at the end."""
        worker = cls.start(stores, kind, started=started)
        try:
            yield worker
        finally:
            worker.kill()

    @classmethod
    def start(cls, stores: Stores, kind: str = "runner", *, started: str = "") -> Self:
        """Start a worker and wait until it works, or until its log says something else."""
        log = Path(stores.environment["DATA_DIR"]) / f"{kind}-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *COMMANDS[kind]],
                cwd=ROOT,
                env={**stores.environment, "LOG_LEVEL": "info"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        worker = cls(process, log)
        deadline = time.monotonic() + START_SECONDS
        while (started or STARTED[kind]) not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker did not come up:\n{log.read_text()}")
            time.sleep(0.01)
        return worker

    @classmethod
    @contextmanager
    def clock(cls, stores: Stores, engine: str) -> Iterator[None]:
        """Run what an engine needs beside its workers: beat, for Celery."""
        with cls.run(stores, "beat") if engine == "celery" else contextlib.nullcontext():
            yield

    def kill(self) -> None:
        """End the process as a crash would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """End the process as an operator would; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)
