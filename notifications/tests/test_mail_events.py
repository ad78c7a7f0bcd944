"""`/api/webhooks/mail/:provider`: what providers tell of mails, in Postmark's shape, read by django-anymail itself."""

from base64 import b64encode
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from notifications.models import Delivery, Status, Suppression
from notifications.tests.staging import delivery, letters, run, told, trace, verified

pytest.importorskip("anymail", reason="django-anymail is optional: make venv installs it")
pytestmark = [pytest.mark.django_db, pytest.mark.once]

SECRET = "hook:a-long-secret"
ADDRESS = "buyer@example.com"
MESSAGE = "883953f4-6105-42a2-a16a-77a8eac79483"


@pytest.fixture(autouse=True)
def _secret(settings: LazySettings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def mail(buyer: User) -> Delivery:
    """Return a mail that Postmark has taken."""
    verified(buyer)
    notification = told(buyer)
    run()
    Delivery.objects.filter(notification=notification).update(provider="email", provider_id=MESSAGE)
    sent: Delivery = delivery(notification)
    assert sent.status == Status.SENT
    return sent


def tell(
    record: str = "Bounce", kind: str = "HardBounce", *, secret: str = SECRET, path: str = "postmark", **more: Any
) -> Any:
    """Send what Postmark would."""
    body = {"RecordType": record, "Type": kind, "MessageID": MESSAGE, "Email": "Buyer@Example.com", "ID": 42} | more
    headers = {"authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}
    return Client().post(f"/api/webhooks/mail/{path}", body, content_type="application/json", headers=headers)


def suppressed() -> list[tuple[str, str]]:
    return list(Suppression.objects.filter(channel="email").values_list("address", "reason"))


def test_a_bounce_ends_the_delivery_and_the_address(buyer: User, mail: Delivery) -> None:
    answer = tell(Description="The server was unable to deliver your message", Details="550 no such user")

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert delivery(mail.notification).status == Status.BOUNCED
    assert trace(mail.notification)[-1] == ("bounced", "bounced")
    assert suppressed() == [(ADDRESS, "bounced")]

    before = len(letters())
    again = told(buyer)
    run()
    assert trace(again)[-1] == ("suppressed", "suppressed")
    assert len(letters()) == before


def test_the_same_event_twice_changes_nothing(mail: Delivery) -> None:
    tell()
    steps = trace(mail.notification)
    assert tell().status_code == 200
    assert trace(mail.notification) == steps
    assert len(suppressed()) == 1


def test_a_complaint_ends_the_address_and_not_the_delivery(mail: Delivery) -> None:
    tell("SpamComplaint", "SpamComplaint")
    assert suppressed() == [(ADDRESS, "complained")]
    assert delivery(mail.notification).status == Status.SENT


@pytest.mark.parametrize(
    ("record", "kind", "status"),
    [
        ("Delivery", "", Status.DELIVERED),
        ("Bounce", "Transient", Status.SENT),
        ("Bounce", "VirusNotification", Status.BOUNCED),
        ("Bounce", "Blocked", Status.FAILED),
        ("Open", "", Status.SENT),
    ],
)
def test_what_is_not_about_the_mailbox_suppresses_nothing(
    mail: Delivery, record: str, kind: str, status: Status
) -> None:
    tell(record, kind, Recipient=ADDRESS)
    assert delivery(mail.notification).status == status
    assert suppressed() == []


def test_a_bounce_of_a_mail_that_nobody_knows_ends_the_address_all_the_same(mail: Delivery) -> None:
    tell(MessageID="another", Email="old@example.com")
    assert suppressed() == [("old@example.com", "bounced")]
    assert delivery(mail.notification).status == Status.SENT


@pytest.mark.parametrize("secret", ["", "hook:wrong"])
def test_nobody_without_the_secret_is_heard(mail: Delivery, secret: str) -> None:
    refused = tell(secret=secret)
    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_SIGNATURE")
    assert suppressed() == []


@pytest.mark.parametrize("path", ["nobody", "postmark/inbound"])
def test_another_provider_is_not_there(path: str, db: None) -> None:
    assert tell(path=path).status_code == 404


@pytest.mark.parametrize("anymail", [{}, {"WEBHOOK_SECRET": ""}, {"POSTMARK_SERVER_TOKEN": "a-token"}])
def test_without_a_secret_of_ours_nothing_is_there(settings: LazySettings, anymail: dict[str, str], db: None) -> None:
    settings.ANYMAIL = anymail
    refused = tell()
    assert (refused.status_code, refused.json()["code"]) == (404, "PROVIDER_NOT_FOUND")


def test_a_provider_may_ask_first_whether_somebody_is_there(db: None) -> None:
    assert Client().head("/api/webhooks/mail/postmark").status_code == 200


def test_so_many_are_heard_only(limits: Settings, mail: Delivery) -> None:
    limits.RATE_LIMIT_WEBHOOKS = "1/1m"
    assert [tell().status_code for _ in range(2)] == [200, 429]
