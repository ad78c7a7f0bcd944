"""One socket: who holds it, what it joined, and how it is written to."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from wholexale.common.realtime import Principal
from wholexale.realtime.batching import Batch
from wholexale.realtime.framing import Frame

if TYPE_CHECKING:
    from wholexale.realtime.hub import Hub

R = TypeVar("R")
I = TypeVar("I")  # noqa: E741 - an item of a batch
O = TypeVar("O")  # noqa: E741 - its outcome

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MANY_BYTES = 1_048_576
TOO_MANY_BYTES = 16 * MANY_BYTES
SLOW_SECONDS = 2.0
FLOOD_SECONDS = 5.0
BURST_SECONDS = 6.0  # 50 frames a second with a burst of 300


class DirectWriter(Protocol):
    """What a server offers that lets us write whole frames (see `direct`)."""

    def write_frame(self, frame: bytes) -> int:
        """Write a frame; return the bytes still buffered, -1 when closing."""

    def close_now(self, code: int, reason: str) -> None:
        """Close at once."""

    def release_handshake(self) -> None:
        """Free what only the handshake needed."""


class CloseCode:
    """Why the server closes a socket (`docs/realtime.md`)."""

    TOO_MANY_MALFORMED = 1008
    TOO_BIG = 1009
    INTERNAL = 1011
    TRY_AGAIN = 4013
    BAD_HANDSHAKE = 4400
    UNAUTHENTICATED = 4401
    BAD_ORIGIN = 4403
    NO_AUTH_IN_TIME = 4408
    TOO_MANY_SOCKETS = 4409
    FLOOD = 4429
    SLOW_READER = 4503


FIRST_PRIVATE = 3000
"""Autobahn, and so daphne, lets an application send no other close codes than 1000 and those from here on."""


def portable(code: int) -> int:
    """Return the code that every ASGI server can send: 1009 becomes 4009, and so on."""
    return code if code >= FIRST_PRIVATE else code + FIRST_PRIVATE


class FrameBudget:
    """A token bucket of one socket: `rate` frames a second, with a burst of six seconds' worth; 0 is no limit."""

    __slots__ = ("at", "flood_since", "rate", "tokens")

    def __init__(self, rate: int) -> None:
        """Start full."""
        self.rate = rate
        self.tokens = rate * BURST_SECONDS
        self.at = time.monotonic()
        self.flood_since = 0.0

    def take(self) -> float:
        """Take one frame; return 0, or the seconds after which a frame will be taken again."""
        if not self.rate:
            return 0.0
        now = time.monotonic()
        full = self.rate * BURST_SECONDS
        self.tokens = min(full, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            if self.tokens > full / 10:
                self.flood_since = 0.0
            return 0.0
        self.flood_since = self.flood_since or now
        return (1 - self.tokens) / self.rate

    @property
    def is_flooding(self) -> bool:
        """Return whether frames came too fast for five seconds."""
        return bool(self.flood_since) and time.monotonic() - self.flood_since > FLOOD_SECONDS


class Connection:
    """A socket from accept to close. Lives on the loop of its server; nothing here is thread-safe."""

    __slots__ = (
        "__weakref__",
        "_direct",
        "_flusher",
        "_outbox",
        "_outbox_bytes",
        "_send",
        "_slow_since",
        "budget",
        "close_reason",
        "expiry_timers",
        "hub",
        "in_flight",
        "joined",
        "joined_at_seq",
        "left_at_seq",
        "malformed_at",
        "named",
        "opened",
        "principal",
        "sees_from",
        "status",
        "user_id",
        "watching",
    )

    def __init__(self, hub: "Hub", send: Send, direct: DirectWriter | None) -> None:
        """Wrap the ASGI `send` of an accepted socket, and the server's direct writer where it has one."""
        self.hub = hub
        self.principal: Principal | None = None
        self.user_id = ""
        self.status = "online"
        self.opened = time.monotonic()
        self.joined: dict[str, tuple[str, ...]] = {}
        self.joined_at_seq: dict[str, int] = {}
        self.left_at_seq: dict[str, int] = {}
        self.in_flight: set[asyncio.Task[None]] = set()
        self.named: tuple[str, ...] = ()
        self.sees_from: dict[str, int] = {}
        self.watching: Counter[str] = Counter()
        self.budget = FrameBudget(hub.limits.frames_per_second)
        self.malformed_at: list[float] = []
        self.expiry_timers: list[asyncio.TimerHandle] = []
        self.close_reason: tuple[int, str] | None = None
        self._send = send
        self._direct = direct
        self._slow_since = 0.0
        self._outbox: list[bytes] = []
        self._outbox_bytes = 0
        self._flusher: asyncio.Task[None] | None = None

    @property
    def actor(self) -> Principal:
        """Return who holds the socket; only for sockets that have authenticated."""
        if self.principal is None:  # the gateway lets nobody come here
            raise RuntimeError("the socket has not authenticated")
        return self.principal

    # --- Writing -----------------------------------------------------------------------------------------------

    def write(self, frame: Frame) -> None:
        """Send a frame without waiting; a reader that leaves too much unread for too long is closed."""
        if self.close_reason is not None:
            return
        if self._direct is not None:
            buffered = self._direct.write_frame(frame.wire)
        else:
            self._outbox.append(frame.payload)
            self._outbox_bytes += len(frame.payload)
            buffered = self._outbox_bytes
            if self._flusher is None:
                self._flusher = asyncio.get_running_loop().create_task(self._flush())
        if buffered > MANY_BYTES:
            self._judge_reader(buffered)
        else:
            self._slow_since = 0.0

    def _judge_reader(self, buffered: int) -> None:
        """Close who has more than a megabyte unread for two seconds, or sixteen: one big answer is no fault."""
        now = time.monotonic()
        self._slow_since = self._slow_since or now
        if buffered > TOO_MANY_BYTES or now - self._slow_since > SLOW_SECONDS:
            self.close(CloseCode.SLOW_READER, "reading too slowly")

    def close(self, code: int, reason: str = "") -> None:
        """Close the socket; what is sent afterwards is dropped."""
        if self.close_reason is not None:
            return
        self.close_reason = (code, reason)
        if self._direct is not None:
            self._direct.close_now(code, reason)
        elif self._flusher is None:
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    def end(self) -> None:
        """Stop the timers and the writer of a socket that is gone."""
        self.close_reason = self.close_reason or (1005, "")
        for timer in self.expiry_timers:
            timer.cancel()
        if self._flusher is not None and self._flusher is not asyncio.current_task():
            self._flusher.cancel()

    async def _flush(self) -> None:
        """Write what waits by ASGI's `send`, then the close frame if one is due."""
        try:
            while self._outbox:
                payloads, self._outbox = self._outbox, []
                for payload in payloads:
                    await self._send({"type": "websocket.send", "text": payload.decode()})
                    self._outbox_bytes -= len(payload)
            if self.close_reason is not None:
                code, reason = self.close_reason
                await self._send({"type": "websocket.close", "code": portable(code), "reason": reason})
        except (OSError, RuntimeError):  # the socket went away; `receive` says so to the gateway
            self._outbox.clear()
        finally:
            self._flusher = None

    async def settle(self) -> None:
        """Wait until every pipelined command has been answered."""
        if self.in_flight:
            await asyncio.wait(self.in_flight)

    # --- What commands use -------------------------------------------------------------------------------------

    async def call(self, function: Callable[..., R], **kwargs: Any) -> R:
        """Run a synchronous service or selector in a thread; its pushes go out after the ack."""
        return await self.hub.workers.call(function, **kwargs)

    async def batched(self, function: "Batch[I, O]", item: I) -> O:
        """Run an item together with those of other sockets in the one batch thread of `function`."""
        outcome: O = await self.hub.workers.batcher(function).submit(item)
        return outcome

    def count_malformed(self, *, limit: int = 20, seconds: float = 10.0) -> bool:
        """Count a malformed frame; return whether there were too many in the last seconds."""
        now = time.monotonic()
        self.malformed_at = [at for at in self.malformed_at if now - at < seconds] + [now]
        return len(self.malformed_at) >= limit

    def watch(self, user_ids: Sequence[str]) -> None:
        """Watch the presence of users, once more for each time they are named."""
        self.watching.update(user_ids)
        self.hub.watch(self, user_ids)

    def unwatch(self, user_ids: Sequence[str]) -> None:
        """Take back a `watch`."""
        self.watching.subtract(user_ids)
        gone = [user_id for user_id in user_ids if self.watching[user_id] <= 0]
        for user_id in gone:
            del self.watching[user_id]
        self.hub.unwatch(self, gone)
