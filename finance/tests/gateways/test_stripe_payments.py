"""Payments through Stripe: what its library sends, and what its answers mean."""

from typing import Any
from uuid import UUID

import pytest

from finance.gateways import Order, Rejected
from finance.gateways.stripe import StripeGateway
from finance.models import PaymentIntent
from finance.tests.gateways.fake_staging import order
from finance.tests.gateways.stripe_staging import API_KEY, StripeServer, intent

State = PaymentIntent.State


def with_fee(fee: int, currency: str) -> dict[str, Any]:
    return {"id": "ch_1", "object": "charge", "balance_transaction": {"id": "txn_1", "fee": fee, "currency": currency}}


def test_creating_sends_the_amount_our_id_and_our_key(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = intent()
    wanted = order(123_45)
    gateway.create(wanted, key="key-1")

    assert (server.request.method, server.request.path) == ("POST", "/v1/payment_intents")
    assert server.request.form == {
        "amount": "12345",
        "currency": "inr",
        "capture_method": "automatic",
        "allowed_payment_method_types[0]": "card",
        "description": wanted.description,
        "metadata[intent_id]": str(wanted.intent_id),
        "metadata[number]": wanted.number,
    }
    assert server.request.key == "key-1"
    assert server.request.headers["authorization"] == f"Bearer {API_KEY}"


def test_what_is_captured_later_is_asked_for_by_the_capture_method(
    server: StripeServer, gateway: StripeGateway
) -> None:
    server.answer = intent()
    gateway.create(order(is_captured_later=True), key="key")

    assert server.request.form["capture_method"] == "manual"


def test_a_new_payment_tells_the_client_how_to_go_on(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = intent()
    payment = gateway.create(order(), key="key")

    assert (payment.reference, payment.state) == ("pi_1", State.REQUIRES_PAYMENT_METHOD)
    assert payment.action == {"type": "stripe", "clientSecret": "pi_1_secret_x"}
    assert payment.intent_id == UUID(server.answer["metadata"]["intent_id"])


@pytest.mark.parametrize(("amount", "currency"), [(500, "JPY"), (1_230, "KWD"), (1_234, "USD"), (1_234, "HUF")])
def test_amounts_are_sent_in_the_minor_units_of_iso_4217(
    amount: int, currency: str, server: StripeServer, gateway: StripeGateway
) -> None:
    server.answer = intent(currency=currency.lower())
    gateway.create(order(amount, currency=currency), key="key")

    assert (server.request.form["amount"], server.request.form["currency"]) == (str(amount), currency.lower())


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (order(1_234, currency="KWD"), "amount_too_precise"),
        (order(1_234, currency="BHD"), "amount_too_precise"),
        (order(500, currency="ISK"), "currency_not_supported"),
        (order(500, currency="UGX"), "currency_not_supported"),
        (order(500, currency="MGA"), "currency_not_supported"),
    ],
)
def test_what_stripe_counts_otherwise_is_refused_and_not_sent(
    wanted: Order, code: str, server: StripeServer, gateway: StripeGateway
) -> None:
    with pytest.raises(Rejected) as raised:
        gateway.create(wanted, key="key")

    assert raised.value.code == code
    assert server.requests == []


