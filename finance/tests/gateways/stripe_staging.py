"""A server that answers like Stripe, on this machine: the library's own requests arrive, and tests look at them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from finance.gateways.stripe import StripeGateway
from wholexale.common.ids import new_id

API_KEY = "sk_test_of_the_tests"
SECRETS = ("whsec_new", "whsec_old")
PATIENCE = 1
"""How long a gateway waits for a server that does not answer, in seconds; else the tests wait for a busy machine."""


@dataclass(frozen=True)
class Request:
    """What the library has sent: `form` holds the fields as Stripe reads them, of the body or the query."""

    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def key(self) -> str | None:
        """Return the idempotency key."""
        return self.headers.get("idempotency-key")


@dataclass
class StripeServer:
    """Answers what the test says, and remembers what it was asked."""

    status: int = 200
    answer: Any = None
    is_silent: bool = False
    requests: list[Request] = field(default_factory=list)
    address: str = ""
    is_over: threading.Event = field(default_factory=threading.Event)

    def refuse(self, status: int, **error: Any) -> None:
        """Answer an error from now on."""
        self.status, self.answer = status, {"error": {"message": "No.", **error}}

    @property
    def request(self) -> Request:
        """Return the only request so far."""
        (request,) = self.requests
        return request


@contextmanager
def stripe_server() -> Iterator[StripeServer]:
    """Run a server for as long as the block lasts."""
    state = StripeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def do_GET(self) -> None:
            self.answer(urlsplit(self.path).query)

        def answer(self, form: str) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            state.requests.append(Request(self.command, path, dict(parse_qsl(form)), headers))
            if state.is_silent:
                state.is_over.wait(10)
                return
            self.send_response(state.status)
            self.end_headers()
            self.wfile.write(state.answer if isinstance(state.answer, bytes) else json.dumps(state.answer).encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        state.is_over.set()
        server.shutdown()
        thread.join()


def gateway_to(address: str, *, timeout: int = 10) -> StripeGateway:
    """Return the adapter, talking to that address."""
    return StripeGateway(API_KEY, SECRETS, address=address, timeout=timeout)


def intent(**fields: Any) -> dict[str, Any]:
    """Return a PaymentIntent as Stripe describes one that has just been made."""
    usual: dict[str, Any] = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 100_00,
        "amount_capturable": 0,
        "amount_received": 0,
        "client_secret": "pi_1_secret_x",
        "currency": "inr",
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {"intent_id": str(new_id()), "number": "PAY-2026-000001"},
        "next_action": None,
        "status": "requires_payment_method",
    }
    return usual | fields


def refund(**fields: Any) -> dict[str, Any]:
    """Return a Refund as Stripe describes one that has gone well."""
    usual: dict[str, Any] = {
        "id": "re_1",
        "object": "refund",
        "amount": 10_00,
        "currency": "inr",
        "metadata": {"refund_id": str(new_id())},
        "payment_intent": "pi_1",
        "reason": None,
        "status": "succeeded",
    }
    return usual | fields


def dispute(**fields: Any) -> dict[str, Any]:
    """Return a Dispute as Stripe describes a new one."""
    usual: dict[str, Any] = {
        "id": "du_1",
        "object": "dispute",
        "amount": 100_00,
        "charge": "ch_1",
        "currency": "inr",
        "evidence_details": {"due_by": 1_900_000_000, "has_evidence": False, "past_due": False, "submission_count": 0},
        "payment_intent": "pi_1",
        "reason": "product_not_received",
        "status": "needs_response",
    }
    return usual | fields


def webhook(kind: str, told: dict[str, Any]) -> bytes:
    """Return the body of a webhook about an object."""
    return json.dumps(
        {"id": "evt_1", "object": "event", "api_version": "2026-10-28.endive", "type": kind, "data": {"object": told}}
    ).encode()


def signed(body: bytes, secret: str = SECRETS[0], *, at: int | None = None) -> dict[str, str]:
    """Return the headers of a webhook, signed by the library."""
    return {"stripe-signature": stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)}
