"""The order of a group's log: every socket sees 1, 2, 3, ... without holes or repeats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wholexale.realtime.framing import Frame

if TYPE_CHECKING:
    from wholexale.realtime.connection import Connection

MAX_WAITING = 1_000


@dataclass(slots=True)
class Delivery:
    """A framed push for the members of a group; `owner`'s sockets get `own`, `skip`'s sockets get nothing.

    Each pair of `redacted` says which frame those get who do not see an entry of the log, highest entry first.
    """

    frame: Frame
    seq: int | None = None
    owner: str | None = None
    own: Frame | None = None
    skip: str | None = None
    redacted: tuple[tuple[int, Frame], ...] = ()

    @property
    def is_equal_for_all(self) -> bool:
        """Return whether every member gets the same frame."""
        return self.owner is None and self.skip is None and not self.redacted

    def to(self, connection: "Connection", sees_from: int = 0) -> None:
        """Write to one socket, whose user sees the log after `sees_from`."""
        for entry, frame in self.redacted:
            if entry <= sees_from:
                connection.write(frame)
                return
        if self.owner is not None and connection.user_id == self.owner and self.own is not None:
            connection.write(self.own)
        elif self.skip is None or connection.user_id != self.skip:
            connection.write(self.frame)


class Stream:
    """The members of one group in this process, and how far its log was delivered to them.

    A socket joins in two steps: `begin` (from here on nothing is missed), then, once its snapshot up to `seq` was
    read and sent, `complete`. `head` is None until the first join has completed; `known` is the newest entry that is
    known to exist.
    """

    __slots__ = ("filling", "group", "head", "joining", "known", "late", "members", "on_gap", "waiting")

    def __init__(self, group: str, on_gap: "Callable[[Stream], None]") -> None:
        """Start empty; `on_gap` is called when an entry arrives before its predecessor."""
        self.group = group
        self.on_gap = on_gap
        self.head: int | None = None
        self.filling = False
        self.known = 0
        self.members: set[Connection] = set()
        self.joining: dict[Connection, list[Delivery]] = {}
        self.late: dict[Connection, int] = {}
        self.waiting: dict[int, Delivery] = {}

    @property
    def is_empty(self) -> bool:
        """Return whether no socket needs the stream."""
        return not self.members and not self.joining

    def begin(self, connection: "Connection") -> None:
        """Keep for this socket what arrives from now on; a member that joins again starts over."""
        self.members.discard(connection)
        self.late.pop(connection, None)
        self.joining[connection] = []

    def complete(self, connection: "Connection", seq: int) -> bool:
        """Make the socket a member that has everything up to `seq`; send it what arrived since.

        Return False where it has left, or was taken out, since `begin`.
        """
        kept = self.joining.pop(connection, None)
        if kept is None:
            return False
        self.known = max(self.known, seq)
        if self.head is None:
            self.head = seq
            self.members.add(connection)
            self._catch_up()
        elif seq > self.head:
            self.members.add(connection)
            self.late[connection] = seq
        else:
            self._let_in(connection, self._send_kept(connection, kept, seq))
        return True

    def _send_kept(self, connection: "Connection", kept: list[Delivery], seq: int) -> int:
        """Send what arrived since `begin`; return how far the socket has come without a hole."""
        for delivery in kept:
            if delivery.seq is None:
                delivery.to(connection)
            elif delivery.seq == seq + 1:
                seq += 1
                delivery.to(connection, connection.sees_from.get(self.group, 0))
        return seq

    def _let_in(self, connection: "Connection", seq: int) -> None:
        """Make a member of a socket that is not ahead of the others.

        It may be behind them: its snapshot was read first and completes last. Then the stream goes back to where the
        socket stands, and the others, who have what follows, wait there.
        """
        if self.head is not None and seq < self.head:
            for member in self.members:
                self.late[member] = max(self.late.get(member, 0), self.head)
            self.head = seq
            self.on_gap(self)
        self.members.add(connection)

    def remove(self, connection: "Connection") -> None:
        """Forget a socket."""
        self.members.discard(connection)
        self.joining.pop(connection, None)
        self.late.pop(connection, None)

    def deliver(self, delivery: Delivery) -> None:
        """Send a push in its turn: now, after its predecessors, or never if it was sent before."""
        seq = delivery.seq
        if seq is not None:
            self.known = max(self.known, seq)
        if seq is None:
            self._send(delivery)
        elif self.head is None or seq > self.head + 1:
            self.waiting[seq] = delivery
            while len(self.waiting) > MAX_WAITING:
                self.waiting.pop(max(self.waiting))
            if self.head is not None:
                self.on_gap(self)
        elif seq == self.head + 1:
            self.head = seq
            self._send(delivery)
            self._catch_up()

    def _catch_up(self) -> None:
        if self.waiting and self.head is not None:
            while (delivery := self.waiting.pop(self.head + 1, None)) is not None:
                self.head += 1
                self._send(delivery)
            self.waiting = {seq: delivery for seq, delivery in self.waiting.items() if seq > self.head}

    def _send(self, delivery: Delivery) -> None:
        for kept in self.joining.values():
            kept.append(delivery)
        if delivery.is_equal_for_all and not (self.late and delivery.seq is not None):
            frame = delivery.frame
            for connection in self.members:
                connection.write(frame)
            return
        for connection in self.members:
            if self._is_due(connection, delivery.seq):
                delivery.to(connection, connection.sees_from.get(self.group, 0))

    def _is_due(self, connection: "Connection", seq: int | None) -> bool:
        """Return whether a member has not got an entry with its snapshot."""
        if seq is None or not self.late:
            return True
        if seq <= self.late.get(connection, 0):
            return False
        self.late.pop(connection, None)
        return True
