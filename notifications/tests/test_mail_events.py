"""`/api/webhooks/mail/:provider`: what providers tell of mails, in Postmark's shape, read by django-anymail itself."""

from base64 import b64encode
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from notifications.channels.email import EmailChannel
from notifications.models import Delivery, Status, Suppression
from notifications.tests.letters import letter_to
from notifications.tests.staging import delivery, letters, run, told, trace, verified

signals = pytest.importorskip("anymail.signals", reason="django-anymail is optional: make venv installs it")
AnymailTrackingEvent, tracking = signals.AnymailTrackingEvent, signals.tracking
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
    record: str = "Bounce",
    kind: str = "HardBounce",
    *,
    secret: str = SECRET,
    path: str = "postmark",
    address: str = "192.0.2.1",
    **more: Any,
) -> Any:
    """Send what Postmark would, from an address."""
    body = {"RecordType": record, "Type": kind, "MessageID": MESSAGE, "Email": "Buyer@Example.com", "ID": 42} | more
    headers = {"authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}
    client = Client(REMOTE_ADDR=address)
    return client.post(f"/api/webhooks/mail/{path}", body, content_type="application/json", headers=headers)


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
        ("Bounce", "SoftBounce", Status.BOUNCED),
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


def test_what_strangers_send_is_counted_by_their_address(limits: Settings, mail: Delivery) -> None:
    limits.RATE_LIMIT_WEBHOOKS = "2/1m"
    strangers = [tell(secret="", address="192.0.2.7", path=path).status_code for path in ("postmark", "nobody", "else")]
    assert strangers == [401, 404, 429]
    assert [tell(address="192.0.2.8").status_code for _ in range(3)] == [200, 200, 429]


SOFT = [
    {"Type": "SoftBounce"},
    {"event": "soft_bounce", "reason": "mailbox full"},
    {"event": "soft_bounce", "msg": {"email": "bela@microsoft.example", "diag": "smtp;422 4.2.2"}},
    {"bounce": {"bounceType": "Transient", "bounceSubType": "General", "diagnosticCode": "smtp; 550 5.7.1"}},
    {"event": "bounce", "error_related_to": "recipient", "hard_bounce": False},
    {"msys": {"message_event": {"bounce_class": "22"}}},
    {"event": "bounce", "ip": "5.10.20.30"},
]
HARD = [
    {"Type": "HardBounce"},
    {"event": "hard_bounce"},
    {"bounce": {"bounceType": "Permanent"}},
    {"event": "bounce", "status": "5.1.1"},
    {"event": "bounce", "hard_bounce": True},
    {"msys": {"message_event": {"bounce_class": "10"}}},
    {"severity": "permanent"},
]


@pytest.mark.parametrize(("said", "is_final"), [*((one, False) for one in SOFT), *((one, True) for one in HARD)])
def test_an_address_is_given_up_only_where_its_provider_says_for_good(said: Any, is_final: bool, db: None) -> None:
    event = AnymailTrackingEvent(event_type="bounced", recipient=ADDRESS, message_id="x", esp_event=said)
    tracking.send(sender=object, event=event, esp_name="Any")
    assert suppressed() == ([(ADDRESS, "bounced")] if is_final else [])


def test_the_word_of_the_provider_finds_a_mail_whose_answer_was_lost(mail: Delivery) -> None:
    Delivery.objects.filter(id=mail.id).update(status=Status.UNKNOWN, provider_id="")
    event = AnymailTrackingEvent(
        event_type="delivered", recipient=ADDRESS, message_id="x", metadata={"delivery": str(mail.id)}
    )
    tracking.send(sender=object, event=event, esp_name="Any")
    assert delivery(mail.notification).status == Status.DELIVERED


def test_a_mail_says_which_delivery_it_is(settings: LazySettings, mailoutbox: list[Any]) -> None:
    settings.MAIL_BACKEND = "anymail.backends.test.EmailBackend"
    letter = letter_to("email")
    EmailChannel().send(letter)
    (sent,) = mailoutbox
    assert sent.anymail_test_params["metadata"] == {"delivery": str(letter.delivery_id)}
