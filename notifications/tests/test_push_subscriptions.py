"""`/api/notifications/push`: a browser subscribes, and leaves."""

from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from notifications.channels import webpush
from notifications.channels.hosts import is_push_service
from notifications.models import PushSubscription
from notifications.services.subscribing import MOST_OF_ONE_PERSON
from notifications.tests.test_push_channel import Browser, base64url
from wholexale.common.testing import Api

SUBSCRIBE, UNSUBSCRIBE = "notifications/push/subscribe", "notifications/push/unsubscribe"
CHROME = "https://fcm.googleapis.com/fcm/send/abc"


def wanted(endpoint: str = CHROME, **keys: str) -> dict[str, Any]:
    """Return what `PushSubscription.toJSON()` gives."""
    browser = Browser()
    usual = {"p256dh": browser.p256dh, "auth": base64url(browser.secret)}
    return {"endpoint": endpoint, "expirationTime": None, "keys": usual | keys}


def test_the_key_is_the_one_that_pushes_are_signed_by(api: Api, buyer: User) -> None:
    assert api.as_(buyer).get("notifications/push/key").body == {"publicKey": webpush.public_key()}
    assert len(webpush.public_key()) == 87


def test_a_browser_subscribes_and_leaves(api: Api, buyer: User) -> None:
    client, body = api.as_(buyer), wanted()
    made = client.post(SUBSCRIBE, body)
    again = client.post(SUBSCRIBE, body)
    stored = PushSubscription.objects.get()

    assert made.status == again.status == 201
    assert made.body["id"] == again.body["id"] == str(stored.id)
    assert (stored.user, stored.kind, stored.endpoint) == (buyer, "web", CHROME)
    assert (stored.p256dh, stored.auth) == (body["keys"]["p256dh"], body["keys"]["auth"])

    left = client.post(UNSUBSCRIBE, {"endpoint": CHROME})
    assert left.body["isRemoved"] is True
    assert client.post(UNSUBSCRIBE, {"endpoint": CHROME}).body["isRemoved"] is False
    assert not PushSubscription.objects.exists()


def test_a_browser_belongs_to_who_subscribed_last(api: Api, buyer: User, outsider: User) -> None:
    api.as_(buyer).post(SUBSCRIBE, wanted())
    api.as_(outsider).post(SUBSCRIBE, wanted())

    assert PushSubscription.objects.get().user == outsider


def test_nobody_unsubscribes_another(api: Api, buyer: User, outsider: User) -> None:
    api.as_(buyer).post(SUBSCRIBE, wanted())

    assert api.as_(outsider).post(UNSUBSCRIBE, {"endpoint": CHROME}).body["isRemoved"] is False
    assert PushSubscription.objects.get().user == buyer


def test_an_app_subscribes_by_its_token(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    client.post(SUBSCRIBE, {"token": "a-token-of-firebase"})
    stored = PushSubscription.objects.get()

    assert (stored.kind, stored.endpoint, stored.p256dh) == ("fcm", "a-token-of-firebase", "")
    assert client.post(UNSUBSCRIBE, {"token": "a-token-of-firebase"}).body["isRemoved"] is True


def test_the_oldest_browsers_of_a_person_are_forgotten(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    for number in range(MOST_OF_ONE_PERSON + 1):
        client.post(SUBSCRIBE, wanted(f"{CHROME}/{number}"))
    kept = set(PushSubscription.objects.values_list("endpoint", flat=True))

    assert len(kept) == MOST_OF_ONE_PERSON
    assert f"{CHROME}/0" not in kept


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "endpoint"),
        ({"endpoint": CHROME}, "endpoint"),
        (wanted("https://example.com/push"), "endpoint"),
        (wanted(p256dh="AAAA"), "keys.p256dh"),
        (wanted(p256dh="é"), "keys.p256dh"),
        (wanted(auth="AAAA"), "keys.auth"),
        (wanted(auth="*"), "keys.auth"),
        (wanted("https://fcm.googleapis.com/" + "x" * 1000), "endpoint"),
    ],
)
def test_what_is_no_browser_is_refused(api: Api, buyer: User, body: dict[str, Any], path: str) -> None:
    answer = api.as_(buyer).post(SUBSCRIBE, body)

    assert answer.status == 400
    assert answer.fields == [path]
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("path", [SUBSCRIBE, UNSUBSCRIBE])
def test_nobody_subscribes_unknown(api: Api, path: str) -> None:
    assert api.post(path, wanted()).status == 401


@pytest.mark.parametrize(
    "endpoint",
    [
        CHROME,
        "https://fcm.googleapis.com:443/fcm/send/abc",
        "https://jmt17.google.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-by3p.notify.windows.com/w/?token=abc",
    ],
)
def test_the_push_services_of_browsers_are_known(endpoint: str) -> None:
    with override_settings(IS_PRODUCTION=True):
        assert is_push_service(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user@fcm.googleapis.com/x",
        "https://user:secret@fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/x",
        "https://notify.windows.com.evil.example/x",
        "https://evilnotify.windows.com/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:8080/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://localhost/x",
        "https://fcm.googleapis.com:port/x",
        "ftp://fcm.googleapis.com/x",
        "https://[broken/x",
        "",
    ],
)
def test_production_pushes_nowhere_else(endpoint: str) -> None:
    with override_settings(IS_PRODUCTION=True):
        assert not is_push_service(endpoint)


def test_development_also_pushes_to_this_machine_and_to_no_other() -> None:
    assert is_push_service("http://127.0.0.1:8080/x")
    assert not is_push_service("http://192.168.0.1:8080/x")
