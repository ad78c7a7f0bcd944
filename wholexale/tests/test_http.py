"""The HTTP side below Django: slow senders, slow readers and oversized bodies take nothing from the others."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import pytest
from drf_spectacular_sidecar import __file__ as sidecar
from pytest_django import Settings

from wholexale import http
from wholexale.http import Http, Message, Receive, Scope, Send
from wholexale.tests.asgi import Taken, arriving, scope_with
from wholexale.tests.live import ROOT, Server, Stores, free_port, http_client

BUNDLE = "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
BUNDLE_BYTES = (Path(sidecar).parent / "static" / BUNDLE).stat().st_size
IS_DAPHNE = os.environ.get("WHOLEXALE_TEST_SERVER") == "daphne"
HASTY = """
import django
django.setup()
from django.core.management import call_command
from wholexale import http
http.BODY_SECONDS = http.SEND_SECONDS = 1.0
call_command("serve")
"""
pytestmark = pytest.mark.once
on_uvicorn = pytest.mark.skipif(IS_DAPHNE, reason="daphne reads whole bodies before it asks us, and buffers answers")


# --- Against a real server --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """Return a server that waits for nobody longer than a second."""
    with Stores.fresh() as stores:
        port = free_port()
        log = Path(stores.environment["DATA_DIR"]) / "hasty.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-c", HASTY],
                cwd=ROOT,
                env={**stores.environment, "PORT": str(port)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        server = Server(process, port, log, stores)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def connections(server: Server, count: int, request: bytes, *, buffer: int = 0) -> Iterator[list[socket.socket]]:
    """Open connections that each send the same; a small receive buffer makes a reader that takes next to nothing."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            if buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            one.settimeout(10)
            one.connect(("127.0.0.1", server.port))
            one.sendall(request)
            opened.append(one)
        yield opened


