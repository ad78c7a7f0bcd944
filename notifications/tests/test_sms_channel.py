"""SMS, by Twilio's own library to a server in Twilio's place."""

import socket
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from django.test import override_settings

from notifications.channels import Refused, Sent, Unreachable, Unsure
from notifications.channels.sms import SmsChannel, e164
from notifications.tests.letters import letter_to
from notifications.tests.servers import WebServer, web_server
from wholexale.common.ids import new_id
from wholexale.common.work import Permanent, Retry

pytestmark = pytest.mark.once

ACCOUNT = "AC00000000000000000000000000000000"


@pytest.fixture
def twilio() -> Iterator[WebServer]:
    """Return a server that takes every SMS until told otherwise."""
    with web_server(status=201, answer={"sid": "SM1", "status": "queued"}) as server, account(server.address):
        yield server


def account(address: str) -> override_settings:
    return override_settings(
        TWILIO_ADDRESS=address,
        TWILIO_ACCOUNT_SID=ACCOUNT,
        TWILIO_AUTH_TOKEN="token",
        TWILIO_PHONE_NUMBER="+15005550006",
        BASE_URL="https://api.wholexale.test",
    )


def send(**fields: object) -> Sent:
    return SmsChannel().send(letter_to("sms", **fields))  # type: ignore[arg-type] # fields of a letter


def refuse(server: WebServer, status: int, code: int) -> None:
    server.status, server.answer = status, {"code": code, "message": "No.", "status": status}


def test_an_sms_is_handed_over_with_the_address_of_its_callback(twilio: WebServer) -> None:
    delivery_id = new_id()
    sent = send(delivery_id=delivery_id, template="otp", to="9876543210")
    form = {name: value for name, (value,) in parse_qs(twilio.request.body.decode()).items()}

    assert sent == Sent(provider="twilio", provider_id="SM1")
    assert twilio.request.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert twilio.request.headers["authorization"].startswith("Basic ")
    assert form == {
        "To": "+919876543210",
        "From": "+15005550006",
        "Body": "Wholexale: 482913 is your verification code. It works for 10 minutes. Tell it to nobody.",
        "StatusCallback": f"https://api.wholexale.test/api/webhooks/sms-status?delivery={delivery_id}",
    }


@pytest.mark.parametrize(
    ("status", "code", "reason", "suppress"),
    [
        (400, 21610, "opted_out", True),
        (400, 21211, "invalid", True),
        (400, 21614, "invalid", True),
        (400, 21408, "refused", False),
        (400, 21608, "refused", False),
    ],
)
def test_a_number_that_takes_nothing_is_refused(
    twilio: WebServer, status: int, code: int, reason: str, *, suppress: bool
) -> None:
    refuse(twilio, status, code)
    with pytest.raises(Refused) as refused:
        send()

    assert (refused.value.reason, refused.value.suppress) == (reason, suppress)


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20503)])
def test_twilio_says_when_to_come_back(twilio: WebServer, status: int, code: int) -> None:
    refuse(twilio, status, code)
    twilio.headers = {"Retry-After": "17"}
    with pytest.raises(Retry) as again:
        send()

    assert again.value.after == 17.0


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (503, 20503), (401, 20003), (403, 20403)])
def test_twilio_says_no_for_now(twilio: WebServer, status: int, code: int) -> None:
    refuse(twilio, status, code)
    with pytest.raises(Unreachable):
        send()


def test_what_twilio_will_never_take_is_parked(twilio: WebServer) -> None:
    refuse(twilio, 400, 21617)
    with pytest.raises(Permanent, match="21617"):
        send()


def test_a_twilio_that_does_not_answer_leaves_us_unsure(twilio: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.channels.sms.TIMEOUT_SECONDS", 0.2)
    twilio.is_silent = True
    with pytest.raises(Unsure):
        send()

    assert len(twilio.requests) == 1


def test_an_answer_that_is_a_riddle_leaves_us_unsure(twilio: WebServer) -> None:
    twilio.answer = ["what"]
    with pytest.raises(Unsure):
        send()


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with account(f"http://127.0.0.1:{reserved.getsockname()[1]}"), pytest.raises(Unreachable):
            send()


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    with account("http://twilio.invalid"), pytest.raises(Unreachable):
        send()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("9876543210", "+919876543210"), ("919876543210", "+919876543210"), ("+14155550100", "+14155550100")],
)
def test_ten_digits_are_an_indian_number(written: str, meant: str) -> None:
    assert e164(written) == meant
