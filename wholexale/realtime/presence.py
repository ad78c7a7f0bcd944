"""What presence is, and where the processes tell each other of it; `leases` is the store of several."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from wholexale.common.realtime import Push
from wholexale.common.wire import Wire

OnDoubt = Callable[[], None]
OnChanged = Callable[[Iterable[str]], None]
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
    """The aggregate of a user over all processes; versions begin at the clock's milliseconds and grow."""

    status: str = "offline"
    version: int = 0


def strongest(statuses: Sequence[str]) -> str:
    """Return the status that stands for several sockets or processes."""
    return next((status for status in STATUSES if status in statuses), "offline")


def _tell_nobody(user_ids: Iterable[str]) -> None:
    """Stand in until the store has started."""


class StoreAwayError(Exception):
    """The store cannot be read just now."""


class Store(Protocol):
    """Where the processes tell each other which users they have."""

    async def start(self, on_doubt: OnDoubt, on_changed: OnChanged) -> None:
        """Begin to hold the lease.

        `on_doubt` is called when what was read may have become wrong unnoticed: another process has ended, or the
        store was away. `on_changed` is called with the users whose status was written.
        """

    async def publish(self, statuses: Mapping[str, str]) -> None:
        """Record this process's status of users, later if need be; `offline` takes it away."""

    async def read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Return the aggregates.

        Raises:
            StoreAwayError: when nobody knows.
        """

    async def stop(self) -> None:
        """Give the lease up."""


class LocalStore:
    """The store of a single process."""

    def __init__(self) -> None:
        """Start with nobody; a restart empties it, and that is the truth."""
        self._known: dict[str, Known] = {}
        self._version = time.time_ns() // 1_000_000
        self._on_changed: OnChanged = _tell_nobody

    async def start(self, on_doubt: OnDoubt, on_changed: OnChanged) -> None:
        """Nothing to hold, and nothing to doubt."""
        self._on_changed = on_changed

    async def publish(self, statuses: Mapping[str, str]) -> None:
        """Record statuses."""
        for user_id, status in statuses.items():
            self._version += 1
            if status == "offline":
                self._known.pop(user_id, None)
            else:
                self._known[user_id] = Known(status, self._version)
        self._on_changed(statuses)

    async def read(self, user_ids: Sequence[str]) -> dict[str, Known]:
        """Return what is known."""
        offline = Known("offline", self._version)
        return {user_id: self._known.get(user_id, offline) for user_id in user_ids}

    async def stop(self) -> None:
        """Nothing to give up."""
