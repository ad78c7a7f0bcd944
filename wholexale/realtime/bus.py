"""How the hubs of several processes hear each other: not at all, or through the Redis channel layer."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
from channels.layers import get_channel_layer

from wholexale.common import realtime

logger = logging.getLogger(__name__)

GROUP = "hubs"
MAX_BATCH_BYTES = 262_144


class Packet(msgspec.Struct, frozen=True, tag_field="kind", tag="packet"):
    """An encoded push for the members of groups, as it travels between processes."""

    to: tuple[str, ...]
    payload: bytes
    seq: int | None = None
    owner: str | None = None
    own: bytes | None = None
    skip: str | None = None


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
        self._layer: Any = get_channel_layer()
        self._node = node
        self._queue: list[Envelope] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, receive: Receive) -> None:
        """Run the receiver and the sender."""
        loop = asyncio.get_running_loop()
        joined = asyncio.Event()
        self._tasks = [loop.create_task(self._receive_all(receive, joined)), loop.create_task(self._send_all())]
        try:
            await asyncio.wait_for(joined.wait(), timeout=3)
        except TimeoutError:
            self.is_healthy = False

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Queue for the sender; while Redis is away only the newest thousands are kept."""
        self._queue.extend(envelopes)
        del self._queue[:-10_000]
        self._wake.set()

    async def stop(self) -> None:
        """End both tasks and the layer's connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):  # Redis may be the reason why we stop
            async with asyncio.timeout(2):
                await self._layer.flush()

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
                        receive(_decoder.decode(message["data"]))
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, the loop goes on
                self._note_failure(error)
                await asyncio.sleep(random.uniform(0.1, 2.0))  # noqa: S311 - jitter

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._queue = self._queue, []
            for message in self._messages(batch):
                try:
                    async with asyncio.timeout(1):
                        await self._layer.group_send(GROUP, message)
                    self.is_healthy = True
                except asyncio.CancelledError:
                    raise
                except Exception as error:  # noqa: BLE001 - the sweep of the others finds what this announced
                    self._note_failure(error)

    def _messages(self, batch: list[Envelope]) -> list[dict[str, Any]]:
        """Pack envelopes into as few messages as their size allows."""
        messages: list[dict[str, Any]] = []
        part: list[Envelope] = []
        size = 0
        for envelope in batch:
            part.append(envelope)
            size += len(envelope.payload) if isinstance(envelope, Packet) else 100
            if size > MAX_BATCH_BYTES:
                messages.append(self._message(part))
                part, size = [], 0
        return [*messages, self._message(part)] if part else messages

    def _message(self, part: list[Envelope]) -> dict[str, Any]:
        return {"type": "hub", "node": self._node, "data": _encoder.encode(part)}

    def _note_failure(self, error: Exception) -> None:
        if self.is_healthy:
            logger.warning("the bus does not work: %s", error)
        self.is_healthy = False
