"""Facts: who is told what of each, and that a business write that is undone has told nobody."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import events as accounts
from accounts.models import User
from finance import events as finance, services as finance_services
from finance.gateways import Refunded
from finance.models import CreditLine, Refund
from finance.services.intents import Source, lock_intent
from finance.services.refunds import take_refund
from finance.tests.payment_staging import begun, invoice
from finance.tests.staging import lender
from notifications.models import Delivery, Notification, SystemEvent
from notifications.tests.staging import letters, own_rows, run, trace, verified
from offers import events as offers, services as offers_services
from offers.models import Offer
from offers.services import BandWish
from offers.tests.staging import accepted, business_of, countered, line_of, offered, open_line, stocked
from wholexale.common.events import publish
from wholexale.common.ids import new_id
from wholexale.common.realtime import collected_pushes
from wholexale.common.testing import make_session
from wholexale.subscriptions import SUBSCRIPTIONS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line(buyer: User) -> CreditLine:
    return open_line(business_of(buyer), 10_000_000)


def told_of() -> list[tuple[str, str]]:
    """Return who was told which type, oldest first."""
    return list(Notification.objects.order_by("id").values_list("recipient__first_name", "type"))


def undone(write: Callable[[], Any]) -> dict[str, int]:
    """Do something in a transaction that is undone; return how many rows of each model there were before that."""
    rows: dict[str, int] = {}
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        write()
        rows = own_rows()
        raise ZeroDivisionError
    return rows


def since(before: int) -> list[tuple[str, str]]:
    return told_of()[before:]


# --- Offers and orders ------------------------------------------------------------------------------------------------


def test_an_offer_is_told_to_everybody_of_the_sellers_who_deals_and_to_nobody_of_the_buyers(
    buyer: User, seller: User, colleague: User, line: CreditLine, outsider: User
) -> None:
    before = len(told_of())
    offered(buyer, seller)

    assert sorted(since(before)) == [("Chitra", "offer_received"), ("Samir", "offer_received")]


def test_who_acts_is_not_told_and_the_other_side_is(
    buyer: User, seller: User, colleague: User, line: CreditLine
) -> None:
    offer = offered(buyer, seller)
    before = len(told_of())
    countered(seller, offer)
    assert since(before) == [("Bela", "offer_countered")]

    before = len(told_of())
    accepted(buyer, offer)
    assert sorted(one for one in since(before) if one[1] != "credit_deducted") == [
        ("Chitra", "offer_accepted"),
        ("Samir", "offer_accepted"),
    ]


def test_colleagues_hear_of_the_order_that_one_of_them_has_accepted(
    buyer: User, seller: User, colleague: User, line: CreditLine
) -> None:
    offer = offered(buyer, seller)
    before = len(told_of())
    accepted(seller, offer)

    assert ("Chitra", "order_placed") in since(before)
    assert ("Samir", "order_placed") not in since(before)
    assert ("Bela", "offer_accepted") in since(before)


def test_an_order_is_told_step_by_step(buyer: User, seller: User, line: CreditLine) -> None:
    order = accepted(seller, offered(buyer, seller))
    before = len(told_of())
    offers_services.confirm_order(actor=seller, order_id=order.id)
    offers_services.fulfil_order(actor=seller, order_id=order.id, shipment=offers_services.Shipment())
    offers_services.confirm_delivery(actor=buyer, order_id=order.id)
    offers_services.settle_order(actor=seller, order_id=order.id)

    assert [one for one in since(before) if one[1].startswith("order")] == [
        ("Bela", "order_confirmed"),
        ("Bela", "order_shipped"),
        ("Samir", "order_delivered"),
    ]
    assert ("Bela", "reminder") in since(before)  # the invoice


def test_what_the_system_does_is_told_to_both(buyer: User, seller: User, line: CreditLine) -> None:
    offer = offered(buyer, seller)
    before = len(told_of())
    moment = timezone.now() + timedelta(days=8)
    with (
        mock.patch("offers.services.steps.database_now", return_value=moment),
        mock.patch("offers.services.making.database_now", return_value=moment),
        mock.patch("offers.services.negotiating.database_now", return_value=moment),
    ):
        offers_services.expire_offer(offer_id=offer.id, revision=1)

    assert sorted(since(before)) == [("Bela", "offer_response"), ("Samir", "offer_response")]


# --- Money ------------------------------------------------------------------------------------------------------------


def test_a_limit_that_staff_has_raised_is_told_to_those_who_may_see_it(buyer: User, line: CreditLine) -> None:
    before = len(told_of())
    staff = lender()
    finance_services.set_credit_limit(
        actor=staff, business_id=line.business_id, currency="INR", limit_minor=line.limit_minor + 100_000, reason="up"
    )

    assert since(before) == [("Bela", "credit_added")]
    message = Notification.objects.latest("id").message
    assert "INR 1,000.00" in message


def test_a_credit_line_is_told_from_its_first_day_to_its_last(buyer: User) -> None:
    before = len(told_of())
    line = open_line(business_of(buyer), 1_000_000)
    staff = lender("desk")
    finance_services.set_credit_limit(
        actor=staff, business_id=line.business_id, currency="INR", limit_minor=400_000, reason="Too many open books"
    )
    for status in ("under_review", "active", "suspended", "revoked"):
        finance_services.set_credit_status(actor=staff, line_id=line.id, status=status, reason="A look at the books")

    told = Notification.objects.order_by("id")[before:]
    assert [(one.type, one.title, one.data["creditStatus"]) for one in told] == [
        ("credit_added", "You can buy on account", "active"),
        ("system_update", "Your credit limit was lowered", "active"),
        ("system_update", "Your credit is under review", "under_review"),
        ("credit_added", "You can buy on account again", "active"),
        ("system_update", "Your credit is suspended", "suspended"),
        ("system_update", "Your credit was revoked", "revoked"),
    ]
    assert {one.recipient_id for one in told} == {buyer.id}
    assert "lowered by INR 6,000.00 to INR 4,000.00" in told[1].message
    assert not any("books" in one.message for one in told)  # what staff says to each other


def refunded(buyer: User, seller: User, amount: int) -> Any:
    """Let a buyer pay a thousand rupees by bank transfer, and the seller refund a part of it: staff will say when."""
    payment = begun(buyer, invoice(buyer, seller), method="bank_transfer")
    finance_services.receive_payment(actor=lender(), payment_id=payment.id, reason="UTR 1", amount=100_000)
    return finance_services.refund_payment(actor=seller, payment_id=payment.id, amount=amount, reason="Torn seams")


def test_a_refund_is_told_to_the_payer_once_it_is_paid(buyer: User, seller: User, settings: Any) -> None:
    settings.PAYMENT_PROVIDERS = ["manual"]
    refund = refunded(buyer, seller, 40_000)
    before = len(told_of())
    finance_services.settle_refund(actor=lender(), refund_id=refund.id, is_paid=True, reason="UTR 2")

    assert since(before) == [("Bela", "payment_received")]
    told = Notification.objects.latest("id")
    assert told.title == "A payment was refunded"
    assert "INR 400.00" in told.message
    assert told.data["amountMinor"] == 40_000
    assert (told.data["refundId"], told.data["paymentId"]) == (str(refund.id), str(refund.intent_id))


def test_a_refund_that_fails_is_told_to_the_payee(buyer: User, seller: User, settings: Any) -> None:
    settings.PAYMENT_PROVIDERS = ["manual"]
    refund = refunded(buyer, seller, 40_000)
    before = len(told_of())
    finance_services.settle_refund(actor=lender(), refund_id=refund.id, is_paid=False, reason="No such account")

    assert since(before) == [("Samir", "payment_failed")]
    assert Notification.objects.latest("id").title == "A refund failed"


def test_a_refund_that_comes_back_is_told_to_both(buyer: User, seller: User, settings: Any) -> None:
    settings.PAYMENT_PROVIDERS = ["manual"]
    refund = refunded(buyer, seller, 40_000)
    finance_services.settle_refund(actor=lender(), refund_id=refund.id, is_paid=True, reason="UTR 2")
    before = len(told_of())
    news = Refunded(reference="", payment="", state=Refund.State.FAILED, failure_text="The account is closed")
    with transaction.atomic():
        take_refund(lock_intent(refund.intent_id), Refund.objects.get(), news, source=Source.WEBHOOK)

    failed = [one for one in since(before) if one[1] == "payment_failed"]
    assert sorted(failed) == [("Bela", "payment_failed"), ("Samir", "payment_failed")]
    assert "The account is closed" in Notification.objects.filter(type="payment_failed").latest("id").message


# --- People -----------------------------------------------------------------------------------------------------------


def test_a_new_device_is_told_and_a_known_one_is_not(buyer: User) -> None:
    verified(buyer)
    session = make_session(buyer, user_agent="Firefox on Linux")
    before = len(told_of())
    publish(accounts.SignedIn(user_id=buyer.id, session_id=session.id, is_new_device=False))
    assert since(before) == []
    publish(accounts.SignedIn(user_id=buyer.id, session_id=session.id, is_new_device=True))

    assert since(before) == [("Bela", "security_alert")]
    assert "Firefox on Linux from 192.0.2.1" in Notification.objects.latest("id").message


def test_a_secret_is_computed_when_the_mail_is_written_and_stands_in_no_row(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "https://shop.example.com/verify-email/5ec4e7"
    monkeypatch.setattr("accounts.selectors.ticket_link", lambda _ticket_id: secret)
    publish(accounts.VerificationAsked(ticket_id=new_id(), user_id=buyer.id))
    run()

    (mail,) = letters()
    assert mail.to == "buyer@example.com"  # nobody has verified it: this is what does
    assert secret in mail.text
    rows = [*Notification.objects.values(), *Delivery.objects.values(), *SystemEvent.objects.values()]
    assert "5ec4e7" not in str(rows)


def test_a_link_that_opens_nothing_any_more_is_not_mailed(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.selectors.ticket_link", lambda _ticket_id: None)
    publish(accounts.VerificationAsked(ticket_id=new_id(), user_id=buyer.id))
    run()

    assert not letters()
    assert trace(Notification.objects.get())[-1] == ("expired", "too_late")


def test_a_new_member_is_told_and_a_founder_is_not(buyer: User) -> None:
    before = len(told_of())
    business = business_of(buyer)
    for role in ("owner", "member"):
        publish(accounts.MemberAdded(business_id=business.id, user_id=buyer.id, role=role))

    assert since(before) == [("Bela", "system_update")]


# --- What is undone ---------------------------------------------------------------------------------------------------


def some_facts(buyer: User, seller: User, offer: Offer) -> dict[type, Callable[[], Any]]:
    """Return, for each fact, a call that publishes one: through its service where the ones here are simple enough."""
    order = accepted(seller, offer)
    event = order.offer_id
    sides = {"buyer_id": offer.buyer_id, "seller_id": offer.seller_id}
    user = {"user_id": buyer.id}
    ticket = {"ticket_id": new_id()} | user
    line = CreditLine.objects.get()
    payment = _payment(buyer, seller, order)
    session = make_session(buyer)
    change: dict[str, Any] = {"line_id": line.id, "business_id": line.business_id, "currency": "INR"}
    facts: list[Any] = [
        accounts.UserRegistered(**user),
        accounts.VerificationAsked(**ticket),
        accounts.PasswordResetAsked(**ticket),
        accounts.PhoneCodeAsked(**ticket),
        accounts.EmailVerified(**user),
        accounts.PasswordChanged(**user, how="reset"),
        accounts.SignedIn(**user, session_id=session.id, is_new_device=True),
        accounts.AccountLocked(**user, until=timezone.now()),
        accounts.MemberAdded(**user, business_id=offer.buyer_id, role="member"),
        finance.PaymentStateChanged(
            intent_id=payment, version=2, state="failed", old_state="processing", actor_id=None,
            payer_id=offer.buyer_id, payee_id=offer.seller_id,
        ),
        finance.RefundSettled(
            refund_id=new_id(), intent_id=payment, state="succeeded", was_paid=False, amount=5, currency="INR",
            reason="", actor_id=None, payer_id=offer.buyer_id, payee_id=offer.seller_id,
        ),
        finance.CreditMoved(**change, transaction_id=new_id(), actor_id=None, kind="repayment", amount=5, is_more=True),
        finance.CreditLineChanged(
            **change, version=9, old_limit=1, new_limit=2, old_status="active", new_status="active", actor_id=None
        ),
        finance.InvoiceIssued(invoice_id=_invoice(seller, order), actor_id=None, **sides),
        offers.OfferStepTaken(offer_id=event, seq=1, action="sent", side="buyer", actor_id=buyer.id, **sides),
        offers.OrderStepTaken(order_id=order.id, seq=1, action="confirmed", side="seller", actor_id=None, **sides),
    ]  # fmt: skip
    return {type(fact): partial(publish, fact) for fact in facts}


def _payment(buyer: User, seller: User, order: Any) -> Any:
    from finance.models import PaymentIntent  # noqa: PLC0415 - what this one staging needs

    return PaymentIntent.objects.create(
        number=1, order_id=order.id, order_number=order.order_number, payer=order.buyer, payee=order.seller,
        amount=100, currency="INR", method="upi", provider="fake", created_by=buyer,
    ).id  # fmt: skip


def _invoice(seller: User, order: Any) -> Any:
    offers_services.confirm_order(actor=seller, order_id=order.id)
    offers_services.fulfil_order(actor=seller, order_id=order.id, shipment=offers_services.Shipment())
    return offers_services.settle_order(actor=seller, order_id=order.id).invoice_id


UNTOLD = {accounts.EmailVerified, finance.PrepaymentMade}
"""Facts that are written down, and that nobody is told of."""


def test_what_is_undone_has_told_nobody_whatever_the_fact(buyer: User, seller: User, line: CreditLine) -> None:
    verified(buyer, push=True)
    verified(seller, push=True)
    facts = some_facts(buyer, seller, offered(buyer, seller))
    assert facts.keys() == SUBSCRIPTIONS.keys() - {finance.PrepaymentMade}
    for fact, tell in facts.items():
        before = own_rows()
        with collected_pushes() as pushes:
            during = undone(tell)
        assert during["notifications.SystemEvent"] == before["notifications.SystemEvent"] + 1, fact
        is_told = during["notifications.Notification"] > before["notifications.Notification"]
        assert is_told == (fact not in UNTOLD), fact
        assert own_rows() == before, fact
        assert pushes == [], fact


def test_an_offer_that_is_undone_leaves_no_notification_frame_or_work(
    buyer: User, seller: User, line: CreditLine
) -> None:
    verified(seller)
    before = own_rows()
    with collected_pushes() as pushes:
        during = undone(lambda: offered(buyer, seller))

    assert during["notifications.Delivery"] == before["notifications.Delivery"] + 1
    assert own_rows() == before
    assert pushes == []
    assert run() == 0


def test_a_subscriber_that_fails_undoes_the_business_write(buyer: User, seller: User, line: CreditLine) -> None:
    with (
        mock.patch("notifications.rendering.notice", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        offered(buyer, seller)

    assert not Offer.objects.exists()


def test_every_fact_is_written_down_once_with_what_it_is_about(buyer: User, seller: User, line: CreditLine) -> None:
    offer = offered(buyer, seller)
    event = SystemEvent.objects.get(type="offer.step_taken")

    assert (event.subject_type, event.subject_id, event.actor_id) == ("offer", offer.id, buyer.id)
    assert event.business_ids == [str(offer.buyer_id), str(offer.seller_id)]
    assert event.data["action"] == "sent"


def test_what_a_sellers_rule_does_is_told_in_the_order_in_which_it_happened(
    buyer: User, seller: User, line: CreditLine
) -> None:
    offers_services.add_category(name="Fasteners", parent=offers_services.add_category(name="Hardware"))
    product = stocked(seller, category="hardware-fasteners")
    band = BandWish(accept_at=Decimal(95), decline_below=Decimal(80))
    offers_services.set_product_band(actor=seller, product_id=product.id, wish=band)
    before = SystemEvent.objects.count()
    offered(buyer, seller, lines=[line_of(product, "95")])

    rows = SystemEvent.objects.order_by("id").values_list("type", "data")[before:]
    assert [(name, said.get("action") or said["kind"]) for name, said in rows] == [
        ("credit.moved", "purchase"),
        ("offer.step_taken", "sent"),
        ("offer.step_taken", "accepted"),
        ("order.step_taken", "placed"),
    ]
