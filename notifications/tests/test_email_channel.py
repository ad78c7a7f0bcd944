"""E-mail, to a real mail server on this machine."""

import socket
import time
from unittest import mock

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.test import override_settings

from notifications.channels import Refused, Sent, Unreachable, Unsure, of
from notifications.channels.email import EmailChannel
from notifications.channels.smtp import Backend
from notifications.tests.letters import letter_to
from notifications.tests.servers import mail_server, mail_settings, mute_mail_server
from wholexale.common.ids import new_id
from wholexale.common.work import Permanent

pytestmark = pytest.mark.once

GREETING = b"220 here\r\n"
OK = b"250 OK\r\n"
QUICK = override_settings(EMAIL_TIMEOUT=0.3)


def send(**fields: object) -> Sent:
    return EmailChannel().send(letter_to("email", **fields))  # type: ignore[arg-type] # fields of a letter


def test_a_mail_arrives_with_text_and_html_and_its_headers() -> None:
    letter = letter_to("email", thread_id="offer-1", unsubscribe_url="https://api.test/api/notifications/unsubscribe/x")
    with mail_server() as server:
        sent = EmailChannel().send(letter)
    (mail,) = server.taken
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))

    assert sent == Sent(provider="email", provider_id=f"<{letter.delivery_id}@wholexale.com>")
    assert mail["Message-ID"] == f"<{letter.delivery_id}@wholexale.com>"
    assert mail["From"] == "Wholexale <noreply@wholexale.com>"
    assert mail["To"] == "asha@example.com"
    assert mail["Subject"] == "New offer from Mehta Textiles: Cotton bedsheets, 200 TC"
    assert mail["References"] == mail["In-Reply-To"] == "<thread.offer-1@wholexale.com>"
    assert mail["List-Unsubscribe"] == "<https://api.test/api/notifications/unsubscribe/x>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert text is not None
    assert html is not None
    assert "Mehta Textiles has made you an offer." in text.get_content()
    assert "Answer the offer" in html.get_content()


def test_a_mail_in_hindi_arrives_as_it_was_written() -> None:
    with mail_server() as server:
        send(language="hi")
    (mail,) = server.taken
    body = mail.get_body(("plain",))

    assert mail["Subject"].strip() == "Mehta Textiles का नया प्रस्ताव: Cotton bedsheets, 200 TC"
    assert body is not None
    assert "आपको एक प्रस्ताव भेजा है" in body.get_content()


def test_a_mail_that_nobody_can_do_without_has_no_way_to_unsubscribe() -> None:
    with mail_server() as server:
        send(template="password-reset", thread_id="")
    (mail,) = server.taken

    assert mail["List-Unsubscribe"] is None
    assert mail["References"] is None


def test_a_header_cannot_be_smuggled_in() -> None:
    with mail_server() as server:
        send(values={"sender": "A\r\nBcc: everybody@example.com"})
    (mail,) = server.taken

    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("New offer from A Bcc: everybody@example.com")


@pytest.mark.parametrize(
    ("said", "suppress"),
    [
        ("550 5.1.1 No such user", True),
        ("551 User not local", True),
        ("550 5.7.1 Relaying denied", False),
        ("550 relay not permitted", False),
        ("552 5.2.2 Mailbox full", False),
    ],
)
def test_a_refused_recipient_bounces(said: str, *, suppress: bool) -> None:
    with mail_server(recipient=said), pytest.raises(Refused) as refused:
        send()

    assert refused.value.reason == "bounced"
    assert refused.value.suppress is suppress
    assert refused.value.detail == said


def test_greylisting_is_tried_again() -> None:
    with mail_server(recipient="450 4.2.0 Greylisted") as server, pytest.raises(Unreachable, match="Greylisted"):
        send()

    assert server.taken == []


def test_a_mail_that_the_server_refuses_is_parked() -> None:
    with mail_server(mail="554 5.7.1 Looks like spam"), pytest.raises(Permanent, match="Looks like spam"):
        send()


def test_a_server_that_hangs_up_after_the_mail_leaves_us_unsure() -> None:
    with mail_server(hangs_up_at_the_end=True) as server, pytest.raises(Unsure):
        send()

    assert len(server.taken) == 1


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with mail_settings(reserved.getsockname()[1]), pytest.raises(Unreachable):
            send()


@pytest.mark.parametrize("words", [(), (GREETING,), (GREETING, OK), (GREETING, OK, OK)])
def test_a_server_that_says_no_more_is_left_and_surely_has_no_mail(words: tuple[bytes, ...]) -> None:
    with mute_mail_server(*words) as port, mail_settings(port), QUICK:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            send()

    assert time.monotonic() - began < 5


def test_a_server_that_takes_a_mail_and_says_no_more_leaves_us_unsure_before_the_deadline() -> None:
    words = (GREETING, OK, OK, OK, b"354 Go on\r\n")
    with mute_mail_server(*words) as port, mail_settings(port), mock.patch.object(Backend, "deadline", 0.5):
        began = time.monotonic()
        with pytest.raises(Unsure):
            send()

    assert time.monotonic() - began < 5


def test_the_deadline_is_for_the_whole_conversation() -> None:
    drips = (b"220-slow\r\n" * 3, b"250-a\r\n")
    with (
        mute_mail_server(*drips) as port,
        mail_settings(port),
        override_settings(EMAIL_TIMEOUT=60),
        mock.patch.object(Backend, "deadline", 0.5),
    ):
        began = time.monotonic()
        with pytest.raises(Unreachable):
            send()

    assert time.monotonic() - began < 5
    assert Backend.deadline == 15.0


class HttpError(Exception):
    """What a backend of a provider raises that speaks HTTP, such as anymail's."""

    def __init__(self, status_code: int) -> None:
        super().__init__("no")
        self.status_code = status_code


class HttpBackend(BaseEmailBackend):
    """A backend that does what the test says."""

    error: Exception | None = None

    def send_messages(self, email_messages: object) -> int:
        if HttpBackend.error:
            raise HttpBackend.error
        return 1


@pytest.mark.parametrize(
    ("error", "means"),
    [(HttpError(429), Unreachable), (HttpError(503), Unreachable), (HttpError(400), Permanent), (KeyError("x"), Unsure),
     (ValueError("no address"), Permanent)],
)  # fmt: skip
def test_the_errors_of_other_backends_are_understood(error: Exception, means: type[Exception]) -> None:
    backend = override_settings(MAIL_BACKEND=f"{__name__}.HttpBackend")
    with backend, mock.patch.object(HttpBackend, "error", error), pytest.raises(means):
        send()


def test_another_backend_sends() -> None:
    delivery_id = new_id()
    with override_settings(MAIL_BACKEND=f"{__name__}.HttpBackend"):
        sent = send(delivery_id=delivery_id)

    assert sent.provider_id == f"<{delivery_id}@wholexale.com>"


def test_the_settings_choose_the_channel() -> None:
    channels = {"email": "email", "sms": "", "push": ""}
    with override_settings(NOTIFICATION_CHANNELS=channels):
        assert isinstance(of("email"), EmailChannel)
        assert of("sms") is None
