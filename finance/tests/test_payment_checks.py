"""What looks like drift of payments and invoices and is none: the verifier is quiet, amid things as well."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from finance import services
from finance.gateways import Disputed, PaidOut, Payment, gateway
from finance.gateways.fake import close_dispute
from finance.models import (
    Dispute,
    FakeDispute,
    InvoiceBalance,
    PaymentIntent,
    Payout,
    ProviderCall,
    Refund,
    StoredDocument,
    chart,
)
from finance.services import LineDraft
from finance.services.intents import Source
from finance.services.provider_news import take_news
from finance.sql.checks import PROBES, documents, waiting
from finance.tests.clean_ledger import clean_ledger
from finance.tests.corruptions.trade import Trade, booked
from finance.tests.payment_staging import (
    begun,
    confirmed,
    draft,
    expire,
    fresh,
    invoice,
    look_after,
    owed_to,
    paid,
    posted,
    settle_down,
)
from finance.tests.provider_staging import ask, charged, let_time_pass, repaid, sold
from finance.tests.staging import business_of, hold, lender, open_line
from finance.tests.tampering import change, rolled_back, unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("webhooks", "sound")]


def quiet() -> bool:
    """Return whether the verifier finds nothing; it says what it does."""
    assert services.find_drift() == []
    return True


def refund(seller: User, payment: PaymentIntent, amount: int | None = None) -> Refund:
    return services.refund_payment(actor=seller, payment_id=payment.id, amount=amount, reason="Returned")


def test_a_trade_in_which_everything_happens(buyer: User, seller: User) -> None:
    trade = Trade(clean_ledger(buyer, seller)).complete()

    assert trade.overpaid.origin == Refund.Origin.OVERPAYMENT
    assert (trade.bounced.state, trade.refunding.state) == ("failed", "pending")


# In the middle of things


@pytest.mark.parametrize(
    "ending", [0, 2, 8, *(pytest.param(one, marks=pytest.mark.proof) for one in (5, 7, 9, 10, 11))]
)
def test_a_payment_at_each_of_its_steps(buyer: User, seller: User, ending: int) -> None:
    payment = begun(buyer, invoice(buyer, seller, 100_000 + ending))
    assert quiet()
    services.confirm_payment(actor=buyer, payment_id=payment.id)
    assert quiet()
    for call in payment.calls.exclude(kind="watch").order_by("id"):
        ask(call)
        assert quiet()
    settle_down()
    assert quiet()
    let_time_pass()
    look_after()


@pytest.mark.parametrize("ending", [0, 13, 14, 15])
def test_a_refund_at_each_of_its_steps(buyer: User, seller: User, ending: int) -> None:
    payment = paid(buyer, invoice(buyer, seller, 100_000 + ending))
    call = repaid(seller, payment, 500)
    assert quiet()
    ask(call)
    assert quiet()
    settle_down()
    assert quiet()
    let_time_pass()
    settle_down()


@pytest.mark.parametrize("ending", [0, 5, 16, 17])
def test_a_payout_at_each_of_its_steps(buyer: User, seller: User, ending: int) -> None:
    invoice(buyer, seller)
    payout = services.request_payout(actor=seller, currency="INR", amount=10_000 + ending)
    assert quiet()
    ask(payout.calls.get(kind="payout"))
    assert quiet()
    settle_down()
    assert quiet()
    let_time_pass()
    settle_down()


def test_what_has_arrived_comes_back_and_is_not_canceled(buyer: User, seller: User) -> None:
    invoice(buyer, seller)
    owed = owed_to(seller)
    payout = services.request_payout(actor=seller, currency="INR", amount=10_000)
    settle_down()
    for state, left in (("canceled", owed - 10_000), ("failed", owed), ("paid", owed)):
        news = PaidOut(reference="po", payout_id=payout.id, state=Payout.State(state))
        take_news("fake", news, source=Source.WEBHOOK)
        assert (owed_to(seller), quiet()) == (left, True)

    assert Payout.objects.get().state == "failed"


@pytest.mark.parametrize("is_won", [True, False])
def test_a_dispute_at_each_of_its_steps(buyer: User, seller: User, is_won: bool) -> None:
    payment = charged(buyer, invoice(buyer, seller, 100_012))
    services.make_call(call_id=repaid(seller, payment, 500).id)
    let_time_pass()
    settle_down()
    assert fresh(payment).disputed == 100_012
    assert quiet()
    close_dispute(FakeDispute.objects.get().reference, is_won=is_won)
    settle_down()
    assert Dispute.objects.get().state == ("won" if is_won else "lost")


def test_a_payment_that_is_authorized_and_captured_in_part(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller), is_captured_later=True)
    assert quiet()
    services.capture_payment(actor=seller, payment_id=payment.id, amount=40_000)
    assert quiet()
    settle_down()

    assert fresh(payment).captured == 40_000


def test_a_call_that_is_being_made(buyer: User, seller: User) -> None:
    payment = confirmed(buyer, invoice(buyer, seller))

    payment.calls.update(state="leased", lease_until=timezone.now() + timedelta(minutes=1))


def test_a_watch_that_comes_back_in_an_hour(buyer: User, seller: User) -> None:
    payment = confirmed(buyer, invoice(buyer, seller))

    payment.calls.filter(kind="watch").update(run_at=timezone.now() + timedelta(hours=1))


def test_a_call_that_was_given_up_and_is_made_once_more(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller), is_captured_later=True)
    services.capture_payment(actor=seller, payment_id=payment.id)
    payment.calls.filter(kind="capture").update(state="dead")

    services.capture_payment(actor=seller, payment_id=payment.id)


def test_work_that_was_given_up_after_all_was_settled(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller))

    payment.calls.update(state="dead")


def test_work_that_was_done_long_ago_and_deleted(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller))

    payment.calls.all().delete()


def test_a_payment_that_expires(buyer: User, seller: User) -> None:
    payment = begun(buyer, invoice(buyer, seller))
    settle_down()
    expire(payment)
    assert quiet()
    look_after()

    assert fresh(payment).state == "canceled"


def test_a_payment_that_nobody_makes_and_whose_confirmation_is_on_its_way(buyer: User, seller: User) -> None:
    payment = confirmed(buyer, invoice(buyer, seller))

    PaymentIntent.objects.filter(id=payment.id).update(expires_at=timezone.now() - timedelta(days=1))


# What nobody can be asked about


def test_what_waits_for_staff_needs_nobody_to_look_after_it(buyer: User, seller: User, settings: Any) -> None:
    settings.PAYMENT_PROVIDERS = ["manual"]
    payment = begun(buyer, invoice(buyer, seller), method="bank_transfer")
    assert quiet()
    services.receive_payment(actor=lender(), payment_id=payment.id, reason="UTR 1", amount=60_000)
    made = refund(seller, payment, 10_000)
    assert quiet()
    services.settle_refund(actor=lender(), refund_id=made.id, is_paid=True, reason="UTR 2")
    payout = services.request_payout(actor=seller, currency="INR", amount=500)
    assert quiet()
    services.settle_payout(actor=lender(), payout_id=payout.id, is_paid=False, reason="No such account")
    returned = services.request_payout(actor=seller, currency="INR", amount=500)
    for is_paid, why in ((True, "UTR 3"), (False, "The bank has sent it back")):
        services.settle_payout(actor=lender(), payout_id=returned.id, is_paid=is_paid, reason=why)
        assert quiet()

    assert not ProviderCall.objects.exists()


def test_only_one_provider_works_by_hand() -> None:
    assert gateway(waiting.BY_HAND).is_by_hand
    assert not gateway("fake").is_by_hand


# Courses of events that are rare


def test_money_that_comes_in_after_all(buyer: User, seller: User) -> None:
    payment = begun(buyer, invoice(buyer, seller))
    services.cancel_payment(actor=buyer, payment_id=payment.id)
    settle_down()
    assert fresh(payment).state == "canceled"
    news = Payment(reference="late", intent_id=payment.id, state=PaymentIntent.State.SUCCEEDED, fee=1)
    take_news("fake", news, source=Source.REPLY)

    assert fresh(payment).state == "succeeded"


def test_an_invoice_that_is_paid_twice_and_refunded_whole(buyer: User, seller: User) -> None:
    sold(buyer, seller)  # so that the seller is owed enough
    due = sold(buyer, seller)
    first, second = confirmed(buyer, due), confirmed(buyer, due)
    settle_down()
    refund(seller, first)
    assert quiet()
    refund(seller, second)
    assert quiet()
    settle_down()

    balance = InvoiceBalance.objects.get(invoice=first.invoice)
    assert (balance.paid, balance.refunded, balance.credited) == (200_000, 200_000, 100_000)


def test_a_dispute_that_takes_more_than_the_seller_is_owed(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller))
    services.request_payout(actor=seller, currency="INR", amount=90_000)
    news = Disputed(
        reference="dp_1", payment=payment.provider_ref, state=Dispute.State.NEEDS_RESPONSE, amount=payment.captured
    )
    take_news("fake", news, source=Source.REPLY)

    assert owed_to(seller) == 90_000
    assert posted(chart.losses("INR")) > 0


def test_a_dispute_that_was_won_when_we_first_heard_of_it(buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller))
    news = Disputed(reference="dp_1", payment=payment.provider_ref, state=Dispute.State.WON, amount=500)
    take_news("fake", news, source=Source.REPLY)

    assert fresh(payment).disputed == 0


def test_a_fee_that_was_given_back(buyer: User, seller: User) -> None:
    fee = booked(f"fee:{invoice(buyer, seller).id}")

    services.reverse_transaction(actor=lender(), transaction_id=fee.id, reason="A promise")


def test_what_a_buyer_owes_beside_invoices(buyer: User, seller: User) -> None:
    due = sold(buyer, seller)
    plain = services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 700).hold_id)
    services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 300).hold_id)
    services.reverse_transaction(actor=lender(), transaction_id=plain.id, reason="A mistake")
    booking: dict[str, Any] = {"business_id": business_of(buyer).id, "currency": "INR", "reason": "For a test"}
    cheque = services.record_repayment(actor=lender(), amount=90_000, reference="1", **booking)
    services.record_repayment(actor=lender(), amount=20_000, reference="2", **booking)
    services.reverse_transaction(actor=lender(), transaction_id=cheque.id, reason="It bounced")
    services.adjust_credit(actor=lender(), amount=50, direction="charge", reference="3", kind="penalty", **booking)

    paid(buyer, due)


@pytest.mark.parametrize(("currency", "price"), [("JPY", "333"), ("KWD", "12.345")])
def test_an_invoice_in_a_currency_with_other_digits(buyer: User, seller: User, currency: str, price: str) -> None:
    open_line(business_of(buyer), 100_000, currency)
    lines = [
        LineDraft(
            description="Dates", quantity=Decimal("1.111"), unit="kg", unit_price=Decimal(price), tax_rate=Decimal(5)
        ),
        LineDraft(description="A gift", quantity=Decimal(1), unit="pieces", unit_price=Decimal(0)),
    ]
    held = hold(buyer, seller, 20_000, currency).hold_id

    due = services.settle_purchase(actor=seller, hold_id=held, draft=draft(lines=lines))

    paid(buyer, due)


def test_an_invoice_whose_tax_the_buyer_owes(buyer: User, seller: User) -> None:
    line = LineDraft(
        description="Tea", quantity=Decimal(1), unit="kg", unit_price=Decimal(900), tax_rate=Decimal("0.25")
    )

    sold(buyer, seller)  # so that the seller is owed enough
    due = sold(buyer, seller, lines=[line], is_reverse_charge=True)

    services.credit_invoice(actor=seller, invoice_id=due.id, amount=None, reason="Not delivered")


def test_an_invoice_that_is_credited_bit_by_bit(buyer: User, seller: User) -> None:
    line = LineDraft(description="Tea", quantity=Decimal(1), unit="kg", unit_price=Decimal(10), tax_rate=Decimal(18))
    sold(buyer, seller)  # so that the seller is owed enough
    due = sold(buyer, seller, lines=[line])
    for amount in (333, 333, 333, None):
        services.credit_invoice(actor=seller, invoice_id=due.id, amount=amount, reason="Broken")
        assert quiet()


# Files


@pytest.fixture
def files(buyer: User, seller: User) -> list[StoredDocument]:
    """Return three files, all of which were changed since."""
    for number in range(3):
        services.keep_document(make=lambda: b"as it was", invoice=sold(buyer, seller, 1_000 + number))
    return list(StoredDocument.objects.order_by("id"))


def test_of_many_files_each_day_has_others_until_all_came_round(
    files: list[StoredDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.now()
    monkeypatch.setattr(documents, "SAMPLE", 1)
    found = []
    with rolled_back():
        with unguarded():
            for file in files:
                change(StoredDocument, file.id, content=b"as it was not")
        for days in range(3):
            monkeypatch.setattr(documents, "database_now", lambda days=days: today + timedelta(days=days))
            (finding,) = services.find_drift()
            assert (finding.code, finding.count) == ("DOCUMENT_CHANGED", 1)
            found.append(finding.rows[0]["id"])

    assert sorted(found) == sorted(str(file.id) for file in files)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite keeps whatever it is given")
def test_a_file_and_a_line_that_are_no_such_things_are_found(buyer: User, seller: User) -> None:
    due = sold(buyer, seller)
    services.keep_document(make=lambda: b"as it was", invoice=due)
    with rolled_back():
        with unguarded(), connection.cursor() as cursor:
            cursor.execute("UPDATE finance_storeddocument SET content = 'a text'")
            cursor.execute("UPDATE finance_invoiceline SET quantity = 'much'")
        codes = {finding.code for finding in services.find_drift() if not finding.failure}

    assert codes == {"NUMBER_NOT_WHOLE", "DOCUMENT_CHANGED", "INVOICE_LINE_MISRECKONED"}


def test_every_check_has_a_name_that_fits_its_column() -> None:
    assert max(len(check.code) for probe in PROBES for check in probe.checks) <= 32
