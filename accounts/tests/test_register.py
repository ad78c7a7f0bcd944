"""`POST auth/register`."""

from typing import Any

import pytest

from accounts import services
from accounts.models import Business, Membership, Session, User
from accounts.serializers.fields import BusinessType
from accounts.services import Device, Registration
from wholexale.common.errors import DomainError
from wholexale.common.testing import Api, Reply, make_person, password_hash

pytestmark = pytest.mark.django_db

JOHN: dict[str, Any] = {
    "email": "user@example.com",
    "password": "password123",
    "firstName": "John",
    "lastName": "Doe",
    "businessName": "ABC Corp",
    "businessType": "manufacturer",
}
GSTIN = "27AAPFU0939F1ZV"


def register(api: Api, **changes: Any) -> Reply:
    body = JOHN | changes
    return api.post("auth/register", {key: value for key, value in body.items() if value is not ...})


def test_the_documented_example_registers_a_person_with_a_business(api: Api) -> None:
    reply = register(api)

    assert reply.status == 201
    assert set(reply.body) == {
        "message", "token", "refreshToken", "user", "expiresIn", "sessionId", "warnings",
    }  # fmt: skip
    user = User.objects.get(email="user@example.com")
    membership = Membership.objects.get(user=user)
    assert membership.role == "owner"
    assert (membership.business.name, membership.business.slug) == ("ABC Corp", "abc-corp")
    assert reply.body["user"] | {"lastLogin": "", "createdAt": "", "updatedAt": ""} == {
        "id": str(user.id),
        "_id": str(user.id),
        "email": "user@example.com",
        "firstName": "John",
        "lastName": "Doe",
        "fullName": "John Doe",
        "role": "user",
        "status": "pending_verification",
        "isVerified": False,
        "emailVerified": False,
        "phoneVerified": False,
        "isActive": True,
        "partitions": [],
        "lastLogin": "",
        "phone": None,
        "avatar": None,
        "businessName": "ABC Corp",
        "businessType": "manufacturer",
        "gstNumber": None,
        "businessAddress": None,
        "preferences": {
            "language": "en",
            "timezone": "Asia/Kolkata",
            "currency": "INR",
            "notifications": {
                "email": True, "sms": False, "push": True, "chat": True, "offers": True, "system": True,
            },
            "privacy": {"showOnlineStatus": True, "allowDirectMessages": True, "showBusinessInfo": True},
        },
        "membership": {"businessId": str(membership.business_id), "role": "owner"},
        "creditLimit": 0,
        "creditLimitMinor": 0,
        "availableCredit": 0,
        "availableCreditMinor": 0,
        "creditCurrency": "INR",
        "createdAt": "",
        "updatedAt": "",
    }  # fmt: skip


def test_the_new_person_is_signed_in(api: Api) -> None:
    reply = register(api)

    assert api.with_token(reply.body["token"]).get("auth/me").body["user"] == reply.body["user"]
    assert Session.objects.get().id == Session.objects.get(id=reply.body["sessionId"]).id
    assert reply.body["expiresIn"] == 7 * 86400


def test_a_password_of_the_dictionary_is_taken_with_a_warning(api: Api) -> None:
    assert register(api).body["warnings"] == ["This password is too common."]


def test_a_good_password_has_no_warning(api: Api) -> None:
    assert "warnings" not in register(api, password="wobbly-hat-92").body


def test_a_person_may_come_without_a_business(api: Api) -> None:
    reply = register(api, businessName=..., businessType=...)

    assert reply.status == 201
    assert reply.body["user"]["membership"] is None
    assert not Business.objects.exists()


def test_what_is_said_about_a_business_without_a_name_is_not_dropped_in_silence(api: Api) -> None:
    reply = register(api, businessName=..., password="wobbly-hat-92")

    assert reply.body["warnings"] == ["Without businessName nothing about a business is kept."]


def test_everything_about_a_business_is_kept(api: Api) -> None:
    address = {"street": "1 Mill Road", "city": "Pune", "state": "MH", "country": "India", "pincode": "411001"}

    user = register(api, gstNumber=GSTIN.lower(), businessAddress=address, phone="+919876543210").body["user"]

    assert (user["gstNumber"], user["businessAddress"], user["phone"]) == (GSTIN, address, "+919876543210")


@pytest.mark.parametrize("email", ["user@example.com", "USER@Example.COM", "  user@example.com "])
def test_an_address_in_use_is_refused_in_any_spelling(api: Api, email: str) -> None:
    register(api)

    reply = register(api, email=email)

    assert (reply.status, reply.code) == (400, "EMAIL_EXISTS")
    assert User.objects.count() == 1


