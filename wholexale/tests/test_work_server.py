"""A server runs the work that is due, unless it is told to leave it to others."""

import asyncio
import time

import pytest

from wholexale.tests.live import Person, Server, Stores
from wholexale.tests.workers import ENGINES, KEPT, Worker, place_holds, query, run_code, states

pytestmark = [pytest.mark.live, pytest.mark.any_server]

WITHIN = 7.0
"""Seconds: with Redis a runner looks every five for what another process has made due, without it every second."""


def test_a_server_runs_what_is_due_and_one_without_a_runner_does_not() -> None:
    with Stores.fresh() as stores:
        place_holds(stores, 20, seconds=0.5)
        with Server.run(stores, WORK_RUNNER="off"):
            time.sleep(1.5)
            assert states(stores) == {"pending": 20}
            assert states(stores, "common_periodicrun") == {}

        with Server.run(stores) as server:
            deadline = time.monotonic() + WITHIN
            while not all_is_done(stores) and time.monotonic() < deadline:
                time.sleep(0.05)

        assert states(stores) == {"done": 20}
        assert states(stores, "common_periodicrun").keys() == {"done"}
        assert query(stores, "SELECT sum(debits_pending) FROM finance_balance") == [(KEPT,)]
        log = server.log.read_text()
        assert [trouble for trouble in ("work is parked", "PeriodicRun waits", "the schedule") if trouble in log] == []


@pytest.mark.servers
@pytest.mark.parametrize("engine", ENGINES)
async def test_a_worker_reaches_the_sockets_of_the_servers(engine: str) -> None:
    with Stores.fresh() as stores, Server.run(stores, WORK_RUNNER="off") as server:
        buyer, seller = (Person.register(server, name, businessName=f"{name} Trading") for name in ("Buyer", "Seller"))
        code = f"""
            from datetime import timedelta
            from django.utils import timezone
            from accounts.models import User
            from finance.tests.staging import business_of, hold, open_line
            buyer, seller = (User.objects.get(id=id) for id in ("{buyer.id}", "{seller.id}"))
            open_line(business_of(buyer), 100_000)
            hold(buyer, seller, 60_000, expires_at=timezone.now() + timedelta(seconds=0.5))
        """
        await asyncio.to_thread(run_code, stores, code)
        async with buyer.socket() as socket:
            with Worker.clock(stores, engine), Worker.run(stores, engine):
                push = await socket.expect("finance:credit_changed", timeout=10)

    assert push["availableCreditMinor"] == 100_000


def all_is_done(stores: Stores) -> bool:
    return states(stores).keys() == states(stores, "common_periodicrun").keys() == {"done"}
