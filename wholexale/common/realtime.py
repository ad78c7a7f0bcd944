"""The face of the realtime engine that services see: groups, pushes and signals.

A push is a hint that reaches sockets after the commit; the rows are the truth. A signal tells every process
something about its sockets (a session ended, a member left) and is never sent to a client.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

import msgspec

from wholexale.common.commits import after_commit
from wholexale.common.wire import Wire

logger = logging.getLogger(__name__)


class Actor(Protocol):
    """Who acts: a user of a REST request, or the principal of a socket."""

    @property
    def id(self) -> UUID:
        """Return the id of the user."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a socket: what commands need of a signed-in user, read once at the handshake.

    `expires_at` is the end of the access token in seconds since the epoch.
    """

    id: UUID
    session_id: UUID
    name: str
    role: str
    expires_at: int
    shows_presence: bool


class Push(Wire, kw_only=True):
    """An event that the server sends to sockets; a subclass names it and declares its data."""

    event: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A push on its way to the sockets of some groups.

    `seq` is the position in the group's log, for groups that have one. `owner` receives `own` instead of `push`
    (what only its author may see). `skip` receives nothing. `redacted` holds what those get who joined later: for
    each (entry, push), highest entry first, who does not see that entry of the log gets that push.
    """

    push: Push
    to: tuple[str, ...]
    seq: int | None = None
    owner: str | None = None
    own: Push | None = None
    skip: str | None = None
    redacted: tuple[tuple[int, Push], ...] = ()

    def seen_by(self, user_id: str, *, sees_from: int) -> Push:
        """Return the push that a user gets who sees the log after an entry."""
        for entry, push in self.redacted:
            if entry <= sees_from:
                return push
        return self.own if self.own is not None and self.owner == user_id else self.push


class Signal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """A note from process to process about sockets; never sent to a client."""


class SessionEnded(Signal, frozen=True, kw_only=True):
    """Close the sockets of these sessions."""

    session_ids: tuple[str, ...]


class PrincipalChanged(Signal, frozen=True, kw_only=True):
    """Read again who this user is: name, privacy, status, blocks."""

    user_id: str


class MemberLeft(Signal, frozen=True, kw_only=True):
    """Take this user's sockets out of a group; not those that joined after position `seq` of its log."""

    group: str
    user_id: str
    seq: int | None = None


class WatchEnded(Signal, frozen=True, kw_only=True):
    """A user may no longer see another's presence."""

    user_id: str
    watched_id: str


class TypingNoted(Signal, frozen=True, kw_only=True):
    """Somebody types in a group, or stopped; `at` in seconds since the epoch, because late news is none."""

    group: str
    user_id: str
    user_name: str
    started: bool
    at: float = msgspec.field(default_factory=time.time)


class PresenceChanged(Signal, frozen=True, kw_only=True):
    """The presence of a user has a new aggregate."""

    user_id: str


Item = Outgoing | Signal
Publisher = Callable[[Sequence[Item]], None]

_publisher: Publisher | None = None
_collected: ContextVar[list[Item] | None] = ContextVar("collected", default=None)


def conversation_group(conversation_id: UUID | str) -> str:
    """Name the group of sockets that joined a conversation; its log numbers the pushes."""
    return f"c:{conversation_id}"


def user_group(user_id: UUID | str) -> str:
    """Name the group of all sockets of a user."""
    return f"u:{user_id}"


def push_on_commit(
    push: Push,
    *,
    to: Sequence[str],
    seq: int | None = None,
    owner: str | None = None,
    own: Push | None = None,
) -> None:
    """Send a push once the surrounding transaction has committed; at once where there is none."""
    item = Outgoing(push=push, to=tuple(to), seq=seq, owner=owner, own=own)
    after_commit(push_rollback_unsafe, item)


def push_all_on_commit(items: Sequence[Outgoing]) -> None:
    """Send pushes, in order, once the surrounding transaction has committed; at once where there is none."""
    after_commit(_hand_over, items)


def signal_on_commit(signal: Signal) -> None:
    """Send a signal once the surrounding transaction has committed."""
    after_commit(push_rollback_unsafe, signal)


def push_rollback_unsafe(item: Item) -> None:
    """Send now, whether or not a transaction is open. For typing and presence, which no row records."""
    _hand_over([item])


def _hand_over(items: Sequence[Item]) -> None:
    if (collected := _collected.get()) is not None:
        collected.extend(items)
    elif _publisher is not None:
        try:
            _publisher(items)
        except Exception:  # a push is a hint: the sweep finds what it announced
            logger.exception("a push was lost")


def install_publisher(publisher: Publisher | None) -> None:
    """Install the engine of this process, or take it away with None."""
    global _publisher  # noqa: PLW0603 - one engine a process
    _publisher = publisher


@contextmanager
def collected_pushes() -> Iterator[list[Item]]:
    """Gather what this thread or task would send, in order, instead of sending it."""
    items: list[Item] = []
    token = _collected.set(items)
    try:
        yield items
    finally:
        _collected.reset(token)


@contextmanager
def pushes_together() -> Iterator[None]:
    """Send all that this thread or task pushes at once, when it is done: one message on the bus in place of many."""
    items: list[Item] = []
    try:
        with collected_pushes() as items:
            yield
    finally:
        if items:
            _hand_over(items)
