"""Staff sees every payment, what came of it and what providers said, exactly and cheaply, and edits nothing."""

from typing import Any

import pytest
from django.db.models import Model
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from finance import services
from finance.admin import attention
from finance.models import (
    CreditNote,
    Dispute,
    FakeWebhook,
    Invoice,
    LedgerTransaction,
    PaymentChange,
    PaymentEvent,
    PaymentIntent,
    Payout,
    ProviderCall,
    Refund,
)
from finance.tests.admin_staging import Desk, assert_list_opens, assert_only_shown, assert_readers_only, clerk
from finance.tests.payment_staging import (
    begun,
    confirmed,
    invoice,
    paid,
    settle_down,
)
from finance.tests.staging import lender
from wholexale.common.admin import admin_url, list_url
from wholexale.common.testing import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("webhooks")]

SHOWN: list[type[Model]] = [
    CreditNote,
    Dispute,
    FakeWebhook,
    Invoice,
    PaymentEvent,
    PaymentIntent,
    Payout,
    ProviderCall,
    Refund,
]
DISPUTED = 100_012


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def due(buyer: User, seller: User) -> Invoice:
    return invoice(buyer, seller, 500_000)


@pytest.fixture
def trade(webhooks: None, buyer: User, seller: User, due: Invoice, settings: Settings) -> PaymentIntent:
    """Leave a row of every kind, by hand and by a provider, and return a payment that is disputed."""
    by_hand = begun(buyer, due, 100_000, method="bank_transfer")
    services.receive_payment(actor=lender(), payment_id=by_hand.id, reason="Seen at the bank")
    services.refund_payment(actor=seller, payment_id=by_hand.id, amount=20_000, reason="Torn seams")
    services.credit_invoice(actor=seller, invoice_id=due.id, amount=30_000, reason="Late")
    settings.PAYMENT_PROVIDERS = ["manual"]
    services.request_payout(actor=seller, currency="INR", amount=100_000)
    settings.PAYMENT_PROVIDERS = ["fake", "manual"]
    return paid(buyer, due, DISPUTED)


def found(desk: Desk, model: type[Model], text: str) -> list[Any]:
    return list(desk.rows(model, q=text).context["cl"].result_list)


# Reading


