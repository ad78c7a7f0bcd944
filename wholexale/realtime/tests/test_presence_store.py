"""Presence across processes: what is kept while Redis is away, what is read together, what watchers are shown."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Self
from uuid import uuid4

import pytest
import redis.asyncio as redis

from wholexale.realtime.leases import RedisStore
from wholexale.realtime.presence import Known, OnChanged, OnDoubt, StoreAwayError
from wholexale.realtime.tests.staging import BUYER, SELLER, Rows, open_ear, running_hub, settle


class FakeRedis:
    """As much of Redis as the store uses; `is_away` makes it fail, `pipelines` counts round trips."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.is_away = False
        self.pipelines = 0

    async def set(self, key: str, value: str, *, px: int, get: bool) -> str | None:
        self.check()
        before: str | None = self.data.get(key)
        self.data[key] = value
        return before

    async def mget(self, keys: Sequence[str]) -> list[str | None]:
        self.check()
        return [self.data.get(key) for key in keys]

    async def delete(self, key: str) -> None:
        self.check()
        self.data.pop(key, None)

    async def aclose(self) -> None: ...

    def check(self) -> None:
        if self.is_away:
            raise redis.ConnectionError

    def pipeline(self, *, transaction: bool) -> "FakePipeline":
        return FakePipeline(self)


