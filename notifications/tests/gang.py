"""Workers that deliver, of which one after another is killed, and what the provider that counts has seen of them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wholexale.tests.live import ROOT, Stores
from wholexale.tests.workers import QUIET, query

CELERY = ("celery", "-A", "notifications.tests.counting_celery", "worker", "--concurrency", "2", *QUIET)
COMMANDS = {"runner": ("notifications.tests.counting_work",), "celery": CELERY}
THREADS = {"runner": 1, "celery": 4}
"""How many deliveries a worker runs at once: each process of Celery's pool runs its task, and stands in beside."""

STARTED = {"runner": "Working", "celery": "ready."}
LEASED = "SELECT id, lease_owner FROM notifications_delivery WHERE state = 'leased'"


@dataclass
class Hand:
    """One worker, with the processes that it has forked."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def has_ended(self) -> bool:
        """Return whether it is no more."""
        return self.process.poll() is not None

    def kill_a_child(self, chance: random.Random) -> bool:
        """Kill one of the processes of its pool as a crash would, which it replaces; return whether there was one."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = path.read_text().split()
        if children:
            os.kill(int(chance.choice(children)), signal.SIGKILL)
        return bool(children)

    def kill(self) -> None:
        """End all of it as a crash would."""
        if not self.has_ended:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)


@dataclass
class Gang:
    """Workers of one engine on the same stores; `mode` is that of the provider, `lease` in seconds.

    `broken_off` counts the threads that were killed: so many deliveries at most were broken off.
    """

    stores: Stores
    engine: str
    mode: str
    size: int
    lease: float | None = None
    running: list[Hand] = field(default_factory=list)
    killed: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    broken_off: int = 0

    @property
    def calls(self) -> Path:
        """Return the file in which the provider counts."""
        return Path(self.stores.environment["DATA_DIR"]) / "calls"

    def fill(self) -> None:
        """Start workers until there are enough; they begin when they are ready."""
        while len(self.running) < self.size:
            self.running.append(self._start())

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them work, and end all of them."""
        self.fill()
        try:
            yield
        finally:
            for hand in self.running:
                hand.kill()
            self.running.clear()

    def bury(self) -> None:
        """Forget those who have died."""
        self.running = [hand for hand in self.running if not hand.has_ended]

    def kill_one(self, chance: random.Random) -> None:
        """Kill one that works, if any does: of Celery the whole worker, or a process of its pool.

        What was leased by whom is remembered.

        Raises:
            RuntimeError: where a worker has ended by itself.
        """
        if not (working := [hand for hand in self.running if self._is_working(hand)]):
            return
        hand = chance.choice(working)
        if self.engine == "celery" and chance.random() < 0.5 and hand.kill_a_child(chance):
            self.broken_off += THREADS["celery"] // 2
        else:
            self.running.remove(hand)
            hand.kill()
            self.broken_off += THREADS[self.engine]
        leased = {str(row_id): owner for row_id, owner in query(self.stores, LEASED)}
        self.killed.append((time.time(), leased))

    def given(self) -> Counter[str]:
        """Return how often the provider was asked for each delivery."""
        return Counter(self.calls.read_text().split()) if self.calls.exists() else Counter()

    def longest_recovery(self) -> float:
        """Return for how long, at most, a claim that was seen at a kill kept its row from being claimed anew, or done.

        Of a claim whose worker lives on, that is how long the worker took; of one whose worker died, the recovery.
        """
        rows = query(self.stores, "SELECT id, finished_at FROM notifications_delivery")
        ends = {str(row_id): _moment(at) for row_id, at in rows}
        owners: dict[str, str] = {}
        seen: dict[str, float] = {}
        longest = 0.0
        for at, leased in reversed(self.killed):  # so that we know what came next
            for row_id, owner in leased.items():
                if owners.get(row_id, owner) != owner:
                    ends[row_id] = seen[row_id]
                owners[row_id] = owner
                seen[row_id] = at
                longest = max(longest, ends[row_id] - at)
        return longest

    def _is_working(self, hand: Hand) -> bool:
        if hand.has_ended:
            raise RuntimeError(f"the worker ended:\n{hand.log.read_text()}")
        return STARTED[self.engine] in hand.log.read_text()

    def _start(self) -> Hand:
        log = Path(self.stores.environment["DATA_DIR"]) / f"worker-{time.monotonic_ns()}.log"
        extra = {"COUNTING_FILE": str(self.calls), "COUNTING_MODE": self.mode, "LOG_LEVEL": "info"}
        if self.lease:
            extra["WORK_LEASE"] = f"{self.lease}s"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", *COMMANDS[self.engine]],
                cwd=ROOT,
                env=self.stores.environment | extra,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return Hand(process, log)


def _moment(value: Any) -> float:
    """Return a time as the database gives it, in seconds since the epoch."""
    if isinstance(value, datetime):
        return value.timestamp()
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).timestamp()
