"""Who is typing: never stored; every receiving hub lets a note expire by itself, so no ghost stays."""

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar

from wholexale.common.realtime import Push, TypingNoted
from wholexale.realtime.backend import Limits

Send = Callable[[str, Push, str], None]
Announce = Callable[[TypingNoted], None]


class TypingStart(Push, kw_only=True):
    """Somebody types in a joined conversation."""

    event: ClassVar[str] = "typing:start"
    user_id: str
    user_name: str
    conversation_id: str
    expires_in_ms: int


class TypingStop(Push, kw_only=True):
    """Somebody has stopped typing."""

    event: ClassVar[str] = "typing:stop"
    user_id: str
    user_name: str
    conversation_id: str
    expires_in_ms: int = 0


class Typing:
    """The typing notes of one process. `started` and `stopped` come from own sockets, `receive` from any process."""

    def __init__(self, *, send: Send, announce: Announce, limits: Limits) -> None:
        """Take how to send to a group's sockets (but the typist's) and how to tell every process."""
        self._send = send
        self._announce = announce
        self._limits = limits
        self._announced: dict[tuple[str, str], float] = {}
        self._shown: dict[tuple[str, str], asyncio.TimerHandle] = {}

    def started(self, group: str, user_id: str, user_name: str) -> None:
        """Tell everybody, at most once in three seconds."""
        if self.is_due(group, user_id):
            self._announced[group, user_id] = time.monotonic()
            self._announce(TypingNoted(group=group, user_id=user_id, user_name=user_name, started=True))

    def is_due(self, group: str, user_id: str) -> bool:
        """Return whether a start would be told again."""
        last = self._announced.get((group, user_id))
        return last is None or time.monotonic() - last >= self._limits.typing_repeat

    def stopped(self, group: str, user_id: str, user_name: str) -> None:
        """Tell everybody, if they were told of a start."""
        if self._announced.pop((group, user_id), None) is not None:
            self._announce(TypingNoted(group=group, user_id=user_id, user_name=user_name, started=False))

    def receive(self, note: TypingNoted) -> None:
        """Show a note to the group's sockets and arm its end."""
        key = (note.group, note.user_id)
        if (timer := self._shown.pop(key, None)) is not None:
            timer.cancel()
        elif not note.started:
            return
        kind = TypingStart if note.started else TypingStop
        expires = self._limits.typing_expires if note.started else 0.0
        if note.started:
            loop = asyncio.get_running_loop()
            self._shown[key] = loop.call_later(expires, self._expire, note)
        push = kind(
            user_id=note.user_id,
            user_name=note.user_name,
            conversation_id=note.group.partition(":")[2],
            expires_in_ms=round(expires * 1000),
        )
        self._send(note.group, push, note.user_id)

    def typists(self, group: str) -> list[str]:
        """Return who types in a group just now."""
        return [user_id for shown_group, user_id in self._shown if shown_group == group]

    def close(self) -> None:
        """Cancel every timer."""
        for timer in self._shown.values():
            timer.cancel()
        self._shown.clear()

    def _expire(self, note: TypingNoted) -> None:
        self._announced.pop((note.group, note.user_id), None)
        self.receive(TypingNoted(group=note.group, user_id=note.user_id, user_name=note.user_name, started=False))