class FakePipeline:
    def __init__(self, fake: FakeRedis) -> None:
        self.fake = fake
        self.data = fake.data
        self.steps: list[Callable[[], Any]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None: ...

    def __len__(self) -> int:
        return len(self.steps)

    def set(self, key: str, value: int, *, nx: bool, ex: int) -> None:
        self.steps.append(lambda: self.data.setdefault(key, value))

    def get(self, key: str) -> None:
        self.steps.append(lambda: self.data.get(key))

    def incr(self, key: str) -> None:
        self.steps.append(lambda: self.data.update({key: self.data[key] + 1}))

    def hset(self, key: str, name: str, value: str) -> None:
        self.steps.append(lambda: self.data.setdefault(key, {}).update({name: value}))

    def hdel(self, key: str, *names: str) -> None:
        self.steps.append(lambda: [self.data.get(key, {}).pop(name, None) for name in names])

    def hgetall(self, key: str) -> None:
        self.steps.append(lambda: dict(self.data.get(key, {})))

    async def execute(self) -> list[Any]:
        await asyncio.sleep(0)
        self.fake.check()
        self.fake.pipelines += 1
        return [step() for step in self.steps]


class Process:
    """A store, and what it has called."""

    def __init__(self, fake: FakeRedis, node: str) -> None:
        self.store = RedisStore("redis://127.0.0.1:1/0", node=node, prefix="test")
        self.store._redis = fake
        self.changed: list[str] = []
        self.doubts = 0

    async def start(self) -> Self:
        await self.store.start(self.note_doubt, self.changed.extend)
        return self

    def note_doubt(self) -> None:
        self.doubts += 1

    async def status(self, user_id: str) -> str:
        return (await self.store.read([user_id]))[user_id].status

    async def renew(self) -> None:
        """Do what is done every five seconds."""
        if await self.store._renew():
            await self.store._look_around()


@pytest.fixture
def fake() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
async def here(fake: FakeRedis) -> AsyncIterator[Process]:
    process = await Process(fake, "here").start()
    yield process
    await process.store.stop()


@pytest.fixture
async def there(fake: FakeRedis) -> AsyncIterator[Process]:
    process = await Process(fake, "there").start()
    yield process
    await process.store.stop()


async def test_an_edge_that_redis_did_not_get_is_written_and_announced_later(
    fake: FakeRedis, here: Process, there: Process
) -> None:
    await here.store.publish({"ann": "online"})
    fake.is_away = True
    await here.store.publish({"ann": "offline"})
    assert here.changed == ["ann"]
    await here.renew()
    fake.is_away = False
    assert await there.status("ann") == "online"  # nobody could tell

    await here.renew()

    assert await there.status("ann") == "offline"
    assert here.changed == ["ann", "ann"]


async def test_of_several_kept_edges_the_last_is_written(fake: FakeRedis, here: Process, there: Process) -> None:
    fake.is_away = True
    for status in ("online", "offline", "dnd"):
        await here.store.publish({"ann": status})
    fake.is_away = False
    await here.renew()

    assert await there.status("ann") == "dnd"
    assert here.store._unwritten == {}


async def test_reading_fails_while_redis_is_away_and_is_doubted_when_it_is_back(fake: FakeRedis, here: Process) -> None:
    await here.renew()
    await here.renew()
    before = here.doubts
    fake.is_away = True
    with pytest.raises(StoreAwayError):
        await here.store.read(["ann"])
    await here.renew()
    assert here.doubts == before
    fake.is_away = False
    for _ in range(4):
        await here.renew()

    assert here.doubts == before + 2  # the second time, because others write what they kept a little later


async def test_a_storm_of_reads_is_a_few_pipelines(fake: FakeRedis, here: Process) -> None:
    await here.store.publish({f"user {n}": "online" for n in range(100)})
    fake.pipelines = 0

    found = await asyncio.gather(*(here.store.read([f"user {n % 100}", f"stranger {n}"]) for n in range(1000)))

    assert [known[f"user {n % 100}"].status for n, known in enumerate(found)] == ["online"] * 1000
    assert {known[f"stranger {n}"].status for n, known in enumerate(found)} == {"offline"}
    assert fake.pipelines <= 5


async def test_many_users_are_written_in_parts(fake: FakeRedis, here: Process, there: Process) -> None:
    await here.store.publish({f"user {n}": "online" for n in range(1200)})

    assert len(here.changed) == 1200
    assert await there.status("user 1199") == "online"


async def test_versions_grow_over_a_loss_of_the_data_and_the_fields_come_back(
    fake: FakeRedis, here: Process, there: Process
) -> None:
    await here.store.publish({"ann": "online"})
    before = (await there.store.read(["ann"]))["ann"]
    here.changed.clear()
    await asyncio.sleep(0.005)
    fake.data.clear()
    assert await there.status("ann") == "offline"

    await here.renew()

    after = (await there.store.read(["ann"]))["ann"]
    assert (before.status, after.status) == ("online", "online")
    assert after.version > before.version > 1_600_000_000_000
    assert here.changed == ["ann"]
    fake.data["test:rt:pres:ann"].clear()  # by who took us for lost, and was slow
    await here.renew()
    assert await there.status("ann") == "online"


async def test_fields_of_a_process_without_a_lease_do_not_count(fake: FakeRedis, here: Process, there: Process) -> None:
    await there.store.publish({"ann": "online", "bob": "online"})
    await here.store.publish({"bob": "dnd"})
    online = (await here.store.read(["ann", "bob"]))["ann"]
    del fake.data["test:rt:node:there"]
    doubts = here.doubts
    await here.renew()

    found = await here.store.read(["ann", "bob"])

    assert (online.status, found["ann"].status, found["bob"].status) == ("online", "offline", "dnd")
    assert here.doubts > doubts
    assert (await here.store.read(["ann"]))["ann"].version > online.version


async def test_stopping_takes_our_people_away(fake: FakeRedis, there: Process) -> None:
    leaving = await Process(fake, "leaving").start()
    await leaving.store.publish({"ann": "online"})
    await leaving.store.stop()

    assert await there.status("ann") == "offline"


@pytest.mark.servers
async def test_on_redis_a_storm_waits_for_its_turn_and_versions_outlive_the_keys() -> None:
    url, prefix = os.environ["REDIS_URL"], f"{os.environ.get('REDIS_PREFIX', 'test')}-{uuid4().hex}"
    stores = [RedisStore(url, node=node, prefix=prefix) for node in ("one", "two")]
    changed: list[str] = []
    for store in stores:
        await store.start(lambda: None, changed.extend)
    try:
        await stores[0].publish({f"user {n}": "online" for n in range(1000)})
        found = await asyncio.gather(*(stores[1].read([f"user {n}"]) for n in range(1000)))
        assert {known[f"user {n}"].status for n, known in enumerate(found)} == {"online"}
        await stores[0]._redis.delete(*(f"{prefix}:rt:{key}" for key in ("pres:user 1", "pv:user 1", "node:one")))
        await asyncio.sleep(0.005)
        await stores[0]._renew()
        again = (await stores[1].read(["user 1"]))["user 1"]
        await stores[0].publish({"user 1": "offline"})
        gone = (await stores[1].read(["user 1"]))["user 1"]
    finally:
        for store in stores:
            await store.stop()

    assert (again.status, gone.status) == ("online", "offline")
    assert found[1]["user 1"].version < again.version < gone.version
    assert len(changed) == 2001


# What watchers are shown


class Told:
    """A store that answers what the test says; None is no answer."""

    def __init__(self, answer: Known | None) -> None:
        self.answer = answer

    async def start(self, on_doubt: OnDoubt, on_changed: OnChanged) -> None: ...

    async def publish(self, statuses: Mapping[str, str]) -> None: ...

    async def read(self, user_ids: Iterable[str]) -> dict[str, Known]:
        if self.answer is None:
            raise StoreAwayError
        return dict.fromkeys(user_ids, self.answer)

    async def stop(self) -> None: ...


async def watched(first: Known | None, *then: Known | None) -> list[str]:
    """Return what a watcher is sent after an answer, when these are read one after the other."""
    rows, store = Rows(), Told(first)
    async with running_hub(rows, store) as hub:
        ear = open_ear(hub, rows, BUYER)
        ear.connection.watch([SELLER])
        await hub.online.describe({SELLER: None})
        for known in then:
            store.answer = known
            hub.online.refresh([SELLER])
            await settle(hub)
        return ear.statuses()


@pytest.mark.parametrize(
    ("first", "then", "shown"),
    [
        pytest.param(
            Known("online", 5), [Known("offline", 4), Known("offline", 6)], ["offline"], id="an old one first"
        ),
        pytest.param(Known("online", 5), [None, Known("offline", 6)], ["offline"], id="not read once"),
        pytest.param(Known("online", 5), [Known("online", 6)], [], id="nothing new"),
        pytest.param(None, [Known("online", 5)], ["online"], id="answered without the store"),
        pytest.param(None, [Known("offline", 5)], ["offline"], id="answered without the store, and right"),
    ],
)
async def test_watchers_are_shown_what_was_read_and_is_newer(
    first: Known | None, then: list[Known | None], shown: list[str]
) -> None:
    assert await watched(first, *then) == shown


async def test_an_answer_makes_up_for_an_edge_that_was_lost() -> None:
    rows, store = Rows(), Told(Known("online", 5))
    async with running_hub(rows, store) as hub:
        ear = open_ear(hub, rows, BUYER)
        ear.connection.watch([SELLER])
        await hub.online.describe({SELLER: None})
        store.answer = Known("offline", 6)
        answer = await hub.online.describe({SELLER: None})
        await settle(hub)

        assert answer[SELLER].status == "offline"
        assert ear.statuses() == ["offline"]


async def test_without_the_store_an_answer_comes_from_this_process() -> None:
    rows = Rows()
    async with running_hub(rows, Told(None)) as hub:
        open_ear(hub, rows, SELLER)
        answer = await hub.online.describe({SELLER: None, BUYER: None})

    assert (answer[SELLER].status, answer[BUYER].status) == ("online", "offline")
