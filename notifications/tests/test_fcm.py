"""Firebase: its own library for credentials, against a server in Firebase's place."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import override_settings

from notifications.channels import Unreachable
from notifications.channels.base import Gone
from notifications.channels.fcm import push
from notifications.models import PushSubscription
from notifications.tests.letters import letter_to
from notifications.tests.servers import WebServer, web_server
from wholexale.common.work import Permanent, Retry

pytestmark = pytest.mark.once

SEND = "/v1/projects/wholexale-test/messages:send"
APP = PushSubscription(kind=PushSubscription.Kind.FCM, endpoint="a-token")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def firebase() -> Iterator[WebServer]:
    """Return a server that knows our account, and takes every message until told otherwise."""
    with web_server(answer={"name": "projects/wholexale-test/messages/1"}) as server:
        server.by_path = {"/token": (200, {"access_token": "t0ken", "expires_in": 3600, "token_type": "Bearer"})}
        account = {
            "type": "service_account",
            "project_id": "wholexale-test",
            "private_key": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "client_email": "push@wholexale-test.iam.gserviceaccount.com",
            "token_uri": f"{server.address}/token",
        }
        with override_settings(FCM_CREDENTIALS=json.dumps(account), FCM_ADDRESS=server.address):
            yield server


def pushed(**fields: Any) -> str:
    usual: dict[str, Any] = {"urgency": "high", "ttl": 60, "data": {"offerId": "o1"}}
    return push(APP, letter_to("push", **(usual | fields)))


def test_an_app_is_pushed_to_with_ids_and_nothing_private(firebase: WebServer) -> None:
    name = pushed()
    asked, sent = firebase.requests
    (assertion,) = parse_qs(asked.body.decode())["assertion"]
    claims = jwt.decode(
        assertion, KEY.public_key(), algorithms=["RS256"], audience="https://oauth2.googleapis.com/token"
    )
    message = json.loads(sent.body)["message"]

    assert name == "projects/wholexale-test/messages/1"
    assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
    assert sent.path == SEND
    assert sent.headers["authorization"] == "Bearer t0ken"
    assert message["token"] == "a-token"
    assert message["notification"] == {
        "title": "New offer",
        "body": "Open it to see who wants what, and for how much.",
    }
    assert message["data"]["offerId"] == "o1"
    assert all(isinstance(value, str) for value in message["data"].values())
    assert message["android"]["priority"] == "HIGH"
    assert message["android"]["ttl"] == "60s"
    assert message["apns"]["headers"]["apns-priority"] == "10"


@pytest.mark.parametrize(
    ("status", "answer", "means"),
    [
        (404, {"error": {"details": [{"errorCode": "UNREGISTERED"}]}}, Gone),
        (403, {"error": {"details": [{"errorCode": "SENDER_ID_MISMATCH"}]}}, Gone),
        (403, {"error": {"status": "PERMISSION_DENIED"}}, Unreachable),
        (503, {}, Unreachable),
        (400, {"error": {"status": "INVALID_ARGUMENT"}}, Permanent),
    ],
)
def test_the_answers_of_firebase_are_understood(
    firebase: WebServer, status: int, answer: dict[str, Any], means: type[Exception]
) -> None:
    firebase.status, firebase.answer = status, answer
    with pytest.raises(means):
        pushed()


def test_firebase_says_when_to_come_back(firebase: WebServer) -> None:
    firebase.status, firebase.headers = 429, {"Retry-After": "61"}
    with pytest.raises(Retry) as again:
        pushed()

    assert again.value.after == 61.0


def test_an_account_that_is_unknown_is_tried_again(firebase: WebServer) -> None:
    firebase.by_path["/token"] = (401, {"error": "invalid_grant"})
    with pytest.raises(Unreachable):
        pushed()


def test_without_credentials_nothing_is_sent() -> None:
    with override_settings(FCM_CREDENTIALS=""), pytest.raises(Unreachable, match="FCM_CREDENTIALS"):
        pushed()
