"""The credit that stands in the user objects of register, login, me and profile."""

from decimal import Decimal
from typing import Any

import pytest

from accounts import selectors
from accounts.models import Membership, User
from accounts.selectors import Credit, credit as seam
from finance.tests.staging import business_of, hold, open_line
from wholexale.common.testing import PASSWORD, Api, make_person

pytestmark = pytest.mark.django_db

NOTHING = (0, 0, 0, 0, "INR")


def seen(user: dict[str, Any]) -> tuple[Any, ...]:
    names = ("creditLimit", "creditLimitMinor", "availableCredit", "availableCreditMinor", "creditCurrency")
    return tuple(user[name] for name in names)


def test_who_registers_has_none(api: Api) -> None:
    body = {"email": "new@example.com", "password": "long-enough-1", "firstName": "New", "lastName": "Person"}

    assert seen(api.post("auth/register", body).body["user"]) == NOTHING


def test_the_credit_of_the_business_is_said_wherever_the_user_is(api: Api, buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 100_050)
    hold(buyer, seller, 25_025)
    client, expected = api.as_(buyer), (1000.5, 100_050, 750.25, 75_025, "INR")

    assert seen(client.get("auth/me").body["user"]) == expected
    assert seen(client.put("auth/profile", {"phone": ""}).body["user"]) == expected
    assert seen(api.post("auth/login", {"email": buyer.email, "password": PASSWORD}).body["user"]) == expected


def test_it_is_that_of_the_preferred_currency(api: Api, buyer: User) -> None:
    open_line(business_of(buyer), 100_000)
    open_line(business_of(buyer), 5_000, "USD")

    reply = api.as_(buyer).put("auth/profile", {"preferences": {"currency": "USD"}})

    assert seen(reply.body["user"]) == (50, 5_000, 50, 5_000, "USD")


@pytest.mark.parametrize("role", Membership.Role)
def test_it_is_hidden_from_who_may_not_see_the_finances(api: Api, colleague: User, role: Membership.Role) -> None:
    open_line(business_of(colleague), 100_000)
    Membership.objects.filter(user=colleague).update(role=role)

    is_seen = seen(api.as_(colleague).get("auth/me").body["user"]) != NOTHING

    assert is_seen == (role != Membership.Role.MEMBER)


def test_who_works_for_no_business_has_none(api: Api) -> None:
    assert seen(api.as_(make_person("loner")).get("auth/me").body["user"]) == NOTHING


def test_where_nobody_keeps_money_it_is_zero(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seam, "_sources", [])

    assert selectors.credit_of(buyer) == Credit(0, 0, "INR")


def test_the_last_source_named_is_asked(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seam, "_sources", [])
    selectors.use_credit_source(lambda _: Credit(1, 1, "USD"))
    selectors.use_credit_source(lambda _: Credit(2, 1, "USD"))

    assert selectors.credit_of(buyer) == Credit(2, 1, "USD")


def test_amounts_are_written_digit_by_digit(api: Api, buyer: User) -> None:
    open_line(business_of(buyer), 10**12 + 1)

    raw = api.as_(buyer).get("auth/me").raw

    assert f'"creditLimit":{Decimal(10**12 + 1).scaleb(-2)}'.encode() in raw
