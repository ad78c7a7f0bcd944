"""Deals for staff: who may see what, what is cancelled and why, and that nothing else is ever changed."""

from decimal import Decimal
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.db.models import Model
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance.models import CreditLine
from offers import services
from offers.models import Offer, OfferEvent, OfferTimer, Order, OrderPayment, OrderTimer
from offers.services.terms import PREPAID
from offers.tests.admin_staging import REASON, Desk, cancel_url, clerk, complaints, numbers, said
from offers.tests.staging import accepted, countered, every_row, expired, fresh, line_wish, offered
from wholexale.common.admin import admin_url, list_url
from wholexale.common.errors import Forbidden
from wholexale.common.testing import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(staff: User) -> Desk:
    return Desk(staff)


@pytest.fixture
def order(seller: User, offer: Offer) -> Order:
    return accepted(seller, offer)


# Who may see


def test_people_who_are_no_staff_see_nothing(buyer: User, offer: Offer) -> None:
    desk = Desk(buyer)
    for page in (desk.rows(Offer), desk.row(offer), desk.page(offer)):
        assert page.status_code == 302


@pytest.mark.parametrize("model", [Offer, Order, OfferTimer, OrderTimer])
def test_staff_see_what_their_permissions_say(order: Order, model: type[Model]) -> None:
    name, row = model._meta.model_name, model._default_manager.all()[0]
    desk = Desk(clerk())
    assert [desk.rows(model).status_code, desk.row(row).status_code] == [403, 403]

    desk.user.user_permissions.add(Permission.objects.get(codename=f"view_{name}"))
    assert [desk.rows(model).status_code, desk.row(row).status_code] == [200, 200]


def test_who_may_see_an_offer_sees_its_terms_and_history_and_cancels_nothing(seller: User, offer: Offer) -> None:
    countered(seller, offer)
    desk = Desk(clerk("view_offer"))
    page = desk.row(offer)

    assert [len(formset.forms) for formset in (one.formset for one in page.context["inline_admin_formsets"])] == [2, 2]
    assert not desk.offers_to_cancel(offer)
    assert desk.page(offer).status_code == 403
    assert desk.client.post(cancel_url(offer), {"reason": REASON, "token": str(uuid4())}).status_code == 403
    assert fresh(offer).is_open


def test_who_may_cancel_must_also_see(offer: Offer) -> None:
    assert Desk(clerk("cancel_offer")).page(offer).status_code == 403
    assert Desk(make_person("another", role=User.Role.ADMIN)).page(offer).status_code == 403


# What is shown


def test_an_offer_is_found_by_number_title_and_business(desk: Desk, offer: Offer) -> None:
    number = [str(offer)]
    for text in (str(offer), str(offer).lower(), str(offer.number), str(offer.id), "bulk order", "corner", "Cotton"):
        assert numbers(desk.rows(Offer, q=text)) == number, text
    for text in ("OFF-2026-999999", "nothing like it", str(uuid4()), "%", "9" * 30):
        assert numbers(desk.rows(Offer, q=text)) == [], text
    assert numbers(desk.rows(Offer, q="\x00")) == number
    assert numbers(desk.rows(Offer, status__exact="pending", currency="INR")) == number
    assert numbers(desk.rows(Offer, status__exact="accepted")) == []


def test_an_order_is_found_by_its_number_and_that_of_its_offer(desk: Desk, order: Order) -> None:
    for text in (str(order), str(order.number), str(order.offer), str(order.id), "corner"):
        assert numbers(desk.rows(Order, q=text)) == [str(order)], text
    assert numbers(desk.rows(Order, q="ORD-2026-999999")) == []


def test_the_page_of_an_offer_shows_terms_history_and_order(
    desk: Desk, seller: User, buyer: User, offer: Offer
) -> None:
    order = accepted(buyer, countered(seller, offer))
    text = desk.row(offer).content.decode()

    for expected in (
        "1. Product Name: 100 pieces at 85.00", "1. Product Name: 100 pieces at 90.00", "8,500.00 INR", "9,000.00 INR",
        "Samir Seller, seller", "pending → countered", "price: 90", admin_url(order), str(order),
        f"/admin/chat/conversation/{fresh(offer).conversation_id}/",
    ):  # fmt: skip
        assert expected in text, expected


