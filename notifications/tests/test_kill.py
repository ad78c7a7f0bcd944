"""Workers that are killed while deliveries run: none is lost, and a provider that counts was asked once for each."""

import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wholexale.tests.live import ROOT, Stores
from wholexale.tests.workers import query, run_code

pytestmark = pytest.mark.timeout(400)

RECOVERS_WITHIN = 35.0
DELIVERIES = """
    from django.db import transaction
    from accounts.models import User
    from notifications.services import notify
    from notifications.tests.staging import notice, verified
    from wholexale.common.testing import make_person

    buyer = verified(make_person("buyer", owns="Corner Shop"))
    for start in range(0, {count}, 100):
        with transaction.atomic():
            notify(*(notice(buyer) for _ in range(start, min(start + 100, {count}))))
"""
LEASED = "SELECT id, lease_owner FROM notifications_delivery WHERE state = 'leased'"
STATUSES = "SELECT status, count(*) FROM notifications_delivery GROUP BY status"


@dataclass
class Hand:
    """One worker."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def is_working(self) -> bool:
        """Return whether it has begun.

        Raises:
            RuntimeError: where it has ended by itself.
        """
        if self.process.poll() is not None:
            raise RuntimeError(f"the worker ended:\n{self.log.read_text()}")
        return "Working" in self.log.read_text()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(timeout=10)


@dataclass
class Gang:
    """Workers on the same stores, of which one after another is killed and replaced."""

    stores: Stores
    safety: str
    lease: float | None
    size: int
    running: list["Hand"] = field(default_factory=list)
    killed: list[tuple[float, dict[str, str]]] = field(default_factory=list)

    @property
    def calls(self) -> Path:
        """Return the file in which the provider counts."""
        return Path(self.stores.environment["DATA_DIR"]) / "calls"

    def fill(self) -> None:
        """Start workers until there are enough; they begin when they are ready."""
        while len(self.running) < self.size:
            self.running.append(self._start())

    def kill_one(self, chance: random.Random) -> None:
        """Kill one that works, if any does, and remember what was leased by whom then."""
        if working := [hand for hand in self.running if hand.is_working]:
            hand = chance.choice(working)
            self.running.remove(hand)
            hand.kill()
            leased = {str(row_id): owner for row_id, owner in query(self.stores, LEASED)}
            self.killed.append((time.time(), leased))

    def stop(self) -> None:
        """End all of them."""
        for hand in self.running:
            hand.kill()

    def given(self) -> Counter[str]:
        """Return how often the provider was asked for each delivery."""
        return Counter(self.calls.read_text().split()) if self.calls.exists() else Counter()

    def _start(self) -> "Hand":
        log = Path(self.stores.environment["DATA_DIR"]) / f"worker-{time.monotonic_ns()}.log"
        lease = {"WORK_LEASE": f"{self.lease}s"} if self.lease else {}
        module = [sys.executable, "-m", "notifications.tests.counting_work", str(self.calls), self.safety]
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                module, cwd=ROOT, env=self.stores.environment | lease, stdout=output, stderr=output
            )
        return Hand(process, log)


def done(stores: Stores) -> int:
    """Return how many deliveries have ended."""
    [(count,)] = query(stores, "SELECT count(*) FROM notifications_delivery WHERE state IN ('done', 'dead')")
    return int(count)


def work_under_kills(gang: Gang, count: int, *, every: float, kills: int) -> None:
    """Let the gang work until all is done, and kill one of it every so many seconds, at most so often."""
    chance = random.Random(count)
    gang.fill()
    while done(gang.stores) < count:
        time.sleep(every * chance.uniform(0.8, 1.2))
        if len(gang.killed) < kills and done(gang.stores) < count:
            gang.kill_one(chance)
            gang.fill()


def moment(value: Any) -> float:
    """Return a time as the database gives it, in seconds since the epoch."""
    if isinstance(value, datetime):
        return value.timestamp()
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).timestamp()


def longest_recovery(gang: Gang) -> float:
    """Return for how long, at most, a claim that was seen at a kill kept its row from being claimed anew, or done.

    Of a claim whose worker lives on, that is how long the worker took; of one whose worker died, the recovery.
    """
    rows = query(gang.stores, "SELECT id, finished_at FROM notifications_delivery")
    ends = {str(row_id): moment(at) for row_id, at in rows}
    owners: dict[str, str] = {}
    seen: dict[str, float] = {}
    longest = 0.0
    for at, leased in reversed(gang.killed):  # so that we know what came next
        for row_id, owner in leased.items():
            if owners.get(row_id, owner) != owner:
                ends[row_id] = seen[row_id]
            owners[row_id] = owner
            seen[row_id] = at
            longest = max(longest, ends[row_id] - at)
    return longest


@pytest.mark.parametrize("safety", ["safe", "unsafe"])
@pytest.mark.parametrize(
    ("count", "every", "kills", "lease"),
    [
        (400, 0.5, 2, 2.0),
        pytest.param(10_000, 2.0, 10_000, None, marks=[pytest.mark.proof, pytest.mark.timeout(3600)]),
    ],
)
def test_workers_that_are_killed_lose_no_delivery_and_repeat_none(
    count: int, every: float, kills: int, lease: float | None, safety: str
) -> None:
    with Stores.fresh(REDIS_URL="") as stores:
        run_code(stores, DELIVERIES.format(count=count))
        gang = Gang(stores, safety, lease, size=3)
        try:
            work_under_kills(gang, count, every=every, kills=kills)
        finally:
            gang.stop()
        given, statuses = gang.given(), dict(query(stores, STATUSES))
        longest = longest_recovery(gang)
        print(f"{count} {safety}: {len(gang.killed)} kills, {statuses}, recovered within {longest:.1f} s")

        assert len(gang.killed) >= 2
        unknown = statuses.pop("unknown", 0)
        assert statuses == {"sent": count - unknown}
        assert unknown <= 2 * len(gang.killed)
        if safety == "safe":
            assert unknown == 0
            assert len(given) == count
            assert sum(given.values()) - count <= len(gang.killed)  # known to the provider by their ids
        else:
            assert set(given.values()) == {1}
            assert count - unknown <= len(given) <= count
        assert longest < RECOVERS_WITHIN
