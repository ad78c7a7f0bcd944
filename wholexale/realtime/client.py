"""A client of the native protocol: commands with acks, and everything that was pushed, in order.

The demonstration and the tests talk to servers with it.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

CALL_SECONDS = 15.0


class Refused(Exception):
    """The server has refused a command."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Keep the error as it was sent."""
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: str = error["code"]
        self.error = error


@dataclass
class Socket:
    """A client socket: commands with acks, and everything that was pushed, in order."""

    connection: ClientConnection
    pushes: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    _acks: "dict[Any, asyncio.Future[dict[str, Any]]]" = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _taken: int = 0
    close_code: int | None = None
    _reader: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> Self:
        """Begin to read."""
        self._reader = asyncio.get_running_loop().create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.connection.close()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        with contextlib.suppress(Exception):
            async for text in self.connection:
                frame = msgspec.json.decode(text)
                self.frames.append(frame)
                if frame["event"] == "ack" and (future := self._acks.pop(frame["id"], None)) is not None:
                    if not future.done():
                        future.set_result(frame["data"])
                else:
                    self.pushes.append(frame)
                self._news.set()
        await self.connection.wait_closed()
        self.close_code = self.connection.close_code
        for future in self._acks.values():
            if not future.done():
                future.set_exception(ConnectionError(f"closed with {self.close_code}"))
        self._news.set()

    async def send_text(self, text: str | bytes) -> None:
        """Send a frame as it is."""
        await self.connection.send(text)

    async def call(self, event: str, /, **data: Any) -> Any:
        """Send a command and return the data of its ack.

        Raises:
            Refused: when the server refuses.
            ConnectionError: when the socket is, or gets, closed.
        """
        number = next(self._ids)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._acks[number] = future
        try:
            await self.connection.send(msgspec.json.encode({"event": event, "data": data, "id": number}).decode())
        except ConnectionClosed as error:
            raise ConnectionError(str(error)) from error
        answer = await asyncio.wait_for(future, timeout=CALL_SECONDS)
        if not answer["success"]:
            raise Refused(answer["error"])
        return answer["data"]

    async def refused(self, event: str, /, **data: Any) -> str:
        """Send a command that must be refused; return the code."""
        try:
            await self.call(event, **data)
        except Refused as refusal:
            return refusal.code
        raise AssertionError(f"{event} was not refused")

    async def expect(self, event: str, *, timeout: float = 6.0, **having: Any) -> dict[str, Any]:  # noqa: ASYNC109
        """Return the data of the next push of an event, with these values, that was not returned before."""
        deadline = time.monotonic() + timeout
        while True:
            for index in range(self._taken, len(self.pushes)):
                push = self.pushes[index]
                if push["event"] == event and having.items() <= push["data"].items():
                    self._taken = index + 1
                    data: dict[str, Any] = push["data"]
                    return data
            await self._wait(deadline, f"no {event} {having or ''} in {self.pushes[self._taken :]}")

    async def closed(self, *, timeout: float = 15.0) -> int | None:  # noqa: ASYNC109
        """Wait until the server has closed the socket; return the code."""
        deadline = time.monotonic() + timeout
        while self.close_code is None:
            await self._wait(deadline, "the socket stayed open")
        return self.close_code

    async def _wait(self, deadline: float, complaint: str) -> None:
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise AssertionError(complaint) from None

    def seen(self, event: str) -> list[dict[str, Any]]:
        """Return the data of all pushes of an event so far."""
        return [push["data"] for push in self.pushes if push["event"] == event]


@asynccontextmanager
async def open_client(url: str, **more: Any) -> AsyncIterator[Socket]:
    """Open a socket, not authenticated; `more` goes to the websocket library."""
    connection = await connect(url, compression=None, max_size=None, open_timeout=20, proxy=None, **more)
    async with Socket(connection) as opened:
        yield opened
