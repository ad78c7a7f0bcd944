"""Terms that bind the own side where the other accepts: new offers, drafts, counter-offers, revivals; and rules."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from finance.models import CreditLine
from offers import services
from offers.models import Offer, OfferRevision, Order
from offers.services import BandWish, TermChanges
from offers.tests.approving import REJECT, SEND, asked, decided, policy_of
from offers.tests.staging import (
    accepted,
    business_of,
    countered,
    employee,
    expired,
    fresh,
    line_of,
    line_wish,
    offer_wish,
    offered,
    refused,
    stocked,
)
from wholexale.common.clock import database_now

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound", "audited")]

DEARER = TermChanges(price=Decimal(90))


@pytest.fixture
def purchaser(buyer: User) -> User:
    """Work for the buyer's business, as a member."""
    return employee("purchaser", business_of(buyer))


def drafted(who: User, seller: User) -> Offer:
    return services.make_offer(actor=who, wish=replace(offer_wish(seller), is_draft=True))


def sent(who: User, offer: Offer) -> Offer:
    return services.send_offer(actor=who, offer_id=offer.id)


# Offers and drafts


def test_an_offer_is_drafted_approved_and_sent(buyer: User, purchaser: User, seller: User, line: CreditLine) -> None:
    policy_of(buyer, "8500", SEND, approver_role="owner")
    with refused("APPROVAL_REQUIRED"):
        offered(purchaser, seller)
    draft = drafted(purchaser, seller)
    with refused("APPROVAL_REQUIRED"):
        sent(purchaser, draft)

    decided(buyer, asked(purchaser, draft, SEND))
    with refused("APPROVAL_REQUIRED"):
        sent(buyer, draft)  # who has approved does not send
    assert sent(purchaser, draft).status == "pending"
    assert accepted(seller, draft).total == 850_000


def test_below_the_total_an_offer_is_sent_at_once(buyer: User, purchaser: User, seller: User) -> None:
    policy_of(buyer, "8500", SEND, approver_role="owner")
    assert offered(purchaser, seller, lines=[line_wish("84.9999", "100")]).status == "pending"


def test_a_draft_that_was_edited_is_approved_anew(buyer: User, purchaser: User, seller: User) -> None:
    policy_of(buyer, "0", SEND, approver_role="owner")
    draft = drafted(purchaser, seller)
    request = asked(purchaser, draft, SEND)
    services.edit_draft(actor=purchaser, offer_id=draft.id, wish=offer_wish(seller))
    with refused("APPROVAL_CLOSED"):
        decided(buyer, request)
    with refused("APPROVAL_REQUIRED"):
        sent(purchaser, draft)
    decided(buyer, asked(purchaser, draft, SEND))
    assert sent(purchaser, draft).status == "pending"


def test_a_draft_whose_product_was_renamed_is_sent_as_it_was_approved(
    buyer: User, purchaser: User, seller: User, line: CreditLine
) -> None:
    policy_of(buyer, "0", SEND, approver_role="owner")
    product = stocked(seller)
    wish = replace(offer_wish(seller, lines=[line_of(product)]), is_draft=True)
    draft = services.make_offer(actor=purchaser, wish=wish)
    decided(buyer, asked(purchaser, draft, SEND))
    services.change_product(actor=seller, product_id=product.id, details=services.ProductDetails(name="Bolts"))
    assert sent(purchaser, draft).status == "pending"
    assert fresh(draft).current.number == 2


def test_what_was_sent_is_no_draft(buyer: User, purchaser: User, seller: User, offer: Offer) -> None:
    policy_of(buyer, "0", SEND, approver_role="owner")
    with refused("OFFER_NOT_A_DRAFT"):
        asked(purchaser, offer, SEND)


def test_a_draft_that_ends_in_the_past_is_not_asked_for(buyer: User, purchaser: User, seller: User) -> None:
    policy_of(buyer, "0", SEND, approver_role="owner")
    draft = drafted(purchaser, seller)
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    with refused("OFFER_EXPIRED"):
        asked(purchaser, draft, SEND)


def test_changes_are_for_what_replaces_terms(buyer: User, purchaser: User, seller: User) -> None:
    policy_of(buyer, "0", SEND, approver_role="owner")
    draft = drafted(purchaser, seller)
    with refused("VALIDATION_FAILED"):
        asked(purchaser, draft, SEND, DEARER)


