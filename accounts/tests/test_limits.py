"""How often somebody may register and try to sign in."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from wholexale.common.testing import PASSWORD, Api, Reply

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits(limits: Settings) -> None:
    limits.RATE_LIMIT_REGISTER = "3/1h"
    limits.RATE_LIMIT_LOGIN = "3/15m"
    limits.TRUSTED_PROXIES = []


def login(api: Api, email: str = "buyer@example.com", *, is_right: bool = False) -> Reply:
    return api.post("auth/login", {"email": email, "password": PASSWORD if is_right else "not the one"})


def test_an_address_registers_so_many_people_only(api: Api) -> None:
    replies = [
        api.post(
            "auth/register",
            {"email": f"user{number}@example.com", "password": PASSWORD, "firstName": "A", "lastName": "B"},
        )
        for number in range(4)
    ]

    assert [reply.status for reply in replies] == [201, 201, 201, 429]
    assert replies[-1].code == "RATE_LIMITED"
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 3600
    assert User.objects.count() == 3


def test_an_address_tries_so_many_accounts_only(api: Api) -> None:
    replies = [login(api, f"user{number}@example.com") for number in range(4)]

    assert [reply.status for reply in replies] == [401, 401, 401, 429]


@pytest.mark.parametrize("email", ["buyer@example.com", "nobody@example.com"])
def test_an_account_is_tried_so_often_only_from_all_addresses_known_or_not(
    api: Api, buyer: User, settings: Settings, email: str
) -> None:
    settings.IS_DEVELOPMENT = True  # where the address of the tests does not count

    replies = [login(api, email) for _ in range(4)]

    assert [reply.status for reply in replies] == [401, 401, 401, 423]
    assert replies[-1].code == "ACCOUNT_LOCKED"
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 900


def test_other_spellings_of_an_address_are_the_same_account(api: Api, settings: Settings) -> None:
    settings.IS_DEVELOPMENT = True
    spellings = ["j.doe@gmail.com", "JDOE@gmail.com", "jdoe+1@googlemail.com", "jd.oe@gmail.com"]

    assert [login(api, email).status for email in spellings] == [401, 401, 401, 423]


def test_an_account_that_is_locked_does_not_tell_whether_it_exists(api: Api, buyer: User, settings: Settings) -> None:
    settings.IS_DEVELOPMENT = True
    known, unknown = ([login(api, email) for _ in range(4)][-1] for email in (buyer.email, "nobody@example.com"))

    assert known.body | {"requestId": ""} == unknown.body | {"requestId": ""}
    assert set(known.headers) == set(unknown.headers)


@pytest.mark.parametrize("status", [423, 429])
def test_above_a_limit_the_right_password_does_not_help_and_nothing_is_hashed(
    api: Api, buyer: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    settings.IS_DEVELOPMENT = status == 423  # where the address of the tests does not count
    for _ in range(3):
        login(api)

    def fail(password: str, encoded: str) -> Any:
        raise AssertionError

    monkeypatch.setattr("accounts.hashers.verify_password", fail)
    assert login(api, is_right=True).status == status


def test_guessing_the_current_password_is_limited(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    body = {"currentPassword": "not the one", "newPassword": "wobbly-hat-92"}

    assert [client.post("auth/change-password", body).status for _ in range(4)] == [400, 400, 400, 423]


def test_guessing_is_limited_while_the_store_of_limits_does_not_answer(
    api: Api, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("wholexale.common.limits.get_usage", fail)
    client = api.as_(buyer)
    body = {"currentPassword": "not the one", "newPassword": "wobbly-hat-92"}

    assert [client.post("auth/change-password", body).status for _ in range(4)] == [400, 400, 400, 423]


def test_forwarding_headers_of_strangers_do_not_help(api: Api) -> None:
    replies = [
        login(api.with_headers(X_Forwarded_For=f"198.51.100.{number}"), f"user{number}@example.com")
        for number in range(4)
    ]

    assert replies[-1].status == 429
