"""The door `/ws/`: handshake, authentication, limits, decoding, dispatch, acks and error frames.

A plain ASGI application below Channels' routing. It has no channel layer and no thread hop per frame: the frames of
one socket run one after the other on the loop, and commands wait for threads only where they need the database.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from wholexale.common import wire
from wholexale.common.errors import DomainError, InternalError, RateLimited, Unauthenticated, Unavailable
from wholexale.common.limits import Limit, address_key, forwarded_address, hit
from wholexale.common.realtime import Principal
from wholexale.realtime import framing
from wholexale.realtime.commands import authenticate, sign_in
from wholexale.realtime.connection import CloseCode, Connection, DirectWriter
from wholexale.realtime.direct import EXTENSION
from wholexale.realtime.framing import BadFrame, ClientFrame
from wholexale.realtime.hub import Hub
from wholexale.realtime.registry import Answer, Command, Registry

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SUBPROTOCOL = "wholexale.v1"
BEARER = "bearer."
CONNECTS = Limit("SOCKET_CONNECTS")
MAX_IN_FLIGHT = 50


class Gateway:
    """The ASGI application of `/ws/`."""

    def __init__(self, *, hub: Hub, registry: Registry, origins: Sequence[str]) -> None:
        """Serve the sockets of a hub; browsers may come from `origins` (or `*`) and from the server's own."""
        self.hub = hub
        self.registry = registry
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from its handshake to its end."""
        await receive()  # websocket.connect
        await self.hub.start()
        if not self._origin_is_allowed(scope):
            await send({"type": "websocket.close", "code": CloseCode.BAD_ORIGIN})
            return
        refusal = await self._refuse_connect(scope)
        principal: Principal | None = None
        if refusal is None and (token := bearer_token(scope["subprotocols"])) is not None:
            try:
                principal = await self.hub.authenticate(token)
            except Unauthenticated:
                await send({"type": "websocket.close", "code": CloseCode.UNAUTHENTICATED})
                return
            except Unavailable as error:
                refusal = error
        offered = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
        await send({"type": "websocket.accept", "subprotocol": offered})
        if refusal is not None:
            code = CloseCode.FLOOD if isinstance(refusal, RateLimited) else CloseCode.TRY_AGAIN
            await send({"type": "websocket.close", "code": code, "reason": f"{refusal.retry_after:.0f}"})
            return
        direct: DirectWriter | None = scope["extensions"].get(EXTENSION) if scope.get("extensions") else None
        if direct is not None:
            direct.release_handshake()
        scope.clear()
        await self._serve(Connection(self.hub, send, direct), principal, receive)

    async def _serve(self, connection: Connection, principal: Principal | None, receive: Receive) -> None:
        """Run the frames of a socket one after the other."""
        if principal is not None:
            sign_in(connection, principal)
        else:
            connection.expiry_timers = [
                asyncio.get_running_loop().call_later(
                    self.hub.limits.auth_timeout, connection.close, CloseCode.NO_AUTH_IN_TIME, "no auth in time"
                )
            ]
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if connection.close_reason is None:
                    await self._take(connection, message.get("text"))
        except Exception:
            logger.exception("a socket failed")
            connection.close(CloseCode.INTERNAL, "internal error")
        finally:
            connection.end()
            self.hub.remove(connection)

    async def _take(self, connection: Connection, text: str | None) -> None:
        """Take one frame: run its command, or let a pipelined one run beside those before it."""
        frame: ClientFrame | None = None
        try:
            wait = connection.budget.take()
            frame = self._decode(connection, text)
            if wait:
                raise RateLimited(retry_after=wait)
            found = self._find(connection, frame)
        except DomainError as error:
            self._refuse(connection, frame, error)
            return
        if not found.is_pipelined or len(connection.in_flight) >= MAX_IN_FLIGHT:
            await connection.settle()
        if found.is_pipelined:
            task = asyncio.get_running_loop().create_task(self._answer(connection, frame, found))
            connection.in_flight.add(task)
            task.add_done_callback(connection.in_flight.discard)
        else:
            await self._answer(connection, frame, found)

    async def _answer(self, connection: Connection, frame: ClientFrame, found: Command) -> None:
        """Run a command and answer its frame, whatever happens."""
        then: Callable[[], None] | None = None
        try:
            answer = await found.run(connection, wire.decode(bytes(frame.data), found.shape))
            if isinstance(answer, Answer):
                then = answer.then
                answer = answer.data
            if frame.id is not None:
                connection.write(framing.ack_frame(frame.id, {} if answer is None else answer))
        except DomainError as error:
            self._refuse(connection, frame, error)
        except Exception:
            logger.exception("a command failed")
            self._refuse(connection, frame, InternalError())
        if then is not None:
            then()

    def _decode(self, connection: Connection, text: str | None) -> ClientFrame:
        if text is None:
            raise BadFrame(detail="Binary frames are not used here.")
        if len(text) > framing.MAX_FRAME_BYTES or len(text.encode()) > framing.MAX_FRAME_BYTES:
            connection.close(CloseCode.TOO_BIG, "frame over 64 KB")
            raise BadFrame(detail="The frame is larger than 64 KB.")
        return framing.decode(text)

    def _find(self, connection: Connection, frame: ClientFrame) -> Command:
        found = self.registry.find(frame.event)
        if connection.principal is None and not found.is_open:
            raise Unauthenticated("UNAUTHENTICATED", "Send `auth` first.")
        return found

    def _refuse(self, connection: Connection, frame: ClientFrame | None, error: DomainError) -> None:
        """Say why a frame was refused, and close the socket where the refusals are too many or final."""
        event = frame.event if frame else None
        connection.write(framing.refusal_frame(event, frame.id if frame else None, error))
        if isinstance(error, BadFrame) and connection.count_malformed():
            connection.close(CloseCode.TOO_MANY_MALFORMED, "too many malformed frames")
        elif isinstance(error, RateLimited) and connection.budget.is_flooding:
            connection.close(CloseCode.FLOOD, f"{error.retry_after or 1:.0f}")
        elif event == authenticate.event and isinstance(error, Unauthenticated) and connection.principal is None:
            connection.close(CloseCode.UNAUTHENTICATED, error.code)

    def _origin_is_allowed(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin or "*" in self.origins or origin in self.origins:
            return True
        host: str = headers.get(b"host", b"").decode("latin-1")
        return str(origin.partition("://")[2]) == host

    async def _refuse_connect(self, scope: Scope) -> DomainError | None:
        """Count the handshake of this address; return the refusal above the limit."""
        if not CONNECTS.rate:
            return None
        forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
        key = address_key(forwarded_address((scope.get("client") or ("", 0))[0], forwarded))
        if key is None:
            return None
        try:
            await self.hub.workers.call(hit, CONNECTS, key)
        except RateLimited as error:
            return error
        return None


def bearer_token(subprotocols: Sequence[str]) -> str | None:
    """Return the token of a `bearer.<base64url>` subprotocol, "" where it cannot be read, None where there is none."""
    for subprotocol in subprotocols:
        if subprotocol.startswith(BEARER):
            encoded = subprotocol.removeprefix(BEARER)
            try:
                return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
            except (binascii.Error, ValueError):
                return ""
    return None


async def refuse_path(_scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse the handshake of a path that has no gateway."""
    await receive()
    await send({"type": "websocket.close", "code": CloseCode.BAD_HANDSHAKE})
