"""HTTP below ASGI: body limits, one semaphore, and Django with its whole middleware chain in one thread a request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

from wholexale.common import wire
from wholexale.common.errors import PayloadTooLarge
from wholexale.realtime.hub import Hub

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class SyncDjango(ASGIHandler):
    """Django's ASGI handler with the synchronous middleware chain: one thread hop a request, not one a middleware."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Build the synchronous chain."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run the chain in the request's thread."""
        response = await sync_to_async(self.get_response, thread_sensitive=True)(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _read_in_thread(iter(response))
        return response


async def _read_in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read a file, or another synchronous stream, chunk by chunk in the request's thread."""

    @sync_to_async(thread_sensitive=True)
    def read() -> bytes | None:
        return next(chunks, None)

    while (chunk := await read()) is not None:
        yield chunk


class BodyTooLarge(Exception):
    """The body has grown over the limit while it arrived."""


class Http:
    """The HTTP side of the server. The semaphore keeps requests from waiting for database connections."""

    def __init__(self, hub: Hub) -> None:
        """Serve Django; the hub must be there before a request pushes anything."""
        self._hub = hub
        self._django = SyncDjango()
        self._slots = asyncio.Semaphore(settings.HTTP_THREADS)
        self._limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; refuse a body over the limit before Django reads it."""
        await self._hub.start()
        headers = dict(scope["headers"])
        if _length(headers) > self._limit:
            await _refuse(send)
            return
        started = False

        async def note_start(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with self._slots:
                await self._django(dict(scope), self._limited(receive), note_start)  # type: ignore[arg-type] # ASGI
        except BodyTooLarge:
            if not started:
                await _refuse(send)

    def _limited(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge
            return message

        return counted


def _length(headers: dict[bytes, bytes]) -> int:
    value = headers.get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


async def _refuse(send: Send) -> None:
    error = PayloadTooLarge()
    body = wire.encode(wire.error_body(error))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
