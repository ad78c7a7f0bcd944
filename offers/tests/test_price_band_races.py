"""Rules and people at once: the credit is never spent twice, and nobody waits for somebody who waits for them."""

from decimal import Decimal
from functools import partial

import pytest

from accounts.models import User
from finance import services as finance_services
from offers import services
from offers.models import Offer, Order
from offers.services import BandWish
from offers.tests.audit import faults
from offers.tests.staging import business_of, line_of, offer_wish, offered, open_line, stocked
from wholexale.common.errors import DomainError
from wholexale.common.testing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_rules_and_people_accept_at_once_and_the_credit_is_spent_once(buyer: User, seller: User) -> None:
    product = stocked(seller)
    services.set_product_band(actor=seller, product_id=product.id, wish=BandWish(accept_at=Decimal(95)))
    open_line(business_of(buyer), 1_200_000)
    waiting = [offered(buyer, seller, lines=[line_of(product, "90")]) for _ in range(3)]
    wish = offer_wish(seller, lines=[line_of(product, "95")])
    by_rule = [partial(services.make_offer, actor=buyer, wish=wish) for _ in range(5)]
    by_hand = [partial(services.accept_offer, actor=seller, offer_id=offer.id) for offer in waiting]

    results = at_once([*by_rule, *by_hand])

    assert all(isinstance(one, Offer) for one in results[:5]), results
    refusals = [one for one in results[5:] if isinstance(one, Exception)]
    assert {one.code for one in refusals if isinstance(one, DomainError)} <= {"CREDIT_LIMIT_EXCEEDED"}
    assert all(isinstance(one, DomainError) for one in refusals), refusals
    assert Order.objects.count() == 2
    assert Offer.objects.filter(status="pending").count() == 6
    assert faults() == []
    assert finance_services.find_drift() == []