def test_the_mailbox_of_an_imported_account_is_in_use(api: Api) -> None:
    make_person("imported", email="johndoe@gmail.com")

    assert register(api, email="John.Doe+shop@googlemail.com").code == "EMAIL_EXISTS"


def test_a_lost_race_for_an_address_is_the_same_refusal(buyer: User) -> None:
    with pytest.raises(DomainError) as refusal:
        services.create_user(email="BUYER@example.com", password_hash=password_hash(), first_name="B", last_name="B")
    assert refusal.value.code == "EMAIL_EXISTS"


def test_nothing_stays_of_a_registration_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.sessions.start_session", fail)
    registration = Registration(
        email="a@example.com", first_name="A", last_name="A", business=services.BusinessDetails(name="A")
    )
    with pytest.raises(RuntimeError):
        services.register(registration=registration, password="x" * 8, device=Device())
    assert not User.objects.exists()
    assert not Business.objects.exists()


def test_businesses_of_one_name_get_different_slugs(api: Api) -> None:
    register(api)
    register(api, email="other@example.com")

    first, second = Business.objects.order_by("created_at").values_list("slug", flat=True)
    assert first == "abc-corp"
    assert second.startswith("abc-corp-")


def test_a_business_name_without_latin_letters_has_a_slug_too(api: Api) -> None:
    assert register(api, businessName="भारत ट्रेडर्स").status == 201
    assert Business.objects.get().slug


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b"),
        ("email", "@example.com"),
        ("email", "a@@example.com"),
        ("email", f"{'a' * 250}@example.com"),
        ("email", {"$ne": None}),
        ("email", 5),
        ("email", None),
        ("password", "12345"),
        ("password", "x" * 129),
        ("password", 123456),
        ("password", ["password123"]),
        ("password", None),
        ("firstName", ""),
        ("firstName", "   "),
        ("firstName", "x" * 51),
        ("firstName", "two\nlines"),
        ("firstName", 5),
        ("lastName", None),
        ("phone", "12"),
        ("phone", "0123456789"),
        ("phone", "call me"),
        ("phone", "+" + "9" * 17),
        ("phone", 9876543210),
        ("businessName", ""),
        ("businessName", "x" * 101),
        ("businessType", "bakery"),
        ("businessType", 1),
        ("gstNumber", GSTIN[:-1]),
        ("gstNumber", f"{GSTIN}9"),
        ("gstNumber", "X" * 15),
        ("businessAddress", "Pune"),
        ("businessAddress", {"city": 5}),
        ("businessAddress", {"coordinates": {"latitude": 91, "longitude": 0}}),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(api: Api, field: str, value: Any) -> None:
    reply = register(api, **{field: value})

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert [path.partition(".")[0] for path in reply.fields] == [field]
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["email", "password", "firstName", "lastName"])
def test_a_field_that_is_missing_is_named(api: Api, field: str) -> None:
    reply = register(api, **{field: ...})

    assert (reply.status, reply.fields) == (400, [field])


def test_every_field_at_fault_is_named_and_no_password_is_echoed(api: Api) -> None:
    reply = api.post("auth/register", {"email": "x", "password": "hush"})

    assert reply.fields == ["email", "password", "firstName", "lastName"]
    assert b"hush" not in reply.raw


@pytest.mark.parametrize("length", [6, 128])
def test_a_password_is_measured_in_characters(api: Api, length: int) -> None:
    assert register(api, password="ä😀" * (length // 2)).status == 201
    assert api.post("auth/login", {"email": JOHN["email"], "password": "ä😀" * (length // 2)}).status == 200


def test_nobody_registers_as_more_than_a_user(api: Api) -> None:
    said = {
        "id": "00000000-0000-7000-8000-000000000000", "_id": "x", "role": "super_admin", "status": "active",
        "isStaff": True, "is_staff": True, "isSuperuser": True, "is_superuser": True, "isVerified": True,
        "isEmailVerified": True, "is_email_verified": True, "membership": {"role": "owner"}, "slug": "mine",
        "creditLimit": 1000000, "availableCredit": 1000000, "groups": [1], "partitions": ["*"],
        "createdAt": "2000-01-01T00:00:00Z", "lastLogin": "2000-01-01T00:00:00Z",
    }  # fmt: skip

    reply = register(api, **said)

    user = User.objects.get()
    assert reply.status == 201
    assert (user.role, user.status) == ("user", "pending_verification")
    assert (user.is_staff, user.is_superuser, user.is_email_verified) == (False, False, False)
    assert user.created_at.year > 2000
    assert str(user.id) != said["id"]
    assert not Business.objects.get().is_verified
    assert reply.body["user"]["creditLimit"] == 0


def test_the_wire_knows_the_types_of_the_model() -> None:
    assert list(BusinessType.__args__) == Business.Type.values  # type: ignore[attr-defined] # of a Literal
