"""Accounts of the old backend keep their passwords."""

import bcrypt
import pytest
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from accounts import hashers, services
from accounts.hashers import ImportedBcryptHasher
from accounts.models import User
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db

SECRET = "wobbly-hat-92"
# The published test vectors of OpenBSD and jBCrypt.
VECTORS = [
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
]


def old_hash(password: str, *, cost: int = 4, version: str = "2a") -> str:
    salt = bcrypt.gensalt(cost).decode().replace("$2b$", f"${version}$")
    return bcrypt.hashpw(password.encode()[:72], salt.encode()).decode()


def import_john(old: str) -> User:
    return services.import_user(email="john@example.com", old_hash=old, first_name="John", last_name="Doe")


@pytest.mark.parametrize("version", ["2a", "2b"])
def test_an_imported_hash_verifies_and_is_replaced_at_the_first_sign_in(api: Api, version: str) -> None:
    user = import_john(old_hash(SECRET, version=version))
    assert user.password.startswith(f"bcrypt$${version}$")

    first = api.post("auth/login", {"email": user.email, "password": SECRET})
    user.refresh_from_db()
    second = api.post("auth/login", {"email": user.email, "password": SECRET})

    assert (first.status, second.status) == (200, 200)
    assert user.password.startswith("bcrypt_sha256$$2b$")


def test_a_wrong_password_leaves_the_imported_hash(api: Api) -> None:
    user = import_john(old := old_hash(SECRET))

    assert api.post("auth/login", {"email": user.email, "password": "another"}).code == "INVALID_CREDENTIALS"
    user.refresh_from_db()
    assert user.password == f"bcrypt${old}"


@pytest.mark.parametrize(("password", "encoded"), VECTORS)
def test_the_reference_vectors_verify(password: str, encoded: str) -> None:
    stored = hashers.imported_hash(encoded)

    assert ImportedBcryptHasher().verify(password, stored)
    assert not ImportedBcryptHasher().verify(f"{password}x", stored)


@pytest.mark.parametrize("password", ["x" * 72, "x" * 73, "x" * 500, "ü" * 60, "😀" * 30])
def test_a_long_password_is_read_as_the_old_library_read_it(api: Api, password: str) -> None:
    user = import_john(old_hash(password))

    assert api.post("auth/login", {"email": user.email, "password": password}).status == 200
    assert api.post("auth/login", {"email": user.email, "password": password}).status == 200


@pytest.mark.parametrize("cost", [4, 5, 6, 7])
@pytest.mark.parametrize("password", [SECRET, "another"])
def test_a_cheap_imported_hash_costs_as_much_as_a_new_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, cost: int, password: str
) -> None:
    settings.BCRYPT_ROUNDS = 7
    stored = hashers.imported_hash(old_hash(SECRET, cost=cost))
    work: list[int] = []
    compute = bcrypt.hashpw

    def record(raw: bytes, salt: bytes) -> bytes:
        work.append(2 ** int(salt.split(b"$")[2]))
        return compute(raw, salt)

    monkeypatch.setattr(bcrypt, "hashpw", record)
    assert ImportedBcryptHasher().verify(password, stored) == (password == SECRET)
    assert sum(work) == 2**7


def test_a_hash_of_another_cost_is_replaced_at_sign_in(api: Api, settings: Settings) -> None:
    user = services.create_user(
        email="john@example.com", password_hash=make_password(SECRET), first_name="John", last_name="Doe"
    )
    settings.BCRYPT_ROUNDS = 5

    assert api.post("auth/login", {"email": user.email, "password": SECRET}).status == 200
    user.refresh_from_db()
    assert user.password.startswith("bcrypt_sha256$$2b$05$")


@pytest.mark.parametrize(
    "hash_", ["", "$2y$04$" + "x" * 53, "$2a$31$" + "x" * 53, "$2a$04$" + "x" * 52, "$1$abc$def", "plain"]
)
def test_what_is_no_hash_of_the_old_backend_is_not_imported(hash_: str) -> None:
    with pytest.raises(ValueError, match="bcrypt"):
        import_john(hash_)
    assert not User.objects.exists()
