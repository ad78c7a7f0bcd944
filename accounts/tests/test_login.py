"""`POST auth/login`."""

from typing import Any

import bcrypt
import pytest

from accounts import services
from accounts.models import Session, User
from wholexale.common.errors import Unauthenticated
from wholexale.common.testing import PASSWORD, Api, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the cost of every bcrypt computation."""
    costs: list[int] = []
    compute = bcrypt.hashpw

    def record(password: bytes, salt: bytes) -> bytes:
        costs.append(int(salt.split(b"$")[2]))
        return compute(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", record)
    return costs


def test_the_documented_example_signs_in(api: Api) -> None:
    registered = {"email": "user@example.com", "password": "password123", "firstName": "John", "lastName": "Doe"}
    api.post("auth/register", registered)

    reply = api.post("auth/login", {"email": "user@example.com", "password": "password123"})

    assert reply.status == 200
    assert set(reply.body) == {"message", "token", "refreshToken", "user", "expiresIn", "sessionId"}
    assert api.with_token(reply.body["token"]).get("auth/me").body == {"user": reply.body["user"]}


@pytest.mark.parametrize("email", ["buyer@example.com", "BUYER@EXAMPLE.COM", " Buyer@example.com\t"])
def test_the_address_is_read_in_any_spelling(api: Api, buyer: User, email: str) -> None:
    assert api.post("auth/login", {"email": email, "password": PASSWORD}).status == 200


def test_a_sign_in_is_remembered_with_its_device(api: Api, buyer: User) -> None:
    client = api.with_headers(User_Agent="Phone/1.0")

    client.post("auth/login", {"email": buyer.email, "password": PASSWORD})

    session = Session.objects.get(user=buyer)
    buyer.refresh_from_db()
    assert (session.user_agent, session.ip_address) == ("Phone/1.0", "127.0.0.1")
    assert buyer.last_login is not None


@pytest.mark.parametrize("suspended", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_an_account_that_does_not_work_is_named_after_the_right_password_only(
    api: Api, buyer: User, staff: User, suspended: User.Status
) -> None:
    services.set_status(actor=staff, user_id=buyer.id, status=suspended)

    right = api.post("auth/login", {"email": buyer.email, "password": PASSWORD})
    wrong = api.post("auth/login", {"email": buyer.email, "password": "not the one"})

    assert (right.status, right.code) == (401, "ACCOUNT_DEACTIVATED")
    assert (wrong.status, wrong.code) == (401, "INVALID_CREDENTIALS")
    assert not Session.objects.filter(user=buyer).exists()


def test_an_unknown_address_answers_like_a_wrong_password(api: Api, buyer: User) -> None:
    wrong = api.post("auth/login", {"email": buyer.email, "password": "not the one"})
    unknown = api.post("auth/login", {"email": "nobody@example.com", "password": "not the one"})

    assert (wrong.status, wrong.code) == (401, "INVALID_CREDENTIALS")
    assert unknown.status == wrong.status
    assert unknown.body | {"requestId": ""} == wrong.body | {"requestId": ""}
    assert set(unknown.headers) == set(wrong.headers)


def test_an_unknown_address_costs_one_hash_like_a_wrong_password(
    api: Api, buyer: User, hashed: list[int], settings: Any
) -> None:
    api.post("auth/login", {"email": buyer.email, "password": "not the one"})
    wrong, hashed[:] = list(hashed), []
    api.post("auth/login", {"email": "nobody@example.com", "password": "not the one"})

    assert wrong == hashed == [settings.BCRYPT_ROUNDS]


def test_an_account_without_a_password_costs_one_hash_and_stays_shut(
    api: Api, buyer: User, hashed: list[int], settings: Any
) -> None:
    User.objects.filter(id=buyer.id).update(password="!unusable")

    reply = api.post("auth/login", {"email": buyer.email, "password": "!unusable"})

    assert reply.code == "INVALID_CREDENTIALS"
    assert hashed == [settings.BCRYPT_ROUNDS]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("johndoe@gmail.com", "John.Doe@gmail.com"),
        ("johndoe@gmail.com", "johndoe+wholesale@gmail.com"),
        ("johndoe@gmail.com", "j.o.h.n.doe@googlemail.com"),
        ("john.doe@outlook.com", "john.doe+shop@outlook.com"),
        ("john@yahoo.com", "john-shop@yahoo.com"),
        ("john@icloud.com", "john+shop@icloud.com"),
    ],
)
def test_an_imported_account_signs_in_as_people_write_their_address(api: Api, stored: str, typed: str) -> None:
    make_person("john", email=stored)

    assert api.post("auth/login", {"email": typed, "password": PASSWORD}).status == 200


def test_the_exact_address_comes_before_the_mailbox(api: Api) -> None:
    make_person("first", email="john.doe@gmail.com")
    make_person("second", email="johndoe@gmail.com")

    reply = api.post("auth/login", {"email": "john.doe@gmail.com", "password": PASSWORD})

    assert reply.body["user"]["firstName"] == "First"


def test_dots_tell_people_apart_elsewhere(api: Api, buyer: User) -> None:
    assert api.post("auth/login", {"email": "b.uyer@example.com", "password": PASSWORD}).status == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "buyer@example.com"},
        {"password": PASSWORD},
        {"email": {"$ne": None}, "password": {"$ne": None}},
        {"email": ["buyer@example.com"], "password": PASSWORD},
        {"email": "buyer@example.com", "password": None},
        {"email": "buyer@example.com", "password": ""},
        {"email": "buyer@example.com", "password": "x" * 1025},
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(api: Api, buyer: User, body: dict[str, Any]) -> None:
    reply = api.post("auth/login", body)

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")


def test_a_password_changed_while_it_is_verified_lets_nobody_in(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def change_meanwhile(password: str, encoded: str) -> tuple[bool, bool]:
        User.objects.filter(id=buyer.id).update(password="another")
        return True, False

    monkeypatch.setattr("accounts.hashers.verify_password", change_meanwhile)
    with pytest.raises(Unauthenticated, match="INVALID_CREDENTIALS"):
        services.login(email=buyer.email, password=PASSWORD, device=services.Device())
    assert not Session.objects.exists()
