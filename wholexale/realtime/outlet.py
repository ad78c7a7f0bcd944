"""Pushes from a process without sockets: a thread with a loop of its own hands them to the hubs of the others."""

import asyncio
import threading
from collections.abc import Sequence

from wholexale.common import realtime
from wholexale.common.ids import new_id
from wholexale.common.realtime import Item, Outgoing
from wholexale.realtime.bus import LayerBus
from wholexale.realtime.hub import Hub


class Outlet:
    """Sends what services push, through Redis. What is on its way when the process ends may be lost, as any push."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._bus = LayerBus(node=new_id().hex)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)

    def start(self) -> None:
        """Send from now on."""
        self._thread.start()
        realtime.install_publisher(self.publish_from_anywhere)

    def stop(self) -> None:
        """Send no more."""
        realtime.install_publisher(None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=3)

    def publish_from_anywhere(self, items: Sequence[Item]) -> None:
        """Send from any thread, without waiting."""
        self._loop.call_soon_threadsafe(self._publish, items)

    def _run(self) -> None:
        self._loop.call_soon(self._bus.start_sending)
        self._loop.run_forever()
        self._loop.run_until_complete(self._bus.stop())
        self._loop.close()

    def _publish(self, items: Sequence[Item]) -> None:
        envelopes = [Hub.encode(item) if isinstance(item, Outgoing) else item for item in items]
        self._bus.publish(envelopes)  # type: ignore[arg-type] # every signal is in the union of envelopes
