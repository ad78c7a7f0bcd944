"""Start and end of a server process."""

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.conf import settings

from wholexale.realtime.hub import Hub

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ADVISORY_LOCK = 0x57484F4C  # "WHOL"
WORK_STOP_SECONDS = 5.0
"""How long the end of a server waits for the row of work that runs; what takes longer is run again by others."""


class AlreadyRunning(Exception):
    """Another process serves this database, and without Redis the two would not hear each other."""


class SingleProcess:
    """Holds a database for one server process, where there is no Redis to let several hear each other.

    SQLite: a lock on a file beside it. PostgreSQL: an advisory lock on a connection of its own. Both end with the
    process, however it ends.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held: contextlib.ExitStack = contextlib.ExitStack()

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            AlreadyRunning: when another process has it.
        """
        if settings.REDIS_URL:
            return
        held = self._lock_postgres() if settings.POSTGRES_URI else self._lock_file(settings.DATA_DIR / "server.lock")
        if not held:
            raise AlreadyRunning(
                "Another Wholexale server uses this database. Stop it, or set REDIS_URL to run several processes."
            )

    def release(self) -> None:
        """Give the lock back."""
        self._held.close()

    def _lock_file(self, path: Path) -> bool:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _lock_postgres(self) -> bool:
        connection = psycopg.connect(settings.POSTGRES_URI, autocommit=True, connect_timeout=5)
        self._held.callback(connection.close)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
        return bool(row and row[0])


class Engine(Protocol):
    """What runs work, or has others run it."""

    def start(self) -> None:
        """Start, once."""

    def stop(self, seconds: float) -> bool:
        """End, within so many seconds; return whether nothing is left behind."""


class Background:
    """What runs beside requests: the hub, and the engine of the work where this process has one.

    Started by whatever comes first: the lifespan, a request or a handshake (daphne has no lifespan).
    """

    def __init__(self, hub: Hub, engine: Engine | None) -> None:
        """Start nothing yet."""
        self._hub = hub
        self._engine = engine

    async def start(self) -> None:
        """Start, once."""
        await self._hub.start()
        if self._engine is not None:
            self._engine.start()

    async def stop(self) -> None:
        """Stop; first the work, which may still push."""
        if self._engine is not None and not await asyncio.to_thread(self._engine.stop, WORK_STOP_SECONDS):
            logger.warning("some work is not over; whoever comes after its lease will run it again")
        await self._hub.stop()


class Lifespan:
    """The ASGI lifespan: refuses to start a second deaf process, starts what runs beside, stops it at the end."""

    def __init__(self, background: Background) -> None:
        """Look after what runs beside requests."""
        self._background = background
        self._single = SingleProcess()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer the server's two questions."""
        await receive()
        try:
            self._single.acquire()
            await self._background.start()
        except AlreadyRunning as error:
            self._single.release()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._background.stop()
        self._single.release()
        await send({"type": "lifespan.shutdown.complete"})
