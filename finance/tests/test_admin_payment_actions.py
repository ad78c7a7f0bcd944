"""Staff says what becomes of money that no program moves, and has payments captured, canceled and paid back: once."""

from functools import partial
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from pytest_django import Settings

from accounts.models import User
from finance import services
from finance.models import Invoice, InvoiceBalance, PaymentIntent, Payout, Refund
from finance.tests.admin_staging import REASON, Desk, action_url, clerk, complaints, said, token_of
from finance.tests.payment_staging import begun, fresh, invoice, owed_by, owed_to, paid, settle_down
from finance.tests.staging import every_row
from wholexale.common.models import IdempotencyKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("webhooks"), pytest.mark.once]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def due(buyer: User, seller: User) -> Invoice:
    return invoice(buyer, seller, 500_000)


@pytest.fixture
def transfer(buyer: User, due: Invoice) -> PaymentIntent:
    """Announce a transfer of 1,000 rupees, which no program sees arrive."""
    return begun(buyer, due, 100_000, method="bank_transfer")


@pytest.fixture
def came(transfer: PaymentIntent, desk: Desk) -> PaymentIntent:
    """Let the transfer arrive."""
    return services.receive_payment(actor=desk.user, payment_id=transfer.id, reason="Seen at the bank")


@pytest.fixture
def refund(came: PaymentIntent, seller: User) -> Refund:
    """Let the seller want to pay back 200 rupees of it, by hand."""
    return services.refund_payment(actor=seller, payment_id=came.id, amount=20_000, reason="Torn seams")


@pytest.fixture
def payout(due: Invoice, seller: User, settings: Settings) -> Payout:
    """Let the seller take out 1,000 rupees, which somebody has to send."""
    settings.PAYMENT_PROVIDERS = ["manual"]
    return services.request_payout(actor=seller, currency="INR", amount=100_000)


def amount_due(due: Invoice) -> int:
    return InvoiceBalance.objects.select_related("invoice").get(invoice=due).due


def test_money_that_has_come_is_booked(desk: Desk, buyer: User, due: Invoice, transfer: PaymentIntent) -> None:
    page = desk.page(transfer, "receive")
    done = desk.do(transfer, "receive", amount="600.50", reason="Statement of Monday")

    change = transfer.changes.latest("number")
    assert b'value="1000.00"' in page.content
    assert b"stays due on" in page.content
    assert (fresh(transfer).state, fresh(transfer).captured) == ("succeeded", 60_050)
    assert (change.actor, change.source, change.note) == (desk.user, "staff", "Statement of Monday")
    assert (owed_by(buyer), amount_due(due)) == (439_950, 439_950)
    assert said(done) == [f"600.50 INR of {transfer} has come and was booked."]
    assert LogEntry.objects.get().change_message == "The money has come: Statement of Monday"


def test_a_page_that_is_sent_twice_books_once(desk: Desk, buyer: User, transfer: PaymentIntent) -> None:
    send = partial(desk.send, action_url(transfer, "receive"), token=str(uuid4()), amount="600")

    first, second = send(), send()
    IdempotencyKey.objects.all().delete()
    third = send()

    assert said(second) == [f"This was done before, and not again: {said(first)[0]}"]
    assert "(PAYMENT_CLOSED)" in complaints(third)["__all__"][0]
    assert owed_by(buyer) == 440_000


def test_money_that_will_not_come_fails_the_payment_until_it_comes(desk: Desk, transfer: PaymentIntent) -> None:
    desk.do(transfer, "reject", reason="The cheque was returned")
    failed = fresh(transfer)
    offered = desk.offered(failed)
    desk.do(transfer, "receive", amount="1000")

    assert (failed.state, failed.failure_text) == ("failed", "The cheque was returned")
    assert offered == ["The money has come"]
    assert fresh(transfer).state == "succeeded"


def test_a_payment_by_hand_is_canceled_at_once(desk: Desk, transfer: PaymentIntent) -> None:
    done = desk.do(transfer, "cancel")

    assert said(done) == [f"{transfer} is canceled."]
    assert (fresh(transfer).state, transfer.changes.latest("number").note) == ("canceled", REASON)


def test_a_provider_is_asked_to_cancel_once(desk: Desk, buyer: User, due: Invoice) -> None:
    payment = begun(buyer, due)
    settle_down()

    done = desk.do(payment, "cancel")
    asked = desk.offered(payment)
    settle_down()

    assert said(done) == [f"Fake is asked to let go of {payment}."]
    assert asked == []
    assert fresh(payment).state == "canceled"


def test_what_was_authorized_is_captured_in_part(desk: Desk, buyer: User, due: Invoice) -> None:
    payment = paid(buyer, due, 100_000, is_captured_later=True)

    page = desk.page(payment, "capture")
    done = desk.do(payment, "capture", amount="400")
    asked = desk.offered(payment)
    settle_down()

    assert b"at most 1,000.00 INR" in page.content
    assert said(done) == ["Fake is asked to take 400.00 INR."]
    assert asked == []
    assert fresh(payment).captured == 40_000


def test_a_part_is_paid_back_by_the_provider(desk: Desk, buyer: User, due: Invoice) -> None:
    payment = paid(buyer, due, 100_000)

    done = desk.do(payment, "refund", amount="250", reason="Torn seams")
    settle_down()

    refund = Refund.objects.get()
    assert said(done) == [f"250.00 INR of {payment} will be paid back, as {refund}."]
    assert (refund.state, refund.amount, refund.requested_by) == ("succeeded", 25_000, desk.user)
    assert (refund.reason, refund.credit_note.amount) == ("Torn seams", 25_000)


