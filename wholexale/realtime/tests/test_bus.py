"""The bus between processes: what it cannot read, what it cannot join, and what waits while Redis is away."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from wholexale.common.realtime import PresenceChanged, PrincipalChanged
from wholexale.realtime import bus as bus_module
from wholexale.realtime.bus import GROUP, MAX_BATCH_BYTES, Envelope, LayerBus, Packet


class Layer:
    """A channel layer of one process that refuses what it is told to."""

    def __init__(self) -> None:
        self.channels: dict[str, asyncio.Queue[Any]] = {}
        self.group: set[str] = set()
        self.sent: list[Any] = []
        self.refusals = 0
        self.hangs = asyncio.Event()
        self.hangs.set()

    async def new_channel(self) -> str:
        name = uuid.uuid4().hex
        self.channels[name] = asyncio.Queue()
        return name

    async def group_add(self, _group: str, channel: str) -> None:
        self.group.add(channel)
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("no Redis")

    async def receive(self, channel: str) -> Any:
        message = await self.channels[channel].get()
        if isinstance(message, Exception):
            raise message
        return message

    async def group_send(self, _group: str, message: Any) -> None:
        await self.hangs.wait()
        self.sent.append(message)

    async def flush(self) -> None:
        self.channels, self.group = {}, set()

    def arrive(self, message: Any) -> None:
        for channel in self.group:
            self.channels[channel].put_nowait(message)


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    made = Layer()
    monkeypatch.setattr(bus_module, "get_channel_layer", lambda: made)
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.01)
    return made


@pytest.fixture
async def heard() -> list[Envelope]:
    return []


@pytest.fixture
async def bus(layer: Layer, heard: list[Envelope]) -> AsyncIterator[LayerBus]:
    made = LayerBus(node="here")
    await made.start(heard.extend)
    yield made
    await made.stop()


def message(*envelopes: Any) -> dict[str, Any]:
    return {"type": "hub", "node": "there", "data": msgspec.msgpack.encode(envelopes)}


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(2):
        while not is_true():  # noqa: ASYNC110 - what is awaited has no event
            await asyncio.sleep(0.01)


SIGNAL = PresenceChanged(user_id="one")
OTHER = PrincipalChanged(user_id="two")
FOREIGN = {"kind": "of-tomorrow", "user_id": "one"}


async def test_a_signal_of_another_release_is_left_out_and_its_neighbours_arrive(
    bus: LayerBus, layer: Layer, heard: list[Envelope]
) -> None:
    before = set(layer.channels)

    layer.arrive(message(SIGNAL, FOREIGN, OTHER))
    await until(lambda: len(heard) == 2)

    assert heard == [SIGNAL, OTHER]
    assert set(layer.channels) == before
    assert bus.is_healthy


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x93", msgspec.msgpack.encode({"not": "a list"})])
async def test_what_is_no_message_is_left_out(bus: LayerBus, layer: Layer, heard: list[Envelope], data: bytes) -> None:
    before = set(layer.channels)

    layer.arrive({"type": "hub", "node": "there", "data": data})
    layer.arrive(message(SIGNAL))
    await until(lambda: bool(heard))

    assert heard == [SIGNAL]
    assert set(layer.channels) == before


async def test_a_channel_that_could_not_join_is_not_left_behind(layer: Layer) -> None:
    heard: list[Envelope] = []
    layer.refusals = 3
    bus = LayerBus(node="here")

    await bus.start(heard.extend)
    layer.arrive(message(SIGNAL))
    await until(lambda: bool(heard))

    assert len(layer.channels) == len(layer.group) == 1
    assert bus.is_healthy
    await bus.stop()


async def test_a_broken_channel_is_given_back_before_another_is_made(
    bus: LayerBus, layer: Layer, heard: list[Envelope]
) -> None:
    [broken] = layer.channels

    layer.arrive(ValueError("not to be read"))
    await until(lambda: broken not in layer.channels and len(layer.group) == 1)
    layer.arrive(message(SIGNAL))
    await until(lambda: bool(heard))

    assert len(layer.channels) == 1
    assert bus.is_healthy


async def test_while_redis_hangs_the_newest_are_kept(
    bus: LayerBus, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "MAX_QUEUE", 3)
    monkeypatch.setattr(bus_module, "MAX_BATCH_BYTES", 0)
    layer.hangs.clear()
    signals = [PresenceChanged(user_id=str(number)) for number in range(6)]

    bus.publish(signals[:1])
    await asyncio.sleep(0.01)  # the first is being sent, and hangs
    bus.publish(signals[1:4])
    await asyncio.sleep(0.01)
    bus.publish(signals[4:])
    layer.hangs.set()
    await until(lambda: len(layer.sent) == 4)

    sent = [one for sent in layer.sent for one in msgspec.msgpack.decode(sent["data"], type=list[PresenceChanged])]
    assert [one.user_id for one in sent] == ["0", "3", "4", "5"]


async def test_what_one_turn_publishes_goes_in_few_messages(bus: LayerBus, layer: Layer) -> None:
    packets = [Packet(to=("x",), payload=b"." * (MAX_BATCH_BYTES // 2)) for _ in range(4)]

    bus.publish([SIGNAL] * 500)
    await until(lambda: len(layer.sent) == 1)
    bus.publish(packets)
    await until(lambda: len(layer.sent) == 3)

    assert [len(msgspec.msgpack.decode(sent["data"])) for sent in layer.sent] == [500, 3, 1]


@pytest.mark.servers
async def test_the_real_layer_keeps_one_channel_after_a_failure_and_hears_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prefix = uuid.uuid4().hex
    ours, theirs = (RedisPubSubChannelLayer(hosts=[settings.REDIS_URL], prefix=prefix) for _ in range(2))
    monkeypatch.setattr(bus_module, "get_channel_layer", lambda: ours)
    monkeypatch.setattr("random.uniform", lambda _low, _high: 0.01)
    heard: list[Envelope] = []
    bus = LayerBus(node="here")

    await bus.start(heard.extend)
    [broken] = ours.channels
    ours.channels[broken].put_nowait(b"\xc1")
    await until(lambda: broken not in ours.channels and bool(ours.groups))
    await asyncio.sleep(0.3)
    await theirs.group_send(GROUP, message(SIGNAL))
    await until(lambda: bool(heard))

    assert heard == [SIGNAL]
    assert len(ours.channels) == 1
    assert [len(channels) for channels in ours.groups.values()] == [1]
    await bus.stop()
    await theirs.flush()
