"""Measure dealing over REST: offers made and accepted a second, and how long an accept takes at a steady rate."""

import http.client
import json
import multiprocessing
import random
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from accounts import services as accounts_services, tokens
from accounts.models import Business, User
from accounts.services import BusinessDetails, Device
from finance import services as finance_services
from finance.management.commands.bench_ledger import milliseconds, own_database
from finance.models import CreditRequest

FIRMS = 20
LIMIT = 10**12
STEADY_RATE = 40
NO_PASSWORD = "!"  # noqa: S105 - a hash that no password has
OFFER = {
    "title": "Bulk Order Request",
    "description": "I need 100 units of your product",
    "product": {"productId": "product", "name": "Product Name"},
    "pricing": {"originalPrice": 100, "offerPrice": 85},
    "quantity": {"requested": 100, "unit": "pieces"},
}
PATIENCE = 30


class Firm(NamedTuple):
    """Somebody with a business, and a token of theirs."""

    id: str
    token: str


class Pace(NamedTuple):
    """When one of several clients has its turn, so that all of them together keep the steady rate."""

    turn: int
    clients: int


class Share(NamedTuple):
    """What one process has measured: microseconds of what worked, what did not, and the offers that were made."""

    latencies: list[int]
    errors: dict[str, int]
    made: list[tuple[str, str]]


class Command(BaseCommand):
    """Start a server on a database of its own, let clients deal over HTTP, print rates, and drop the database."""

    help = "Measure offers made and accepted over REST per second (on a temporary database)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how long, with how many clients, and with how many processes the server runs."""
        parser.add_argument("--seconds", type=int, default=8, help="how long each scenario runs")
        parser.add_argument("--clients", type=int, default=8)
        parser.add_argument("--workers", type=int, default=2 if settings.REDIS_URL else 1)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a table: scenario, rate, latencies, errors.

        Raises:
            CommandError: in production, or where nothing worked.
        """
        if settings.IS_PRODUCTION:
            raise CommandError("The bench keeps the server busy; a production has better to do.")
        clients, seconds = options["clients"], options["seconds"]
        self.stdout.write(f"{connection.vendor}, {options['workers']} server processes, {clients} clients")
        self.stdout.write(f"{'scenario':<16} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>8}")
        with own_database(), _server(options["workers"]) as port:
            buyers, sellers = _firms("buyer"), _firms("seller")
            _work(_make, port, [(buyers, sellers, seed, 1) for seed in range(clients)])  # the server warms up
            made = self._run("make", _make, port, [(buyers, sellers, seed, 2 * seconds) for seed in range(clients)])
            steady, fast = made[: STEADY_RATE * seconds], made[STEADY_RATE * seconds :]
            by_id = {firm.id: firm.token for firm in sellers}
            plans = [(fast[one::clients], by_id) for one in range(clients)]
            self._run("accept", _accept, port, plans)
            paced = [(steady[one::clients], by_id, Pace(one, clients)) for one in range(clients)]
            self._run(f"accept {STEADY_RATE}/s", _accept, port, paced)

    def _run(self, name: str, work: Any, port: int, plans: Sequence[Any]) -> list[tuple[str, str]]:
        started = time.monotonic()
        shares = _work(work, port, plans)
        seconds = time.monotonic() - started
        latencies = sorted(one for share in shares for one in share.latencies)
        errors = sum((Counter(share.errors) for share in shares), Counter[str]())
        if not latencies:
            raise CommandError(f"{name}: nothing worked: {dict(errors)}")
        said = " ".join(f"{count}x{what}" for what, count in errors.items()) or "0"
        median, slow = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
        rate = round(len(latencies) / seconds)
        self.stdout.write(f"{name:<16} {rate:>8} {milliseconds(median):>8} {milliseconds(slow):>8} {said:>8}")
        return [pair for share in shares for pair in share.made]


@contextmanager
def _server(workers: int) -> Iterator[int]:
    """Serve the bench's database on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    changed = ["RATE_LIMITS=off", "HOST=127.0.0.1", "LOG_LEVEL=error"]
    if connection.vendor == "postgresql":
        name = f"/{connection.settings_dict['NAME']}"
        changed.append(f"POSTGRES_URI={urlunsplit(urlsplit(settings.POSTGRES_URI)._replace(path=name))}")
    serve = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(["env", *changed, *serve], cwd=settings.BASE_DIR)  # noqa: S603, S607 - our own command
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise CommandError("The server has not come up.")


