"""What a signal, from this or another process, does to the sockets here."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from wholexale.common import realtime
from wholexale.common.realtime import Signal
from wholexale.realtime.connection import CloseCode, Connection

if TYPE_CHECKING:
    from wholexale.realtime.hub import Hub

STALE_SECONDS = 5.0
"""Typing that took longer to arrive is not shown."""


class Signals:
    """Acts on the sockets of one hub; the sweep does the same where a signal was lost."""

    def __init__(self, hub: "Hub") -> None:
        """Act on a hub."""
        self._hub = hub

    def obey(self, signal: Signal) -> None:
        """Do what a signal says."""
        match signal:
            case realtime.TypingNoted(at=at):
                if time.time() - at < STALE_SECONDS:
                    self._hub.typing.receive(signal)
            case realtime.PresenceChanged(user_id=user_id):
                self._hub.online.refresh([user_id])
            case realtime.SessionEnded(session_ids=session_ids):
                self.end_sessions(map(UUID, session_ids))
            case realtime.MemberLeft(group=group, user_id=user_id, seq=seq):
                self.part(group, user_id, seq)
            case realtime.WatchEnded(user_id=user_id, watched_id=watched_id):
                self.end_watch(user_id, watched_id)
            case realtime.PrincipalChanged(user_id=user_id):
                self._hub.spawn(self.reread_principals([user_id]))

    def end_sessions(self, session_ids: Iterable[UUID]) -> None:
        """Close every socket of these sessions."""
        for session_id in session_ids:
            for connection in list(self._hub.by_session.get(session_id, ())):
                connection.close(CloseCode.UNAUTHENTICATED, "the session has ended")

    # --- Who has left a group ----------------------------------------------------------------------------------

    def part(self, group: str, user_id: str, seq: int | None) -> None:
        """Part a user from a group and from the presence that only the group let them see, and the others from theirs.

        Sockets whose snapshot is newer than `seq` know better: the user was back by then.
        """
        for connection in list(self._hub.connections.get(user_id, ())):
            self._expel(connection, group, seq)
        if (stream := self._hub.streams.get(group)) is not None:
            for connection in list(stream.members):
                if not _is_newer(connection, group, seq):
                    _forget(connection, group, user_id)
        if asked := self._named_with(user_id):
            self._hub.spawn(self._recheck_named(asked))

    def _expel(self, connection: Connection, group: str, seq: int | None) -> None:
        """Take a socket out; for one that is joining, `complete_join` decides, which knows the snapshot's position."""
        if seq is not None and self._hub.is_joining(connection, group):
            connection.left_at_seq[group] = max(seq, connection.left_at_seq.get(group, 0))
        elif not _is_newer(connection, group, seq):
            self._hub.leave(connection, group)

    def _named_with(self, user_id: str) -> dict[str, set[str]]:
        """Return whom a user watches by name, and who watches them so: viewers to the watched."""
        asked: dict[str, set[str]] = {}
        for connection in self._hub.connections.get(user_id, ()):
            if connection.named:
                asked.setdefault(user_id, set()).update(connection.named)
        for connection in self._hub.watchers.get(user_id, ()):
            if user_id in connection.named:
                asked.setdefault(connection.user_id, set()).add(user_id)
        return asked

    async def _recheck_named(self, asked: Mapping[str, set[str]]) -> None:
        """End the watches by name that are allowed no more."""
        hidden = await self._hub.workers.call(self._hidden, asked)
        for viewer, user_ids in hidden.items():
            for user_id in user_ids:
                for connection in self._hub.connections.get(viewer, ()):
                    if user_id in connection.named:
                        connection.named = _without(connection.named, user_id)
                        connection.unwatch([user_id])

    def _hidden(self, asked: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Return whom each viewer may not see."""
        see = self._hub.backend.visible_presence
        return {
            viewer: user_ids - set(map(str, see(UUID(viewer), [UUID(user_id) for user_id in user_ids])))
            for viewer, user_ids in asked.items()
        }

    # --- Who may see whom --------------------------------------------------------------------------------------

    def end_watch(self, user_id: str, watched_id: str) -> None:
        """Let a user no longer see another's presence, however they came to watch it."""
        for connection in self._hub.connections.get(user_id, ()):
            if watched_id in connection.watching:
                connection.unwatch([watched_id] * connection.watching[watched_id])
                connection.named = _without(connection.named, watched_id)
                for group, others in connection.joined.items():
                    connection.joined[group] = _without(others, watched_id)

    async def reread_principals(self, user_ids: Sequence[str]) -> None:
        """Take over changed names, roles and privacy; close the sockets of accounts that no longer work."""
        own = [connection for user_id in user_ids for connection in self._hub.connections.get(user_id, ())]
        found = await self._hub.workers.call(
            self._hub.backend.principals, [connection.actor.session_id for connection in own]
        )
        for connection in own:
            fresh = found.get(connection.actor.session_id)
            if fresh is None:
                connection.close(CloseCode.UNAUTHENTICATED, "the session has ended")
            else:
                connection.principal = msgspec.structs.replace(fresh, expires_at=connection.actor.expires_at)
        for user_id in user_ids:
            if user_id in self._hub.connections:
                self._hub.online.changed(user_id)


def _is_newer(connection: Connection, group: str, seq: int | None) -> bool:
    """Return whether a socket has joined after a position of the log."""
    return seq is not None and connection.joined_at_seq.get(group, -1) > seq


def _forget(connection: Connection, group: str, user_id: str) -> None:
    """Watch a user no longer for being in a group."""
    others = connection.joined.get(group, ())
    if user_id in others:
        connection.joined[group] = _without(others, user_id)
        connection.unwatch([user_id])


def _without(user_ids: tuple[str, ...], user_id: str) -> tuple[str, ...]:
    return tuple(other for other in user_ids if other != user_id)
