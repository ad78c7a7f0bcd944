"""Every rule of the state table, by name: who may do what with an offer, and when."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from accounts.models import Membership, User
from offers import services
from offers.models import Offer, OfferEvent, OfferRevision, Order
from offers.services import TermChanges
from offers.tests.staging import (
    accepted,
    business_of,
    countered,
    employee,
    expired,
    fresh,
    later,
    offered,
    refused,
)
from wholexale.common.realtime import Item, Outgoing
from wholexale.common.testing import SentItems

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PRICE = TermChanges(price=Decimal(95))


def statuses(offer: Offer) -> list[str]:
    return list(offer.events.order_by("seq").values_list("new_status", flat=True))


def test_a_new_offer_is_pending_and_awaits_the_seller(offer: Offer) -> None:
    assert (offer.status, offer.awaiting, fresh(offer).current.number) == ("pending", "seller", 1)
    assert statuses(offer) == ["pending"]


def test_the_seller_looking_at_it_makes_it_viewed_once(buyer: User, seller: User, offer: Offer) -> None:
    version = offer.version
    services.view_offer(actor=buyer, offer_id=offer.id)
    assert fresh(offer).status == "pending"

    services.view_offer(actor=seller, offer_id=offer.id)
    services.view_offer(actor=seller, offer_id=offer.id)

    assert (fresh(offer).status, fresh(offer).version) == ("viewed", version)
    assert statuses(offer) == ["pending", "viewed"]


def test_the_seller_may_counter_and_then_the_buyer_is_to_answer(seller: User, offer: Offer) -> None:
    made = countered(seller, offer, "90")

    assert (made.status, made.awaiting, made.seller_counters) == ("countered", "buyer", 1)
    first, second = OfferRevision.objects.order_by("number")
    assert (first.total, second.total) == (850_000, 900_000)
    assert (first.side, second.side) == ("buyer", "seller")


def test_both_sides_counter_by_turns(buyer: User, seller: User, offer: Offer) -> None:
    countered(seller, offer, "95")
    countered(buyer, offer, "88")
    made = countered(seller, offer, "90")

    assert (made.buyer_counters, made.seller_counters, fresh(offer).current.number) == (1, 2, 4)


def test_nobody_accepts_own_terms(buyer: User, seller: User, offer: Offer) -> None:
    with refused("NOT_YOUR_TURN"):
        services.accept_offer(actor=buyer, offer_id=offer.id)
    countered(seller, offer)
    with refused("NOT_YOUR_TURN"):
        services.accept_offer(actor=seller, offer_id=offer.id)


def test_nobody_rejects_own_terms(buyer: User, offer: Offer) -> None:
    with refused("NOT_YOUR_TURN"):
        services.reject_offer(actor=buyer, offer_id=offer.id)


def test_the_first_counter_is_the_sellers(buyer: User, offer: Offer) -> None:
    with refused("INITIAL_COUNTER_SELLER_ONLY"):
        services.counter_offer(actor=buyer, offer_id=offer.id, changes=PRICE)


def test_nobody_counters_twice_in_a_row(seller: User, offer: Offer) -> None:
    countered(seller, offer)
    with refused("WAIT_FOR_COUNTER_RESPONSE"):
        services.counter_offer(actor=seller, offer_id=offer.id, changes=PRICE)


def test_a_counter_differs_from_what_is_on_the_table(seller: User, offer: Offer) -> None:
    with refused("COUNTER_UNCHANGED"):
        services.counter_offer(actor=seller, offer_id=offer.id, changes=TermChanges(price=Decimal("85.00")))


def test_rounds_are_capped(buyer: User, seller: User, offer: Offer) -> None:
    for price in range(100, 105):
        countered(seller, offer, str(price))
        countered(buyer, offer, str(price - 10))
    with refused("VENDOR_COUNTER_LIMIT_REACHED"):
        services.counter_offer(actor=seller, offer_id=offer.id, changes=TermChanges(price=Decimal(90)))
    assert accepted(seller, offer).subtotal == 94 * 100_00


def test_an_answer_to_older_terms_is_refused(buyer: User, seller: User, offer: Offer) -> None:
    countered(seller, offer)
    with refused("REVISION_CONFLICT"):
        services.accept_offer(actor=buyer, offer_id=offer.id, revision=1)
    assert services.accept_offer(actor=buyer, offer_id=offer.id, revision=2).offer.status == "accepted"


@pytest.mark.parametrize("step", ["sent", "viewed", "countered"])
def test_terms_are_accepted_from_every_open_status(buyer: User, seller: User, offer: Offer, step: str) -> None:
    if step == "viewed":
        services.view_offer(actor=seller, offer_id=offer.id)
    if step == "countered":
        countered(seller, offer)
    order = accepted(buyer if step == "countered" else seller, offer)

    assert (fresh(offer).status, fresh(offer).awaiting) == ("accepted", "")
    assert order.total == (900_000 if step == "countered" else 850_000)


def test_a_rejected_offer_is_closed(buyer: User, seller: User, offer: Offer) -> None:
    services.reject_offer(actor=seller, offer_id=offer.id, message="Too low")

    assert (fresh(offer).status, fresh(offer).close_reason, fresh(offer).closed_by) == ("rejected", "Too low", seller)
    for who in (buyer, seller):
        with refused("OFFER_CLOSED"):
            services.accept_offer(actor=who, offer_id=offer.id)
    with refused("OFFER_CLOSED"):
        services.counter_offer(actor=seller, offer_id=offer.id, changes=PRICE)
    with refused("CANNOT_WITHDRAW"):
        services.withdraw_offer(actor=buyer, offer_id=offer.id)


def test_the_buyer_may_withdraw_while_it_is_open(buyer: User, seller: User, offer: Offer) -> None:
    countered(seller, offer)
    services.withdraw_offer(actor=buyer, offer_id=offer.id, reason="Found another")

    assert (fresh(offer).status, fresh(offer).close_reason) == ("withdrawn", "Found another")
    with refused("OFFER_CLOSED"):
        accepted(buyer, offer)


def test_the_seller_withdraws_own_counters_only(seller: User, offer: Offer) -> None:
    with refused("UNAUTHORIZED"):
        services.withdraw_offer(actor=seller, offer_id=offer.id)
    countered(seller, offer)
    assert services.withdraw_offer(actor=seller, offer_id=offer.id).status == "withdrawn"


def test_an_accepted_offer_is_not_withdrawn(buyer: User, seller: User, offer: Offer) -> None:
    accepted(seller, offer)
    with refused("CANNOT_WITHDRAW"):
        services.withdraw_offer(actor=buyer, offer_id=offer.id)


def test_terms_hold_until_their_last_second(seller: User, offer: Offer) -> None:
    with later(offer, seconds=-1):
        assert accepted(seller, offer).status == "accepted"


@pytest.mark.parametrize("seconds", [0, 1])
def test_an_offer_expired_by_one_second_is_neither_accepted_nor_countered_nor_rejected(
    buyer: User, seller: User, offer: Offer, seconds: int
) -> None:
    with later(offer, seconds=seconds):
        with refused("OFFER_EXPIRED"):
            services.accept_offer(actor=seller, offer_id=offer.id)
        with refused("OFFER_EXPIRED"):
            services.counter_offer(actor=seller, offer_id=offer.id, changes=PRICE)
        with refused("OFFER_EXPIRED"):
            services.reject_offer(actor=seller, offer_id=offer.id)
        with refused("CANNOT_WITHDRAW"):
            services.withdraw_offer(actor=buyer, offer_id=offer.id)
    assert fresh(offer).status == "pending"


def test_the_clock_ends_terms_whose_time_is_over(seller: User, offer: Offer) -> None:
    with later(offer, seconds=-1), refused("OFFER_NOT_EXPIRED"):
        services.expire_offer(offer_id=offer.id, revision=1)
    assert (expired(offer).status, fresh(offer).awaiting) == ("expired", "")
    with refused("OFFER_EXPIRED"):
        accepted(seller, offer)


def test_the_clock_does_not_end_terms_that_were_replaced(seller: User, offer: Offer) -> None:
    countered(seller, offer)
    with later(offer):
        services.expire_offer(offer_id=offer.id, revision=1)
    assert fresh(offer).status == "countered"


def test_each_side_revises_an_expired_offer_once(buyer: User, seller: User, offer: Offer) -> None:
    end = fresh(offer).expires_at
    with refused("OFFER_NOT_EXPIRED"):
        services.revise_offer(actor=buyer, offer_id=offer.id, changes=TermChanges(valid_until=end))
    expired(offer)
    with refused("VALIDATION_FAILED"):
        services.revise_offer(actor=buyer, offer_id=offer.id, changes=PRICE)
    revised = services.revise_offer(actor=seller, offer_id=offer.id, changes=TermChanges(valid_until=end))

    assert (revised.status, revised.awaiting, fresh(offer).current.number) == ("countered", "buyer", 2)
    expired(offer)
    with refused("OFFER_REVISED_BEFORE"):
        services.revise_offer(actor=seller, offer_id=offer.id, changes=TermChanges(valid_until=end))
    services.revise_offer(actor=buyer, offer_id=offer.id, changes=TermChanges(valid_until=end))
    assert accepted(seller, offer).total == 850_000


def test_staff_cancels_an_open_offer_with_a_reason(staff: User, seller: User, offer: Offer) -> None:
    with refused("VALIDATION_FAILED"):
        services.cancel_offer(actor=staff, offer_id=offer.id, reason=" ")
    with refused("INSUFFICIENT_PERMISSIONS"):
        services.cancel_offer(actor=seller, offer_id=offer.id, reason="Mine")
    services.cancel_offer(actor=staff, offer_id=offer.id, reason="A forbidden good")

    assert (fresh(offer).status, fresh(offer).close_reason) == ("cancelled", "A forbidden good")
    with refused("OFFER_CLOSED"):
        accepted(seller, offer)
    with refused("OFFER_CLOSED"):
        services.cancel_offer(actor=staff, offer_id=offer.id, reason="Again")


def test_outsiders_find_no_offer(outsider: User, offer: Offer) -> None:
    nobody: dict[str, Any] = {"actor": outsider, "offer_id": offer.id}
    for verb in ("view_offer", "accept_offer", "reject_offer", "withdraw_offer"):
        with refused("OFFER_NOT_FOUND"):
            getattr(services, verb)(**nobody)
    for verb in ("counter_offer", "revise_offer"):
        with refused("OFFER_NOT_FOUND"):
            getattr(services, verb)(**nobody, changes=PRICE)


def test_a_member_without_a_say_may_look_and_not_answer(seller: User, offer: Offer) -> None:
    accountant = employee("accountant", business_of(seller), Membership.Role.FINANCE)
    for verb in (services.accept_offer, services.reject_offer, services.withdraw_offer):
        with refused("INSUFFICIENT_PERMISSIONS"):
            verb(actor=accountant, offer_id=offer.id)
    assert services.view_offer(actor=accountant, offer_id=offer.id) == offer


def test_a_colleague_answers_for_the_business(colleague: User, offer: Offer) -> None:
    order = accepted(colleague, offer)

    assert (order.accepted_by, order.accepting_side) == (colleague, "seller")


def test_accepting_again_returns_the_first_order_also_after_the_end(
    seller: User, colleague: User, buyer: User, offer: Offer
) -> None:
    first = services.accept_offer(actor=seller, offer_id=offer.id)
    with later(offer, seconds=60):
        again = services.accept_offer(actor=colleague, offer_id=offer.id)

    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.order == first.order
    assert Order.objects.count() == 1
    with refused("OFFER_CLOSED"):
        services.accept_offer(actor=buyer, offer_id=offer.id)


def test_each_step_is_pushed_to_both_sides(buyer: User, seller: User, line: object, sent: SentItems) -> None:
    with sent() as items:
        offer = offered(buyer, seller)
    assert _told(items) == {(f"u:{buyer.id}", "offer:created"), (f"u:{seller.id}", "offer:received")}
    with sent() as items:
        services.view_offer(actor=seller, offer_id=offer.id)
    assert _told(items) == {(f"u:{buyer.id}", "offer:viewed")}
    with sent() as items:
        countered(seller, offer)
    assert _told(items) == {(f"u:{buyer.id}", "offer:response"), (f"u:{seller.id}", "offer:responded")}
    with sent() as items:
        expired(offer)
    assert _told(items) == {(f"u:{buyer.id}", "offer:expired"), (f"u:{seller.id}", "offer:expired")}


def test_each_side_sees_what_it_may_do(buyer: User, seller: User, line: object, sent: SentItems) -> None:
    with sent() as items:
        offered(buyer, seller)
    pushes: list[Any] = [item.push for item in items if isinstance(item, Outgoing) and hasattr(item.push, "offer")]
    allowed = {push.event: push.offer.allowed_actions for push in pushes}
    assert allowed == {"offer:created": ["withdraw"], "offer:received": ["accept", "reject", "counter"]}


def test_history_is_complete_and_in_order(buyer: User, seller: User, offer: Offer) -> None:
    services.view_offer(actor=seller, offer_id=offer.id)
    countered(seller, offer)
    accepted(buyer, offer)
    steps = OfferEvent.objects.filter(offer=offer).order_by("seq")

    assert [step.seq for step in steps] == [1, 2, 3, 4]
    assert [step.action for step in steps] == ["sent", "viewed", "countered", "accepted"]
    for before, after in pairwise(steps):
        assert after.old_status == before.new_status


def _told(items: list[Item]) -> set[tuple[str, str]]:
    names = [(group, item.push.event) for item in items if isinstance(item, Outgoing) for group in item.to]
    return {(group, event) for group, event in names if event.startswith("offer:")}
