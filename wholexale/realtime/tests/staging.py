"""A hub without a server: sockets that note what they are sent, and rows that a test writes by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from wholexale.common.realtime import Outgoing, Principal
from wholexale.realtime.backend import Backend, Changes, Limits
from wholexale.realtime.bus import LocalBus
from wholexale.realtime.connection import Connection
from wholexale.realtime.hub import Hub
from wholexale.realtime.presence import LocalStore, Store

BUYER, SELLER, OUTSIDER = (str(uuid4()) for _ in range(3))
GROUP = f"c:{uuid4()}"


@dataclass
class Rows:
    """What the apps would read."""

    principals: dict[UUID, Principal] = field(default_factory=dict)
    visible: dict[str, set[str]] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)

    def backend(self) -> Backend:
        return Backend(
            authenticate=lambda tokens: [],
            principals=lambda ids: {one: self.principals[one] for one in ids if one in self.principals},
            log_after=lambda group, seq, limit: list[Outgoing](),
            changes=(lambda since: self.changes,),
            visible_presence=self.visible_presence,
            note_last_seen=lambda *, user_ids, moment: None,
        )

    def visible_presence(self, viewer_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
        return {one: None for one in user_ids if str(one) in self.visible.get(str(viewer_id), set())}


@dataclass
class Ear:
    """What one socket was sent."""

    connection: Connection
    frames: list[dict[str, Any]]

    def statuses(self) -> list[str]:
        return [frame["data"]["status"] for frame in self.frames if frame["event"] == "presence:update"]


def open_ear(hub: Hub, rows: Rows, user_id: str) -> Ear:
    """Sign somebody in on a new socket."""
    frames: list[dict[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        if "text" in message:
            frames.append(json.loads(message["text"]))

    principal = Principal(
        id=UUID(user_id), session_id=uuid4(), name="Somebody", role="user", expires_at=2**40, shows_presence=True
    )
    rows.principals[principal.session_id] = principal
    connection = Connection(hub, send, None)
    hub.add(connection, principal)
    return Ear(connection, frames)


def join(ear: Ear, *others: str, seq: int = 1) -> None:
    """Join the group with the snapshot as of a position."""
    hub = ear.connection.hub
    hub.begin_join(ear.connection, GROUP)
    hub.enter(ear.connection, GROUP, others=others, sees_from=0)
    hub.complete_join(ear.connection, GROUP, seq)


@asynccontextmanager
async def running_hub(rows: Rows, store: Store | None = None) -> AsyncIterator[Hub]:
    """Start a hub of a single process."""
    limits = Limits(sweep_interval=3600)
    hub = Hub(backend=rows.backend(), bus=LocalBus(), presence=store or LocalStore(), limits=limits)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


async def settle(hub: Hub) -> None:
    """Wait until everything that the hub does beside has been done."""
    while hub._tasks:
        await asyncio.gather(*hub._tasks)
    await asyncio.sleep(0.01)
