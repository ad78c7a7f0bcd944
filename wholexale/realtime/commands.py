"""The engine's own commands: authentication, time, presence."""

import asyncio
import time
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from wholexale.common import wire
from wholexale.common.errors import Forbidden
from wholexale.common.realtime import Principal, Push
from wholexale.realtime import framing
from wholexale.realtime.connection import CloseCode, Connection
from wholexale.realtime.online import Status
from wholexale.realtime.presence import UserPresence
from wholexale.realtime.registry import command

EXPIRING_SECONDS = 60
GRACE_SECONDS = 30
MAX_WATCHED = 200


class AuthExpiring(Push, kw_only=True):
    """The access token ends soon: send `auth` with a new one on this socket."""

    event: ClassVar[str] = "auth:expiring"
    expires_at: int


class Authenticate(wire.Wire, kw_only=True):
    """A token for this socket."""

    token: str


class Authenticated(wire.Wire, kw_only=True):
    """Who the socket belongs to now; `expires_at` in seconds since the epoch."""

    user_id: str
    session_id: str
    expires_at: int


class Ping(wire.Wire):
    """Ask for the server's time."""


class Pong(wire.Wire, kw_only=True):
    """The server's clock in milliseconds since the epoch."""

    server_time: int


@command("auth", Authenticate, is_open=True)
async def authenticate(connection: Connection, data: Authenticate) -> Authenticated:
    """Authenticate the socket, or refresh the token of a live one in place."""
    principal = await connection.hub.authenticate(data.token)
    sign_in(connection, principal)
    return Authenticated(
        user_id=str(principal.id), session_id=str(principal.session_id), expires_at=principal.expires_at
    )


@command("ping", Ping, is_open=True)
async def ping(_connection: Connection, _data: Ping) -> Pong:
    """Answer with the time."""
    return Pong(server_time=time.time_ns() // 1_000_000)


class Watch(wire.Wire, kw_only=True):
    """Whose presence to send from now on, instead of those named before."""

    user_ids: Annotated[list[UUID], msgspec.Meta(max_length=MAX_WATCHED)]


class SetPresence(wire.Wire, kw_only=True):
    """How this socket's user wants to appear."""

    status: Status


class PresenceOf(wire.Wire, kw_only=True):
    """The presence of the users whom the caller may see."""

    presence: dict[str, UserPresence]


@command("presence:watch", Watch)
async def watch(connection: Connection, data: Watch) -> PresenceOf:
    """Watch users; those whom the caller may not see are left out."""
    visible = await connection.call(
        connection.hub.backend.visible_presence, viewer_id=connection.actor.id, user_ids=data.user_ids
    )
    named = tuple(map(str, visible))
    connection.watch(named)
    connection.unwatch(connection.named)
    connection.named = named
    return PresenceOf(presence=await connection.hub.online.describe(dict(zip(named, visible.values(), strict=True))))


@command("presence:set", SetPresence)
async def set_presence(connection: Connection, data: SetPresence) -> PresenceOf:
    """Appear as asked on this socket; the strongest status of all sockets counts."""
    connection.status = data.status
    connection.hub.online.changed(connection.user_id)
    status = connection.hub.online.own_status(connection.user_id)
    return PresenceOf(presence={connection.user_id: UserPresence(status=status)})


COMMANDS = (authenticate, ping, watch, set_presence)


def sign_in(connection: Connection, principal: Principal) -> None:
    """Give the socket to a principal; a live one takes a new token of the same session only.

    Raises:
        Forbidden: when the token belongs to somebody else, or to another session.
    """
    before = connection.principal
    if before is None:
        connection.hub.add(connection, principal)
    elif (before.id, before.session_id) != (principal.id, principal.session_id):
        raise Forbidden(detail="This socket belongs to another session.")
    else:
        connection.principal = principal
    for timer in connection.expiry_timers:
        timer.cancel()
    loop = asyncio.get_running_loop()
    remaining = principal.expires_at - time.time()
    notice = framing.push_frame(AuthExpiring(expires_at=principal.expires_at))
    connection.expiry_timers = [
        loop.call_later(max(0.0, remaining - EXPIRING_SECONDS), connection.write, notice),
        loop.call_later(
            max(0.0, remaining + GRACE_SECONDS), connection.close, CloseCode.UNAUTHENTICATED, "the token has expired"
        ),
    ]
