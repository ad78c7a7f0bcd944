"""Requests at a steady rate, whatever becomes of the answers: raw HTTP, which costs little beside what it measures."""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wholexale.tests.live import Person

PATIENCE = 20.0
"""Seconds after which an answer does not come any more."""

KEPT = 3.0
"""Seconds for which a line is kept that is not used: the server closes it after five, perhaps as we write."""

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def request_of(person: Person, method: str, path: str, body: Any = None) -> bytes:
    """Return a request of a person as it goes over the line."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{person.server.port}\r\nAuthorization: Bearer {person.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a request: its status, 0 for nothing, and seconds since it was `due` by the loop's clock."""

    request: bytes
    due: float
    seconds: float
    status: int


@dataclass
class Load:
    """A mix of requests to a port, `rate` a second, in turn; each goes out when it is due, and waits for no other."""

    port: int
    requests: Sequence[bytes]
    rate: float
    answers: list[Answer] = field(default_factory=list)
    _idle: list[tuple[float, Line]] = field(default_factory=list)
    _is_over: bool = False

    async def run(self) -> None:
        """Send until told to stop, and wait for the last answers."""
        loop, mix = asyncio.get_running_loop(), itertools.cycle(self.requests)
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                due = began + number / self.rate
                await asyncio.sleep(max(0.0, due - loop.time()))
                if self._is_over:
                    break
                group.create_task(self._ask(next(mix), due))
        for _, (_, writer) in self._idle:
            writer.close()

    def stop(self) -> None:
        """Send no more."""
        self._is_over = True

    def statuses(self) -> Counter[int]:
        """Return how often there was which status."""
        return Counter(answer.status for answer in self.answers)

    def slowest(self, share: float, *, since: float = 0.0, until: float = float("inf")) -> float:
        """Return the seconds within which all but a share of the requests were answered that were due in a time."""
        took = sorted(answer.seconds for answer in self.answers if since <= answer.due < until)
        return took[min(len(took) - 1, int(len(took) * (1 - share)))]

    async def _ask(self, request: bytes, due: float) -> None:
        status = 0
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._exchange(request)
        except (OSError, EOFError, TimeoutError):
            pass  # the status says it
        self.answers.append(Answer(request, due, asyncio.get_running_loop().time() - due, status))

    async def _exchange(self, request: bytes) -> int:
        """Send a request on a line, which is closed where the answer does not come whole; return the status."""
        reader, writer = line = await self._line()
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(row.lower().split(b": ", 1) for row in head.split(b"\r\n")[1:] if row)
            await reader.readexactly(int(fields[b"content-length"]))
        except BaseException:
            writer.close()
            raise
        self._idle.append((time.monotonic(), line))
        return int(head.split(b" ", 2)[1])

    async def _line(self) -> Line:
        """Return an open connection: one that was free for a moment, else a new one."""
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if time.monotonic() - since < KEPT and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)
