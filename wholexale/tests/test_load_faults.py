"""Redis is stopped, hung or flushed under load: every request is answered in time, and everything is delivered."""

import asyncio
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offers.tests.staging import SEED_OFFER
from wholexale.tests.live import PASSWORD, Person, Server, Stores, free_port
from wholexale.tests.load import Load, request_of
from wholexale.tests.test_celery_faults import SOON, Break, flush, hang, stop
from wholexale.tests.test_payment_kill import number, wait_until
from wholexale.tests.test_redis_loss import redis_on
from wholexale.tests.workers import Worker, query

pytestmark = [
    pytest.mark.live,
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How long Redis is broken, and for how long it is sound before and after it; times in seconds.

    `rate` requests a second go to so many server processes, and all but one of a hundred are answered `in_time`, from
    when they are due.
    """

    seconds: float
    around: float
    rate: float
    processes: int
    in_time: float


SHORT = Trial(seconds=4, around=1, rate=50, processes=1, in_time=2.0)
"""Beside other tests, with which it shares the machine."""

LONG = Trial(seconds=30, around=10, rate=200, processes=2, in_time=0.5)
"""With two processes, as one alone is as busy as it can be at such a rate."""

MIX = {
    "/api/notifications/unread-count": 36,
    "/api/notifications?limit=5": 2,
    "/api/offers?limit=5": 1,
}
"""How often each is read beside one write and one sign-in: what applications ask most, and what people look at."""

WRITE = ("POST", "/api/notifications/test", {"type": "credit_added", "message": "Under load."})
WRITES = b"POST /api/notifications/test "
SIGN_IN = "/api/auth/login"
OFFERS = 5

COUNTED = {
    "RATE_LIMITS": "on",
    "RATE_LIMIT_MEMBER_MAX_REQUESTS": "1000000",
    "RATE_LIMIT_MAX_REQUESTS": "1000000",
    "RATE_LIMIT_LOGIN": "1000000/15m",
    "RATE_LIMIT_TEST_NOTIFICATIONS": "1000000/1h",
}
"""Everything is counted, in Redis, and never too often."""

VERIFY = "UPDATE accounts_user SET is_email_verified = true RETURNING id"
MAILS = """
    notifications_delivery JOIN notifications_notification told ON told.id = notification_id
    WHERE told.type = 'credit_added'
"""
OPEN = f"SELECT count(*) FROM {MAILS} AND state NOT IN ('done', 'dead')"
STATUSES = f"SELECT status, count(*) FROM {MAILS} GROUP BY status"


def leave_alone(server: subprocess.Popen[bytes], port: int, folder: Path, seconds: float) -> ExitStack:
    """Break nothing: what the load costs by itself."""
    time.sleep(seconds)
    return ExitStack()


@contextmanager
def market(redis_url: str, processes: int) -> Iterator[tuple[Person, Person]]:
    """Run a server, beat and a worker of Celery; yield two people of it, who can be mailed and have a few offers."""
    with (
        Stores.fresh(REDIS_URL=redis_url, WORK_RUNNER="celery", **COUNTED) as stores,
        Server.run(stores, WORKERS=str(processes)) as server,
        Worker.run(stores, "beat"),
        Worker.run(stores, "celery"),
    ):
        buyer, seller = (Person.register(server, one, businessName=f"{one} Trading") for one in ("Buyer", "Seller"))
        query(stores, VERIFY)
        end = (datetime.now(UTC) + timedelta(days=7)).isoformat()
        for _ in range(OFFERS):
            body = {**SEED_OFFER, "seller": seller.id, "validity": {"endDate": end}}
            answer = buyer.request("POST", "/api/offers", body)
            assert answer.status_code == 201, answer.text
        yield buyer, seller


def mix(*people: Person) -> list[bytes]:
    """Return what is asked in turn: mostly reads, and now and then a sign-in, and a notification with a mail."""
    requests = []
    for person in people:
        reads = [request_of(person, "GET", path) for path, count in MIX.items() for _ in range(count)]
        sign_in = request_of(person, "POST", SIGN_IN, {"email": person.email, "password": PASSWORD})
        requests += [request_of(person, *WRITE), sign_in, *reads]
    return random.Random(len(requests)).sample(requests, len(requests))


def say(name: str, load: Load, began: float, back: float, done: float) -> None:
    """Print the figures of a run."""
    print(f"{name}: {len(load.answers)} requests at {load.rate:.0f}/s, {dict(load.statuses())};")
    print(f"p50 {load.slowest(0.5):.3f} s, p99 {load.slowest(0.01):.3f} s, the longest {load.slowest(0):.3f} s;")
    times = {"before": (0.0, began), "meanwhile": (began, back), "after": (back, float("inf"))}
    parts = [f"{name} {load.slowest(0.01, since=since, until=until):.3f} s" for name, (since, until) in times.items()]
    print(f"p99 {', '.join(parts)}; what was open then was delivered {done:.1f} s after Redis was back")


def seconds_until_done(stores: Stores, deliveries: str) -> float:
    """Wait until these deliveries have ended, and fail where it takes longer than `SOON`; return how long it took."""
    began = time.monotonic()
    wait_until(lambda: number(stores, deliveries) == 0, SOON)
    return time.monotonic() - began


PROOFS = [
    pytest.param(one, LONG, id=one.__name__, marks=[pytest.mark.proof, pytest.mark.alone])
    for one in (leave_alone, stop, hang, flush)
]


@pytest.mark.parametrize(("break_it", "trial"), [pytest.param(hang, SHORT, id="hang-for-a-moment"), *PROOFS])
async def test_requests_are_answered_and_mails_delivered_whatever_becomes_of_redis(
    tmp_path: Path, break_it: Break, trial: Trial
) -> None:
    port, clock = free_port(), asyncio.get_running_loop().time
    with redis_on(port, tmp_path) as redis, market(f"redis://127.0.0.1:{port}/0", trial.processes) as people:
        stores = people[0].server.stores
        load = Load(people[0].server.port, mix(*people), trial.rate)
        running = asyncio.create_task(load.run())
        await asyncio.sleep(trial.around)
        began = clock()
        with await asyncio.to_thread(break_it, redis, port, tmp_path, trial.seconds):
            back = clock()
            open_then = f"{OPEN} AND told.created_at <= '{datetime.now(UTC).isoformat()}'"
            done = await asyncio.to_thread(seconds_until_done, stores, open_then)
            await asyncio.sleep(max(0.0, trial.around - done))
            load.stop()
            await running
            await asyncio.to_thread(seconds_until_done, stores, OPEN)
            statuses = dict(query(stores, STATUSES))

    say(break_it.__name__, load, began, back, done)
    assert load.statuses().keys() == {200}
    assert statuses == {"sent": sum(answer.request.startswith(WRITES) for answer in load.answers)}
    assert load.slowest(0.01) < trial.in_time