def request(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def answer_of(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Read to the end of the connection, and return status and JSON."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/json" in head, received
    return int(head.split()[1]), json.loads(body)


MUCH = 6 * request("GET", f"/static/{BUNDLE}")
"""Asks for more than the system buffers for a connection."""


@pytest.mark.live
def test_bodies_that_do_not_come_hold_no_slot(server: Server) -> None:
    half_open = request("POST", "/api/auth/login", "Content-Type: application/json", "Content-Length: 10")
    with connections(server, 12, half_open):
        time.sleep(0.3)

        assert http_client().get(f"{server.url}/health", timeout=2).status_code == 200


@pytest.mark.live
def test_readers_that_take_nothing_hold_no_slot(server: Server) -> None:
    with connections(server, 12, MUCH, buffer=4096):
        time.sleep(0.5)

        assert http_client().get(f"{server.url}/health", timeout=2).status_code == 200


@pytest.mark.live
def test_a_file_arrives_whole(server: Server) -> None:
    answer = http_client().get(f"{server.url}/static/{BUNDLE}", headers={"Accept-Encoding": "identity"})

    assert (answer.status_code, len(answer.content)) == (200, BUNDLE_BYTES)


@pytest.mark.live
@on_uvicorn
@pytest.mark.parametrize("trickle", [0, 40])
def test_a_body_that_does_not_come_in_time_is_refused(hasty: Server, trickle: int) -> None:
    begun = time.monotonic()
    with connections(hasty, 1, request("POST", "/api/auth/login", "Content-Length: 100")) as [connection]:
        for _ in range(trickle):
            with contextlib.suppress(OSError):
                connection.sendall(b" ")
            if time.monotonic() > begun + 0.8:
                break
            time.sleep(0.1)
        status, body = answer_of(connection)

    assert (status, body["code"]) == (408, "REQUEST_TIMEOUT")
    assert 0.9 < time.monotonic() - begun < 5


@pytest.mark.live
@on_uvicorn
def test_a_reader_that_takes_nothing_is_given_up(hasty: Server) -> None:
    with connections(hasty, 1, MUCH, buffer=4096) as [connection]:
        time.sleep(3)
        received = 0
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(65536):
                received += len(chunk)

    assert received < 6 * BUNDLE_BYTES


@pytest.mark.live
@on_uvicorn
def test_a_body_that_says_that_it_is_too_long_is_refused_before_it_comes(server: Server) -> None:
    with connections(server, 1, request("POST", "/api/auth/login", "Content-Length: 99999999")) as [connection]:
        status, body = answer_of(connection)

    assert (status, body["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert body["requestId"]


@pytest.mark.live
@on_uvicorn
def test_a_chunked_body_is_refused_when_it_has_become_too_long(server: Server) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with connections(server, 1, request("POST", "/api/auth/login", "Transfer-Encoding: chunked")) as [connection]:
        connection.sendall(chunk * 40)  # more than the limit, and more than was read when the answer went out
        status, body = answer_of(connection)

    assert (status, body["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.live
def test_a_client_that_goes_on_sending_reads_why(server: Server) -> None:
    answer = http_client().post(f"{server.url}/api/auth/login", content=b" " * 3_000_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.live
@pytest.mark.parametrize("host", ["evil.example", "a b", "[", ""])
@pytest.mark.parametrize("path", ["/health", "/api/auth/profile", "/api/nothing"])
def test_a_bad_host_is_refused_in_json(server: Server, host: str, path: str) -> None:
    answer = http_client().get(f"{server.url}{path}", headers={"Host": host}, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


# --- One request at a time --------------------------------------------------------------------------------------


class NothingBeside:
    async def start(self) -> None:
        """Nothing is pushed here, and nothing becomes due."""


App = Callable[[Scope, Receive, Send], Awaitable[None]]


def serving(app: App, *, slots: int = 1) -> Http:
    """Return the HTTP side with an application in the place of Django."""
    served = Http(cast(Any, NothingBeside()))
    served._django = cast(Any, app)
    served._slots = asyncio.Semaphore(slots)
    return served


async def take_nothing(_message: Message) -> None:
    await asyncio.Event().wait()


async def greet(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.body", "body": b" you"})


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    scope["wholexale.streams"] = True
    await greet(scope, receive, send)


async def test_the_body_is_replayed_and_then_the_end_of_the_connection_is_heard() -> None:
    heard: list[Message] = []
    gone = asyncio.Event()
    parts = [
        {"type": "http.request", "body": b"one", "more_body": True},
        {"type": "http.request", "body": b" two", "more_body": False},
    ]

    async def receive() -> Message:
        if parts:
            return parts.pop(0)
        await gone.wait()
        return {"type": "http.disconnect"}

    async def listen(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.append(await receive())
        gone.set()
        heard.append(await receive())

    await serving(listen)(scope_with(), receive, Taken())

    assert heard == [{"type": "http.request", "body": b"one two", "more_body": False}, {"type": "http.disconnect"}]


async def test_who_goes_while_the_body_arrives_costs_nothing() -> None:
    asked = False

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        nonlocal asked
        asked = True

    taken = Taken()
    await serving(app)(scope_with(), receive, taken)

    assert (asked, taken) == (False, [])


@pytest.mark.parametrize("app", [greet, stream])
async def test_an_answer_that_nobody_takes_gives_its_slot_back_and_ends(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "SEND_SECONDS", 0.3)
    served = serving(app)
    slow = asyncio.create_task(served(scope_with(), arriving(b""), take_nothing))
    await asyncio.sleep(0.05)
    taken = Taken()

    async with asyncio.timeout(0.2):
        await served(scope_with(), arriving(b""), taken)
    async with asyncio.timeout(1):
        await slow

    assert taken.body == b"hello you"
    assert served._streams._value == http.MAX_STREAMS
    assert served._slots._value == 1


async def test_above_the_number_of_streams_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_STREAMS", 1)
    served = serving(stream)
    first = asyncio.create_task(served(scope_with(), arriving(b""), take_nothing))
    await asyncio.sleep(0)
    taken = Taken()

    await served(scope_with(), arriving(b""), taken)
    first.cancel()

    assert taken[0]["status"] == 503
    assert json.loads(taken.body)["code"] == "UNAVAILABLE"


async def test_few_large_bodies_are_held_at_once_and_small_ones_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_LARGE_BODIES", 1)
    monkeypatch.setattr(http, "BODY_SECONDS", 0.3)
    served = serving(greet)
    large = b" " * (http.SMALL_BODY + 1)

    async def endless() -> Message:
        if not sent:
            sent.append(large)
            return {"type": "http.request", "body": large, "more_body": True}
        return await take_for_ever()

    async def take_for_ever() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    sent: list[bytes] = []
    first = asyncio.create_task(served(scope_with(), endless, Taken()))
    await asyncio.sleep(0.05)
    small, second = Taken(), Taken()
    waiting = asyncio.create_task(served(scope_with(), arriving(large, b""), second))
    async with asyncio.timeout(0.1):
        await served(scope_with(), arriving(b"{}", b""), small)
    was_waiting = not second
    await asyncio.gather(first, waiting)

    assert small.body == b"hello you"
    assert was_waiting
    assert second.body == b"hello you"


@pytest.mark.parametrize("length", [b"1" * 30, b"9" * 5000])
async def test_an_absurd_length_is_too_large(length: bytes) -> None:
    taken = Taken()

    await serving(greet)(scope_with((b"content-length", length)), arriving(b""), taken)

    assert taken[0]["status"] == 413


@pytest.mark.parametrize(
    ("peer", "is_believed"), [("10.1.2.3", True), ("192.0.2.1", False), ("::1", False), ("", False)]
)
async def test_only_our_proxies_say_how_the_client_came(settings: Settings, peer: str, *, is_believed: bool) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    seen: list[Any] = []

    async def look(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.extend(scope["headers"])

    given = [(b"x-forwarded-proto", b"https"), (b"host", b"x")]
    await serving(look)(scope_with(*given, client=peer), arriving(b""), Taken())

    assert seen == (given if is_believed else given[1:])