def test_the_page_of_an_order_links_to_the_money(desk: Desk, seller: User, order: Order) -> None:
    services.fulfil_order(
        actor=seller, order_id=order.id, shipment=services.Shipment(carrier="Delhivery", note="Two boxes")
    )
    settled = services.settle_order(actor=seller, order_id=order.id)
    text = desk.row(settled).content.decode()

    assert settled.hold is not None
    assert settled.invoice is not None
    for expected in (
        admin_url(settled.hold), admin_url(settled.invoice), str(settled.invoice), admin_url(settled.offer),
        "line 1: 100", "carrier: Delhivery", "Two boxes", "8,500.00 INR",
    ):  # fmt: skip
        assert expected in text, expected


def test_an_order_that_is_paid_in_advance_links_to_its_payment(desk: Desk, buyer: User, seller: User) -> None:
    order = accepted(seller, offered(buyer, seller, payment_terms=PREPAID))
    assert order.payment is not None
    assert admin_url(order.payment) in desk.row(order).content.decode()


def test_terms_that_have_ended_are_shown_as_expired(desk: Desk, offer: Offer) -> None:
    Offer.objects.update(expires_at=fresh(offer).created_at)
    assert "expired" in desk.rows(Offer).rendered_content.split('class="field-stands"')[1][:20]


def test_what_people_have_written_is_text_and_never_markup(
    desk: Desk, buyer: User, seller: User, line: CreditLine
) -> None:
    evil = "<script>alert(1)</script>"
    made = offered(
        buyer, seller, lines=[line_wish(name=evil)], attachments=[{"url": "/a", "filename": evil}],
        terms={"customTerms": [evil]}, shipping={"method": evil},
    )  # fmt: skip
    Offer.objects.update(title=evil, description=evil, context={"tags": [evil]})
    services.counter_offer(
        actor=seller, offer_id=made.id, changes=services.TermChanges(price=Decimal(90), description=evil), message=evil
    )
    order = accepted(buyer, made)
    for page in (desk.rows(Offer), desk.rows(Order), desk.row(made), desk.row(order)):
        text = page.content.decode()
        assert page.status_code == 200
        assert evil not in text
        assert "&lt;script&gt;alert(1)" in text
    other = offered(buyer, seller)
    Offer.objects.update(title=evil)
    assert evil not in desk.page(other).content.decode()


@pytest.mark.parametrize("model", [Offer, Order])
def test_nothing_is_added_changed_or_deleted(desk: Desk, order: Order, model: type[Model]) -> None:
    row, before = model._default_manager.all()[0], every_row()
    delete = reverse(f"admin:offers_{model._meta.model_name}_delete", args=[row.pk])
    add = reverse(f"admin:offers_{model._meta.model_name}_add")

    assert b"_save" not in desk.row(row).content
    for url in (delete, add, admin_url(row)):
        assert (
            desk.client.post(url, {"status": "rejected", "total": 1, "post": "yes", "_save": "Save"}).status_code == 403
        )
    desk.client.post(list_url(model), {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})
    assert every_row() == before


# Cancelling


def test_an_offer_is_cancelled_with_a_reason(desk: Desk, offer: Offer) -> None:
    page = desk.page(offer)
    done = desk.cancel(offer)

    assert "8,500.00 INR" in page.content.decode()
    assert "Both sides will read it." in page.content.decode()
    assert said(done) == [f"{offer} is cancelled."]
    assert done.redirect_chain == [(admin_url(offer), 302)]
    event = OfferEvent.objects.get(offer=offer, action="cancelled")
    assert (event.actor, event.side, event.message) == (desk.user, "", REASON)
    assert (fresh(offer).status, fresh(offer).close_reason) == ("cancelled", REASON)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (desk.user, str(offer.pk))
    assert entry.change_message == f"Cancel the offer: {REASON}"


def test_an_order_is_cancelled_with_a_reason(desk: Desk, order: Order, line: CreditLine) -> None:
    done = desk.cancel(order)
    order.refresh_from_db()

    assert said(done) == [f"{order} is cancelled."]
    assert (order.status, order.cancel_reason) == ("cancelled", REASON)
    assert (line.account.balance.debits_pending, line.account.balance.credits_pending) == (0, 0)


