"""What goes wrong with Stripe: which errors are its last word, and after which it is asked again."""

import time
from typing import Any

import pytest

from finance.gateways import Rejected, Unavailable
from finance.gateways.stripe import StripeGateway
from finance.models import PaymentIntent
from finance.tests.gateways.fake_staging import order
from finance.tests.gateways.stripe_staging import PATIENCE, StripeServer, gateway_to, intent

State = PaymentIntent.State

DECLINED = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}


def test_a_declined_card_is_a_failed_payment(server: StripeServer, gateway: StripeGateway) -> None:
    server.refuse(402, **DECLINED, payment_intent=intent(last_payment_error=DECLINED))
    payment = gateway.confirm("pi_1", token="pm_1", key="key")

    assert (payment.reference, payment.state) == ("pi_1", State.FAILED)
    assert (payment.failure_code, payment.failure_text) == ("card_declined", "Your card was declined.")


def test_a_capture_that_the_bank_declines_is_refused(server: StripeServer, gateway: StripeGateway) -> None:
    server.refuse(402, **DECLINED)
    with pytest.raises(Rejected) as raised:
        gateway.capture("pi_1", amount=1, key="key")

    assert raised.value.code == "card_declined"


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"type": "invalid_request_error", "code": "amount_too_small"}, "amount_too_small"),
        (400, {"type": "invalid_request_error"}, "invalid_request_error"),
        (400, {"type": "idempotency_error"}, "idempotency_error"),
        (404, {"type": "invalid_request_error", "code": "resource_missing"}, "resource_missing"),
    ],
)
def test_a_request_that_is_wrong_is_refused_for_good(
    status: int, error: dict[str, Any], code: str, server: StripeServer, gateway: StripeGateway
) -> None:
    server.refuse(status, **error)
    with pytest.raises(Rejected) as raised:
        gateway.confirm("pi_1", token="pm_1", key="key")

    assert (raised.value.code, raised.value.text) == (code, "No.")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, {"type": "invalid_request_error"}),
        (403, {"type": "invalid_request_error"}),
        (409, {"type": "invalid_request_error", "code": "idempotency_key_in_use"}),
        (429, {"type": "invalid_request_error", "code": "rate_limit"}),
        (429, {"type": "invalid_request_error", "code": "lock_timeout"}),
        (500, {"type": "api_error"}),
        (503, {"type": "api_error"}),
    ],
)
def test_what_may_pass_is_asked_again_by_us_and_not_by_the_library(
    status: int, error: dict[str, Any], server: StripeServer, gateway: StripeGateway
) -> None:
    server.refuse(status, **error)
    with pytest.raises(Unavailable):
        gateway.create(order(), key="key")

    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b"[]", {"error": "down"}, intent(status="blessed")])
@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_nobody_understands_says_nothing(
    status: int, answer: Any, server: StripeServer, gateway: StripeGateway
) -> None:
    server.status, server.answer = status, answer
    with pytest.raises(Unavailable):
        gateway.retrieve("pi_1")


def test_an_answer_that_takes_too_long_is_not_waited_for(server: StripeServer) -> None:
    server.is_silent, began = True, time.monotonic()
    with pytest.raises(Unavailable):
        gateway_to(server.address, timeout=PATIENCE).create(order(), key="key")

    assert PATIENCE <= time.monotonic() - began < PATIENCE + 3
    assert len(server.requests) == 1


def test_a_stripe_that_cannot_be_reached_is_asked_again() -> None:
    with pytest.raises(Unavailable):
        gateway_to("http://127.0.0.1:1").create(order(), key="key")