def test_what_was_paid_too_much_is_named_where_it_goes_back_first(
    desk: Desk, due: Invoice, came: PaymentIntent, seller: User
) -> None:
    services.credit_invoice(actor=seller, invoice_id=due.id, amount=450_000, reason="Lost parcels")

    refused = desk.do(came, "refund", amount="700")

    assert complaints(refused)["__all__"][0].endswith("(OVERPAYMENT_FIRST) Available: 500.00 INR.")
    assert b'value="700"' in refused.content


@pytest.mark.parametrize(("action", "state", "back"), [("paid", "succeeded", 20_000), ("unpaid", "failed", 0)])
def test_a_refund_by_hand_is_settled(desk: Desk, refund: Refund, action: str, state: str, back: int) -> None:
    typed = {"reference": "UTR 4711"} if action == "paid" else {}
    desk.do(refund, action, reason="The bank says so", **typed)

    refund.refresh_from_db()
    assert (refund.state, refund.provider_ref) == (state, typed.get("reference", ""))
    assert (fresh(refund.intent).refunded, fresh(refund.intent).refunding) == (back, 0)
    assert desk.offered(refund) == []


def test_a_payout_by_hand_arrives(desk: Desk, seller: User, payout: Payout) -> None:
    before = owed_to(seller)

    desk.do(payout, "paid", reference="UTR 4711")

    payout.refresh_from_db()
    assert (payout.state, payout.provider_ref, payout.decided_by) == ("paid", "UTR 4711", desk.user)
    assert owed_to(seller) == before - 100_000
    assert desk.offered(payout) == ["The bank has sent it back"]

    desk.do(payout, "returned", reason="The account is closed")

    payout.refresh_from_db()
    assert (payout.state, payout.failure_text) == ("failed", "The account is closed")
    assert owed_to(seller) == before
    assert desk.offered(payout) == []


def test_a_payout_by_hand_that_could_not_be_made_is_let_go(desk: Desk, seller: User, payout: Payout) -> None:
    before = owed_to(seller)

    desk.do(payout, "unpaid", reason="The account is closed")

    payout.refresh_from_db()
    assert (payout.state, payout.failure_text) == ("failed", "The account is closed")
    assert owed_to(seller) == before
    assert desk.offered(payout) == []


def test_a_refusal_is_named_and_leaves_no_trace(desk: Desk, transfer: PaymentIntent) -> None:
    before = every_row()

    refused = desk.do(transfer, "receive", amount="1000.01")

    assert complaints(refused)["__all__"] == [
        "The amount is above what there is. (AMOUNT_EXCEEDS_PAYMENT) Available: 1,000.00 INR."
    ]
    assert complaints(refused)["amount"] == ["At most 1000.00"]
    assert every_row() == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("provider", "state", "labels"),
    [
        ("manual", "requires_action", ["The money has come", "The money will not come", "Cancel"]),
        ("manual", "failed", ["The money has come"]),
        ("manual", "canceled", ["The money has come"]),
        ("manual", "succeeded", ["Refund"]),
        ("fake", "requires_payment_method", ["Cancel"]),
        ("fake", "requires_action", ["Cancel"]),
        ("fake", "processing", []),
        ("fake", "requires_capture", ["Capture", "Cancel"]),
        ("fake", "succeeded", ["Refund"]),
        ("fake", "failed", []),
        ("fake", "canceled", []),
    ],
)
def test_only_what_may_succeed_is_offered(
    desk: Desk, transfer: PaymentIntent, provider: str, state: str, labels: list[str]
) -> None:
    captured = 100_000 if state == "succeeded" else 0
    PaymentIntent.objects.update(provider=provider, state=state, captured=captured)

    assert desk.offered(transfer) == labels


def test_what_a_provider_settles_is_not_settled_by_hand(desk: Desk, refund: Refund, payout: Payout) -> None:
    PaymentIntent.objects.update(provider="fake")
    Payout.objects.update(provider="fake")

    for row, action in ((refund, "paid"), (refund, "unpaid"), (payout, "paid"), (payout, "unpaid")):
        assert desk.offered(row) == []
        assert "(PAYMENT_NOT_BY_HAND)" in complaints(desk.do(row, action))["__all__"][0]


def test_who_may_not_act_is_refused(transfer: PaymentIntent, refund: Refund, payout: Payout) -> None:
    reader = Desk(clerk("view_paymentintent", "view_refund", "view_payout"))
    rows = [(transfer, "receive"), (transfer, "cancel"), (transfer, "refund"), (refund, "paid"), (payout, "unpaid")]
    before = every_row()

    for row, action in rows:
        assert reader.offered(row) == []
        assert reader.page(row, action).status_code == 403
        assert reader.send(action_url(row, action), token=str(uuid4()), amount="1").status_code == 403
    assert every_row() == before


def test_who_may_only_book_acts(transfer: PaymentIntent) -> None:
    booker = Desk(clerk("view_paymentintent", "add_ledgertransaction"))

    page = booker.page(transfer, "cancel")
    booker.send(action_url(transfer, "cancel"), token=token_of(page))

    assert fresh(transfer).state == "canceled"
