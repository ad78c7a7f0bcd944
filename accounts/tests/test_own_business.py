"""`GET` and `PATCH businesses/me`, and `GET businesses/me/members`."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import Business, Membership, User
from wholexale.common.errors import Conflict
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db

GSTIN = "27AAPFU0939F1ZV"


def test_every_member_reads_the_business(api: Api, seller: User, colleague: User) -> None:
    mine, theirs = (api.as_(user).get("businesses/me").body["business"] for user in (seller, colleague))

    assert mine["contactPerson"]["id"] == theirs["contactPerson"]["id"] == str(seller.id)
    assert mine["membership"] == {"businessId": mine["id"], "role": "owner"}
    assert theirs == mine | {"membership": {"businessId": mine["id"], "role": "member"}}
    assert (mine["gstNumber"], mine["address"], mine["timeZone"]) == (None, None, "Asia/Kolkata")


def test_the_owner_changes_what_is_sent(api: Api, seller: User) -> None:
    client = api.as_(seller)
    before = client.get("businesses/me").body["business"]
    changes = {
        "gstNumber": GSTIN.lower(), "address": {"city": "Pune"}, "country": "Nepal", "timeZone": "Asia/Kathmandu",
    }  # fmt: skip

    reply = client.patch("businesses/me", changes)

    assert (reply.status, set(reply.body)) == (200, {"message", "business"})
    assert reply.body["business"] | {"updatedAt": ""} == before | changes | {"gstNumber": GSTIN, "updatedAt": ""}
    assert client.get("businesses/me").body["business"] == reply.body["business"]


def test_an_admin_changes_the_business(api: Api, colleague: User) -> None:
    Membership.objects.filter(user=colleague).update(role=Membership.Role.ADMIN)

    reply = api.as_(colleague).patch("businesses/me", {"name": "Silk Mill", "businessType": "manufacturer"})

    assert (reply.body["business"]["name"], reply.body["business"]["slug"]) == ("Silk Mill", "cotton-mill")


def test_a_member_does_not_change_the_business(api: Api, colleague: User) -> None:
    reply = api.as_(colleague).patch("businesses/me", {"name": "Mine Now"})

    assert (reply.status, reply.code) == (403, "FORBIDDEN")
    assert Business.objects.get().name == "Cotton Mill"


def test_an_outsider_reaches_no_business_but_their_own(api: Api, seller: User, outsider: User) -> None:
    business = Business.objects.get(name="Cotton Mill")
    client = api.as_(outsider)

    assert client.patch(f"businesses/{business.id}", {"name": "Mine Now"}).status == 405
    client.patch("businesses/me", {"id": str(business.id), "name": "Renamed"})
    assert set(Business.objects.values_list("name", flat=True)) == {"Cotton Mill", "Renamed"}


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PATCH", ""), ("GET", "/members")])
def test_a_person_without_a_business_finds_none(api: Api, method: str, path: str) -> None:
    reply = api.as_(make_person("loner")).send(method, f"businesses/me{path}", {} if method == "PATCH" else None)

    assert (reply.status, reply.code) == (404, "BUSINESS_NOT_FOUND")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", None), ("name", 5), ("name", "x" * 101), ("businessType", "bakery"),
        ("gstNumber", "x"), ("address", []), ("country", ""), ("country", None), ("timeZone", "Mars/Olympus"),
        ("timeZone", ""), ("timeZone", None), ("timeZone", "../etc/passwd"), ("timeZone", "x" * 41),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named(api: Api, seller: User, field: str, value: Any) -> None:
    reply = api.as_(seller).patch("businesses/me", {field: value})

    assert (reply.status, reply.fields) == (400, [field])


def test_nobody_verifies_their_own_business(api: Api, seller: User) -> None:
    said = {"isVerified": True, "is_verified": True, "slug": "mine", "id": "x", "createdAt": "2000-01-01T00:00:00Z"}
    row = Business.objects.values().get()

    assert api.as_(seller).patch("businesses/me", said).status == 200
    assert Business.objects.values().get() == row


def test_members_are_listed_in_the_order_they_came(api: Api, seller: User, colleague: User, outsider: User) -> None:
    reply = api.as_(colleague).get("businesses/me/members")

    assert [(item["user"]["fullName"], item["role"]) for item in reply.body["members"]] == [
        ("Samir Seller", "owner"),
        ("Chitra Colleague", "member"),
    ]
    assert set(reply.body["members"][0]) == {"id", "_id", "user", "role", "joinedAt"}
    assert reply.body["pagination"]["total"] == 2


@pytest.mark.parametrize("count", [1, 30])
def test_members_cost_the_same_queries_for_any_number(
    api: Api, seller: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_person(f"member{number}", works_for=Business.objects.get())
    client = api.as_(seller)

    with django_assert_num_queries(5):
        assert len(client.get("businesses/me/members", limit=100).body["members"]) == count + 1


def test_a_person_works_for_one_business_only(seller: User, outsider: User) -> None:
    with pytest.raises(Conflict, match="MEMBERSHIP_EXISTS"):
        services.add_member(business=Business.objects.get(name="Cotton Mill"), user=outsider)
    with pytest.raises(Conflict, match="MEMBERSHIP_EXISTS"):
        services.create_business(actor=seller, details=services.BusinessDetails(name="Second"))
    assert not Business.objects.filter(name="Second").exists()


def test_a_slug_that_is_taken_in_this_moment_gets_a_suffix(seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda _: False)

    business = services.create_business(
        actor=make_person("loner"), details=services.BusinessDetails(name="Cotton Mill")
    )

    assert business.slug.startswith("cotton-mill-")
