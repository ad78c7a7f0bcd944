"""Paying an invoice through a provider, on good days and on bad ones."""

import pytest

from accounts.models import User
from finance import services
from finance.models import FakeCharge, chart
from finance.tests.gateways.fake_staging import let_time_pass
from finance.tests.payment_staging import (
    begun,
    confirmed,
    expire,
    fresh,
    invoice,
    look_after,
    owed_by,
    owed_to,
    paid,
    posted,
    settle_down,
)
from finance.tests.staging import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("webhooks", "sound")]
FEE = 2_360  # 2 % of 1,000 rupees, and 18 % tax on that


def test_a_settled_purchase_is_an_invoice_and_the_fee_is_taken(buyer: User, seller: User) -> None:
    due = invoice(buyer, seller)

    assert due.invoice_number.endswith("-000001")
    assert (due.total, due.balance.due) == (100_000, 100_000)
    assert owed_by(buyer) == 100_000
    assert owed_to(seller) == 100_000 - FEE
    assert posted(chart.fees("INR")) == 2_000
    assert posted(chart.taxes("INR")) == 360


def test_a_paid_invoice_is_owed_no_more(buyer: User, seller: User) -> None:
    due = invoice(buyer, seller)

    payment = paid(buyer, due)

    assert (payment.state, payment.captured) == ("succeeded", 100_000)
    assert payment.invoice is not None
    assert payment.invoice.balance.due == 0
    assert owed_by(buyer) == 0
    assert posted(chart.cash("fake", "INR")) == 100_000 - payment.provider_fee
    assert FakeCharge.objects.get().charges == 1


@pytest.mark.parametrize("ending", [3, 4, 5, 6, 7, 8, 10])
def test_a_provider_on_a_bad_day_is_paid_once(buyer: User, seller: User, ending: int) -> None:
    due = invoice(buyer, seller, 100_000 + ending)

    payment = paid(buyer, due)

    assert (payment.state, payment.captured) == ("succeeded", 100_000 + ending)
    assert owed_by(buyer) == 0
    assert FakeCharge.objects.get().charges == 1


def test_a_payment_whose_webhook_is_lost_is_found_by_asking(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller, 100_009))
    let_time_pass()

    assert fresh(payment).state == "processing"
    assert look_after() == 1
    assert fresh(payment).state == "succeeded"
    assert owed_by(buyer) == 0


def test_a_payment_that_nobody_makes_is_given_up_at_the_provider_too(buyer: User, seller: User) -> None:
    payment = begun(buyer, invoice(buyer, seller))
    settle_down()
    expire(payment)
    look_after()

    assert (fresh(payment).state, fresh(payment).failure_code) == ("canceled", "expired")
    assert FakeCharge.objects.get().state == "canceled"


@pytest.mark.parametrize(("ending", "code"), [(1, "card_declined"), (11, "insufficient_funds")])
def test_a_declined_payment_leaves_the_invoice_due(buyer: User, seller: User, ending: int, code: str) -> None:
    payment = paid(buyer, invoice(buyer, seller, 100_000 + ending))

    assert (payment.state, payment.failure_code, payment.captured) == ("failed", code, 0)
    assert payment.invoice is not None
    assert payment.invoice.balance.due == 100_000 + ending


def test_only_the_buyer_pays(buyer: User, seller: User) -> None:
    due = invoice(buyer, seller)

    with refused("NOT_THE_PAYER"):
        begun(seller, due)


def test_a_confirmed_payment_is_not_confirmed_again(buyer: User, seller: User) -> None:
    payment = confirmed(buyer, invoice(buyer, seller))

    with refused("PAYMENT_NOT_CONFIRMABLE"):
        services.confirm_payment(actor=buyer, payment_id=payment.id)
