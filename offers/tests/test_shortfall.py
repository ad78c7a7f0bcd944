"""A seller accepts and the buyer's credit is short: the buyer's people hear of it, once, and read no amounts."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership, User
from chat.models import Message
from offers import consumers, services
from offers.models import Offer, OfferEvent
from offers.serializers.sockets import Respond
from offers.services import Answer, BandWish
from offers.tests.audit import faults
from offers.tests.staging import (
    business_of,
    countered,
    employee,
    every_row,
    fresh,
    later,
    line_of,
    offered,
    open_line,
    refused,
    respond,
    stocked,
)
from wholexale.common.errors import DomainError, NotFound
from wholexale.common.realtime import Item, Outgoing, user_group
from wholexale.common.testing import Api, SentItems

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

KIND = "offer_credit_short"


@pytest.fixture
def offer(buyer: User, seller: User) -> Offer:
    """Let the buyer offer 8,500 rupees on a credit of 1,000."""
    open_line(business_of(buyer), 100_000)
    return offered(buyer, seller)


def told(items: list[Item]) -> list[Any]:
    """Return the pushes about credit that is short."""
    return [one for one in items if isinstance(one, Outgoing) and one.push.event == "offer:credit_short"]


def noted() -> list[tuple[str, int]]:
    """Return by whom it was written down, and about which terms."""
    steps = OfferEvent.objects.filter(action="shortfall").order_by("seq")
    return [(step.side, step.revision) for step in steps]


def lines(offer: Offer) -> list[str]:
    """Return what the conversation says of it."""
    told = Message.objects.filter(conversation_id=fresh(offer).conversation_id, system_message_type=KIND)
    return [str(line.content) for line in told]


def test_the_buyers_people_who_deal_with_offers_hear_that_the_seller_wanted_to_accept(
    api: Api, buyer: User, seller: User, offer: Offer, sent: SentItems
) -> None:
    member = employee("member", business_of(buyer))
    clerk = employee("clerk", business_of(buyer), Membership.Role.FINANCE)
    with sent() as items:
        reply = respond(api, seller, offer, "accept")

    assert (reply.status, reply.code) == (409, "CREDIT_LIMIT_EXCEEDED")
    (one,) = told(items)
    assert (one.push.offer_id, one.push.number, one.push.revision) == (str(offer.id), offer.offer_number, 1)
    assert set(one.to) == {user_group(buyer.id), user_group(member.id)}
    assert user_group(clerk.id) not in one.to
    assert noted() == [("seller", 1)]
    assert lines(offer) == [
        "Samir Seller wanted to accept the offer, but the buyer's credit does not cover it just now."
    ]
    assert (fresh(offer).status, fresh(offer).awaiting, fresh(offer).version) == ("pending", "seller", 1)
    assert faults() == []


def test_nothing_that_anybody_reads_of_it_names_an_amount(
    api: Api, buyer: User, seller: User, offer: Offer, sent: SentItems
) -> None:
    with sent() as items:
        reply = respond(api, seller, offer, "accept")
    (one,) = told(items)
    steps = api.as_(seller).get(f"offers/{offer.id}/history").body["events"]
    texts = [reply.raw.decode(), *lines(offer), *(str(step["changes"]) for step in steps), str(one.push.revision)]
    assert not [text for text in texts if "1000" in text or "7500" in text or "8500" in text]


def test_a_seller_who_tries_again_is_refused_again_and_nobody_hears_of_it(
    api: Api, seller: User, offer: Offer, sent: SentItems
) -> None:
    respond(api, seller, offer, "accept")
    before = every_row()
    with sent() as items:
        codes = [respond(api, seller, offer, "accept").code for _ in range(3)]

    assert codes == ["CREDIT_LIMIT_EXCEEDED"] * 3
    assert told(items) == []
    after = every_row()
    assert {name for name in before if before[name] != after[name]} == set()


def test_other_terms_are_another_matter(api: Api, buyer: User, seller: User, offer: Offer, sent: SentItems) -> None:
    respond(api, seller, offer, "accept")
    countered(seller, offer, "95")
    countered(buyer, offer, "90")
    with sent() as items:
        respond(api, seller, offer, "accept")

    assert [one.push.revision for one in told(items)] == [3]
    assert noted() == [("seller", 1), ("seller", 3)]


def test_with_a_key_the_notice_is_kept_with_the_refusal_and_not_repeated(
    api: Api, seller: User, offer: Offer, sent: SentItems
) -> None:
    client = api.with_headers(Idempotency_Key="6f1c")
    with sent() as items:
        first, again = (respond(client, seller, offer, "accept") for _ in range(2))

    assert (first.status, first.code) == (409, "CREDIT_LIMIT_EXCEEDED")
    assert (again.raw, again.headers["Idempotent-Replayed"]) == (first.raw, "true")
    assert (len(told(items)), noted()) == (1, [("seller", 1)])
    assert Offer.objects.filter(order__isnull=False).count() == 0


@pytest.mark.parametrize("key", [None, "6f1c"])
def test_over_a_socket_it_is_the_same(seller: User, offer: Offer, sent: SentItems, key: str | None) -> None:
    data = Respond(offer_id=offer.id, action="accept", idempotency_key=key)
    with sent() as items:
        for _ in range(2):
            with pytest.raises(DomainError) as caught:
                consumers._respond(user_id=seller.id, data=data)
            assert caught.value.code == "CREDIT_LIMIT_EXCEEDED"

    assert (len(told(items)), noted()) == (1, [("seller", 1)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["", "6f1c"])
def test_it_outlives_the_acceptance_that_was_undone(api: Api, seller: User, offer: Offer, key: str) -> None:
    reply = respond(api.with_headers(Idempotency_Key=key) if key else api, seller, offer, "accept")

    assert reply.code == "CREDIT_LIMIT_EXCEEDED"
    assert noted() == [("seller", 1)]
    assert len(lines(offer)) == 1
    assert not Offer.objects.filter(order__isnull=False).exists()


def test_a_buyer_who_is_refused_hears_nothing_but_the_refusal(
    api: Api, buyer: User, seller: User, offer: Offer, sent: SentItems
) -> None:
    countered(seller, offer)
    with sent() as items:
        assert respond(api, buyer, offer, "accept").body["available"] == 1000
    assert (told(items), noted()) == ([], [])


def test_other_refusals_of_the_seller_are_no_notice(api: Api, seller: User, offer: Offer, sent: SentItems) -> None:
    with sent() as items, later(offer):
        assert respond(api, seller, offer, "accept").code == "OFFER_EXPIRED"
    assert (told(items), noted()) == ([], [])


def test_a_rule_of_the_seller_that_meets_short_credit_stays_the_sellers_secret(
    buyer: User, seller: User, sent: SentItems
) -> None:
    product = stocked(seller)
    services.set_product_band(actor=seller, product_id=product.id, wish=BandWish(accept_at=Decimal(90)))
    open_line(business_of(buyer), 100_000)
    with sent() as items:
        offered(buyer, seller, lines=[line_of(product, "95")])
    assert (told(items), noted()) == ([], [])


def test_what_was_answered_meanwhile_is_left_alone(buyer: User, seller: User, offer: Offer) -> None:
    countered(seller, offer)
    before = every_row()
    services.shortfall.note_shortfall(actor=seller, offer_id=offer.id)
    assert every_row() == before


def test_outsiders_note_nothing(outsider: User, offer: Offer) -> None:
    before = every_row()
    with pytest.raises(NotFound):
        services.shortfall.note_shortfall(actor=outsider, offer_id=offer.id)
    assert every_row() == before


def test_a_caller_of_the_acceptance_alone_writes_nothing(seller: User, offer: Offer) -> None:
    with refused("CREDIT_LIMIT_EXCEEDED"):
        services.accept_offer(actor=seller, offer_id=offer.id)


def test_once_there_is_credit_the_same_terms_are_accepted(buyer: User, seller: User, offer: Offer) -> None:
    accept = Answer(action="accept")
    with pytest.raises(DomainError):
        services.respond_to_offer(actor=seller, offer_id=offer.id, answer=accept)
    open_line(business_of(buyer), 1_000_000)
    assert services.respond_to_offer(actor=seller, offer_id=offer.id, answer=accept).order is not None
    assert faults() == []