def test_without_a_reason_nothing_is_done(desk: Desk, offer: Offer, order: Order) -> None:
    before = every_row()
    for reason in ("", "   ", "x" * 501, "\x00"):
        assert "reason" in complaints(desk.cancel(order, reason=reason))
    for token in ("", "once"):
        assert "token" in complaints(desk.cancel(order, token=token))

    assert every_row() == before
    assert not LogEntry.objects.exists()


def test_opening_the_page_does_nothing(desk: Desk, offer: Offer) -> None:
    before = every_row()
    assert desk.page(offer).status_code == 200
    assert every_row() == before


def test_what_is_closed_offers_nothing_and_says_why(desk: Desk, seller: User, offer: Offer) -> None:
    assert desk.offers_to_cancel(offer)
    assert cancel_url(offer) in desk.row(offer).content.decode()
    services.reject_offer(actor=seller, offer_id=offer.id)

    assert not desk.offers_to_cancel(offer)
    assert cancel_url(offer) not in desk.row(offer).content.decode()
    refused = desk.cancel(offer)
    assert complaints(refused)["__all__"] == ["This offer is rejected. (OFFER_CLOSED)"]
    assert f">{REASON}</textarea>" in refused.content.decode().replace("\n", "")
    assert fresh(offer).status == "rejected"


def test_an_offer_that_has_expired_offers_nothing(desk: Desk, offer: Offer) -> None:
    expired(offer)
    assert not desk.offers_to_cancel(offer)


def test_an_order_that_is_settled_says_why(desk: Desk, seller: User, order: Order) -> None:
    services.fulfil_order(actor=seller, order_id=order.id, shipment=services.Shipment())
    assert desk.offers_to_cancel(order)
    services.settle_order(actor=seller, order_id=order.id)

    assert not desk.offers_to_cancel(order)
    assert complaints(desk.cancel(order))["__all__"] == ["This order is settled. (ORDER_NOT_ACTIONABLE)"]


def test_a_page_that_is_sent_twice_has_one_effect(desk: Desk, offer: Offer) -> None:
    token = str(uuid4())
    assert said(desk.cancel(offer, token=token)) == [f"{offer} is cancelled."]
    assert said(desk.cancel(offer, token=token)) == [f"This was done before, and not again: {offer} is cancelled."]
    assert "sent before" in complaints(desk.cancel(offer, token=token, reason="Another"))["__all__"][0]
    assert OfferEvent.objects.filter(action="cancelled").count() == 1


def test_a_busy_database_says_so(desk: Desk, offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "cancel_offer", Mock(side_effect=OperationalError))
    assert "Send this page again" in complaints(desk.cancel(offer))["__all__"][0]
    assert fresh(offer).is_open


def test_the_service_refuses_who_slips_past_the_page(buyer: User, order: Order) -> None:
    for actor in (buyer, clerk("view_order")):
        with pytest.raises(Forbidden) as caught:
            services.cancel_order_as_staff(actor=actor, order_id=order.id, reason=REASON)
        assert caught.value.code == "INSUFFICIENT_PERMISSIONS"


def test_a_row_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert desk.page(Offer(id=uuid4())).status_code == 404


# Work and lists


def test_dead_work_is_replayed(desk: Desk, offer: Offer) -> None:
    timer = OfferTimer.objects.filter(kind="expire").get()
    OfferTimer.objects.filter(pk=timer.pk).update(state="dead")
    desk.client.post(list_url(OfferTimer), {"action": "replay", "_selected_action": [str(timer.pk)]})

    timer.refresh_from_db()
    assert timer.state != "dead"
    assert admin_url(offer) in desk.row(timer).content.decode()
    assert desk.rows(OrderPayment).status_code == 200


def test_lists_and_pages_take_few_queries(
    desk: Desk, buyer: User, seller: User, line: CreditLine, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        accepted(seller, countered(buyer, countered(seller, offered(buyer, seller)), "88"))
    last = Order.objects.select_related("offer").latest("id")
    for model in (Offer, Order, OfferTimer, OrderTimer):
        with django_assert_max_num_queries(6):
            assert desk.rows(model).status_code == 200
    with django_assert_max_num_queries(13):
        assert desk.row(last.offer).status_code == 200
    with django_assert_max_num_queries(13):
        assert desk.row(last).status_code == 200
