"""`GET auth/me` and `PUT auth/profile`."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import Business, User, default_preferences
from wholexale.common.realtime import PrincipalChanged
from wholexale.common.testing import Api, SentItems, make_person

pytestmark = pytest.mark.django_db

GSTIN = "27AAPFU0939F1ZV"


def test_me_is_the_caller(api: Api, buyer: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = api.as_(buyer)

    with django_assert_num_queries(3):
        reply = client.get("auth/me")

    assert set(reply.body) == {"user"}
    assert (reply.body["user"]["id"], reply.body["user"]["businessName"]) == (str(buyer.id), "Corner Shop")


@pytest.mark.parametrize("path", ["auth/me", "auth/me/"])
def test_a_trailing_slash_does_no_harm(api: Api, buyer: User, path: str) -> None:
    assert api.as_(buyer).get(path).status == 200


def test_what_is_sent_changes_and_the_rest_stays(api: Api, buyer: User, sent: SentItems) -> None:
    client = api.as_(buyer)
    before = client.get("auth/me").body["user"]

    with sent() as items:
        reply = client.put("auth/profile", {"firstName": " Bella ", "phone": "+919876543210"})

    assert (reply.status, set(reply.body)) == (200, {"message", "user"})
    assert reply.body["user"] | {"updatedAt": ""} == before | {
        "firstName": "Bella", "fullName": "Bella Buyer", "phone": "+919876543210", "updatedAt": "",
    }  # fmt: skip
    assert items == [PrincipalChanged(user_id=str(buyer.id))]
    assert client.get("auth/me").body["user"] == reply.body["user"]


def test_preferences_merge(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    client.put("auth/profile", {"preferences": {"language": "hi", "notifications": {"sms": True}}})

    reply = client.put("auth/profile", {"preferences": {"privacy": {"showOnlineStatus": False}}})

    expected = default_preferences()
    expected["language"] = "hi"
    expected["notifications"]["sms"] = True
    expected["privacy"]["showOnlineStatus"] = False
    assert reply.body["user"]["preferences"] == expected


def test_unknown_preferences_are_ignored(api: Api, buyer: User) -> None:
    sent_ones = {"theme": "dark", "privacy": {"isAdmin": True}, "__proto__": {"x": 1}}

    reply = api.as_(buyer).put("auth/profile", {"preferences": sent_ones})

    buyer.refresh_from_db()
    assert reply.status == 200
    assert buyer.preferences == default_preferences()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstName", None),
        ("firstName", " "),
        ("lastName", 5),
        ("phone", "x"),
        ("avatar", "javascript:alert(1)"),
        ("avatar", "//evil.example"),
        ("avatar", "https://example.com/" + "x" * 500),
        ("businessName", ""),
        ("businessType", "bakery"),
        ("gstNumber", "short"),
        ("preferences", []),
        ("preferences", "dark"),
        ("preferences.language", "English please"),
        ("preferences.timezone", "Mars/Olympus"),
        ("preferences.timezone", "../../etc/passwd"),
        ("preferences.currency", "BTC"),
        ("preferences.notifications", True),
        ("preferences.notifications.email", "yes"),
        ("preferences.privacy.showOnlineStatus", 0),
        ("preferences.privacy.showOnlineStatus", None),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(api: Api, buyer: User, field: str, value: Any) -> None:
    body = value
    for name in reversed(field.split(".")):
        body = {name: body}

    reply = api.as_(buyer).put("auth/profile", body)

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", [field])


@pytest.mark.parametrize("field", ["phone", "avatar", "gstNumber", "businessAddress"])
def test_null_clears_what_may_be_empty(api: Api, buyer: User, field: str) -> None:
    client = api.as_(buyer)
    values = {"phone": "+919876543210", "avatar": "https://example.com/a.png", "gstNumber": GSTIN}
    client.put("auth/profile", values | {"businessAddress": {"city": "Pune"}})

    user = client.put("auth/profile", {field: None}).body["user"]

    assert [name for name in (*values, "businessAddress") if user[name] is None] == [field]


def test_the_owner_changes_the_business_with_the_profile(api: Api, buyer: User) -> None:
    body = {"businessName": "Corner Store", "businessType": "wholesaler", "gstNumber": GSTIN.lower()}

    user = api.as_(buyer).put("auth/profile", body).body["user"]

    assert (user["businessName"], user["businessType"], user["gstNumber"]) == ("Corner Store", "wholesaler", GSTIN)


def test_a_member_does_not_change_the_business_with_the_profile(api: Api, colleague: User) -> None:
    client = api.as_(colleague)

    reply = client.put("auth/profile", {"firstName": "Changed", "businessName": "Mine Now"})

    assert (reply.status, reply.code) == (403, "FORBIDDEN")
    assert client.get("auth/me").body["user"]["firstName"] == "Chitra"
    assert client.put("auth/profile", {"firstName": "Changed", "businessName": "Cotton Mill"}).status == 200


def test_a_person_without_a_business_founds_one_with_the_profile(api: Api) -> None:
    loner = make_person("loner")

    user = api.as_(loner).put("auth/profile", {"businessName": "New Shop"}).body["user"]

    assert (user["businessName"], user["membership"]["role"]) == ("New Shop", "owner")


def test_a_business_that_is_not_there_cannot_change(api: Api) -> None:
    reply = api.as_(make_person("loner")).put("auth/profile", {"businessType": "retailer"})

    assert (reply.status, reply.code) == (404, "BUSINESS_NOT_FOUND")
    assert not Business.objects.exists()


def test_nobody_promotes_themself_with_the_profile(api: Api, buyer: User) -> None:
    said = {
        "id": "x", "_id": "x", "email": "new@example.com", "password": "x", "role": "admin", "status": "active",
        "isActive": False, "isStaff": True, "is_staff": True, "isSuperuser": True, "isVerified": True,
        "is_email_verified": True, "membership": {"role": "owner"}, "creditLimit": 9, "partitions": ["*"],
        "lastLogin": None, "createdAt": "2000-01-01T00:00:00Z", "updatedAt": "2000-01-01T00:00:00Z",
    }  # fmt: skip
    client = api.as_(buyer)
    before = client.get("auth/me").body["user"]
    row = User.objects.values().get(id=buyer.id)

    reply = client.put("auth/profile", said)

    assert reply.status == 200
    assert client.get("auth/me").body["user"] | {"updatedAt": ""} == before | {"updatedAt": ""}
    assert User.objects.values().get(id=buyer.id) | {"updated_at": ""} == row | {"updated_at": ""}


def test_nothing_stays_of_a_profile_that_failed(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.businesses.save_own_business", fail)
    with pytest.raises(RuntimeError):
        services.update_profile(
            actor=buyer, person={"first_name": "X"}, preferences={}, business=services.BusinessDetails()
        )
    buyer.refresh_from_db()
    assert buyer.first_name == "Bela"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_nobody_is_asked_without_a_token(api: Api, method: str) -> None:
    path = {"GET": "auth/me", "PUT": "auth/profile"}[method]

    assert api.send(method, path, {}).code == "NO_TOKEN"