def _firms(kind: str) -> list[Firm]:
    """Make businesses; those that buy may owe more than a bench can spend."""
    firms = []
    for number in range(FIRMS):
        person = accounts_services.create_user(
            email=f"{kind}{number}@example.com",
            password_hash=NO_PASSWORD,
            first_name=kind.title(),
            last_name=str(number),
        )
        details = BusinessDetails(name=f"{kind.title()} {number}")
        business: Business = accounts_services.create_business(actor=person, details=details)
        if kind == "buyer":
            _grant(business)
        session = accounts_services.start_session(user=person, device=Device())
        firms.append(Firm(str(person.id), tokens.issue(session).access))
    return firms


def _grant(business: Business) -> None:
    """Let a business owe so much that two members of staff must agree."""
    first, second = (
        User.objects.filter(email=f"{name}@example.com").first()
        or User.objects.create_superuser(f"{name}@example.com", None, first_name="Bench", last_name=name.title())
        for name in ("bench-first", "bench-second")
    )
    finance_services.set_credit_limit(
        actor=first, business_id=business.id, currency="INR", limit_minor=LIMIT, reason="For the bench"
    )
    request = CreditRequest.objects.get(business=business)
    finance_services.approve_credit_request(actor=second, request_id=request.id, reason="For the bench")


def _work(work: Any, port: int, plans: Sequence[Any]) -> list[Share]:
    """Let processes work at once, each with a connection of its own to the server."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined] # the processes must not share its sockets
    with multiprocessing.get_context("fork").Pool(len(plans)) as pool:
        return pool.starmap(work, [(port, *plan) for plan in plans])


def _make(port: int, buyers: Sequence[Firm], sellers: Sequence[Firm], seed: int, seconds: int) -> Share:
    """Make offers for some seconds."""
    chance, client = random.Random(seed), _Client(port)
    end = time.monotonic() + seconds
    validity = {"endDate": (timezone.now() + timedelta(days=7)).isoformat()}
    while time.monotonic() < end:
        seller = chance.choice(sellers)
        body = OFFER | {"seller": seller.id, "validity": validity}
        if answer := client.send("POST", "/api/offers", chance.choice(buyers).token, body):
            client.share.made.append((answer["offer"]["id"], seller.id))
    return client.share


def _accept(
    port: int, offers: Sequence[tuple[str, str]], tokens_by_id: dict[str, str], pace: Pace | None = None
) -> Share:
    """Accept offers, as fast as it goes, or at the steady rate; then an answer is late from when it was due."""
    client, started = _Client(port), time.monotonic()
    for number, (offer, seller) in enumerate(offers):
        due = None if pace is None else started + (pace.turn + number * pace.clients) / STEADY_RATE
        if due is not None:
            time.sleep(max(0, due - time.monotonic()))
        client.send("PUT", f"/api/offers/{offer}/respond", tokens_by_id[seller], {"action": "accept"}, due=due)
    return client.share


class _Client:
    """One connection to the server, and what it has measured."""

    def __init__(self, port: int) -> None:
        """Connect with the first request."""
        self._server = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.share = Share([], {}, [])

    def send(self, method: str, path: str, token: str, body: dict[str, Any], *, due: float | None = None) -> Any:
        """Send a request and note how long it took since it was due, or what came instead."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        began = time.monotonic() if due is None else due
        try:
            self._server.request(method, path, json.dumps(body), headers)
            answer = self._server.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._server.close()
            return self._failed(type(error).__name__)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return self._failed(str(answer.status))
        self.share.latencies.append(round((time.monotonic() - began) * 1_000_000))
        return json.loads(raw)

    def _failed(self, what: str) -> None:
        self.share.errors[what] = self.share.errors.get(what, 0) + 1
