"""Workers that are killed while deliveries run: none is lost, and a provider that counts was asked once for each."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from notifications.tests.counting import POISON
from notifications.tests.gang import Gang
from wholexale.tests.live import Stores
from wholexale.tests.workers import ENGINES, Worker, query, run_code

pytestmark = pytest.mark.timeout(400)

SIZES = {"runner": 3, "celery": 2}
RECOVERS_WITHIN = 35.0
DELIVERIES = """
    from django.db import transaction
    from notifications.services import notify
    from notifications.tests.staging import notice, verified
    from wholexale.common.testing import make_person

    for name, count in {counts}.items():
        person = verified(make_person(name))
        for start in range(0, count, 100):
            with transaction.atomic():
                notify(*(notice(person) for _ in range(start, min(start + 100, count))))
"""
STATUSES = "SELECT status, count(*) FROM notifications_delivery GROUP BY status"
PARKED = "SELECT id, attempts, last_error FROM notifications_delivery WHERE state = 'dead'"
REPLAY = """
    from django.test import Client
    from django.urls import reverse
    from accounts.models import User
    from notifications.models import Delivery
    from wholexale.common.testing import make_person

    desk = Client()
    desk.force_login(make_person("staff", role=User.Role.SUPER_ADMIN))
    said = {"action": "replay", "_selected_action": [str(Delivery.objects.get(state="dead").pk)]}
    page = desk.post(reverse("admin:notifications_delivery_changelist"), said, follow=True)
    assert "1 deliveries are due again." in page.content.decode(), page.content
"""


@contextmanager
def stores_of(engine: str) -> Iterator[Stores]:
    """Make stores for an engine, with the clock that it needs; the runner's are without Redis."""
    extra = {"REDIS_URL": ""} if engine == "runner" else {}
    with Stores.fresh(**extra) as stores, Worker.clock(stores, engine):
        yield stores


def done(stores: Stores) -> int:
    """Return how many deliveries have ended."""
    [(count,)] = query(stores, "SELECT count(*) FROM notifications_delivery WHERE state IN ('done', 'dead')")
    return int(count)


def work_under_kills(gang: Gang, count: int, *, every: float, kills: int) -> None:
    """Let the gang work until all is done, and kill one of it every so many seconds, at most so often."""
    chance = random.Random(count)
    with gang.at_work():
        while done(gang.stores) < count:
            time.sleep(every * chance.uniform(0.8, 1.2))
            if len(gang.killed) < kills and done(gang.stores) < count:
                gang.kill_one(chance)
                gang.fill()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mode", ["safe", "unsafe"])
@pytest.mark.parametrize(
    ("count", "every", "kills", "lease"),
    [
        (400, 0.5, 2, 2.0),
        pytest.param(10_000, 2.0, 10_000, None, marks=[pytest.mark.proof, pytest.mark.timeout(3600)]),
    ],
)
def test_workers_that_are_killed_lose_no_delivery_and_repeat_none(
    *, count: int, every: float, kills: int, lease: float | None, mode: str, engine: str
) -> None:
    with stores_of(engine) as stores:
        run_code(stores, DELIVERIES.format(counts={"buyer": count}))
        gang, began = Gang(stores, engine, mode, SIZES[engine], lease), time.monotonic()
        work_under_kills(gang, count, every=every, kills=kills)
        took, longest = time.monotonic() - began, gang.longest_recovery()
        given, statuses = gang.given(), dict(query(stores, STATUSES))
        [(most,)] = query(stores, "SELECT max(attempts) FROM notifications_delivery")
        print(
            f"{count} {mode} on {engine} in {took:.0f} s: {len(gang.killed)} kills, {statuses}, {most} tries at most,"
        )
        print(f"{sum(given.values()) - len(given)} calls again, recovered within {longest:.1f} s")

        assert len(gang.killed) >= 2
        unknown = statuses.pop("unknown", 0)
        assert statuses == {"sent": count - unknown}
        assert unknown <= gang.broken_off
        if mode == "safe":
            assert unknown == 0
            assert len(given) == count
            assert given.total() - count <= gang.broken_off  # known to the provider by their ids
        else:
            assert set(given.values()) == {1}
            assert count - unknown <= len(given) <= count
        assert longest < RECOVERS_WITHIN


@pytest.mark.parametrize("engine", ENGINES)
def test_a_delivery_that_kills_whoever_sends_it_is_parked_after_five_tries_and_can_be_replayed(engine: str) -> None:
    with stores_of(engine) as stores:
        run_code(stores, DELIVERIES.format(counts={POISON: 1, "buyer": 20}))
        gang = Gang(stores, engine, POISON, SIZES[engine], lease=1.0)
        with gang.at_work():
            while done(stores) < 21:
                gang.bury()
                gang.fill()
                time.sleep(0.1)
        [(parked, claims, error)] = query(stores, PARKED)
        assert (claims, error.partition(":")[0]) == (6, "LeaseEnded")
        given = gang.given()
        assert given[str(UUID(str(parked)))] == 5
        assert len(given) == 21
        assert given.total() - 21 <= 4 + 5  # one that ran beside it may be asked again, each time

        run_code(stores, REPLAY)
        gang = Gang(stores, engine, "safe", size=1)
        with gang.at_work():
            while done(stores) < 21:
                time.sleep(0.1)
        assert query(stores, STATUSES) == [("sent", 21)]
        assert query(stores, f"SELECT state, attempts FROM notifications_delivery WHERE id = '{parked}'") == [
            ("done", 1)
        ]
