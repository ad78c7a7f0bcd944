"""A statement as a file, from a real server: it arrives whole, and slow readers hold no database connection."""

import contextlib
import csv
import io
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from wholexale.tests.live import ROOT, Person, Server

pytestmark = pytest.mark.live

ENTRIES = 12_000
DESCRIPTION = "=" + "x" * 499
MORE_THAN_CONNECTIONS = 30
ROUNDS = pytest.mark.parametrize(
    "rounds", [pytest.param(1, marks=pytest.mark.servers), pytest.param(3, marks=pytest.mark.proof)]
)
"""The short form is for the database whose connections are few, the long one for every lane."""

FILL = """
import sys, django
django.setup()
from accounts.models import User
from finance.tests.bookkeeping import enter_bulk, payable_of
print(enter_bulk(payable_of(User.objects.get(email=sys.argv[1])), int(sys.argv[2]), sys.argv[3]).id)
"""


@dataclass
class Book:
    """Somebody with an account of many entries."""

    owner: Person
    path: str

    @property
    def request(self) -> bytes:
        """Return a request for the file, as it goes over the wire."""
        lines = [f"GET {self.path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.owner.token}", "", ""]
        return "\r\n".join(lines).encode()


@pytest.fixture(scope="module", name="book")
def large_book(server: Server) -> Book:
    owner = Person.register(server, "Bookkeeper", businessName="Long Book")
    filled = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", FILL, owner.email, str(ENTRIES), DESCRIPTION],
        cwd=ROOT,
        env=server.stores.environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return Book(owner, f"/api/finance/accounts/{filled.stdout.decode().strip()}/statement?format=csv")


@contextlib.contextmanager
def readers(server: Server, book: Book, count: int) -> Iterator[list[socket.socket]]:
    """Let many ask for the file and take the beginning of it only."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.settimeout(20)
            one.connect(("127.0.0.1", server.port))
            one.sendall(book.request)
            opened.append(one)
        for one in opened:
            assert one.recv(12) == b"HTTP/1.1 200"
        yield opened


def test_a_file_arrives_whole(book: Book) -> None:
    answer = book.owner.request("GET", book.path)

    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert "content-length" not in answer.headers
    assert [row[0] for row in rows] == ["seq", "", *map(str, range(1, ENTRIES + 1)), ""]
    assert {row[3] for row in rows[2:-1]} == {f"'{DESCRIPTION}"}
    assert rows[-1][-1] == f"{ENTRIES}.00"


@ROUNDS
def test_readers_that_take_nothing_hold_no_connection_to_the_database(server: Server, book: Book, rounds: int) -> None:
    for _ in range(rounds):
        with readers(server, book, MORE_THAN_CONNECTIONS):
            for _ in range(10):
                assert book.owner.request("GET", "/api/auth/me").status_code == httpx.codes.OK


@ROUNDS
def test_readers_who_go_away_leave_nothing_behind(server: Server, book: Book, rounds: int) -> None:
    for _ in range(rounds):
        with readers(server, book, MORE_THAN_CONNECTIONS):
            pass

    assert book.owner.request("GET", "/api/finance/transactions").status_code == httpx.codes.OK
    assert len(book.owner.request("GET", book.path).content) > ENTRIES * len(DESCRIPTION)
    assert "Traceback" not in server.log.read_text()