def test_confirming_sends_the_payment_method(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = intent(status="succeeded", amount_received=100_00, latest_charge=with_fee(2_36, "inr"))
    payment = gateway.confirm("pi_1", token="pm_card_visa", key="key-2")

    assert (server.request.method, server.request.path) == ("POST", "/v1/payment_intents/pi_1/confirm")
    assert server.request.form == {
        "payment_method": "pm_card_visa",
        "use_stripe_sdk": "true",
        "expand[0]": "latest_charge.balance_transaction",
    }
    assert server.request.key == "key-2"
    assert (payment.state, payment.captured, payment.fee) == (State.SUCCEEDED, 100_00, 2_36)
    assert payment.action is None


def test_confirming_without_a_payment_method_asks_what_the_client_has_done(
    server: StripeServer, gateway: StripeGateway
) -> None:
    server.answer = intent(status="processing")

    assert gateway.confirm("pi_1", token="", key="key").state == State.PROCESSING
    assert (server.request.method, server.request.path) == ("GET", "/v1/payment_intents/pi_1")


def test_a_fee_in_another_currency_is_not_taken_for_one_in_this(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = intent(status="succeeded", amount_received=100_00, latest_charge=with_fee(2_36, "usd"))

    assert gateway.retrieve("pi_1").fee == 0


@pytest.mark.parametrize("step", [{"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure"}}, None])
def test_a_payer_who_has_to_do_something_does_it_with_the_library_of_stripe(
    step: dict[str, Any] | None, server: StripeServer, gateway: StripeGateway
) -> None:
    server.answer = intent(status="requires_action", next_action=step)
    payment = gateway.confirm("pi_1", token="pm_1", key="key")

    assert payment.state == State.REQUIRES_ACTION
    assert payment.action == {"type": "stripe", "clientSecret": "pi_1_secret_x"}


def test_a_payer_who_has_to_go_to_a_page_is_sent_there(server: StripeServer, gateway: StripeGateway) -> None:
    page = {"url": "https://bank.example/3ds", "return_url": "https://shop.example"}
    server.answer = intent(status="requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": page})

    assert gateway.retrieve("pi_1").action == {"type": "redirect", "url": "https://bank.example/3ds"}


def test_capturing_sends_the_amount(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = intent(status="succeeded", amount_received=30_00)
    payment = gateway.capture("pi_1", amount=30_00, key="key-3")

    assert server.request.path == "/v1/payment_intents/pi_1/capture"
    assert server.request.form["amount_to_capture"] == "3000"
    assert server.request.key == "key-3"
    assert (payment.state, payment.captured) == (State.SUCCEEDED, 30_00)


def test_canceling_lets_go(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = intent(status="canceled")

    assert gateway.cancel("pi_1", key="key-4").state == State.CANCELED
    assert (server.request.path, server.request.key) == ("/v1/payment_intents/pi_1/cancel", "key-4")


FAILURE = {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline", "message": "Declined."}


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "requires_payment_method"}, State.REQUIRES_PAYMENT_METHOD),
        ({"status": "requires_payment_method", "last_payment_error": FAILURE}, State.FAILED),
        ({"status": "requires_confirmation"}, State.REQUIRES_PAYMENT_METHOD),
        ({"status": "requires_action", "last_payment_error": FAILURE}, State.REQUIRES_ACTION),
        ({"status": "processing"}, State.PROCESSING),
        ({"status": "requires_capture", "amount_capturable": 100_00}, State.REQUIRES_CAPTURE),
        ({"status": "succeeded", "amount_received": 100_00, "last_payment_error": FAILURE}, State.SUCCEEDED),
        ({"status": "canceled", "last_payment_error": FAILURE}, State.CANCELED),
    ],
)
def test_each_state_of_theirs_is_one_of_ours(
    fields: dict[str, Any], state: PaymentIntent.State, server: StripeServer, gateway: StripeGateway
) -> None:
    server.answer = intent(**fields)
    payment = gateway.retrieve("pi_1")

    assert payment.state == state
    assert payment.capturable == fields.get("amount_capturable", 0)
    assert payment.failure_code == ("card_declined" if state == State.FAILED else "")
    assert payment.failure_text == ("Declined." if state == State.FAILED else "")


def test_a_payment_that_somebody_else_made_in_the_same_account_has_no_id_of_ours(
    server: StripeServer, gateway: StripeGateway
) -> None:
    for metadata in ({}, {"intent_id": "order 7"}):
        server.answer = intent(metadata=metadata)
        assert gateway.retrieve("pi_1").intent_id is None


def test_money_for_businesses_does_not_go_through_it(server: StripeServer, gateway: StripeGateway) -> None:
    uid = UUID(int=1)
    with pytest.raises(Rejected, match="no_payouts"):
        gateway.pay_out(payout_id=uid, business_id=uid, amount=1, currency="INR", key="key")
    with pytest.raises(Rejected, match="no_payouts"):
        gateway.retrieve_payout("po_1")

    assert not gateway.pays_out
    assert server.requests == []
