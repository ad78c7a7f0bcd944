"""How the hubs of several processes hear each other: not at all, or through the Redis channel layer."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec
from channels.layers import get_channel_layer

from wholexale.common import realtime

logger = logging.getLogger(__name__)

GROUP = "hubs"
MAX_BATCH_BYTES = 262_144
MAX_QUEUE = 10_000


class Packet(msgspec.Struct, frozen=True, tag_field="kind", tag="packet"):
    """An encoded push for the members of groups, as it travels between processes."""

    to: tuple[str, ...]
    payload: bytes
    seq: int | None = None
    owner: str | None = None
    own: bytes | None = None
    skip: str | None = None
    redacted: tuple[tuple[int, bytes], ...] = ()


Envelope = (
    Packet
    | realtime.SessionEnded
    | realtime.PrincipalChanged
    | realtime.MemberLeft
    | realtime.WatchEnded
    | realtime.TypingNoted
    | realtime.PresenceChanged
)
Receive = Callable[[Sequence[Envelope]], None]

_decoder = msgspec.msgpack.Decoder(list[Envelope])
_splitter = msgspec.msgpack.Decoder(list[msgspec.Raw])
_single_decoder: msgspec.msgpack.Decoder[Envelope] = msgspec.msgpack.Decoder(Envelope)
_encoder = msgspec.msgpack.Encoder()


class Bus(Protocol):
    """Carries envelopes to the hubs of the other processes."""

    is_shared: bool
    is_healthy: bool

    async def start(self, receive: Receive) -> None:
        """Begin to hand arriving envelopes to `receive`, on the running loop."""

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Send soon, without waiting and without a promise."""

    async def stop(self) -> None:
        """Stop."""


class LocalBus:
    """The bus of a single process: there is nobody else."""

    is_shared = False
    is_healthy = True

    async def start(self, receive: Receive) -> None:
        """Nothing ever arrives."""

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Nobody listens."""

    async def stop(self) -> None:
        """Nothing runs."""


class LayerBus:
    """One channel of the channel layer for the whole process; what one turn of the loop publishes goes in one message.

    The layer may lose messages and forget the group while Redis is away: `is_healthy` turns false, the hub sweeps
    faster, and the loop below tries again.
    """

    is_shared = True

    def __init__(self, *, node: str) -> None:
        """Use the default channel layer; `node` marks our own messages."""
        self.is_healthy = True
        self._has_met_foreign = False
        self._layer: Any = get_channel_layer()
        self._node = node
        self._queue: list[Envelope] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, receive: Receive) -> None:
        """Run the sender and the receiver."""
        self.start_sending()
        joined = asyncio.Event()
        self._tasks.append(asyncio.get_running_loop().create_task(self._receive_all(receive, joined)))
        try:
            await asyncio.wait_for(joined.wait(), timeout=3)
        except TimeoutError:
            self.is_healthy = False

    def start_sending(self) -> None:
        """Run the sender alone, where there are no sockets to receive for."""
        self._tasks.append(asyncio.get_running_loop().create_task(self._send_all()))

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Queue for the sender; while Redis is away only the newest thousands are kept."""
        self._queue.extend(envelopes)
        del self._queue[:-MAX_QUEUE]
        self._wake.set()

    async def stop(self) -> None:
        """End the tasks and the layer's connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._forget_channel()

    async def _receive_all(self, receive: Receive, joined: asyncio.Event) -> None:
        while True:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(GROUP, channel)
                self.is_healthy = True
                joined.set()
                while True:
                    message = await self._layer.receive(channel)
                    self.is_healthy = True
                    if message["node"] != self._node:
                        receive(self._decode(message["data"]))
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, the loop goes on
                self._note_failure(error)
                await self._forget_channel()
                await asyncio.sleep(random.uniform(0.1, 2.0))  # noqa: S311 - jitter

    async def _forget_channel(self) -> None:
        """Empty the layer, which nobody else uses: a channel left in the group would fill for ever."""
        with contextlib.suppress(Exception):  # Redis may be the reason why
            async with asyncio.timeout(2):
                await self._layer.flush()

    def _decode(self, data: bytes) -> list[Envelope]:
        """Read a message; leave out what only a newer or an older release understands."""
        try:
            return _decoder.decode(data)
        except msgspec.MsgspecError:
            return list(self._decode_singly(data))

    def _decode_singly(self, data: bytes) -> Iterator[Envelope]:
        try:
            for raw in _splitter.decode(data):
                try:
                    yield _single_decoder.decode(raw)
                except msgspec.MsgspecError as error:
                    self._note_foreign(error)
        except msgspec.MsgspecError as error:
            self._note_foreign(error)

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:  # what waits stays in the queue, so that trimming takes the oldest
                await self._send(self._message(self._take_part()))

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(1):
                await self._layer.group_send(GROUP, message)
            self.is_healthy = True
        except Exception as error:  # noqa: BLE001 - the sweep of the others finds what this announced
            self._note_failure(error)

    def _take_part(self) -> list[Envelope]:
        """Take as many of the oldest envelopes from the queue as go into one message."""
        size = count = 0
        for envelope in self._queue:
            count += 1
            size += len(envelope.payload) if isinstance(envelope, Packet) else 100
            if size > MAX_BATCH_BYTES:
                break
        part = self._queue[:count]
        del self._queue[:count]
        return part

    def _message(self, part: list[Envelope]) -> dict[str, Any]:
        return {"type": "hub", "node": self._node, "data": _encoder.encode(part)}

    def _note_failure(self, error: Exception) -> None:
        if self.is_healthy:
            logger.warning("the bus does not work: %s", error)
        self.is_healthy = False

    def _note_foreign(self, error: msgspec.MsgspecError) -> None:
        if not self._has_met_foreign:
            logger.warning("the bus carries what this release does not know: %s", error)
        self._has_met_foreign = True
