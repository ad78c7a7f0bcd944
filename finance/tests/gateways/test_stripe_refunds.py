"""Refunds through Stripe."""

from uuid import UUID

import pytest

from finance.gateways import Rejected
from finance.gateways.stripe import StripeGateway
from finance.models import Refund
from finance.tests.gateways.stripe_staging import StripeServer, refund
from wholexale.common.ids import new_id

State = Refund.State


def test_refunding_sends_the_amount_our_id_and_our_key(server: StripeServer, gateway: StripeGateway) -> None:
    server.answer = refund(status="pending")
    refund_id = new_id()
    made = gateway.refund("pi_1", refund_id=refund_id, amount=10_00, key="key-1")

    assert (server.request.path, server.request.key) == ("/v1/refunds", "key-1")
    assert server.request.form == {
        "payment_intent": "pi_1",
        "amount": "1000",
        "metadata[refund_id]": str(refund_id),
    }
    assert (made.reference, made.payment, made.state) == ("re_1", "pi_1", State.PENDING)
    assert made.refund_id == UUID(server.answer["metadata"]["refund_id"])


def test_a_refund_that_was_made_is_found_by_our_id(server: StripeServer, gateway: StripeGateway) -> None:
    ours = new_id()
    server.answer = {"object": "list", "data": [refund(id="re_2"), refund(metadata={"refund_id": str(ours)})]}

    found, missing = (gateway.find_refund("pi_1", refund_id=one) for one in (ours, new_id()))

    assert {(one.method, one.path, one.form["payment_intent"]) for one in server.requests} == {
        ("GET", "/v1/refunds", "pi_1")
    }
    assert found is not None
    assert (found.reference, found.refund_id) == ("re_1", ours)
    assert missing is None


@pytest.mark.parametrize(
    ("fields", "state", "code"),
    [
        ({"status": "pending"}, State.PENDING, ""),
        ({"status": "requires_action"}, State.PENDING, ""),
        ({"status": None}, State.PENDING, ""),
        ({"status": "succeeded"}, State.SUCCEEDED, ""),
        ({"status": "failed", "failure_reason": "lost_or_stolen_card"}, State.FAILED, "lost_or_stolen_card"),
        ({"status": "failed"}, State.FAILED, "failed"),
        ({"status": "canceled"}, State.FAILED, "canceled"),
    ],
)
def test_each_state_of_theirs_is_one_of_ours(
    fields: dict[str, str], state: Refund.State, code: str, server: StripeServer, gateway: StripeGateway
) -> None:
    server.answer = refund(**fields)
    found = gateway.retrieve_refund("re_1")

    assert (server.request.method, server.request.path) == ("GET", "/v1/refunds/re_1")
    assert (found.state, found.failure_code, bool(found.failure_text)) == (state, code, bool(code))


def test_more_than_is_left_is_refused(server: StripeServer, gateway: StripeGateway) -> None:
    server.refuse(400, type="invalid_request_error", code="charge_already_refunded")
    with pytest.raises(Rejected, match="charge_already_refunded"):
        gateway.refund("pi_1", refund_id=new_id(), amount=1, key="key")