@pytest.mark.usefixtures("trade")
def test_every_list_opens_searches_and_filters(desk: Desk, subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        with subtests.test(model=model.__name__):
            assert_list_opens(desk, model, "PAY-2026-000001")


@pytest.mark.once
@pytest.mark.usefixtures("trade")
def test_every_row_opens_and_nothing_is_written(desk: Desk, subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        assert model._default_manager.exists()
        for row in model._default_manager.all():
            with subtests.test(model=model.__name__, row=row.pk):
                assert_only_shown(desk, row)


@pytest.mark.once
def test_nothing_is_added(desk: Desk, subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        url = reverse(f"admin:finance_{model._meta.model_name}_add")
        with subtests.test(model=model.__name__):
            assert desk.client.get(url).status_code == 403
            assert desk.client.post(url, {"amount": "1"}).status_code == 403


@pytest.mark.once
@pytest.mark.usefixtures("trade")
def test_staff_see_only_what_they_may(subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        row = model._default_manager.first()
        assert row is not None
        with subtests.test(model=model.__name__):
            assert_readers_only(model, row)


@pytest.mark.once
@pytest.mark.parametrize("count", [1, 12])
def test_lists_cost_the_same_queries_for_any_number(
    desk: Desk, seller: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        person = make_person(f"person{number}", owns=f"Business {number}")
        due = invoice(person, seller, 500_000)
        confirmed(person, due, DISPUTED)
        by_hand = begun(person, due, 100_000, method="cash")
        services.receive_payment(actor=desk.user, payment_id=by_hand.id, reason="At the counter")
        refund = services.refund_payment(actor=seller, payment_id=by_hand.id, amount=1_000, reason="Torn seams")
        services.settle_refund(actor=desk.user, refund_id=refund.id, is_paid=True, reason="Sent")
        services.request_payout(actor=seller, currency="INR", amount=1_000)
    settle_down()

    for model in SHOWN:
        with django_assert_max_num_queries(8, info=model.__name__):
            assert desk.rows(model).context["cl"].result_count >= count


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_of_a_payment_costs_the_same_queries_for_any_history(
    desk: Desk, seller: User, trade: PaymentIntent, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    came = PaymentIntent.objects.exclude(id=trade.id).get()
    for _ in range(count):
        services.refund_payment(actor=seller, payment_id=came.id, amount=100, reason="Torn seams")

    with django_assert_max_num_queries(10):
        assert desk.row(came).status_code == 200


def test_a_payment_is_found_by_all_that_people_call_it(desk: Desk, trade: PaymentIntent) -> None:
    for text in (trade.payment_id, trade.payment_id.lower(), str(trade.number), trade.provider_ref, str(trade.id)):
        assert found(desk, PaymentIntent, text) == [trade]
        assert [one.intent for one in found(desk, Dispute, text)] == [trade]
    for text in (trade.paper, "corner shop", "Cotton"):
        assert trade in found(desk, PaymentIntent, text)
    assert found(desk, PaymentIntent, "Tannery") == []


@pytest.mark.usefixtures("trade")
def test_refunds_and_payouts_are_found_by_all_that_people_call_them(desk: Desk) -> None:
    refund, payout = Refund.objects.get(), Payout.objects.get()

    for text in (refund.refund_id, str(refund.id), refund.intent.payment_id, "Corner Shop"):
        assert found(desk, Refund, text) == [refund]
    for text in (payout.payout_id, str(payout.id), "Cotton Mill"):
        assert found(desk, Payout, text) == [payout]


def test_the_page_of_a_payment_shows_its_history_and_leads_on(desk: Desk, trade: PaymentIntent) -> None:
    page = desk.row(trade).content.decode()
    event = trade.changes.exclude(event=None).latest("number").event
    booked = LedgerTransaction.objects.get(reference=f"payment:{trade.id}")

    assert "processing → paid" in page
    assert f"disputed {DISPUTED / 100:,.2f} INR" in page
    assert event is not None
    assert trade.invoice is not None
    for row in (trade.invoice, booked, event, *trade.disputes.all(), *trade.calls.all()):
        assert admin_url(row) in page


def test_a_payment_by_hand_has_no_part_for_what_a_provider_says(desk: Desk, trade: PaymentIntent) -> None:
    by_hand = PaymentIntent.objects.exclude(id=trade.id).get()

    parts = [[one.opts.model for one in desk.row(row).context["inline_admin_formsets"]] for row in (trade, by_hand)]

    assert parts == [[PaymentChange, Refund, Dispute, ProviderCall], [PaymentChange, Refund]]


def test_a_payment_of_a_provider_that_is_gone_opens(desk: Desk, trade: PaymentIntent) -> None:
    PaymentIntent.objects.filter(id=trade.id).update(provider="gone")

    assert desk.rows(PaymentIntent).status_code == 200
    assert desk.row(trade).status_code == 200


def test_what_providers_send_is_laid_out_and_never_html(desk: Desk) -> None:
    odd = {"event_id": "1", "body": '{"fee":1.10,"name":"<script>alert(1)</script>"}'}
    broken = {"event_id": "2", "body": "<script>alert(1)</script>{"}
    rows = [PaymentEvent.objects.create(provider="fake", type="odd", **fields) for fields in (odd, broken)]

    for row in rows:
        page = desk.row(row).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
    assert "\n  &quot;fee&quot;: 1.10,\n" in desk.row(rows[0]).content.decode()


def test_the_payers_card_is_not_shown(desk: Desk, buyer: User, due: Invoice) -> None:
    payment = begun(buyer, due)
    services.confirm_payment(actor=buyer, payment_id=payment.id, token="tok_of_the_payer")

    for row in (payment, ProviderCall.objects.get(kind="confirm")):
        assert b"tok_of_the_payer" not in desk.row(row).content


def test_a_dead_call_is_replayed(desk: Desk, buyer: User, due: Invoice) -> None:
    begun(buyer, due)
    ProviderCall.objects.update(state="dead", attempts=200, last_error="Unavailable")
    rows = [str(pk) for pk in ProviderCall.objects.values_list("pk", flat=True)]
    reader = Desk(clerk("view_providercall"))

    for one in (reader, desk):
        assert set(ProviderCall.objects.values_list("state", flat=True)) == {"dead"}
        one.client.post(list_url(ProviderCall), {"action": "replay", "_selected_action": rows})
    assert set(ProviderCall.objects.values_list("state", "attempts")) == {("pending", 0)}


@pytest.mark.usefixtures("trade")
def test_payments_and_refunds_that_take_too_long_are_found(
    desk: Desk, buyer: User, due: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = confirmed(buyer, due, 100)
    assert desk.rows(PaymentIntent, state="slow").context["cl"].result_count == 0
    assert desk.rows(Refund, state="slow").context["cl"].result_count == 0

    monkeypatch.setattr(attention, "SLOW_PAYMENT", -attention.SLOW_PAYMENT)
    monkeypatch.setattr(attention, "SLOW_REFUND", -attention.SLOW_REFUND)

    assert list(desk.rows(PaymentIntent, state="slow").context["cl"].result_list) == [slow]
    assert desk.rows(Refund, state="slow").context["cl"].result_count == 1
