"""Real server processes, real HTTP and real sockets, for tests that need the whole thing.

A test gets servers on free ports with stores of their own; nothing that already runs is touched.
"""

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg

from wholexale.realtime.client import Refused, Socket, open_client
from wholexale.tests.environment import MIGRATED, ROOT

__all__ = ["PASSWORD", "ROOT", "Person", "Refused", "Server", "Socket", "Stores", "http_client", "open_socket"]

START_SECONDS = 40
PASSWORD = "a-long-enough-password"

_numbers = itertools.count(1)


@cache
def http_client() -> httpx.Client:
    """Return the client for servers of tests: each request on a connection of its own.

    One for all, because a new one reads every root certificate, which takes longer than most requests.
    """
    return httpx.Client(timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Stores:
    """The stores of some servers, and the environment that leads to them."""

    environment: dict[str, str]

    @classmethod
    @contextmanager
    def fresh(cls, **extra: str) -> Iterator[Self]:
        """Make stores of the lane: SQLite in a new folder, or a new PostgreSQL database and a Redis prefix."""
        with tempfile.TemporaryDirectory(prefix="wholexale-test-") as folder, contextlib.ExitStack() as stack:
            environment = {
                **os.environ,
                "APP_ENV": "test",
                "DATA_DIR": folder,
                "SECRET_KEY": secrets.token_urlsafe(32),
                "JWT_SECRET": secrets.token_urlsafe(32),
                "JWT_REFRESH_SECRET": secrets.token_urlsafe(32),
                "BCRYPT_ROUNDS": "4",
                "RATE_LIMITS": "off",
                "LOG_LEVEL": "warning",
                "PYTHONUNBUFFERED": "1",
                **extra,
            }
            if uri := environment.get("POSTGRES_URI"):
                environment["POSTGRES_URI"] = stack.enter_context(_database(uri, template=_migrated_database(uri)))
            else:
                shutil.copy(_migrated_file(), folder)
            if environment.get("REDIS_URL"):
                environment["REDIS_PREFIX"] = f"{environment.get('REDIS_PREFIX', 'test')}-{secrets.token_hex(4)}"
            yield cls(environment)

    @property
    def are_shared(self) -> bool:
        """Return whether several processes may use them."""
        return bool(self.environment.get("REDIS_URL"))


# What is copied belongs to the run, which removes its folder and every database whose name begins with its own. Outside
# of a lane, each process migrates a database of its own.


@cache
def _migrated_file() -> Path:
    """Return a SQLite file with every table and nothing in them."""
    if made := os.environ.get(MIGRATED):
        return Path(made)
    folder = Path(os.environ["DATA_DIR"]) / "template"
    _migrate(DATA_DIR=str(folder))
    return folder / "wholexale.sqlite3"


@cache
def _migrated_database(uri: str) -> str:
    """Return the name of a PostgreSQL database with every table and nothing in them."""
    if name := os.environ.get(MIGRATED):
        return name
    made = _create(uri, template="template1")
    _migrate(POSTGRES_URI=made)
    return made.rpartition("/")[2]


def _migrate(**extra: str) -> None:
    run = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = {**os.environ, "APP_ENV": "test", "LOG_LEVEL": "warning", **extra}
    subprocess.run(run, cwd=ROOT, env=environment, check=True, timeout=120)  # noqa: S603 - our own command


@contextmanager
def _database(uri: str, *, template: str) -> Iterator[str]:
    """Make a PostgreSQL database beside the one of a URI, as a copy of another, and drop it at the end."""
    made = _create(uri, template=template)
    base, _, name = made.rpartition("/")
    try:
        yield made
    finally:
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create(uri: str, *, template: str) -> str:
    """Create a PostgreSQL database beside the one of a URI, as a copy of another, and return its URI."""
    base, _, run = uri.rpartition("/")
    name = f"{run}_live_{secrets.token_hex(6)}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{base}/{name}"


@dataclass
class Server:
    """A running server process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    stores: Stores

    @classmethod
    @contextmanager
    def run(cls, stores: Stores, **extra: str) -> Iterator[Self]:
        """Start a server, wait until it is ready, and stop it at the end."""
        server = cls.start(stores, **extra)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.stop()

    @classmethod
    def start(cls, stores: Stores, **extra: str) -> Self:
        """Start a server of the kind that the lane asks for: uvicorn, or daphne."""
        port = free_port()
        environment = {**stores.environment, **extra, "PORT": str(port)}
        kind = environment.get("WHOLEXALE_TEST_SERVER", "uvicorn")
        command = [sys.executable, "manage.py", "serve"]
        if kind == "daphne":
            command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "wholexale.asgi:application"]
        log = Path(environment["DATA_DIR"]) / f"server-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        return cls(process, port, log, stores)

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://127.0.0.1:{self.port}"

    def close_code(self, code: int) -> int:
        """Return how a close code arrives: daphne cannot send all, and drops the connection on bad UTF-8."""
        if self.stores.environment.get("WHOLEXALE_TEST_SERVER") != "daphne":
            return code
        return {1007: 1006, 1008: 4008, 1009: 4009}.get(code, code)

    def wait_until_ready(self) -> None:
        """Wait for `/health`.

        Raises:
            RuntimeError: with the log, when the server ends or stays silent.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if http_client().get(f"{self.url}/health", timeout=2).status_code == httpx.codes.OK:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not come up:\n{self.log.read_text()}")

    def kill(self) -> None:
        """End the process as a crash would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> None:
        """End the process as an operator would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Person:
    """Somebody with an account and a session on a server."""

    server: Server
    email: str
    user: dict[str, Any]
    token: str
    refresh_token: str
    session_id: str

    @property
    def id(self) -> str:
        """Return the user's id."""
        return str(self.user["id"])

    @classmethod
    def register(cls, server: Server, name: str = "Person", **fields: Any) -> Self:
        """Register somebody new."""
        email = f"{name.lower()}-{next(_numbers)}-{secrets.token_hex(3)}@example.com"
        body = {"email": email, "password": PASSWORD, "firstName": name, "lastName": "Tester", **fields}
        answer = http_client().post(f"{server.url}/api/auth/register", json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return cls.of(server, email, answer.json())

    @classmethod
    def of(cls, server: Server, email: str, answer: dict[str, Any]) -> Self:
        """Take a person from the answer of register or login."""
        return cls(server, email, answer["user"], answer["token"], answer["refreshToken"], answer["sessionId"])

    def sign_in_again(self) -> Self:
        """Return the same person with another session."""
        body = {"email": self.email, "password": PASSWORD}
        answer = http_client().post(f"{self.server.url}/api/auth/login", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return type(self).of(self.server, self.email, answer.json())

    def on(self, server: Server) -> "Person":
        """Return the same person, talking to another server of the same stores."""
        return Person(server, self.email, self.user, self.token, self.refresh_token, self.session_id)

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Send a REST request."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return http_client().request(method, f"{self.server.url}{path}", json=body, headers=headers, **more)

    def talk_to(self, *others: "Person") -> str:
        """Create a conversation with others and return its id: direct with one, a group with several."""
        participants = [{"user": other.id} for other in others]
        body: dict[str, Any] = {"participants": participants}
        if len(others) > 1:
            body |= {"conversationType": "group", "groupInfo": {"name": "Group"}}
        answer = self.request("POST", "/api/chat/conversations", body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.json()["conversation"]["id"])

    @asynccontextmanager
    async def socket(self, server: Server | None = None, *, signed_in: bool = True) -> AsyncIterator[Socket]:
        """Open a socket, authenticated unless told otherwise."""
        async with open_socket(server or self.server) as opened:
            if signed_in:
                await opened.call("auth", token=self.token)
            yield opened


@asynccontextmanager
async def open_socket(server: Server, **more: Any) -> AsyncIterator[Socket]:
    """Open a socket to a server, not authenticated."""
    async with open_client(f"ws://127.0.0.1:{server.port}/ws/", **more) as opened:
        yield opened
