"""What a signal, from this or another process, does to the sockets here."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from wholexale.common import realtime
from wholexale.common.realtime import Signal
from wholexale.realtime.connection import CloseCode

if TYPE_CHECKING:
    from wholexale.realtime.hub import Hub


class Signals:
    """Acts on the sockets of one hub; the sweep does the same where a signal was lost."""

    def __init__(self, hub: "Hub") -> None:
        """Act on a hub."""
        self._hub = hub

    def obey(self, signal: Signal) -> None:
        """Do what a signal says."""
        match signal:
            case realtime.TypingNoted():
                self._hub.typing.receive(signal)
            case realtime.PresenceChanged(user_id=user_id):
                self._hub.online.refresh([user_id])
            case realtime.SessionEnded(session_ids=session_ids):
                self.end_sessions(map(UUID, session_ids))
            case realtime.MemberLeft(group=group, user_id=user_id):
                self.expel(group, user_id)
            case realtime.WatchEnded(user_id=user_id, watched_id=watched_id):
                for connection in self._hub.connections.get(user_id, ()):
                    connection.unwatch([watched_id] * connection.watching[watched_id])
            case realtime.PrincipalChanged(user_id=user_id):
                self._hub.spawn(self._reread_principals(user_id))

    def end_sessions(self, session_ids: Iterable[UUID]) -> None:
        """Close every socket of these sessions."""
        for session_id in session_ids:
            for connection in list(self._hub.by_session.get(session_id, ())):
                connection.close(CloseCode.UNAUTHENTICATED, "the session has ended")

    def expel(self, group: str, user_id: str) -> None:
        """Take every socket of a user out of a group."""
        for connection in list(self._hub.connections.get(user_id, ())):
            if group in connection.joined or group in self._hub.streams:
                self._hub.leave(connection, group)

    async def _reread_principals(self, user_id: str) -> None:
        """Take over a changed name, role or privacy; close the sockets of an account that no longer works."""
        own = list(self._hub.connections.get(user_id, ()))
        found = await self._hub.workers.call(
            self._hub.backend.principals, [connection.actor.session_id for connection in own]
        )
        for connection in own:
            fresh = found.get(connection.actor.session_id)
            if fresh is None:
                connection.close(CloseCode.UNAUTHENTICATED, "the session has ended")
            else:
                connection.principal = msgspec.structs.replace(fresh, expires_at=connection.actor.expires_at)
        self._hub.online.changed(user_id)
