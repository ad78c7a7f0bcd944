"""Web push, to a push service on this machine that decrypts what it is given, as the browser would."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import LazySettings, settings
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from notifications.channels import Letter, Refused, Unreachable
from notifications.channels.base import Gone
from notifications.channels.push import PushChannel
from notifications.channels.webpush import MAX_PAYLOAD_BYTES, payload_of, public_key, push
from notifications.models import PushSubscription, StoredLetter
from notifications.tests.letters import letter_to
from notifications.tests.servers import Request, WebServer, web_server
from wholexale.common.ids import new_id
from wholexale.common.work import Permanent, Retry

pytestmark = pytest.mark.once

WITHOUT_OUTBOX = override_settings(HAS_OUTBOX=False)


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Browser:
    """The keys of a browser, which alone can read what it is pushed."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"0123456789abcdef"

    @property
    def p256dh(self) -> str:
        """Return the public key as the browser gives it away."""
        return base64url(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def read(self, request: Request) -> Any:
        """Decrypt what was pushed."""
        assert request.headers["content-encoding"] == "aes128gcm"
        return json.loads(
            http_ece.decrypt(request.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        )

    def subscribe(self, server: WebServer, user: User | None = None, path: str = "/one") -> PushSubscription:
        """Return a subscription of this browser; it is stored where it is somebody's."""
        subscription = PushSubscription(
            endpoint=f"{server.address}{path}", p256dh=self.p256dh, auth=base64url(self.secret), user=user
        )
        if user is not None:
            subscription.save()
        return subscription


@pytest.fixture
def service() -> Iterator[WebServer]:
    """Return a push service."""
    with web_server(status=201, headers={"Location": "https://push.test/m/1"}) as server:
        yield server


def pushed(**fields: Any) -> Letter:
    data = {"notificationId": str(new_id()), "offerId": str(new_id()), "senderName": "Mehta Textiles"}
    usual: dict[str, Any] = {"urgency": "high", "ttl": 3600, "data": data}
    return letter_to("push", **(usual | fields))


def test_only_the_browser_can_read_a_push(service: WebServer) -> None:
    browser, letter = Browser(), pushed()
    name = push(browser.subscribe(service), letter)
    read = browser.read(service.request)

    assert name == "https://push.test/m/1"
    assert b"New offer" not in service.request.body
    assert read == {
        "id": str(letter.delivery_id),
        "type": "offer_received",
        "title": "New offer",
        "language": "en",
        "body": "Open it to see who wants what, and for how much.",
        "data": {name: value for name, value in letter.data.items() if name != "senderName"},
    }
    assert service.request.headers["ttl"] == "3600"
    assert service.request.headers["urgency"] == "high"
    assert service.request.headers["topic"] == letter.delivery_id.hex


def test_the_service_can_check_who_pushes(service: WebServer) -> None:
    push(Browser().subscribe(service), pushed())
    scheme, _, rest = service.request.headers["authorization"].partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    point = urlsafe_b64decode(fields["k"] + "=" * (-len(fields["k"]) % 4))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(fields["t"], key, algorithms=["ES256"], audience=service.address)

    assert scheme == "vapid"
    assert fields["k"] == public_key()
    assert claims["sub"] == settings.VAPID_SUBJECT == "mailto:noreply@wholexale.com"
    assert 0 < claims["exp"] - timezone.now().timestamp() <= 24 * 3600


def test_each_service_is_signed_for_by_itself(service: WebServer) -> None:
    with web_server(status=201) as other:
        push(Browser().subscribe(service), pushed())
        push(Browser().subscribe(other), pushed())
    tokens = [one.request.headers["authorization"].split("t=")[1].split(",")[0] for one in (service, other)]
    audiences = [jwt.decode(token, options={"verify_signature": False})["aud"] for token in tokens]

    assert audiences == [service.address, other.address]


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_subscription_is_gone(service: WebServer, status: int) -> None:
    service.status = status
    with pytest.raises(Gone):
        push(Browser().subscribe(service), pushed())


def test_what_is_too_large_is_pushed_again_without_its_ids(service: WebServer) -> None:
    browser = Browser()
    service.answers = [(413, {}), (201, {})]
    push(browser.subscribe(service), pushed())
    first, second = (browser.read(request) for request in service.requests)

    assert set(first) - set(second) == {"body", "data"}


def test_a_payload_is_small_whatever_it_carries() -> None:
    letter = pushed(data={f"x{number}Id": str(new_id()) for number in range(200)})

    assert len(payload_of(letter).encode()) <= MAX_PAYLOAD_BYTES
    assert "data" not in json.loads(payload_of(letter))


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_says_when_to_come_back(service: WebServer, status: int) -> None:
    service.status, service.headers = status, {"Retry-After": "120"}
    with pytest.raises(Retry) as again:
        push(Browser().subscribe(service), pushed())

    assert again.value.after == 120.0


def test_a_service_may_name_the_moment_to_come_back(service: WebServer) -> None:
    moment = timezone.now() + timedelta(seconds=90)
    service.status, service.headers = 429, {"Retry-After": format_datetime(moment, usegmt=True)}
    with pytest.raises(Retry) as again:
        push(Browser().subscribe(service), pushed())

    assert 80 < again.value.after <= 90


def test_a_service_cannot_keep_us_away_for_ever(service: WebServer) -> None:
    service.status, service.headers = 429, {"Retry-After": "99999999"}
    with pytest.raises(Retry) as again:
        push(Browser().subscribe(service), pushed())

    assert again.value.after == 3600.0


def test_a_service_in_trouble_is_tried_again(service: WebServer) -> None:
    service.status = 500
    with pytest.raises(Unreachable):
        push(Browser().subscribe(service), pushed())


def test_a_service_that_does_not_answer_is_tried_again(service: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.channels.webpush.TIMEOUT_SECONDS", 0.2)
    service.is_silent = True
    with pytest.raises(Unreachable):
        push(Browser().subscribe(service), pushed())


def test_what_a_service_refuses_is_parked(service: WebServer) -> None:
    service.status = 400
    with pytest.raises(Permanent):
        push(Browser().subscribe(service), pushed())


def test_a_redirect_is_not_followed(service: WebServer) -> None:
    with web_server(status=201) as inside:
        service.status, service.headers = 307, {"Location": f"{inside.address}/secret"}
        with pytest.raises(Permanent):
            push(Browser().subscribe(service), pushed())

        assert inside.requests == []


def test_without_a_key_nobody_is_pushed_to_and_nobody_is_forgotten(service: WebServer, settings: LazySettings) -> None:
    settings.VAPID_PRIVATE_KEY = ""
    with pytest.raises(Unreachable, match="VAPID_PRIVATE_KEY"):
        push(Browser().subscribe(service), pushed())


def test_keys_that_are_none_are_parked(service: WebServer) -> None:
    subscription = Browser().subscribe(service)
    subscription.p256dh = "AAAA"
    with pytest.raises(Permanent):
        push(subscription, pushed())


def test_an_address_that_was_allowed_once_is_looked_at_again(service: WebServer) -> None:
    with override_settings(IS_PRODUCTION=True), pytest.raises(Gone):
        push(Browser().subscribe(service), pushed())

    assert service.requests == []


def test_every_browser_is_pushed_to_and_the_dead_are_forgotten(service: WebServer, buyer: User, seller: User) -> None:
    service.by_path = {"/dead": (410, {})}
    alive = Browser().subscribe(service, buyer, "/alive")
    Browser().subscribe(service, buyer, "/dead")
    Browser().subscribe(service, seller, "/other")
    with WITHOUT_OUTBOX:
        sent = PushChannel().send(pushed(user_id=buyer.id))

    assert sent.provider == "push"
    assert sorted(request.path for request in service.requests) == ["/alive", "/dead"]
    assert [one.endpoint for one in PushSubscription.objects.filter(user=buyer)] == [alive.endpoint]
    assert PushSubscription.objects.get(user=buyer).last_used_at is not None
    assert PushSubscription.objects.filter(user=seller).exists()


def test_one_browser_that_takes_it_is_enough(service: WebServer, buyer: User) -> None:
    service.by_path = {"/busy": (503, {})}
    Browser().subscribe(service, buyer, "/busy")
    Browser().subscribe(service, buyer, "/alive")
    with WITHOUT_OUTBOX:
        assert PushChannel().send(pushed(user_id=buyer.id)).provider == "push"


def test_when_nobody_takes_it_the_reason_is_said(service: WebServer, buyer: User) -> None:
    service.status, service.headers = 429, {"Retry-After": "30"}
    with WITHOUT_OUTBOX:
        with pytest.raises(Refused, match="no_address"):
            PushChannel().send(pushed(user_id=buyer.id))
        Browser().subscribe(service, buyer)
        with pytest.raises(Retry):
            PushChannel().send(pushed(user_id=buyer.id))


def test_the_outbox_keeps_a_copy_whatever_the_services_say(service: WebServer, buyer: User) -> None:
    service.status = 503
    Browser().subscribe(service, buyer)
    letter = pushed(user_id=buyer.id)
    sent = PushChannel().send(letter)
    PushChannel().send(letter)
    (stored,) = StoredLetter.objects.all()

    assert sent.provider == "outbox"
    assert (stored.channel, stored.to, stored.subject) == ("push", str(buyer.id), "New offer")
