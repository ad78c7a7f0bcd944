"""The hub of one process: which sockets are here, who listens to what, and what each of them is sent."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from wholexale.common import realtime
from wholexale.common.realtime import Item, Outgoing, Principal, Push, Signal
from wholexale.realtime import framing
from wholexale.realtime.backend import Backend, Limits
from wholexale.realtime.bus import Bus, Envelope, Packet
from wholexale.realtime.connection import CloseCode, Connection
from wholexale.realtime.online import Online
from wholexale.realtime.presence import Store
from wholexale.realtime.signals import Signals
from wholexale.realtime.streams import Delivery, Stream
from wholexale.realtime.sweep import Sweep
from wholexale.realtime.typists import Typing
from wholexale.realtime.workers import Workers

logger = logging.getLogger(__name__)

LOG_PAGE = 300


class Hub:
    """Belongs to one application object and lives on one loop; only `publish_from_anywhere` is thread-safe."""

    def __init__(self, *, backend: Backend, bus: Bus, presence: Store, limits: Limits) -> None:
        """Hold the parts; nothing runs before `start`."""
        self.backend = backend
        self.bus = bus
        self.limits = limits
        self.workers = Workers(self.publish)
        self.connections: dict[str, set[Connection]] = defaultdict(set)
        self.by_session: dict[UUID, set[Connection]] = defaultdict(set)
        self.streams: dict[str, Stream] = {}
        self.watchers: dict[str, set[Connection]] = defaultdict(set)
        self.typing = Typing(send=self.send_to_group, announce=self.announce, limits=limits)
        self.online = Online(self, presence)
        self.signals = Signals(self)
        self.sweep = Sweep(self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- Life --------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start once, on the loop that runs now; later calls wait for the first."""
        if self._starting is None:
            self._loop = asyncio.get_running_loop()
            self._starting = self._loop.create_future()
            realtime.install_publisher(self.publish_from_anywhere)
            await self.bus.start(self.receive)
            await self.online.start()
            self.sweep.start()
            self._starting.set_result(None)
        await asyncio.shield(self._starting)

    async def stop(self) -> None:
        """Stop everything that runs; sockets are the server's to close."""
        if self._starting is None:
            return
        realtime.install_publisher(None)
        await self.sweep.stop()
        self.typing.close()
        await self.online.stop()
        await self.bus.stop()
        await self.workers.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, coroutine: Any) -> None:
        """Run a coroutine beside; its failure is logged."""
        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the hub failed", exc_info=error)

    # --- Sockets -----------------------------------------------------------------------------------------------

    def add(self, connection: Connection, principal: Principal) -> None:
        """Take in an authenticated socket; above the limit per user the oldest one is closed."""
        connection.principal = principal
        connection.user_id = str(principal.id)
        own = self.connections[connection.user_id]
        own.add(connection)
        self.by_session[principal.session_id].add(connection)
        if self.limits.sockets_per_user and len(own) > self.limits.sockets_per_user:
            oldest = min(own, key=lambda other: other.opened)
            oldest.close(CloseCode.TOO_MANY_SOCKETS, "too many sockets of this user")
        self.online.changed(connection.user_id)

    def remove(self, connection: Connection) -> None:
        """Forget a socket that is gone."""
        for group in list(connection.joined):
            self.leave(connection, group)
        self.unwatch(connection, connection.watching)
        if connection.principal is not None:
            self._discard(self.connections, connection.user_id, connection)
            self._discard(self.by_session, connection.principal.session_id, connection)
            self.online.changed(connection.user_id)

    def _discard(self, table: "dict[Any, set[Connection]]", key: Any, connection: Connection) -> None:
        if (members := table.get(key)) is not None:
            members.discard(connection)
            if not members:
                del table[key]

    # --- Groups with a log -------------------------------------------------------------------------------------

    def begin_join(self, connection: Connection, group: str) -> None:
        """Keep what arrives for a group from now on, until `complete_join` says where the snapshot ended."""
        stream = self.streams.get(group)
        if stream is None:
            stream = self.streams[group] = Stream(group, self._on_gap)
        stream.begin(connection)

    def is_joining(self, connection: Connection, group: str) -> bool:
        """Return whether a join that has begun still stands: the user may have been taken out meanwhile."""
        return (stream := self.streams.get(group)) is not None and connection in stream.joining

    def enter(self, connection: Connection, group: str, *, others: tuple[str, ...], sees_from: int) -> None:
        """Note a join: watch the presence of the others while it lasts; the log is shown after `sees_from`."""
        connection.watch(others)
        connection.unwatch(connection.joined.get(group, ()))
        connection.joined[group] = others
        connection.sees_from.pop(group, None)
        if sees_from:
            connection.sees_from[group] = sees_from

    def complete_join(self, connection: Connection, group: str, seq: int) -> None:
        """Make the socket a member from position `seq` on; who was taken out since `enter` leaves altogether."""
        stream = self.streams.get(group)
        is_out = connection.left_at_seq.pop(group, -1) >= seq
        if stream is None or is_out or not stream.complete(connection, seq):
            self.leave(connection, group)
        else:
            connection.joined_at_seq[group] = seq

    def abandon_join(self, connection: Connection, group: str) -> None:
        """Take back a `begin_join`, or leave silently."""
        if (stream := self.streams.get(group)) is not None:
            stream.remove(connection)
            if stream.is_empty:
                del self.streams[group]

    def leave(self, connection: Connection, group: str) -> None:
        """Take a socket out of a group; its user stops typing there."""
        others = connection.joined.pop(group, None)
        connection.sees_from.pop(group, None)
        connection.joined_at_seq.pop(group, None)
        self.abandon_join(connection, group)
        if others is not None:
            connection.unwatch(others)
            self.typing.stopped(group, connection.user_id, connection.actor.name)

    def _on_gap(self, stream: Stream) -> None:
        """Wait a moment for the missing entries, then read them from the log."""
        if not stream.filling:
            stream.filling = True
            asyncio.get_running_loop().call_later(self.limits.gap_wait, lambda: self.spawn(self.fill(stream)))

    async def fill(self, stream: Stream, head: int | None = None) -> None:
        """Deliver from the log what the sockets of a stream have missed, up to the first entry that waits or `head`."""
        stream.filling = True
        try:
            while stream.head is not None and self._is_behind(stream, head):
                before = stream.head
                entries = await self.workers.call(self.backend.log_after, stream.group, before, LOG_PAGE)
                self.publish_locally([self.encode(entry) for entry in entries])
                if stream.head == before:  # nothing came: a rolled-back number cannot be, so ask again later
                    break
        finally:
            stream.filling = False

    def _is_behind(self, stream: Stream, head: int | None) -> bool:
        if stream.head is None:
            return False
        return stream.head < max(stream.known, head or 0)

    # --- Presence watching -------------------------------------------------------------------------------------

    def watch(self, connection: Connection, user_ids: Iterable[str]) -> None:
        """Send the socket the presence changes of these users."""
        for user_id in user_ids:
            self.watchers[user_id].add(connection)

    def unwatch(self, connection: Connection, user_ids: Iterable[str]) -> None:
        """Send the socket no more presence of these users."""
        for user_id in user_ids:
            self._discard(self.watchers, user_id, connection)
            if user_id not in self.watchers:
                self.online.forget(user_id)

    # --- Publishing --------------------------------------------------------------------------------------------

    def publish_from_anywhere(self, items: Sequence[Item]) -> None:
        """Publish from any thread of this process."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.publish, items)

    def publish(self, items: Sequence[Item]) -> None:
        """Send to the sockets here and, by the bus, to those of other processes."""
        envelopes = list(self._envelopes(items))
        self.receive(envelopes)
        if self.bus.is_shared:
            self.bus.publish(envelopes)

    def _envelopes(self, items: Sequence[Item]) -> Iterator[Envelope]:
        """Encode pushes; one that cannot be takes none of the others with it."""
        for item in items:
            try:
                yield self.encode(item) if isinstance(item, Outgoing) else item  # type: ignore[misc] # all are there
            except Exception:
                logger.exception("a push could not be encoded")

    def announce(self, signal: Signal) -> None:
        """Publish one signal."""
        self.publish([signal])

    def receive(self, envelopes: Sequence[Envelope]) -> None:
        """Take what this or another process has published."""
        for envelope in envelopes:
            try:
                if isinstance(envelope, Packet):
                    self.publish_locally([envelope])
                else:
                    self.signals.obey(envelope)
            except Exception:
                logger.exception("an envelope could not be delivered")

    @staticmethod
    def encode(item: Outgoing) -> Packet:
        """Encode a push once for all its receivers in all processes."""
        return Packet(
            to=item.to,
            payload=framing.push_payload(item.push),
            seq=item.seq,
            owner=item.owner,
            own=None if item.own is None else framing.push_payload(item.own),
            skip=item.skip,
            redacted=tuple((entry, framing.push_payload(push)) for entry, push in item.redacted),
        )

    def publish_locally(self, packets: Iterable[Packet]) -> None:
        """Frame each packet once, where it has listeners, and send it to the sockets here."""
        for packet in packets:
            delivery: Delivery | None = None
            for group in packet.to:
                if (stream := self.streams.get(group)) is not None:
                    delivery = delivery or self._frame(packet)
                    stream.deliver(delivery)
                elif group.startswith("u:") and (own := self.connections.get(group[2:])):
                    delivery = delivery or self._frame(packet)
                    for connection in own:
                        delivery.to(connection)

    @staticmethod
    def _frame(packet: Packet) -> Delivery:
        return Delivery(
            frame=framing.Frame(packet.payload),
            seq=packet.seq,
            owner=packet.owner,
            own=None if packet.own is None else framing.Frame(packet.own),
            skip=packet.skip,
            redacted=tuple((entry, framing.Frame(payload)) for entry, payload in packet.redacted),
        )

    def send_to_group(self, group: str, push: Push, skip: str) -> None:
        """Send a push that no log records to the sockets of a group here, but not to those of one user."""
        if (stream := self.streams.get(group)) is not None:
            stream.deliver(Delivery(frame=framing.push_frame(push), skip=skip))

    async def authenticate(self, token: str) -> Principal:
        """Return who holds a token, looked up together with the tokens of other sockets.

        Raises:
            Unauthenticated: with the code of the reason.
        """
        principal: Principal = await self.workers.batcher(self.backend.authenticate).submit(token)
        return principal
