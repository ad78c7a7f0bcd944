"""Who is online: counted per process, and with several processes aggregated on read over one lease per process.

Keys in Redis: `node:<node>` is the lease of a process (15 s, renewed every 5 s); `pres:<user>` is a hash of node ->
status; `pv:<user>` counts the changes. A field whose node has no lease is old news, ignored and removed by whoever
reads it, so a killed process leaves no ghost.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import msgspec
import redis.asyncio as redis

from wholexale.common.realtime import Push
from wholexale.common.wire import Wire

logger = logging.getLogger(__name__)

LEASE_MS = 15_000
RENEW_SECONDS = 5.0
OnLost = Callable[[], None]
STATUSES = ("online", "idle", "dnd")  # the first of several wins


class UserPresence(Wire, kw_only=True):
    """The presence of one user as a client sees it."""

    status: str
    last_seen: str | None = None


class PresenceUpdate(Push, kw_only=True):
    """The presence of a watched user has changed; an older `version` is to be ignored."""

    event = "presence:update"
    user_id: str
    status: str
    last_seen: str | None = None
    version: int


class Known(msgspec.Struct, frozen=True):
    """The aggregate of a user over all processes."""

    status: str = "offline"
    version: int = 0


def strongest(statuses: Sequence[str]) -> str:
    """Return the status that stands for several sockets or processes."""
    return next((status for status in STATUSES if status in statuses), "offline")


def _nobody() -> None:
    """Tell nobody."""


class Store(Protocol):
    """Where the processes tell each other which users they have."""

    async def start(self, on_lost: OnLost) -> None:
        """Begin to hold the lease; `on_lost` is called when that of another process was seen to end."""

    async def publish(self, user_id: str, status: str) -> None:
        """Record this process's status of a user; `offline` takes it away."""

    async def read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Return the aggregates."""

    async def stop(self) -> None:
        """Give the lease up."""


class LocalStore:
    """The store of a single process."""

    def __init__(self) -> None:
        """Start with nobody; a restart empties it, and that is the truth."""
        self._known: dict[str, Known] = {}
        self._version = time.time_ns() // 1_000_000

    async def start(self, on_lost: OnLost) -> None:
        """Nothing to hold."""

    async def publish(self, user_id: str, status: str) -> None:
        """Record a status."""
        self._version += 1
        if status == "offline":
            self._known.pop(user_id, None)
        else:
            self._known[user_id] = Known(status, self._version)

    async def read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Return what is known."""
        offline = Known("offline", self._version)
        return {user_id: self._known.get(user_id, offline) for user_id in user_ids}

    async def stop(self) -> None:
        """Nothing to give up."""


class RedisStore:
    """The store of several processes. While Redis is away a process answers from what it knows itself."""

    def __init__(self, url: str, *, node: str, prefix: str) -> None:
        """Connect lazily."""
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=1, socket_connect_timeout=1, max_connections=20, decode_responses=True
        )
        self._node = node
        self._prefix = f"{prefix}:rt"
        self._own: dict[str, str] = {}
        self._nodes: set[str] = set()
        self._on_lost: OnLost = _nobody
        self._task: asyncio.Task[None] | None = None

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"

    async def start(self, on_lost: OnLost) -> None:
        """Take the lease and keep it."""
        self._on_lost = on_lost
        await self._renew()
        self._task = asyncio.get_running_loop().create_task(self._keep_lease())

    async def publish(self, user_id: str, status: str) -> None:
        """Write our field, or remove it, and count the change."""
        if status == "offline":
            self._own.pop(user_id, None)
        else:
            self._own[user_id] = status
        await self._write({user_id: status})

    async def read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Read the fields of all processes, leave out those without a lease."""
        try:
            return await self._read(user_ids)
        except (redis.RedisError, OSError) as error:
            logger.warning("presence is answered from this process alone: %s", error)
            return {user_id: Known(self._own.get(user_id, "offline")) for user_id in user_ids}

    async def stop(self) -> None:
        """Take our fields away, end the lease and close the connections."""
        if self._task is not None:
            self._task.cancel()
        try:
            await self._write(dict.fromkeys(self._own, "offline"))
            await self._redis.delete(self._key("node", self._node))
        except (redis.RedisError, OSError) as error:
            logger.warning("presence could not be taken back, its lease will end: %s", error)
        await self._redis.aclose()

    async def _read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                pipe.hgetall(self._key("pres", user_id))
                pipe.get(self._key("pv", user_id))
            answers = await pipe.execute()
        fields = cast("list[dict[str, str]]", answers[0::2])
        live = await self._live({node for found in fields for node in found})
        await self._forget(user_ids, fields, live)
        return {
            user_id: Known(strongest([status for node, status in found.items() if node in live]), int(version or 0))
            for user_id, found, version in zip(user_ids, fields, answers[1::2], strict=True)
        }

    async def _live(self, nodes: set[str]) -> set[str]:
        self._nodes |= nodes - {self._node}
        if not nodes:
            return set()
        ordered = sorted(nodes)
        leases = await self._redis.mget([self._key("node", node) for node in ordered])
        return {node for node, lease in zip(ordered, leases, strict=True) if lease or node == self._node}

    async def _forget(self, user_ids: Sequence[str], fields: "list[dict[str, str]]", live: set[str]) -> None:
        """Remove the fields of processes without a lease."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for user_id, found in zip(user_ids, fields, strict=True):
                if dead := [node for node in found if node not in live]:
                    pipe.hdel(self._key("pres", user_id), *dead)
                    pipe.incr(self._key("pv", user_id))
            if len(pipe):
                await pipe.execute()

    async def _write(self, statuses: dict[str, str]) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for user_id, status in statuses.items():
                    if status == "offline":
                        pipe.hdel(self._key("pres", user_id), self._node)
                    else:
                        pipe.hset(self._key("pres", user_id), self._node, status)
                    pipe.incr(self._key("pv", user_id))
                if len(pipe):
                    await pipe.execute()
        except (redis.RedisError, OSError) as error:
            logger.warning("presence could not be written: %s", error)

    async def _renew(self) -> None:
        """Renew the lease; one that was lost (Redis restarted) brings our fields back from memory."""
        try:
            kept = await self._redis.set(self._key("node", self._node), "1", px=LEASE_MS, get=True)
            if kept is None and self._own:
                await self._write(dict(self._own))
        except (redis.RedisError, OSError) as error:
            logger.warning("the lease could not be renewed: %s", error)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._renew()
            try:
                known = set(self._nodes)
                gone = known - await self._live(known)
            except (redis.RedisError, OSError):
                continue
            if gone:
                self._nodes -= gone
                self._on_lost()
