"""Webhooks of the fake provider: signed, sent until they are heard, and believed only where they are its own."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from pytest_django import Settings

from finance.gateways import Unverified
from finance.gateways.fake import webhooks
from finance.gateways.fake.webhooks import WORK, deliver
from finance.gateways.signing import sign
from finance.models import FakeWebhook
from finance.tests.gateways.fake_staging import FAKE, URL, Inbox, confirmed, let_time_pass
from wholexale.common.errors import ValidationFailed
from wholexale.common.models import WorkRow
from wholexale.common.work import nudges

pytestmark = pytest.mark.django_db


@pytest.fixture
def body() -> bytes:
    confirmed()
    return FakeWebhook.objects.get().body.encode()


def secret() -> str:
    return webhooks._secrets()[0]


def read(body: bytes, signature: str) -> str:
    return FAKE.read_event(body, {"x-fake-signature": signature}).type


def test_a_webhook_names_itself_what_has_happened_when_and_our_id(body: bytes) -> None:
    told = json.loads(body)

    assert set(told) == {"id", "type", "created", "data"}
    assert (told["id"][:8], told["type"]) == ("fake_ev_", "payment.succeeded")
    assert abs(told["created"] - time.time()) < 60
    assert told["data"]["intent_id"]


def test_a_webhook_that_was_signed_by_the_provider_is_believed(body: bytes) -> None:
    assert read(body, sign(body, secret())) == "payment.succeeded"


def test_a_webhook_that_somebody_else_has_signed_is_not_believed(body: bytes) -> None:
    for header in ("", "t=1", sign(body, "guess"), sign(body, ""), sign(body, secret()).replace("v1=", "v0=")):
        with pytest.raises(Unverified):
            read(body, header)
    with pytest.raises(Unverified):
        FAKE.read_event(body, {})


@pytest.mark.parametrize("seconds", [-301, 302])
def test_a_webhook_from_another_time_is_not_believed(seconds: int, body: bytes) -> None:
    with pytest.raises(Unverified):
        read(body, sign(body, secret(), at=int(time.time()) + seconds))


def test_a_webhook_that_was_altered_in_one_byte_is_not_believed(body: bytes) -> None:
    signature = sign(body, secret())
    for altered in (body.replace(b"succeeded", b"canceled_"), body + b" ", body[:-1]):
        with pytest.raises(Unverified):
            read(altered, signature)


def test_a_webhook_that_was_signed_before_the_secret_changed_is_believed_while_the_old_one_counts(
    body: bytes, settings: Settings
) -> None:
    signature, old = sign(body, secret()), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [old]
    assert read(body, signature) == read(body, sign(body, secret())) == "payment.succeeded"

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unverified):
        read(body, signature)


def test_a_type_that_we_do_not_know_tells_nothing() -> None:
    body = b'{"id": "fake_ev_1", "type": "payment.blessed", "created": 1, "data": {"saint": "Nicholas"}}'
    event = FAKE.read_event(body, {"x-fake-signature": sign(body, secret())})

    assert (event.id, event.type, event.news) == ("fake_ev_1", "payment.blessed", None)


def test_a_signed_body_that_is_no_webhook_is_refused() -> None:
    with pytest.raises(ValidationFailed):
        read(b"[]", sign(b"[]", secret()))


def test_webhooks_go_to_our_own_address_and_each_is_signed_when_it_is_sent(inbox: Inbox, settings: Settings) -> None:
    settings.BASE_URL = "https://shop.example"
    confirmed()

    assert inbox.fetch() == ["payment.succeeded"]
    assert inbox.urls == [f"https://shop.example{URL}"]


def test_a_webhook_that_is_not_heard_is_sent_again(inbox: Inbox) -> None:
    inbox.status = 500
    confirmed()
    assert inbox.fetch() == ["payment.succeeded"]
    row = FakeWebhook.objects.get()
    assert (row.state, row.last_error) == (WorkRow.State.PENDING, "NotHeard: HTTP 500")

    inbox.status = 204
    let_time_pass()
    assert inbox.fetch() == ["payment.succeeded"]
    assert FakeWebhook.objects.get().state == WorkRow.State.DONE


@pytest.mark.django_db(transaction=True)
def test_what_runs_the_work_hears_of_a_webhook_that_is_due_at_once() -> None:
    heard: list[WorkRow] = []
    nudges.listen(hear := heard.extend)
    try:
        confirmed()
    finally:
        nudges.stop_listening(hear)

    assert FakeWebhook.objects.get() in heard


class Door(BaseHTTPRequestHandler):
    """Takes one webhook over the network."""

    def do_POST(self) -> None:
        """Believe it or not, and say so."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            FAKE.read_event(body, {name.lower(): value for name, value in self.headers.items()})
            status = 200 if self.path == URL else 404
        except Unverified:
            status = 400
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def door(settings: Settings) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        settings.BASE_URL = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_webhook_arrives_over_the_network(door: HTTPServer) -> None:
    confirmed()

    deliver(FakeWebhook.objects.get())


def test_a_webhook_that_finds_nobody_fails(settings: Settings) -> None:
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        settings.BASE_URL = f"http://127.0.0.1:{server.server_port}"
    confirmed()
    with pytest.raises(httpx.ConnectError):
        deliver(FakeWebhook.objects.get())


def test_webhooks_are_tried_for_minutes_and_few_are_claimed_at_once() -> None:
    assert WORK.batch * webhooks.POST_SECONDS < WORK.lease.total_seconds()
    assert sum(min(60, 2**tries) for tries in range(WORK.tries)) > 15 * 60
