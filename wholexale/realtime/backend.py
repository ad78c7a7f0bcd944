"""What the apps lend to the engine; `wholexale.asgi` puts it together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from wholexale.common.errors import DomainError
from wholexale.common.realtime import Outgoing, Principal


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to groups, sessions and users since a moment, as the rows tell it: the sweep's view.

    `heads` maps groups to the newest position of their log; `left` holds group, user and the position at which the
    user was seen to be out; `ended` names sessions; `changed` users, and `apart` pairs of them who may no longer see
    each other's presence.
    """

    heads: Mapping[str, int] = field(default_factory=dict)
    ended: Collection[UUID] = ()
    left: Collection[tuple[str, str, int]] = ()
    changed: Collection[str] = ()
    apart: Collection[tuple[str, str]] = ()


class VisiblePresence(Protocol):
    """Tells when users were last seen, of those whose presence a viewer may see."""

    def __call__(self, viewer_id: UUID, user_ids: Sequence[UUID]) -> Mapping[UUID, datetime | None]:
        """Return the moments by user."""


class NoteLastSeen(Protocol):
    """Writes down when users were last here."""

    def __call__(self, *, user_ids: Sequence[UUID], moment: datetime) -> None:
        """Write the moment."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The functions that the engine calls; all synchronous, all run in threads, most of them for many sockets at once.

    Attributes:
        authenticate: tokens to principals or refusals, in order.
        principals: session ids to the principals of those still alive.
        log_after: (group, position, limit) to the pushes after that position, oldest first, each with its `seq`.
        changes: what has happened in each part of the system since a moment.
        visible_presence: (viewer, users) to the last-seen moments of those whose presence the viewer may see.
        note_last_seen: (users, moment) when their last socket has closed.
    """

    authenticate: Callable[[Sequence[str]], Sequence[Principal | DomainError]]
    principals: Callable[[Sequence[UUID]], Mapping[UUID, Principal]]
    log_after: Callable[[str, int, int], Sequence[Outgoing]]
    changes: Iterable[Callable[[datetime], Changes]]
    visible_presence: VisiblePresence
    note_last_seen: NoteLastSeen


@dataclass(frozen=True, slots=True)
class Limits:
    """What one socket and one user may do; 0 is no limit. Times in seconds."""

    frames_per_second: int = 50
    sockets_per_user: int = 10
    joins_per_socket: int = 200
    auth_timeout: float = 10.0
    sweep_interval: float = 1.0
    offline_delay: float = 5.0
    typing_expires: float = 8.0
    typing_repeat: float = 3.0
    gap_wait: float = 0.05
