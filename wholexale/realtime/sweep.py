"""The sweep: what pushes and signals may have lost is found in the rows.

Every second on the local bus, every five with Redis, and every second again while Redis does not answer.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wholexale.common.errors import Unavailable
from wholexale.realtime.backend import Changes

if TYPE_CHECKING:
    from wholexale.realtime.hub import Hub
    from wholexale.realtime.streams import Stream

logger = logging.getLogger(__name__)

OVERLAP = timedelta(seconds=30)  # longer than any transaction, and than clocks may differ
FAST_INTERVAL = 1.0
IN_FLIGHT_SECONDS = 0.2  # a push that was just sent needs no help


class Sweep:
    """Asks the apps, again and again, what has changed lately, and acts where this process did not hear of it."""

    def __init__(self, hub: "Hub") -> None:
        """Wait for `start`."""
        self._hub = hub
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        since = datetime.now(UTC)
        while True:
            interval = self._hub.limits.sweep_interval
            await asyncio.sleep(interval if self._hub.bus.is_healthy else min(interval, FAST_INTERVAL))
            if not self._hub.connections:
                since = datetime.now(UTC)
                continue
            try:
                began = datetime.now(UTC)
                await self.once(since - OVERLAP)
                since = began
            except Unavailable:
                continue
            except Exception:
                logger.exception("the sweep failed")

    async def once(self, since: datetime) -> None:
        """Look at everything that has changed since a moment."""
        for changes in self._hub.backend.changes:
            await self._act(await self._hub.workers.call(changes, since))

    async def _act(self, changes: Changes) -> None:
        hub = self._hub
        hub.signals.end_sessions(session_id for session_id in changes.ended if session_id in hub.by_session)
        for group, user_id, seq in changes.left:
            hub.signals.part(group, user_id, seq)
        for one, other in changes.apart:
            hub.signals.end_watch(one, other)
            hub.signals.end_watch(other, one)
        if here := [user_id for user_id in changes.changed if user_id in hub.connections]:
            await hub.signals.reread_principals(here)
        if behind := self._behind(changes.heads):
            await asyncio.sleep(IN_FLIGHT_SECONDS)
            for stream, head in self._behind({group: head for group, (_, head) in behind.items()}).values():
                await hub.fill(stream, head)

    def _behind(self, heads: Mapping[str, int]) -> "dict[str, tuple[Stream, int]]":
        """Return the streams whose sockets have not been sent everything."""
        found = {}
        for group, head in heads.items():
            stream = self._hub.streams.get(group)
            if stream is not None and stream.head is not None and stream.head < head and not stream.filling:
                found[group] = stream, head
        return found
