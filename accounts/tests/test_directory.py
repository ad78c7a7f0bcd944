"""`GET businesses` and `GET businesses/{id}`."""

from typing import Any
from uuid import uuid4

import pytest
from msgspec import UNSET
from pytest_django import DjangoAssertNumQueries

from accounts import selectors, services
from accounts.models import Business, User
from wholexale.common.testing import Api, make_person

NOBODY = "01900000-0000-7000-8000-000000000000"
pytestmark = pytest.mark.django_db


def names(api: Api, **query: Any) -> list[str]:
    return [card["name"] for card in api.get("businesses", **query).body["businesses"]]


def test_a_card_shows_what_everybody_may_know(api: Api, buyer: User, seller: User) -> None:
    business = Business.objects.get(memberships__user=seller)

    reply = api.as_(buyer).get(f"businesses/{business.id}")

    assert reply.status == 200
    assert reply.body == {
        "business": {
            "id": str(business.id),
            "_id": str(business.id),
            "name": "Cotton Mill",
            "slug": "cotton-mill",
            "businessType": "retailer",
            "isVerified": False,
            "country": "India",
            "contactPerson": {
                "id": str(seller.id),
                "_id": str(seller.id),
                "firstName": "Samir",
                "lastName": "Seller",
                "fullName": "Samir Seller",
                "businessName": "Cotton Mill",
                "avatar": None,
            },
        }
    }


def test_the_directory_is_in_the_order_of_names(api: Api, buyer: User, seller: User, outsider: User) -> None:
    reply = api.as_(buyer).get("businesses")

    assert [card["name"] for card in reply.body["businesses"]] == ["Corner Shop", "Cotton Mill", "Elsewhere Trading"]
    assert reply.body["pagination"] == {
        "currentPage": 1, "totalPages": 1, "totalCount": 3, "hasNext": False, "hasPrev": False,
        "page": 1, "limit": 20, "total": 3, "hasMore": False,
    }  # fmt: skip
    assert not {b"phone", b"email", b"gstNumber"} & set(reply.raw.split(b'"'))


def test_the_directory_is_searched_by_part_of_the_name(api: Api, buyer: User, seller: User) -> None:
    client = api.as_(buyer)

    assert names(client, q="MILL") == ["Cotton Mill"]
    assert names(client, q=" co ") == ["Corner Shop", "Cotton Mill"]
    assert names(client, q="%") == []
    assert names(client, q="_") == []
    assert names(client, q="' OR 1=1 --") == []


def test_the_directory_is_filtered_by_type(api: Api, buyer: User, seller: User) -> None:
    Business.objects.filter(name="Cotton Mill").update(business_type="manufacturer")
    client = api.as_(buyer)

    assert names(client, type="manufacturer") == ["Cotton Mill"]
    assert names(client, type="distributor") == []


def test_the_directory_has_pages(api: Api, buyer: User, seller: User, outsider: User) -> None:
    client = api.as_(buyer)

    assert names(client, limit=2) == ["Corner Shop", "Cotton Mill"]
    assert names(client, limit=2, page=2) == ["Elsewhere Trading"]
    assert names(client, limit=2, page=3) == []
    assert client.get("businesses", limit=500).body["pagination"]["limit"] == 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"), ("page", "-1"), ("page", "x"), ("page", "1.5"), ("page", "9" * 30), ("limit", "0"),
        ("limit", "many"), ("type", "bakery"), ("q", "x" * 101), ("q", "a\x00b"),
    ],
)  # fmt: skip
def test_a_parameter_of_the_wrong_kind_is_named(api: Api, buyer: User, name: str, value: str) -> None:
    reply = api.as_(buyer).get("businesses", **{name: value})

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", [name])
    assert reply.body["details"][0]["location"] == "query"


@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_a_business_whose_owner_does_not_work_is_not_shown(
    api: Api, colleague: User, outsider: User, staff: User, status: User.Status
) -> None:
    seller = User.objects.get(email="seller@example.com")
    business = Business.objects.get(memberships__user=seller)
    services.set_status(actor=staff, user_id=seller.id, status=status)
    client = api.as_(outsider)

    assert names(client) == ["Elsewhere Trading"]
    assert client.get(f"businesses/{business.id}").code == "BUSINESS_NOT_FOUND"


@pytest.mark.parametrize("business_id", [NOBODY, "x", "5", "a" * 500, "%00"])
def test_an_unknown_business_is_not_found(api: Api, buyer: User, business_id: str) -> None:
    reply = api.as_(buyer).get(f"businesses/{business_id}")

    assert (reply.status, reply.code) == (404, "BUSINESS_NOT_FOUND")


@pytest.mark.parametrize("count", [1, 30])
def test_the_directory_costs_the_same_queries_for_any_number(
    api: Api, buyer: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_person(f"owner{number}", owns=f"Business {number}")
    client = api.as_(buyer)

    with django_assert_num_queries(4):
        assert len(client.get("businesses", limit=100).body["businesses"]) == count + 1


def test_people_are_read_with_one_query_for_chat(
    buyer: User, seller: User, colleague: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    loner = make_person("loner")

    with django_assert_num_queries(1):
        found = selectors.people([buyer.id, colleague.id, loner.id, uuid4()])
        refs = {user_id: selectors.user_ref(user) for user_id, user in found.items()}

    assert {ref.full_name: ref.business_name for ref in refs.values()} == {
        "Bela Buyer": "Corner Shop",
        "Chitra Colleague": "Cotton Mill",
        "Loner Example": UNSET,
    }


@pytest.mark.parametrize(
    "path", ["businesses", "businesses/me", "businesses/01900000-0000-7000-8000-000000000000", "businesses/me/members"]
)
def test_nobody_reads_the_directory_without_a_token(api: Api, path: str) -> None:
    assert api.get(path).code == "NO_TOKEN"
