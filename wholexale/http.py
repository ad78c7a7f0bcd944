"""HTTP below ASGI: bodies and readers may be slow without holding a slot; Django runs whole in one thread a request.

A slot (of `HTTP_THREADS`) stands for a thread with a database connection. It is taken when the body is there, and given
back when Django has answered: before a slow reader takes the answer.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from http import HTTPStatus
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

from wholexale.common import wire
from wholexale.common.errors import DomainError, PayloadTooLarge, Unavailable
from wholexale.common.ids import new_id
from wholexale.common.limits import is_trusted
from wholexale.common.realtime import pushes_together
from wholexale.lifespan import Background

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 20.0
"""In which a body must be there."""

SEND_SECONDS = 20.0
"""In which a reader must take the next part of an answer (64 KiB at most)."""

LINGER_SECONDS = 2.0
"""For which a body that was refused is still read: to close at once would reset the connection over the answer."""

SMALL_BODY = 65_536
MAX_LARGE_BODIES = 32
"""How many bodies above the small ones are held in memory at once; others wait while they arrive."""

MAX_STREAMS = 64
"""How many files are sent at once; each holds a thread, however slow its reader is."""

_STREAMS = "wholexale.streams"
_PROTO = b"x-forwarded-proto"


class RequestTimeout(DomainError):
    """The body did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    default_code = "REQUEST_TIMEOUT"
    default_detail = "The request body did not arrive in time."


class SyncDjango(ASGIHandler):
    """Django's ASGI handler with the synchronous middleware chain: one hop a request, to a thread that is kept."""

    def __init__(self) -> None:
        """Start as many threads as requests run at once, when they are needed."""
        super().__init__()
        self._threads = ThreadPoolExecutor(settings.HTTP_THREADS, thread_name_prefix="http")

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Build the synchronous chain."""
        super().load_middleware(is_async=False)

    async def handle(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer a request whose body is the first message; a stream goes out without a database connection."""
        body = BytesIO((await receive())["body"])
        answering = asyncio.get_running_loop().run_in_executor(self._threads, self._respond, scope, body)
        try:
            response = await asyncio.shield(answering)
        except asyncio.CancelledError:
            answering.add_done_callback(_close_stream)
            raise
        if not isinstance(response, StreamingHttpResponse):
            await self.send_response(response, send)
            return
        scope[_STREAMS] = True
        if not response.is_async:
            response.streaming_content = _read_in_thread(iter(response))
        await self._stream(response, receive, send)

    def _respond(self, scope: Scope, body: BytesIO) -> HttpResponseBase:
        """Run Django from the start of the request to its end; of a stream only the end is to come.

        In the thread's own context, as a WSGI server does: what is kept by context, as connections to the cache are,
        is kept from request to request.
        """
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        with pushes_together():
            response = refusal or self.get_response(request)  # type: ignore[arg-type] # one of the two is there
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # noqa: SLF001 - as Django does
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if isinstance(response, StreamingHttpResponse):
            close_old_connections()
        else:
            response.close()
        return response

    async def _stream(self, response: StreamingHttpResponse, receive: Any, send: Any) -> None:
        """Send a stream to its end, or until the client has gone."""
        sending = asyncio.create_task(self.send_response(response, send))
        gone: asyncio.Task[Message] = asyncio.create_task(receive())
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
            await sync_to_async(response.close)()


def _close_stream(answering: "asyncio.Future[HttpResponseBase]") -> None:
    """Close a stream that nobody waits for any more; other answers are closed by then."""
    if not answering.cancelled() and answering.exception() is None and answering.result().streaming:
        answering.result().close()


