"""`GET finance/credits`."""

from typing import Any

import pytest

from accounts.models import Membership, User
from finance import services
from finance.models import CreditLine
from finance.tests.staging import business_of, employee, every_row, hold, lender, open_line
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db

AMOUNTS = ("creditLimit", "availableCredit", "usedCredit", "heldCredit", "outstanding", "availableForUse")


def read(api: Api, user: User, **query: Any) -> dict[str, Any]:
    reply = api.as_(user).get("finance/credits", **query)
    assert reply.status == 200, reply.body
    body: dict[str, Any] = reply.body
    return body


def prefer(user: User, currency: str) -> User:
    user.preferences["currency"] = currency
    user.save(update_fields=["preferences"])
    return user


def test_a_line_says_what_may_be_owed_and_what_is(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 20_050).hold_id)
    hold(buyer, seller, 10_000)

    body = read(api, buyer)

    found = body["creditLimit"]
    assert [found[name] for name in AMOUNTS] == [1000, 699.5, 300.5, 100, 200.5, 699.5]
    assert [found[f"{name}Minor"] for name in AMOUNTS] == [100_000, 69_950, 30_050, 10_000, 20_050, 69_950]
    assert found["creditLimit"] - found["usedCredit"] == found["availableCredit"]
    assert (found["currency"], found["utilizationPercentage"]) == ("INR", 30)
    assert (found["status"], found["creditRating"], found["riskScore"]) == ("active", "B", 50)
    assert (found["paymentTerms"], found["user"]) == ("net_30", str(buyer.id))
    assert found["id"] == found["_id"] == str(line.id)
    assert found["updatedAt"] >= found["createdAt"]
    assert body["credits"] == [found]


def test_every_member_who_may_see_it_reads_the_same(api: Api, buyer: User, line: CreditLine) -> None:
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)

    mine, theirs = read(api, buyer)["creditLimit"], read(api, accountant)["creditLimit"]

    assert theirs == mine | {"user": str(accountant.id)}


def test_there_is_one_line_a_currency(api: Api, buyer: User, line: CreditLine) -> None:
    open_line(business_of(buyer), 5_000, "USD")
    open_line(business_of(buyer), 5_000, "JPY")

    body = read(api, buyer)

    assert [(one["currency"], one["creditLimit"]) for one in body["credits"]] == [
        ("INR", 1000),
        ("JPY", 5000),
        ("USD", 50),
    ]
    assert body["creditLimit"]["currency"] == "INR"


def test_the_currency_asked_for_comes_before_the_preferred_one_and_that_before_the_first(api: Api, buyer: User) -> None:
    for currency in ("EUR", "GBP", "USD"):
        open_line(business_of(buyer), 5_000, currency)

    assert read(api, buyer, currency="GBP")["creditLimit"]["currency"] == "GBP"
    assert read(api, prefer(buyer, "USD"))["creditLimit"]["currency"] == "USD"
    assert read(api, prefer(buyer, "INR"))["creditLimit"]["currency"] == "EUR"


def test_a_currency_without_a_line_is_all_zeros(api: Api, buyer: User, line: CreditLine) -> None:
    found = read(api, buyer, currency="KWD")["creditLimit"]

    assert [found[name] for name in AMOUNTS] == [0] * 6
    assert (found["currency"], found["utilizationPercentage"], found["id"]) == ("KWD", 0, "")


def test_without_any_line_it_is_all_zeros_and_nothing_is_written(api: Api, buyer: User) -> None:
    client, before = api.as_(buyer), every_row()

    body = client.get("finance/credits").body

    assert [body["creditLimit"][name] for name in AMOUNTS] == [0] * 6
    assert (body["creditLimit"]["currency"], body["credits"]) == ("INR", [])
    assert every_row() == before


def test_who_works_for_no_business_reads_zeros(api: Api) -> None:
    body = read(api, prefer(make_person("loner"), "EUR"))

    assert (body["creditLimit"]["creditLimit"], body["creditLimit"]["currency"], body["credits"]) == (0, "EUR", [])


def test_a_lowered_limit_leaves_less_than_nothing(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    hold(buyer, seller, 80_000)
    open_line(business_of(buyer), 50_000)

    found = read(api, buyer)["creditLimit"]

    assert (found["availableCredit"], found["availableForUse"], found["utilizationPercentage"]) == (-300, 0, 160)


@pytest.mark.parametrize("status", ["suspended", "revoked", "under_review"])
def test_a_line_that_is_not_active_is_not_for_use(api: Api, buyer: User, line: CreditLine, status: str) -> None:
    services.set_credit_status(actor=lender(), line_id=line.id, status=CreditLine.Status(status), reason="For a test")

    found = read(api, buyer)["creditLimit"]

    assert (found["status"], found["availableCredit"], found["availableForUse"]) == (status, 1000, 0)


@pytest.mark.parametrize(("used", "percent"), [(0, 0), (4, 0), (5, 1), (494, 49), (495, 50), (1000, 100)])
def test_the_part_that_is_used_is_rounded_half_up(api: Api, buyer: User, seller: User, used: int, percent: int) -> None:
    open_line(business_of(buyer), 1000)
    if used:
        hold(buyer, seller, used)

    assert read(api, buyer)["creditLimit"]["utilizationPercentage"] == percent


@pytest.mark.parametrize("currency", ["XXX", "inr", "", "RUPEES", "BTC", "CHF"])
def test_a_currency_that_is_not_traded_is_refused(api: Api, buyer: User, currency: str) -> None:
    reply = api.as_(buyer).get("finance/credits", currency=currency)

    assert (reply.status, reply.code, reply.fields) == (400, "CURRENCY_NOT_SUPPORTED", ["currency"])
    assert reply.body["details"][0]["location"] == "query"


def test_a_member_without_the_permission_is_refused(api: Api, buyer: User, line: CreditLine) -> None:
    reply = api.as_(employee("clerk", business_of(buyer))).get("finance/credits")

    assert (reply.status, reply.code) == (403, "INSUFFICIENT_PERMISSIONS")
    assert (reply.body["required"], reply.body["current"]) == (["owner", "admin", "finance"], "member")
