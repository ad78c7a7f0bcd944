"""`/api/finance/payments`, `/payouts` and `/payment-methods`, as clients see them."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Membership, User
from finance import services
from finance.gateways import fake
from finance.gateways.signing import sign
from finance.models import FakeCharge, Invoice, PaymentEvent, PaymentIntent
from finance.services import PaymentWish
from finance.tests.payment_staging import begun, confirmed, fresh, invoice, owed_by, owed_to, paid, settle_down
from finance.tests.staging import business_of, employee, every_row, lender
from wholexale.common.testing import Api, SentItems

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("webhooks", "sound")]


@pytest.fixture
def due(buyer: User, seller: User) -> Invoice:
    """Let the buyer owe 1,000 rupees on an invoice of the seller."""
    return invoice(buyer, seller)


def body(due: Invoice, **fields: Any) -> dict[str, Any]:
    return {"invoiceId": str(due.id), "method": "credit_card"} | fields


def test_a_payment_begins_and_is_collected(api: Api, buyer: User, due: Invoice) -> None:
    client = api.as_(buyer)

    reply = client.post("finance/payments", body(due, confirm=True))
    settle_down()
    payment = client.get(f"finance/payments/{reply.body['payment']['id']}").body["payment"]

    assert (reply.status, reply.body["payment"]["status"], reply.body["clientAction"]) == (201, "processing", None)
    assert (payment["status"], payment["captured"], payment["capturedMinor"]) == ("captured", 1000, 100_000)
    assert payment["_id"] == payment["id"]
    assert payment["paymentId"].startswith("PAY-2026-")
    assert payment["payer"]["businessName"] == "Corner Shop"
    assert payment["reference"] == {"type": "invoice", "id": str(due.id), "number": due.invoice_number}
    assert [step["newState"] for step in payment["history"]] == [
        "requires_payment_method",
        "processing",
        "succeeded",
    ]


def test_the_same_request_again_begins_nothing(api: Api, buyer: User, due: Invoice) -> None:
    client = api.as_(buyer).with_headers(Idempotency_Key="one")

    first, second = (client.post("finance/payments", body(due, amount=10)) for _ in range(2))

    assert first.raw == second.raw
    assert PaymentIntent.objects.count() == 1


def test_a_payer_who_must_agree_is_sent_to_the_bank(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    client = api.as_(buyer)
    payment = client.post("finance/payments", body(due, amount=500.02, confirm=True)).body["payment"]
    settle_down()

    waiting = client.get(f"finance/payments/{payment['id']}").body["payment"]
    fake.act(waiting["paymentGateway"]["gatewayTransactionId"], is_approved=True)
    settle_down()

    assert (waiting["status"], waiting["clientAction"]["type"]) == ("pending", "redirect")
    assert "clientAction" not in api.as_(seller).get(f"finance/payments/{payment['id']}").body["payment"]
    assert client.get(f"finance/payments/{payment['id']}").body["payment"]["status"] == "captured"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"amount": 1000.01}, (400, "AMOUNT_EXCEEDS_DUE")),
        ({"amount": 0}, (400, "AMOUNT_NOT_POSITIVE")),
        ({"amount": 0.001}, (400, "AMOUNT_TOO_PRECISE")),
        ({"amount": "5"}, (400, "VALIDATION_FAILED")),
        ({"method": "barter"}, (400, "VALIDATION_FAILED")),
        ({"method": "cash", "provider": "fake"}, (400, "PAYMENT_METHOD_NOT_SUPPORTED")),
        ({"provider": "nobody"}, (400, "PAYMENT_METHOD_NOT_SUPPORTED")),
        ({"method": "cash", "capture": "manual"}, (400, "VALIDATION_FAILED")),
        ({"method": "cash", "confirm": True}, (409, "PAYMENT_NOT_CONFIRMABLE")),
        ({"invoiceId": "0198f000-0000-7000-8000-000000000000"}, (404, "INVOICE_NOT_FOUND")),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    api: Api, buyer: User, due: Invoice, fields: dict[str, Any], expected: tuple[int, str]
) -> None:
    client, before = api.as_(buyer), every_row()

    reply = client.post("finance/payments", body(due) | fields)

    assert (reply.status, reply.code) == expected
    assert every_row() == before


def test_what_is_paid_cannot_be_paid_again(api: Api, buyer: User, due: Invoice) -> None:
    paid(buyer, due)

    assert api.as_(buyer).post("finance/payments", body(due)).code == "INVOICE_NOT_DUE"


def test_a_seller_captures_a_part_of_what_was_authorized(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    payment = paid(buyer, due, is_captured_later=True)
    client = api.as_(seller)
    too_much = client.post(f"finance/payments/{payment.id}/capture", {"amount": 1001})
    first = client.post(f"finance/payments/{payment.id}/capture", {"amount": 600})
    second = client.post(f"finance/payments/{payment.id}/capture", {"amount": 600})
    settle_down()

    assert payment.state == "requires_capture"
    assert too_much.code == "CAPTURE_EXCEEDS_AUTHORIZED"
    assert (first.status, first.body["payment"]["status"]) == (200, "authorized")
    assert second.code == "PAYMENT_BUSY"
    assert fresh(payment).captured == 60_000
    assert owed_by(buyer) == 40_000
    assert client.post(f"finance/payments/{payment.id}/capture").code == "PAYMENT_NOT_CAPTURABLE"


def test_a_payment_is_canceled_at_the_provider_too(api: Api, buyer: User, due: Invoice) -> None:
    payment = paid(buyer, due, is_captured_later=True)
    client = api.as_(buyer)

    reply = client.post(f"finance/payments/{payment.id}/cancel", {"reason": "Wrong card"})
    settle_down()

    assert reply.status == 200
    assert client.get(f"finance/payments/{payment.id}").body["payment"]["status"] == "cancelled"
    assert FakeCharge.objects.get().state == "canceled"
    assert client.post(f"finance/payments/{payment.id}/cancel").code == "PAYMENT_NOT_CANCELLABLE"


def test_a_part_is_refunded_and_credited_on_the_invoice(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    payment, before = paid(buyer, due), owed_to(seller)
    client = api.as_(seller)

    reply = client.post(f"finance/payments/{payment.id}/refunds", {"amount": 250, "reason": "A case was broken"})
    pending = client.get(f"finance/payments/{payment.id}").body["payment"]
    settle_down()
    after = client.get(f"finance/payments/{payment.id}").body["payment"]
    papers = client.get(f"finance/invoices/{due.id}").body["invoice"]

    assert (reply.status, reply.body["refund"]["status"]) == (201, "pending")
    assert (pending["status"], pending["refundable"]) == ("captured", 750)
    assert (after["status"], after["refundedAmount"]) == ("partially_refunded", 250)
    assert [one["status"] for one in after["refunds"]] == ["processed"]
    assert [one["amount"] for one in papers["creditNotes"]] == [250]
    assert (papers["due"], papers["credited"], papers["refunded"], papers["status"]) == (0, 250, 250, "paid")
    assert owed_to(seller) == before - 25_000
    assert owed_by(buyer) == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": 1000.01, "reason": "x"}, "REFUND_EXCEEDS_CAPTURED"),
        ({"amount": 0, "reason": "x"}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": 5}, "VALIDATION_FAILED"),
        ({"amount": 5, "reason": "   "}, "VALIDATION_FAILED"),
        ({"amount": 1000, "reason": "x"}, "INSUFFICIENT_FUNDS"),
    ],
)
def test_a_refund_that_cannot_be_is_refused(api: Api, due: Invoice, fields: dict[str, Any], code: str) -> None:
    buyer, seller = (User.objects.get(email=f"{name}@example.com") for name in ("buyer", "seller"))
    payment = paid(buyer, due)  # the seller is owed less than that, by the fee
    before = every_row()

    assert api.as_(seller).post(f"finance/payments/{payment.id}/refunds", fields).code == code
    assert every_row() == before


def test_what_was_not_captured_is_not_refunded(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    payment = begun(buyer, due)

    assert api.as_(seller).post(f"finance/payments/{payment.id}/refunds", {"reason": "x"}).code == (
        "PAYMENT_NOT_REFUNDABLE"
    )


def test_what_was_paid_too_much_goes_back_first(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    first, second = begun(buyer, due), begun(buyer, due, 30_000)
    for payment in (first, second):
        services.confirm_payment(actor=buyer, payment_id=payment.id)
    settle_down()
    client, before = api.as_(seller), owed_to(seller)

    refused = client.post(f"finance/payments/{first.id}/refunds", {"amount": 500, "reason": "Paid twice"})
    taken = client.post(f"finance/payments/{second.id}/refunds", {"amount": 300, "reason": "Paid twice"})
    settle_down()

    assert (refused.code, refused.body["available"]) == ("OVERPAYMENT_FIRST", 300)
    assert taken.body["refund"]["origin"] == "overpayment"
    assert client.get(f"finance/invoices/{due.id}").body["invoice"]["due"] == 0
    assert (owed_by(buyer), owed_to(seller)) == (0, before)


def test_a_refund_that_fails_may_be_made_again(api: Api, buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller, 100_013))
    client, before = api.as_(seller), owed_to(seller)
    client.post(f"finance/payments/{payment.id}/refunds", {"amount": 100, "reason": "Broken"})
    settle_down()

    after = client.get(f"finance/payments/{payment.id}").body["payment"]

    assert [one["status"] for one in after["refunds"]] == ["failed"]
    assert after["refundable"] == after["amount"]
    assert owed_to(seller) == before


def test_lists_hold_what_both_sides_may_see(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    paid(buyer, due, 40_000)
    confirmed(buyer, due, 10_000)
    begun(buyer, due, 1_000)

    for user in (buyer, seller):
        client = api.as_(user)
        assert [one["status"] for one in client.get("finance/payments").body["payments"]] == [
            "pending",
            "processing",
            "captured",
        ]
        assert client.get("finance/payments", status="captured").body["pagination"]["totalCount"] == 1
    assert api.as_(buyer).get("finance/payments", role="payee").body["payments"] == []
    assert api.as_(buyer).get("finance/payments", status="lost").code == "VALIDATION_FAILED"


def test_the_summary_counts_payments_and_what_is_due(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    paid(buyer, due, 40_000)

    ours, theirs = (api.as_(user).get("finance/analytics/summary").body for user in (buyer, seller))

    assert ours["payments"] == [{"_id": "captured", "count": 1, "totalAmount": 400, "totalAmountMinor": 40_000}]
    assert (ours["aging"]["payable"]["current"], ours["aging"]["payable"]["total"]) == (600, 600)
    assert theirs["aging"]["receivable"]["totalMinor"] == 60_000
    assert theirs["aging"]["payable"]["total"] == 0


def test_both_sides_hear_of_every_change(buyer: User, seller: User, due: Invoice, sent: SentItems) -> None:
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)
    clerk = employee("clerk", business_of(buyer))

    with sent() as items:
        payment = begun(buyer, due)

    [heard] = [item for item in items if item.push.event == "payment:updated"]  # type: ignore[union-attr]
    assert {str(user.id) in str(heard.to) for user in (buyer, seller, accountant)} == {True}  # type: ignore[union-attr]
    assert str(clerk.id) not in str(heard.to)  # type: ignore[union-attr]
    assert heard.push.payment_id == payment.payment_id  # type: ignore[union-attr]


def test_a_bank_transfer_waits_for_staff(api: Api, buyer: User, due: Invoice) -> None:
    reply = api.as_(buyer).post("finance/payments", body(due, method="bank_transfer"))
    payment = PaymentIntent.objects.get()

    services.receive_payment(actor=lender(), payment_id=payment.id, amount=70_000, reason="UTR 4711")

    assert reply.body["clientAction"]["reference"] == payment.payment_id
    assert fresh(payment).captured == 70_000
    assert owed_by(buyer) == 30_000


def test_money_is_taken_out(api: Api, buyer: User, seller: User, due: Invoice) -> None:
    client = api.as_(seller)
    too_much = client.post("finance/payouts", {"currency": "INR", "amount": 1000})
    made = client.post("finance/payouts", {"currency": "INR", "amount": 500})
    settle_down()

    assert (too_much.code, too_much.body["availableMinor"]) == ("INSUFFICIENT_PAYABLE", 97_640)
    assert (made.status, made.body["payout"]["status"]) == (201, "pending")
    assert [one["status"] for one in client.get("finance/payouts").body["payouts"]] == ["paid"]
    assert owed_to(seller) == 97_640 - 50_000
    assert api.as_(buyer).post("finance/payouts", {"currency": "INR"}).code == "INSUFFICIENT_PAYABLE"


def test_a_payout_that_fails_is_still_owed(api: Api, seller: User, due: Invoice) -> None:
    api.as_(seller).post("finance/payouts", {"currency": "INR", "amount": 500.16})
    settle_down()

    [payout] = api.as_(seller).get("finance/payouts").body["payouts"]
    assert payout["status"] == "failed"
    assert owed_to(seller) == 97_640


def test_the_ways_to_pay_are_listed(api: Api, buyer: User) -> None:
    providers = api.as_(buyer).get("finance/payment-methods").body["providers"]

    assert [one["provider"] for one in providers] == ["fake", "manual"]
    assert "bank_transfer" in providers[1]["methods"]


# --- Webhooks in the old shape ----------------------------------------------------------------------------------------


def tell(raw: bytes, signature: str, path: str = "/api/webhooks/payment") -> tuple[int, Any]:
    reply = Client().post(path, raw, content_type="application/json", headers={"X-Webhook-Signature": signature})
    return reply.status_code, reply.json()


def old_signature(raw: bytes, secret: str) -> str:
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def test_the_banks_software_confirms_a_transfer_in_the_old_shape(buyer: User, due: Invoice, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = ["new", "old"]
    wish = PaymentWish(invoice_id=due.id, method="bank_transfer")
    payment = services.start_payment(actor=buyer, wish=wish)
    raw = json.dumps({"event": "payment.success", "data": {"paymentId": payment.payment_id}}).encode()

    answers = [tell(raw, old_signature(raw, "old")) for _ in range(3)]

    assert answers == [(200, {"received": True})] * 3
    assert fresh(payment).state == "succeeded"
    assert PaymentEvent.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "00", "é", "x" * 64])
def test_a_forged_webhook_in_the_old_shape_has_no_effect(
    buyer: User, due: Invoice, settings: Settings, signature: str
) -> None:
    settings.WEBHOOK_SECRETS = ["secret"]
    payment = services.start_payment(actor=buyer, wish=PaymentWish(invoice_id=due.id, method="cash"))
    raw = json.dumps({"event": "payment.success", "data": {"paymentId": payment.payment_id}}).encode()
    before = every_row()

    assert tell(raw, signature.encode("ascii", "replace").decode())[0] == 401
    assert every_row() == before


def test_without_a_secret_nobody_is_believed(settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = []

    assert tell(b"{}", old_signature(b"{}", ""))[1]["code"] == "INVALID_SIGNATURE"


def test_an_unknown_provider_is_not_found() -> None:
    assert tell(b"{}", sign(b"{}", "x"), "/api/webhooks/in/nobody")[1]["code"] == "PROVIDER_NOT_FOUND"