# Counter-offers and revivals


def test_a_counter_offer_is_proposed_approved_and_made(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "9000", SEND)
    with refused("APPROVAL_REQUIRED"):
        countered(colleague, offer, "90")
    request = asked(colleague, offer, SEND, DEARER)
    assert (request.revision, request.total, OfferRevision.objects.count()) == (1, 900_000, 1)
    decided(manager, request)
    with refused("APPROVAL_REQUIRED"):
        countered(colleague, offer, "90.01")  # other terms than those
    sand = TermChanges(lines=[line_wish("90", name="Sand")])  # the same price and number of the product
    with refused("APPROVAL_REQUIRED"):
        services.counter_offer(actor=colleague, offer_id=offer.id, changes=sand)
    with refused("APPROVAL_REQUIRED"):
        countered(manager, offer, "90")
    assert countered(colleague, offer, "90").awaiting == "buyer"


def test_a_counter_offer_below_the_total_needs_nobody(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "9000", SEND)
    assert countered(colleague, offer, "89.99").awaiting == "buyer"


def test_a_counter_offer_that_was_rejected_is_not_made(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "9000", SEND)
    decided(manager, asked(colleague, offer, SEND, DEARER), REJECT)
    with refused("APPROVAL_REQUIRED"):
        countered(colleague, offer, "90")


def test_what_was_approved_as_a_counter_offer_holds_until_the_terms_are_replaced(
    buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "9000", SEND)
    decided(manager, asked(colleague, offer, SEND, DEARER))
    countered(colleague, offer, "89")
    countered(buyer, offer, "86")
    with refused("APPROVAL_REQUIRED"):
        countered(colleague, offer, "90")


def test_to_send_is_not_to_accept(buyer: User, seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller, "0", SEND)
    policy_of(seller, "0")
    decided(manager, asked(colleague, offer, SEND, DEARER))
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    assert countered(colleague, offer, "90").awaiting == "buyer"


def test_a_counter_offer_out_of_turn_is_not_proposed(buyer: User, purchaser: User, offer: Offer) -> None:
    policy_of(buyer, "0", SEND, approver_role="owner")
    with refused("INITIAL_COUNTER_SELLER_ONLY"):
        asked(purchaser, offer, SEND, DEARER)


def test_impossible_terms_are_not_proposed(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller, "0", SEND)
    with refused("VALIDITY_IN_PAST"):
        asked(colleague, offer, SEND, TermChanges(valid_until=database_now() - timedelta(days=1)))


def test_a_revival_is_proposed_approved_and_made(buyer: User, purchaser: User, seller: User, offer: Offer) -> None:
    policy_of(buyer, "8500", SEND, approver_role="owner")
    expired(offer)
    changes = TermChanges(valid_until=database_now() + timedelta(days=9))
    with refused("APPROVAL_REQUIRED"):
        services.revise_offer(actor=purchaser, offer_id=offer.id, changes=changes)
    decided(buyer, asked(purchaser, offer, SEND, changes))
    revived = services.revise_offer(actor=purchaser, offer_id=offer.id, changes=changes)
    assert (revived.status, revived.awaiting) == ("countered", "seller")


# A seller's rules


@pytest.mark.parametrize(("threshold", "status"), [("5700", "pending"), ("5700.01", "accepted")])
def test_where_people_approve_no_rule_accepts(  # noqa: PLR0917 - two cases, and who is there
    buyer: User, seller: User, manager: User, line: CreditLine, threshold: str, status: str
) -> None:
    product = stocked(seller)
    services.set_product_band(actor=seller, product_id=product.id, wish=BandWish(accept_at=Decimal(95)))
    policy_of(seller, threshold)
    offer = offered(buyer, seller, lines=[line_of(product, "95", "60")])
    assert (offer.status, Order.objects.count()) == (status, int(status == "accepted"))


def test_where_people_approve_rules_still_decline(buyer: User, seller: User, manager: User) -> None:
    product = stocked(seller)
    services.set_product_band(actor=seller, product_id=product.id, wish=BandWish(decline_below=Decimal(80)))
    policy_of(seller, "0")
    assert offered(buyer, seller, lines=[line_of(product, "79")]).status == "rejected"