async def _read_in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read a file, or another synchronous stream, chunk by chunk in a thread of its own."""

    @sync_to_async(thread_sensitive=True)
    def read() -> bytes | None:
        return next(chunks, None)

    while (chunk := await read()) is not None:
        yield chunk


class Reply:
    """What Django answers: kept until its slot is given back, and then sent; a stream goes straight out."""

    def __init__(self, send: Send) -> None:
        """Answer a client."""
        self._send = send
        self._kept: list[Message] = []
        self._is_over = False
        self.is_stream = False
        self.is_closed = False

    async def put(self, message: Message) -> None:
        """Take the next part."""
        if self.is_stream:
            await self._pass_on(message)
        else:
            self._kept.append(message)

    async def finish(self) -> None:
        """Send what was kept, and wait until the client has it, or does not take it."""
        for message in self._kept:
            await self._pass_on(message)

    async def _pass_on(self, message: Message) -> None:
        """Send; after a reader who takes nothing the rest goes nowhere, and the server closes the connection."""
        if self._is_over:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(message)
        except (TimeoutError, OSError, RuntimeError):  # uvloop says RuntimeError where the client has gone away
            self._is_over = True


class Http:
    """The HTTP side of the server. The slots keep requests from waiting for database connections."""

    def __init__(self, background: Background) -> None:
        """Serve Django; what runs beside must be there before a request pushes anything or makes work due."""
        self._background = background
        self._django = SyncDjango()
        self._slots = asyncio.Semaphore(settings.HTTP_THREADS)
        self._large_bodies = asyncio.Semaphore(MAX_LARGE_BODIES)
        self._streams = asyncio.Semaphore(MAX_STREAMS)
        self._limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: read the body, let Django answer, send."""
        await self._background.start()
        reply = Reply(send)
        async with AsyncExitStack() as held:
            try:
                body = await self._read_body(scope, receive, held)
            except DomainError as error:
                await held.aclose()
                await _refuse(error, receive, send)
                return
            if body is not None:
                await self._ask_django(scope, _replay(body, receive), reply, held)
        await reply.finish()

    async def _read_body(self, scope: Scope, receive: Receive, held: AsyncExitStack) -> bytes | None:
        """Return the body, None where the client has gone; `held` keeps the place of a large one.

        Raises:
            PayloadTooLarge: as soon as it is known.
            RequestTimeout: where the body is not there in time.
        """
        if _length(scope) > self._limit:
            raise PayloadTooLarge
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while (message := await receive())["type"] != "http.disconnect":
                    was_small = len(body) <= SMALL_BODY
                    body += message.get("body", b"")
                    if len(body) > self._limit:
                        raise PayloadTooLarge
                    if not message.get("more_body", False):
                        return bytes(body)
                    if was_small and len(body) > SMALL_BODY:
                        await held.enter_async_context(self._large_bodies)
        except TimeoutError:
            raise RequestTimeout from None
        return None

    async def _ask_django(self, scope: Scope, receive: Receive, reply: Reply, held: AsyncExitStack) -> None:
        """Run Django in a slot, which a stream exchanges for a place among the streams."""
        own = {**scope, "headers": _believed_headers(scope)}

        async def put(message: Message) -> None:
            if message["type"] == "http.response.start" and own.get(_STREAMS):
                await held.aclose()
                if self._streams.locked():
                    await self._turn_away(reply)
                    return
                await held.enter_async_context(self._streams)
                reply.is_stream = True
            if not reply.is_closed:
                await reply.put(message)

        await held.enter_async_context(self._slots)
        await self._django(own, receive, put)  # type: ignore[arg-type] # ASGI

    async def _turn_away(self, reply: Reply) -> None:
        """Refuse a stream while too many run; what Django reads of it goes nowhere."""
        reply.is_stream = True
        for message in _refusal(Unavailable(retry_after=1)):
            await reply.put(message)
        reply.is_closed = True


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body at once, and then what the server says: the client has gone."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def _length(scope: Scope) -> int:
    value: bytes = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value[:18]) if value.isdigit() else 0


def _believed_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers, without `X-Forwarded-Proto` where the peer is no proxy of ours."""
    headers: list[tuple[bytes, bytes]] = list(scope["headers"])
    if all(name != _PROTO for name, _ in headers) or is_trusted((scope.get("client") or ("", 0))[0]):
        return headers
    return [(name, value) for name, value in headers if name != _PROTO]


def _refusal(error: DomainError) -> tuple[Message, Message]:
    """Return the two messages of an answer that Django does not give."""
    request_id = str(new_id())
    body = wire.encode(wire.error_body(error, request_id=request_id))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
    ]
    if error.retry_after is not None:
        headers.append((b"retry-after", str(max(1, round(error.retry_after))).encode()))
    start = {"type": "http.response.start", "status": int(error.status), "headers": headers}
    return start, {"type": "http.response.body", "body": body}


async def _refuse(error: DomainError, receive: Receive, send: Send) -> None:
    """Answer, go on reading for a moment where a body is still on its way, and close."""
    start, body = _refusal(error)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SEND_SECONDS):
            await send(start)
            await send({**body, "more_body": True})
            if isinstance(error, PayloadTooLarge):
                await _discard_body(receive)
            await send({"type": "http.response.body", "body": b""})


async def _discard_body(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
