"""Webhooks of Stripe: believed where its own library finds the signature good, and read as news of ours."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from finance.gateways import Disputed, Event, Payment, Refunded, Unverified
from finance.gateways.stripe import StripeGateway
from finance.models import Dispute, PaymentIntent, Refund
from finance.tests.gateways.stripe_staging import SECRETS, dispute, gateway_to, intent, refund, signed, webhook
from wholexale.common.errors import ValidationFailed

BODY = webhook("payment_intent.succeeded", intent(status="succeeded", amount_received=100_00))


@pytest.fixture
def gateway() -> StripeGateway:
    return gateway_to("http://127.0.0.1:1")


def read(kind: str, told: dict[str, Any]) -> Event:
    body = webhook(kind, told)
    return gateway_to("http://127.0.0.1:1").read_event(body, signed(body))


@pytest.mark.parametrize("secret", SECRETS)
def test_each_secret_that_counts_is_good_enough(secret: str, gateway: StripeGateway) -> None:
    event = gateway.read_event(BODY, signed(BODY, secret))

    assert (event.id, event.type) == ("evt_1", "payment_intent.succeeded")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": ""},
        {"stripe-signature": "v1=abc"},
        {"stripe-signature": "t=yesterday,v1=abc"},
        {"stripe-signature": f"t={int(time.time())},v1=\xe9"},
        signed(BODY, "whsec_guess"),
        signed(BODY, at=int(time.time()) - 301),
        {"stripe-signature": signed(BODY)["stripe-signature"].replace("v1=", "v0=")},
    ],
)
def test_a_webhook_that_is_forged_or_stale_is_not_believed(headers: dict[str, str], gateway: StripeGateway) -> None:
    with pytest.raises(Unverified):
        gateway.read_event(BODY, headers)


@pytest.mark.parametrize("altered", [BODY + b" ", BODY.replace(b"10000", b"90000"), BODY[:-1], b"", b"\xff"])
def test_a_webhook_that_was_altered_is_not_believed(altered: bytes, gateway: StripeGateway) -> None:
    with pytest.raises(Unverified):
        gateway.read_event(altered, signed(BODY))


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(Unverified):
        StripeGateway("sk_test", [""]).read_event(BODY, signed(BODY))


def test_a_payment_that_succeeded_is_told_with_our_id_and_the_amount() -> None:
    told = intent(status="succeeded", amount_received=100_00, latest_charge="ch_1")

    assert read("payment_intent.succeeded", told).news == Payment(
        reference="pi_1",
        state=PaymentIntent.State.SUCCEEDED,
        intent_id=UUID(told["metadata"]["intent_id"]),
        captured=100_00,
    )


def test_a_payment_that_failed_is_told_with_its_reason() -> None:
    told = intent(last_payment_error={"code": "card_declined", "message": "Declined."})
    news = read("payment_intent.payment_failed", told).news

    assert isinstance(news, Payment)
    assert (news.state, news.failure_code) == (PaymentIntent.State.FAILED, "card_declined")


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_a_refund_is_told_by_several_types(kind: str) -> None:
    told = refund(status="failed", failure_reason="declined")
    news = read(kind, told).news

    assert isinstance(news, Refunded)
    assert (news.payment, news.state, news.failure_code) == ("pi_1", Refund.State.FAILED, "declined")
    assert news.refund_id == UUID(told["metadata"]["refund_id"])


def test_a_dispute_is_told_with_the_day_until_which_we_can_answer() -> None:
    news = read("charge.dispute.created", dispute()).news

    assert news == Disputed(
        reference="du_1",
        payment="pi_1",
        state=Dispute.State.NEEDS_RESPONSE,
        amount=100_00,
        reason="product_not_received",
        respond_by=datetime.fromtimestamp(1_900_000_000, UTC),
    )


@pytest.mark.parametrize("status", ["under_review", "won", "lost"])
def test_a_dispute_goes_on_and_is_decided(status: str) -> None:
    news = read("charge.dispute.closed", dispute(status=status, evidence_details={"due_by": 0})).news

    assert isinstance(news, Disputed)
    assert (news.state.value, news.respond_by) == (status, None)


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_closed", "prevented", "appeal_under_review"])
def test_an_inquiry_takes_no_money_and_is_no_news(status: str) -> None:
    assert read("charge.dispute.updated", dispute(status=status)).news is None


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("customer.created", {"id": "cus_1", "object": "customer"}),
        ("charge.succeeded", {"id": "ch_1", "object": "charge"}),
        ("charge.refunded", {"id": "ch_1", "object": "charge"}),
        ("payout.paid", {"id": "po_1", "object": "payout"}),
        ("charge.dispute.created", dispute(payment_intent=None)),
    ],
)
def test_what_is_nothing_for_us_is_no_news(kind: str, told: dict[str, Any]) -> None:
    event = read(kind, told)

    assert (event.type, event.news) == (kind, None)


@pytest.mark.parametrize("told", [{"id": "pi_1"}, intent(status="blessed"), intent(amount_received="much")])
def test_a_shape_that_we_do_not_know_is_refused_and_sent_again(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationFailed):
        read("payment_intent.succeeded", told)
