"""Accepting: one order and one hold, or nothing at all; and what the other side must not learn."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Message
from finance import services as finance_services
from finance.models import CreditLine, LedgerTransaction
from finance.tests.staging import lender
from offers import services
from offers.models import Offer, Order
from offers.services import Shipment
from offers.tests.audit import faults
from offers.tests.staging import (
    accepted,
    business_of,
    countered,
    employee,
    fresh,
    limit_spending,
    line_wish,
    offered,
    open_line,
    refused,
    respond,
)
from wholexale.common.realtime import Outgoing
from wholexale.common.testing import Api, SentItems

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


def test_the_order_is_what_was_agreed_and_its_money_is_held(seller: User, offer: Offer) -> None:
    order = accepted(seller, offer)

    assert order.hold is not None
    assert (order.hold.amount, order.hold.phase) == (order.total, "pending")
    assert LedgerTransaction.objects.get(id=order.hold.transaction_id).reference == f"order:{order.id}"
    (line,) = order.lines.all()
    assert (line.name, line.quantity, line.unit_price, line.total) == ("Product Name", 100_000, 85_000_000, 850_000)
    assert faults() == []


def test_several_lines_are_each_rounded_once(buyer: User, seller: User, line: CreditLine) -> None:
    lines = [line_wish("0.333333", "7"), line_wish("2.005", "3", product_ref="other", name="Other")]
    order = accepted(seller, offered(buyer, seller, lines=lines))

    assert [one.total for one in order.lines.order_by("position")] == [233, 602]
    assert order.total == 835


def test_too_little_credit_leaves_the_offer_open(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 100_000)
    offer = countered(seller, offered(buyer, seller))
    with refused("CREDIT_LIMIT_EXCEEDED"):
        services.accept_offer(actor=buyer, offer_id=offer.id)
    assert fresh(offer).status == "countered"

    open_line(business_of(buyer), 1_000_000)
    assert accepted(buyer, offer).total == 900_000


def test_the_seller_learns_nothing_of_the_buyers_credit(api: Api, buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 100_000)
    offer = offered(buyer, seller)

    reply = respond(api, seller, offer, "accept")

    assert (reply.status, reply.code) == (409, "CREDIT_LIMIT_EXCEEDED")
    assert set(reply.body) == {"error", "code", "details", "requestId"}
    countered(seller, offer)
    assert respond(api, buyer, offer, "accept").body["available"] == 1000


def test_the_spending_limit_of_the_buyers_member_counts(buyer: User, seller: User, line: CreditLine) -> None:
    member = employee("member", business_of(buyer))
    limit_spending(buyer, member, 500_000)
    offer = offered(member, seller)
    with refused("CREDIT_LIMIT_EXCEEDED"):
        services.accept_offer(actor=seller, offer_id=offer.id)
    countered(seller, offer)
    with refused("SPENDING_LIMIT_EXCEEDED"):
        services.accept_offer(actor=member, offer_id=offer.id)
    assert accepted(buyer, offer).total == 900_000


def test_a_suspended_line_refuses(buyer: User, seller: User, line: CreditLine) -> None:
    offer = countered(seller, offered(buyer, seller))
    finance_services.set_credit_status(actor=lender(), line_id=line.id, status="suspended", reason="Overdue")
    with refused("CREDIT_NOT_ACTIVE"):
        services.accept_offer(actor=buyer, offer_id=offer.id)


def test_a_buyer_who_has_left_binds_nobody_any_more(buyer: User, seller: User, line: CreditLine) -> None:
    member = employee("member", business_of(buyer))
    offer = offered(member, seller)
    member.membership.delete()
    with refused("CREDIT_LIMIT_EXCEEDED"):
        services.accept_offer(actor=seller, offer_id=offer.id)


def test_the_same_key_gets_the_same_answer(api: Api, seller: User, offer: Offer) -> None:
    with_key = api.with_headers(Idempotency_Key="6f1c")
    first = respond(with_key, seller, offer, "accept")
    again = respond(with_key, seller, offer, "accept")
    other = respond(with_key, seller, offer, "reject")

    assert (first.status, again.status, first.raw) == (200, 200, again.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert Order.objects.count() == 1


def test_without_a_line_and_without_terms_it_is_paid_in_advance(buyer: User, seller: User) -> None:
    offer = offered(buyer, seller)
    order = accepted(seller, offer)

    assert fresh(offer).current.payment_terms == "advance_payment"
    assert order.payment is not None
    assert (order.settlement, order.hold, order.payment.amount) == ("prepaid", None, 850_000)
    assert order.payment.created_by == buyer
    with refused("ORDER_NOT_PAID"):
        services.fulfil_order(actor=seller, order_id=order.id, shipment=Shipment())
    assert faults() == []


def test_the_conversation_tells_of_every_step(buyer: User, seller: User, line: CreditLine, sent: SentItems) -> None:
    offer = offered(buyer, seller)
    countered(seller, offer)
    accepted(buyer, offer)
    lines: list[Any] = list(Message.objects.filter(conversation_id=fresh(offer).conversation_id).order_by("seq"))

    assert [one.system_message_type or one.message_type for one in lines] == [
        "offer", "offer_created", "offer_countered", "offer_accepted", "order_placed",
    ]  # fmt: skip
    card = lines[0]
    assert (card.sender_id, card.offer["status"], card.offer["revision"]) == (buyer.id, "accepted", 2)
    assert Decimal(card.offer["unitPrice"]) == 90


def test_the_card_follows_the_state_live(seller: User, offer: Offer, sent: SentItems) -> None:
    with sent() as items:
        countered(seller, offer)
    pushes: list[Any] = [item.push for item in items if isinstance(item, Outgoing)]
    (update,) = [push for push in pushes if push.event == "chat:updated"]
    assert (update.message.offer.status, update.message.offer.unit_price) == ("countered", 90)


def test_a_new_offer_is_unread_for_the_seller(api: Api, seller: User, offer: Offer) -> None:
    (conversation,) = api.as_(seller).get("chat/conversations").body["conversations"]
    assert (conversation["unreadCount"], conversation["businessContext"]["offerId"]) == (1, str(offer.id))


def test_terms_of_the_past_or_too_far_away_are_refused(buyer: User, seller: User, line: CreditLine) -> None:
    now = fresh(offered(buyer, seller)).created_at
    with refused("VALIDITY_IN_PAST"):
        offered(buyer, seller, end=now - timedelta(seconds=1))
    with refused("VALIDATION_FAILED"):
        offered(buyer, seller, end=now + timedelta(days=366))


def test_an_accept_takes_few_round_trips(
    buyer: User, seller: User, line: CreditLine, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    accepted(seller, offered(buyer, seller))  # what is built or opened once
    offer = offered(buyer, seller)

    with django_assert_max_num_queries(18 if connection.vendor == "postgresql" else 70):
        services.accept_offer(actor=seller, offer_id=offer.id)
