"""The users of this process who are online, and the news of everybody that its sockets watch."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from wholexale.common.errors import Unavailable
from wholexale.common.realtime import PresenceChanged
from wholexale.common.wire import optional_time
from wholexale.realtime import framing
from wholexale.realtime.presence import Known, PresenceUpdate, Store, StoreAwayError, UserPresence, strongest

if TYPE_CHECKING:
    from wholexale.realtime.hub import Hub

UNSURE = ""
"""Stands for what watchers were told while the store was away: whatever is read next is news."""

Status = Literal["online", "idle", "dnd", "invisible"]


class Online:
    """Turns sockets coming and going into presence: at once when somebody arrives, 5 s late when they leave."""

    def __init__(self, hub: "Hub", store: Store) -> None:
        """Keep the own users in memory and tell the store of every edge."""
        self._hub = hub
        self._store = store
        self._published: dict[str, str] = {}
        self._shown: dict[str, Known] = {}
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self._stale: set[str] = set()
        self._is_reading = False
        self._untold: set[str] = set()
        self._is_telling = False

    async def start(self) -> None:
        """Begin."""
        await self._store.start(self.refresh_all, self._announce)

    async def stop(self) -> None:
        """Cancel the timers and take our users out of the store."""
        for timer in self._leaving.values():
            timer.cancel()
        await self._store.stop()

    def changed(self, user_id: str) -> None:
        """Look at a user's sockets again: publish an edge, or wait a moment whether a leaver comes back."""
        if (timer := self._leaving.pop(user_id, None)) is not None:
            timer.cancel()
        if self._hub.connections.get(user_id):
            self._publish(user_id)
        elif user_id in self._published:
            delay = self._hub.limits.offline_delay
            self._leaving[user_id] = asyncio.get_running_loop().call_later(delay, self._left, user_id)
        else:
            self._hub.spawn(self._note_left(user_id))

    def own_status(self, user_id: str) -> str:
        """Return the status that this process' sockets give a user; hidden users count as offline."""
        own = self._hub.connections.get(user_id, set())
        return strongest([connection.status for connection in own if connection.actor.shows_presence])

    async def describe(self, last_seen: "dict[str, datetime | None]") -> dict[str, UserPresence]:
        """Return the presence of visible users, given when each was last seen."""
        if not last_seen:
            return {}
        known = await self._read_to_answer(list(last_seen))
        return {
            user_id: UserPresence(
                status=known[user_id].status,
                last_seen=None if known[user_id].status != "offline" else optional_time(seen),
            )
            for user_id, seen in last_seen.items()
        }

    async def _read_to_answer(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Read users, and note what their watchers are told; without the store, from this process alone."""
        try:
            found = await self._store.read(user_ids)
        except StoreAwayError:
            for user_id in self._hub.watchers.keys() & set(user_ids):
                before = self._shown.get(user_id, Known())
                self._shown[user_id] = Known(UNSURE, before.version)
            return {user_id: Known(self._published.get(user_id, "offline")) for user_id in user_ids}
        for user_id in self._hub.watchers.keys() & found.keys():
            if user_id in self._shown:  # an edge that was lost on its way is made up for
                self._show(user_id, found[user_id])
            else:
                self._shown[user_id] = found[user_id]
        return found

    def refresh(self, user_ids: Sequence[str]) -> None:
        """Read these users again and tell their watchers what is new."""
        self._stale.update(user_id for user_id in user_ids if user_id in self._hub.watchers)
        if self._stale and not self._is_reading:
            self._is_reading = True
            self._hub.spawn(self._read_stale())

    def refresh_all(self) -> None:
        """Read everybody who is watched here: another process has gone, or the store was away."""
        self.refresh(list(self._hub.watchers))

    def forget(self, user_id: str) -> None:
        """Drop what watchers were shown: nobody watches any more."""
        self._shown.pop(user_id, None)

    def _left(self, user_id: str) -> None:
        self._leaving.pop(user_id, None)
        self._hub.spawn(self._leave(user_id))

    async def _leave(self, user_id: str) -> None:
        await self._note_left(user_id)  # first, so that who asks after the edge reads it
        self._publish(user_id)

    async def _note_left(self, user_id: str) -> None:
        with contextlib.suppress(Unavailable):
            await self._hub.workers.batcher(self._note_all_left).submit(UUID(user_id))

    def _note_all_left(self, user_ids: Sequence[UUID]) -> list[None]:
        """Write down when users were last here; those of a whole outage in one statement."""
        self._hub.backend.note_last_seen(user_ids=user_ids, moment=datetime.now(UTC))
        return [None] * len(user_ids)

    def _publish(self, user_id: str) -> None:
        status = self.own_status(user_id)
        if status == self._published.get(user_id, "offline"):
            return
        if status == "offline":
            self._published.pop(user_id, None)
        else:
            self._published[user_id] = status
        self._untold.add(user_id)
        if not self._is_telling:
            self._is_telling = True
            self._hub.spawn(self._tell())

    async def _tell(self) -> None:
        """Tell the store of edges; those that come meanwhile go together."""
        try:
            while self._untold:
                statuses = {user_id: self._published.get(user_id, "offline") for user_id in self._untold}
                self._untold.clear()
                await self._store.publish(statuses)
        finally:
            self._is_telling = False

    def _announce(self, user_ids: Iterable[str]) -> None:
        """Tell every process whom to read again, once it can be read."""
        self._hub.publish([PresenceChanged(user_id=user_id) for user_id in user_ids])

    async def _read_stale(self) -> None:
        """Show what is new; what cannot be read waits until the store is back and doubts everything."""
        try:
            while self._stale:
                user_ids = list(self._stale)
                self._stale.clear()
                for user_id, known in (await self._store.read(user_ids)).items():
                    self._show(user_id, known)
        except StoreAwayError:
            self._stale.clear()
        finally:
            self._is_reading = False

    def _show(self, user_id: str, known: Known) -> None:
        """Send a change to the watchers."""
        if (watchers := self._hub.watchers.get(user_id)) is None:
            return
        before = self._shown.get(user_id)
        if before is not None and before.version > known.version:
            return
        self._shown[user_id] = known
        if before is not None and before.status == known.status:
            return
        seen = datetime.now(UTC) if known.status == "offline" else None
        push = PresenceUpdate(
            user_id=user_id, status=known.status, last_seen=optional_time(seen), version=known.version
        )
        frame = framing.push_frame(push)
        for connection in watchers:
            connection.write(frame)
