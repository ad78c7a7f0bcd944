"""The HTTP examples of the old backend's document, sent literally, and what its clients read of the answers."""

import pytest

from accounts.models import User
from finance import services
from finance.models import CreditLine
from finance.tests.staging import hold
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db


def test_get_credit_information(api: Api, buyer: User, line: CreditLine) -> None:
    assert api.send("GET", "finance/credits").status == 401

    reply = api.as_(buyer).send("GET", "finance/credits")

    assert reply.status == 200
    credit = reply.body["creditLimit"]
    assert {
        "_id", "id", "user", "creditLimit", "availableCredit", "usedCredit", "riskScore", "creditRating", "status",
        "utilizationPercentage", "availableForUse", "createdAt", "updatedAt",
    } <= set(credit)  # fmt: skip
    assert credit["creditLimit"] - credit["usedCredit"] == credit["availableCredit"] == 1000


def test_a_person_who_never_had_credit_reads_a_row_of_zeros(api: Api, buyer: User) -> None:
    credit = api.as_(buyer).send("GET", "finance/credits").body["creditLimit"]

    assert (credit["creditLimit"], credit["availableCredit"], credit["usedCredit"]) == (0, 0, 0)
    assert (credit["status"], credit["creditRating"], credit["riskScore"]) == ("active", "B", 50)


def test_get_transactions(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    assert api.send("GET", "finance/transactions?page=1&limit=20").status == 401
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 500).hold_id)

    reply = api.as_(buyer).send("GET", "finance/transactions?page=1&limit=20")

    assert reply.status == 200
    [transaction] = reply.body["transactions"]
    assert {
        "_id", "id", "transactionId", "user", "type", "category", "amount", "currency", "balanceBefore", "balanceAfter",
        "reference", "paymentMethod", "status", "description", "transactionDate", "createdAt", "updatedAt",
    } <= set(transaction)  # fmt: skip
    assert transaction["transactionId"].startswith("TXN-")
    assert (transaction["type"], transaction["status"]) == ("credit_deduction", "completed")
    assert {name: reply.body["pagination"][name] for name in ("currentPage", "totalPages", "totalCount")} == {
        "currentPage": 1, "totalPages": 1, "totalCount": 1,
    }  # fmt: skip


def test_get_the_summary(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 500).hold_id)

    body = api.as_(buyer).send("GET", "finance/analytics/summary").body

    assert {"limit", "available", "used", "utilizationPercentage"} <= set(body["credits"])
    assert {"_id", "count", "totalAmount"} <= set(body["transactions"][0])
    assert body["payments"] == []


def test_amounts_are_json_numbers(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    hold(buyer, seller, 1)

    raw = api.as_(buyer).send("GET", "finance/transactions").raw

    assert b'"amount":0.01,"amountMinor":1,' in raw


@pytest.mark.parametrize("path", ["finance/credits/", "finance/transactions/", "finance/analytics/summary/"])
def test_a_trailing_slash_and_the_bare_token_are_taken(api: Api, buyer: User, path: str) -> None:
    bare = api.with_headers(Authorization=api.as_(buyer).token)

    assert bare.get(path).status == 200


def test_a_limit_above_a_hundred_is_clamped(api: Api, buyer: User) -> None:
    assert api.as_(buyer).get("finance/transactions", limit=200).body["pagination"]["limit"] == 100
