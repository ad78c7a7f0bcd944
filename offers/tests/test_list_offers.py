"""Lists of offers: who sees which, filters, sums, and how many queries they take."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance.models import CreditLine
from offers.models import Offer
from offers.tests.staging import accepted, countered, fresh, offered
from wholexale.common.clock import database_now
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db


def listed(api: Api, who: User, **query: Any) -> list[str]:
    return [one["id"] for one in api.as_(who).get("offers", **query).body["offers"]]


def test_both_sides_list_an_offer_and_nobody_else(
    api: Api, buyer: User, seller: User, outsider: User, offer: Offer
) -> None:
    own = str(offer.id)
    for who in (buyer, seller):
        assert listed(api, who) == [own]
    assert listed(api, outsider) == listed(api, make_person("loner")) == []
    assert listed(api, buyer, role="buyer") == listed(api, seller, type="received") == [own]
    assert listed(api, buyer, role="seller") == listed(api, seller, type="sent") == []


def test_offers_are_filtered(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    other = offered(buyer, seller)
    countered(seller, other)
    first, second = str(offer.id), str(other.id)

    assert listed(api, buyer) == [second, first]
    assert listed(api, buyer, sort="oldest") == [first, second]
    assert listed(api, buyer, sort="amount") == [second, first]
    assert listed(api, buyer, status="pending") == listed(api, seller, awaiting="me") == [first]
    assert listed(api, buyer, status="countered") == listed(api, buyer, awaiting="me") == [second]
    assert listed(api, buyer, q="product name") == [second, first]
    assert listed(api, buyer, q="corner") == [second, first]
    assert listed(api, buyer, q="nothing like it") == listed(api, buyer, productId="p2") == []
    assert listed(api, buyer, counterparty=str(seller.id)) == [second, first]
    assert listed(api, buyer, counterparty=str(buyer.id)) == []
    tomorrow = (database_now() + timedelta(days=1)).isoformat()
    assert listed(api, buyer, **{"from": tomorrow}) == []
    assert listed(api, buyer, to=tomorrow) == [second, first]


def test_a_viewed_offer_is_still_listed_as_pending(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    api.as_(seller).get(f"offers/{offer.id}")

    assert api.as_(buyer).get(f"offers/{offer.id}").body["offer"]["status"] == "viewed"
    assert listed(api, buyer, status="pending") == listed(api, buyer, status="sent") == [str(offer.id)]


def test_terms_that_have_ended_are_shown_as_expired_before_anybody_has_noticed(
    api: Api, buyer: User, offer: Offer
) -> None:
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    shown = api.as_(buyer).get(f"offers/{offer.id}").body["offer"]

    assert (fresh(offer).status, shown["status"], shown["isExpired"], shown["allowedActions"]) == (
        "pending", "expired", True, [],
    )  # fmt: skip
    assert listed(api, buyer, status="expired") == [str(offer.id)]
    assert listed(api, buyer, status="pending") == []


def test_the_summary_has_the_old_shape(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    accepted(seller, offer)
    offered(buyer, seller)
    summary = api.as_(buyer).get("offers/analytics/summary").body

    assert (summary["sent"]["total"], summary["sent"]["responded"], summary["sent"]["responseRate"]) == (2, 1, "50.00")
    assert [(row["_id"], row["count"], row["totalValue"]) for row in summary["sent"]["stats"]] == [
        ("accepted", 1, 8500), ("pending", 1, 8500),
    ]  # fmt: skip
    assert summary["received"] == {"total": 0, "responded": 0, "responseRate": 0, "stats": []}


def test_a_list_takes_few_queries(
    api: Api, buyer: User, seller: User, line: CreditLine, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        accepted(seller, countered(buyer, countered(seller, offered(buyer, seller)), "88"))
    client = api.as_(buyer)
    with django_assert_max_num_queries(9):
        assert len(client.get("offers").body["offers"]) == 3
    with django_assert_max_num_queries(8):
        assert len(client.get("orders").body["orders"]) == 3
