"""Presence of several processes, in Redis: one lease per process, aggregated on read.

Keys: `node:<node>` is the lease of a process (15 s, renewed every 5 s); `pres:<user>` is a hash of node -> status;
`pv:<user>` is the version of a user: the clock's milliseconds when it was made, plus one for each change, so that it
grows over a loss of Redis. A field whose node has no lease is old news, ignored and removed by whoever reads it, so a
killed process leaves no ghost.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import redis.asyncio as redis

from wholexale.realtime.presence import Known, OnChanged, OnDoubt, StoreAwayError, strongest

logger = logging.getLogger(__name__)

LEASE_MS = 15_000
RENEW_SECONDS = 5.0
VERSION_SECONDS = 7 * 24 * 3600  # then the clock gives a new one, which is higher
MAX_USERS = 500
CONNECTIONS = 4
AGAIN = 2  # renewals: whatever raced with the first repair is over at the second
AWAY = (redis.RedisError, OSError)

Fields = dict[str, dict[str, str]]


class RedisStore:
    """The store of several processes. While Redis is away changes are kept, and reading fails."""

    def __init__(self, url: str, *, node: str, prefix: str) -> None:
        """Connect lazily; who finds every connection busy waits a moment for one."""
        pool: Any = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=1,
            socket_timeout=1,
            socket_connect_timeout=1,
            decode_responses=True,
        )
        self._redis: Any = redis.Redis.from_pool(pool)
        self._node = node
        self._prefix = f"{prefix}:rt"
        self._own: dict[str, str] = {}
        self._unwritten: dict[str, str] = {}
        self._writing = asyncio.Lock()
        self._asked: list[tuple[Sequence[str], asyncio.Future[dict[str, Known]]]] = []
        self._reader: asyncio.Task[None] | None = None
        self._nodes: set[str] = set()
        self._rewrites = 0
        self._doubts = 0
        self._task: asyncio.Task[None] | None = None

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"

    # --- Life --------------------------------------------------------------------------------------------------

    async def start(self, on_doubt: OnDoubt, on_changed: OnChanged) -> None:
        """Take the lease and keep it."""
        self._on_doubt, self._on_changed = on_doubt, on_changed
        await self._renew()
        self._task = asyncio.get_running_loop().create_task(self._keep_lease())

    async def stop(self) -> None:
        """Take our fields away, end the lease and close the connections."""
        for task in filter(None, (self._task, self._reader)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        try:
            for part in _parts(list(self._own)):
                await self._write(dict.fromkeys(part, "offline"))
            await self._redis.delete(self._key("node", self._node))
        except AWAY as error:
            logger.warning("presence could not be taken back, its lease will end: %s", error)
        await self._redis.aclose()

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                if await self._renew():
                    await self._look_around()
            except Exception:
                logger.exception("the lease is not kept")

    async def _renew(self) -> bool:
        """Renew the lease and write what is not written; return whether Redis answered.

        A lease that was lost brings our fields back from memory: Redis may have lost its data, or others took us for
        lost. What they remove may still be on its way, so the fields are written at the next renewal again.
        """
        try:
            kept = await self._redis.set(self._key("node", self._node), "1", px=LEASE_MS, get=True)
        except AWAY as error:
            self._note_failure("the lease could not be renewed", error)
            return False
        if kept is None:
            self._rewrites = AGAIN if self._own else 0
            self._doubts = AGAIN
        if self._rewrites:
            self._rewrites -= 1
            self._unwritten = self._own | self._unwritten
        await self._flush()
        return True

    async def _look_around(self) -> None:
        """Doubt what was read, where another process has ended or Redis did not answer a moment ago."""
        known = set(self._nodes)
        try:
            gone = known - await self._live(known)
        except AWAY as error:
            self._note_failure("the other processes are not seen", error)
            return
        self._nodes -= gone
        if gone or self._doubts:
            self._doubts = max(0, self._doubts - 1)
            self._on_doubt()

    def _note_failure(self, what: str, error: Exception) -> None:
        logger.warning("%s: %s", what, error)
        self._doubts = AGAIN

    # --- Writing -----------------------------------------------------------------------------------------------

    async def publish(self, statuses: Mapping[str, str]) -> None:
        """Write our fields, or remove them, and count the changes; what fails is tried again at each renewal."""
        for user_id, status in statuses.items():
            if status == "offline":
                self._own.pop(user_id, None)
            else:
                self._own[user_id] = status
        self._unwritten |= statuses
        await self._flush()

    async def _flush(self) -> None:
        """Write what is not written yet, and say so; one after the other, or an old edge could overtake a new one."""
        async with self._writing:
            while part := dict(islice(self._unwritten.items(), MAX_USERS)):
                try:
                    await self._write(part)
                except AWAY as error:
                    self._note_failure("presence could not be written", error)
                    return
                for user_id, status in part.items():
                    if self._unwritten.get(user_id) == status:  # nothing new came meanwhile
                        del self._unwritten[user_id]
                self._on_changed(part)

    async def _write(self, statuses: Mapping[str, str]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for user_id, status in statuses.items():
                if status == "offline":
                    pipe.hdel(self._key("pres", user_id), self._node)
                else:
                    pipe.hset(self._key("pres", user_id), self._node, status)
                self._count(pipe, user_id)
            await pipe.execute()

    def _count(self, pipe: Any, user_id: str) -> None:
        self._make_version(pipe, user_id)
        pipe.incr(self._key("pv", user_id))

    def _make_version(self, pipe: Any, user_id: str) -> None:
        pipe.set(self._key("pv", user_id), time.time_ns() // 1_000_000, nx=True, ex=VERSION_SECONDS)

    # --- Reading -----------------------------------------------------------------------------------------------

    async def read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Read the fields of all processes, together with whoever asks while the last reading runs.

        Raises:
            StoreAwayError: when Redis does not answer.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[dict[str, Known]] = loop.create_future()
        self._asked.append((user_ids, future))
        if self._reader is None:
            self._reader = loop.create_task(self._read_all())
        return await future

    async def _read_all(self) -> None:
        """Answer all who have asked, until nobody asks."""
        asked: list[tuple[Sequence[str], asyncio.Future[dict[str, Known]]]] = []
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                found = await self._read_or_fail({user_id for user_ids, _ in asked for user_id in user_ids})
                for user_ids, future in asked:
                    if future.done():
                        continue
                    if found is None:
                        future.set_exception(StoreAwayError())
                    else:
                        future.set_result({user_id: found[user_id] for user_id in user_ids})
        finally:
            self._reader = None
            for _, future in [*asked, *self._asked]:
                future.cancel()  # only those that nobody has answered, because we stop

    async def _read_or_fail(self, user_ids: set[str]) -> dict[str, Known] | None:
        found: dict[str, Known] = {}
        try:
            for part in _parts(list(user_ids)):
                found |= await self._read(part)
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody may wait for ever
            self._note_failure("presence could not be read", error)
            return None
        return found

    async def _read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                self._make_version(pipe, user_id)
                pipe.get(self._key("pv", user_id))  # first: the status may be newer than its version, never older
                pipe.hgetall(self._key("pres", user_id))
            answers = await pipe.execute()
        fields: Fields = dict(zip(user_ids, answers[2::3], strict=True))
        live = await self._live({node for found in fields.values() for node in found})
        await self._forget(fields, live)
        return {
            user_id: Known(
                strongest([status for node, status in fields[user_id].items() if node in live]), int(version)
            )
            for user_id, version in zip(user_ids, answers[1::3], strict=True)
        }

    async def _live(self, nodes: set[str]) -> set[str]:
        """Return those of the processes that hold a lease."""
        self._nodes |= nodes - {self._node}
        if not nodes:
            return set()
        ordered = sorted(nodes)
        leases = await self._redis.mget([self._key("node", node) for node in ordered])
        return {node for node, lease in zip(ordered, leases, strict=True) if lease or node == self._node}

    async def _forget(self, fields: Fields, live: set[str]) -> None:
        """Remove the fields of processes without a lease."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for user_id, found in fields.items():
                if dead := [node for node in found if node not in live]:
                    pipe.hdel(self._key("pres", user_id), *dead)
                    self._count(pipe, user_id)
            if len(pipe):
                await pipe.execute()


def _parts(user_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a long list into pipelines."""
    for start in range(0, len(user_ids), MAX_USERS):
        yield user_ids[start : start + MAX_USERS]
