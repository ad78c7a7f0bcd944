"""How deals go: every figure is reckoned again in plain Python, over days of trade thrown by dice."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Business, User
from finance.models import CreditLine
from offers import services
from offers.models import Offer, OfferEvent
from offers.services import Shipment
from offers.tests.bazaar import Bazaar
from offers.tests.reckoning import Books
from offers.tests.staging import accepted, clock_at, countered, line_wish, offered
from wholexale.common.clock import database_now
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db

PARTS = ("funnel", "outcomes", "response-time", "rounds", "gmv", "top")


@pytest.fixture
def traders(buyer: User, seller: User, outsider: User) -> list[User]:
    """Let three businesses be in three time zones."""
    traders = [buyer, seller, outsider]
    for person, zone in zip(traders, ("America/New_York", "Asia/Kolkata", "Pacific/Auckland"), strict=True):
        Business.objects.filter(memberships__user=person).update(time_zone=zone)
    return traders


@pytest.fixture
def bazaar(traders: list[User], colleague: User, staff: User) -> Bazaar:
    """Let them trade, one of them on both sides."""
    buyer, seller, outsider = traders
    people = [(buyer, seller), (buyer, colleague), (outsider, seller), (seller, outsider), (outsider, colleague)]
    held = Bazaar([tuple(User.objects.get(id=one.id) for one in pair) for pair in people])  # type: ignore[misc] # pairs
    held.hold(50)
    return held


def asked(api: Api, who: User, part: str, **query: Any) -> Any:
    """Ask for a part; numbers are decimals, and the moment of the answer is left out."""
    reply = api.as_(who).get(f"offers/analytics/{part}", **query)
    assert reply.status == 200, reply.body
    body = json.loads(reply.raw, parse_float=Decimal)
    assert body.pop("asOf").endswith("Z")
    return body


def questions(bazaar: Bazaar, colleague: User, viewer: User) -> list[dict[str, Any]]:
    day = (bazaar.began_at + timedelta(days=1)).date()
    moment = (bazaar.began_at + timedelta(hours=40)).isoformat()
    return [
        {}, {"role": "buyer"}, {"role": "seller", "groupBy": "week", "by": "offers"},
        {"currency": "USD", "groupBy": "month", "by": "quantity"},
        {"member": str(colleague.id)}, {"member": str(viewer.id), "role": "seller"},
        {"from": day.isoformat(), "to": day.isoformat()}, {"from": moment}, {"to": moment, "role": "seller"},
    ]  # fmt: skip


def fresh_user(user: User) -> User:
    return User.objects.select_related("membership__business").get(id=user.id)


def with_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"business": row["business"]["id"]} for row in rows]


def test_every_figure_is_what_the_events_say(
    api: Api, bazaar: Bazaar, traders: list[User], colleague: User, staff: User
) -> None:
    assert set(OfferEvent.objects.values_list("action", flat=True)) >= {
        "drafted", "sent", "viewed", "countered", "accepted", "rejected", "withdrawn", "expired", "revised",
        "cancelled", "completed",
    }  # fmt: skip
    for viewer in (*traders, staff):
        for query in questions(bazaar, colleague, viewer):
            books = Books(fresh_user(viewer), **query)
            for part, expected in (
                ("funnel", books.funnel()), ("outcomes", books.outcomes()), ("gmv", books.gmv()),
                ("response-time", books.response_times()), ("rounds", books.rounds()),
            ):  # fmt: skip
                assert asked(api, viewer, part, **query) == expected, (viewer.first_name, part, query)
            top = asked(api, viewer, "top", **query)
            for kind in ("products", "counterparties"):
                assert with_ids(top[kind]) == books.top(kind), (viewer.first_name, kind, query)


def test_a_deal_by_hand(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    order = accepted(buyer, countered(seller, offer, "90"))
    services.fulfil_order(actor=seller, order_id=order.id, shipment=Shipment(quantities={1: Decimal(40)}))
    services.settle_order(actor=seller, order_id=order.id)
    offered(buyer, seller)

    assert asked(api, seller, "funnel")["totals"] == [
        {"currency": "INR", "sent": 2, "viewed": 0, "countered": 1, "accepted": 1, "settled": 1}
    ]
    (ends,) = asked(api, seller, "outcomes")["totals"]
    assert (ends["closed"], ends["accepted"], ends["acceptanceRate"], ends["rejectionRate"]) == (1, 1, 100, 0)
    (times,) = asked(api, seller, "response-time")["totals"]
    assert (times["answered"], times["censored"], times["unanswered"]) == (1, 1, 0)
    (bargain,) = asked(api, seller, "rounds")["totals"]
    assert bargain["averageRounds"] == 2
    assert bargain["concession"] == {"offers": 1, "average": Decimal("-5.88"), "median": Decimal("-5.88")}
    assert bargain["discount"] == {"offers": 1, "average": 10, "median": 10}
    (gmv,) = asked(api, seller, "gmv")["totals"]
    assert gmv["accepted"] == {"orders": 1, "amount": 9000, "amountMinor": 900_000}
    assert gmv["settled"] == {"orders": 1, "amount": 3600, "amountMinor": 360_000}
    top = asked(api, seller, "top")
    assert [(row["productId"], row["quantity"], row["amount"]) for row in top["products"]] == [
        ("product_id", 100, 9000)
    ]
    assert [row["business"]["businessName"] for row in top["counterparties"]] == ["Corner Shop"]
    assert top["totals"] == [{"currency": "INR", "offers": 1, "amount": 9000, "amountMinor": 900_000}]


def test_a_day_begins_where_the_business_is(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    midnight = database_now().replace(hour=18, minute=30, second=0, microsecond=0) - timedelta(days=3)
    for moment in (midnight - timedelta(milliseconds=1), midnight):
        with clock_at(moment):
            accepted(seller, offered(buyer, seller))
    day = midnight.date()

    rows = asked(api, seller, "gmv")["series"]
    assert [row["day"] for row in rows] == [day.isoformat(), (day + timedelta(days=1)).isoformat()]
    (only,) = asked(api, seller, "gmv", **{"from": day.isoformat(), "to": day.isoformat()})["series"]
    assert (only["day"], only["accepted"]["orders"]) == (day.isoformat(), 1)


def test_no_more_than_ten_rows_are_ranked(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    wishes = [line_wish(str(number), "1", product_ref=f"p{number}", name=f"P {number}") for number in range(10, 23)]
    accepted(seller, offered(buyer, seller, lines=wishes))

    rows = asked(api, seller, "top")["products"]
    assert [(row["rank"], row["productId"]) for row in rows] == [(place, f"p{23 - place}") for place in range(1, 11)]


def test_outsiders_and_those_without_a_business_get_nothing(
    api: Api, buyer: User, outsider: User, offer: Offer
) -> None:
    for who in (outsider, make_person("loner"), make_person("clerk", role=User.Role.ADMIN)):
        for part in PARTS:
            assert not any(asked(api, who, part).values()), part
    for part in PARTS:
        assert api.get(f"offers/analytics/{part}").status == 401
        assert any(asked(api, buyer, part, role="buyer").values()) == (part in {"funnel", "response-time"})


def test_a_member_of_another_business_is_nobody(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    for part in PARTS:
        assert not any(asked(api, buyer, part, member=str(seller.id), role="buyer").values())
    assert asked(api, buyer, "funnel", member=str(seller.id))["totals"] == []
    assert asked(api, buyer, "funnel", member=str(buyer.id))["totals"][0]["sent"] == 1


def test_a_draft_is_counted_for_nobody(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    made = api.as_(buyer).post("offers", {**_body(seller), "draft": True}).body["offer"]
    for who in (buyer, seller):
        assert asked(api, who, "funnel")["totals"] == []
    api.as_(buyer).delete(f"offers/{made['id']}")
    for who in (buyer, seller):
        assert asked(api, who, "outcomes")["totals"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from": "soon"}, "VALIDATION_FAILED"),
        ({"to": "2026-13-01"}, "VALIDATION_FAILED"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "VALIDATION_FAILED"),
        ({"role": "both"}, "VALIDATION_FAILED"),
        ({"member": "me"}, "VALIDATION_FAILED"),
        ({"currency": "XXX"}, "CURRENCY_NOT_SUPPORTED"),
    ],
)
def test_a_question_that_is_none_is_refused(api: Api, buyer: User, query: dict[str, str], code: str) -> None:
    for part in PARTS:
        reply = api.as_(buyer).get(f"offers/analytics/{part}", **query)
        assert (reply.status, reply.code) == (400, code)


def test_the_summary_stays_what_it_was(api: Api, buyer: User, offer: Offer) -> None:
    assert api.as_(buyer).get("offers/analytics/summary").body["sent"]["total"] == 1


def test_each_part_takes_few_queries(
    api: Api, buyer: User, seller: User, line: CreditLine, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        wish = line_wish(product_ref=f"p{number}")
        accepted(seller, countered(buyer, countered(seller, offered(buyer, seller, lines=[wish])), "88"))
    client = api.as_(seller)
    most = {"funnel": 1, "outcomes": 1, "response-time": 2, "rounds": 2, "gmv": 1, "top": 6}
    for part in PARTS:
        with django_assert_max_num_queries(
            most[part] + 3
        ):  # who asks is two, and the database's clock one where it has it
            assert client.get(f"offers/analytics/{part}").status == 200


def _body(seller: User) -> dict[str, Any]:
    end = (database_now() + timedelta(days=7)).isoformat()
    return {
        "title": "Bulk Order", "description": "A hundred", "seller": str(seller.id), "validity": {"endDate": end},
        "product": {"productId": "p", "name": "P"}, "pricing": {"originalPrice": 100, "offerPrice": 85},
        "quantity": {"requested": 1, "unit": "pieces"},
    }  # fmt: skip
