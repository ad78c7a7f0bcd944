"""`/api/webhooks/sms-status`: signed by Twilio's own rule, checked by Twilio's own library."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.test import Client
from twilio.request_validator import RequestValidator

from accounts.models import User
from notifications.models import Channel, Delivery, Status, Suppression
from notifications.tests.staging import told, trace
from wholexale.common.ids import new_id

pytestmark = pytest.mark.once

BASE, PATH, TOKEN, NUMBER = (
    "https://api.wholexale.test",
    "/api/webhooks/sms-status",
    "a-token-of-twilio",
    "+919876543210",
)


@pytest.fixture(autouse=True)
def _account(settings: LazySettings) -> None:
    """Have an account at Twilio, and a public address that is not the one the test calls."""
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.BASE_URL = BASE


@pytest.fixture
def sms(buyer: User) -> Delivery:
    """Return an SMS that Twilio has taken."""
    notification = told(buyer)
    Delivery.objects.filter(notification=notification).delete()
    return Delivery.objects.create(
        notification=notification,
        channel=Channel.SMS,
        state="done",
        status=Status.SENT,
        address=NUMBER,
        provider="twilio",
        provider_id="SM1",
    )


def tell(
    delivery_id: Any,
    status: str = "delivered",
    *,
    token: str = TOKEN,
    algorithm: str = "",
    base: str = BASE,
    **fields: str,
) -> int:
    """Send what Twilio would, and return the HTTP status."""
    path = f"{PATH}?delivery={delivery_id}"
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": NUMBER, **fields}
    signature = RequestValidator(token).compute_signature(f"{base}{path}", form, algorithm or None)
    headers = {"X-Twilio-Signature": signature}
    if algorithm:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=k1,algorithm={algorithm}"
    body = urlencode(form)
    answer = Client().generic("POST", path, body, content_type="application/x-www-form-urlencoded", headers=headers)
    return answer.status_code


def now(sms: Delivery) -> Delivery:
    sms.refresh_from_db()
    return sms


def test_a_delivered_sms_is_delivered(sms: Delivery) -> None:
    assert tell(sms.id) == 200
    assert now(sms).status == Status.DELIVERED
    assert sms.delivered_at is not None
    assert trace(sms.notification, Channel.SMS)[-1] == ("delivered", "")


def test_the_other_algorithm_of_twilio_is_understood(sms: Delivery) -> None:
    assert tell(sms.id, algorithm="HMAC_SHA256") == 200
    assert now(sms).status == Status.DELIVERED


@pytest.mark.parametrize("wrong", [{"token": "another"}, {"base": "https://evil.example"}, {"algorithm": "HMAC_MD5"}])
def test_a_wrong_signature_is_refused(sms: Delivery, wrong: dict[str, str]) -> None:
    if "algorithm" in wrong:
        path = f"{PATH}?delivery={sms.id}"
        headers = {"X-Twilio-Signature": "x", "X-Twilio-Webhooks-Signature-Settings": "algorithm=HMAC_MD5"}
        assert Client().post(path, {"MessageStatus": "delivered"}, headers=headers).status_code == 401
    else:
        assert tell(sms.id, **wrong) == 401
    assert now(sms).status == Status.SENT


def test_a_field_that_was_changed_on_the_way_is_refused(sms: Delivery) -> None:
    path, signed = f"{PATH}?delivery={sms.id}", {"MessageStatus": "failed"}
    signature = RequestValidator(TOKEN).compute_signature(f"{BASE}{path}", signed)
    answer = Client().post(path, {"MessageStatus": "delivered"}, headers={"X-Twilio-Signature": signature})

    assert answer.status_code == 401
    assert answer.json()["code"] == "INVALID_SIGNATURE"


def test_another_delivery_in_the_address_is_refused(sms: Delivery) -> None:
    form = {"MessageStatus": "delivered"}
    signature = RequestValidator(TOKEN).compute_signature(f"{BASE}{PATH}?delivery={new_id()}", form)
    answer = Client().post(f"{PATH}?delivery={sms.id}", form, headers={"X-Twilio-Signature": signature})

    assert answer.status_code == 401


def test_without_an_account_nobody_is_believed(sms: Delivery, settings: LazySettings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""

    assert tell(sms.id) == 401


def test_nothing_at_all_is_refused() -> None:
    assert Client().post(PATH).status_code == 401


def test_a_late_word_does_no_harm(sms: Delivery) -> None:
    assert [tell(sms.id, status) for status in ("delivered", "sent", "queued", "failed", "delivered")] == [200] * 5
    assert now(sms).status == Status.DELIVERED
    assert [one for one in trace(sms.notification, Channel.SMS) if one[0] == "delivered"] == [("delivered", "")]


@pytest.mark.parametrize(
    ("code", "reason", "suppressed"),
    [("30005", "invalid", "invalid"), ("30006", "invalid", "invalid"), ("21610", "opted_out", "opted_out"),
     ("30003", "undelivered", ""), ("", "undelivered", "")],
)  # fmt: skip
def test_an_sms_that_does_not_arrive_says_why(sms: Delivery, code: str, reason: str, suppressed: str) -> None:
    assert tell(sms.id, "undelivered", ErrorCode=code) == 200
    assert (now(sms).status, sms.reason) == (Status.FAILED, reason)
    assert list(Suppression.objects.values_list("channel", "address", "reason")) == (
        [("sms", NUMBER, suppressed)] if suppressed else []
    )


@pytest.mark.parametrize("name", ["", "nonsense", "018f0000-0000-7000-8000-000000000001"])
def test_what_is_about_no_sms_of_ours_is_heard_and_forgotten(db: None, name: str) -> None:
    assert tell(name) == 200


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_twilio_only_posts(db: None, method: str) -> None:
    assert getattr(Client(), method)(PATH).status_code == 405
