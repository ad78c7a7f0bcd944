"""`GET finance/accounts`."""

from typing import Any

import pytest

from accounts.models import Membership, User
from finance import services
from finance.models import Account, CreditLine, chart
from finance.tests.staging import business_of, employee, hold, lender, open_line
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db

AMOUNTS = ("posted", "pending", "pendingDebits", "pendingCredits", "available")


def listed(api: Api, user: User) -> list[dict[str, Any]]:
    reply = api.as_(user).get("finance/accounts")
    assert reply.status == 200, reply.body
    found: list[dict[str, Any]] = reply.body["accounts"]
    return found


def minor(account: dict[str, Any]) -> list[int]:
    return [account[f"{name}Minor"] for name in AMOUNTS]


def test_both_sides_of_a_purchase_see_what_their_accounts_hold(
    api: Api, buyer: User, seller: User, line: CreditLine
) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 30_000).hold_id)
    hold(buyer, seller, 20_050)

    (owed,), (earned,) = listed(api, buyer), listed(api, seller)

    assert minor(owed) == [30_000, 20_050, 20_050, 0, 49_950]
    assert minor(earned) == [30_000, 20_050, 0, 20_050, 30_000]
    assert [owed[name] for name in AMOUNTS] == [300, 200.5, 200.5, 0, 499.5]
    assert (owed["kind"], owed["normalSide"], earned["kind"], earned["normalSide"]) == (
        "asset", "debit", "liability", "credit",
    )  # fmt: skip
    assert owed["code"] == f"buyer:{business_of(buyer).id}:receivable"
    assert (owed["currency"], owed["status"], owed["_id"]) == ("INR", "open", owed["id"])


def test_accounts_are_ordered_by_currency_and_place(api: Api, buyer: User, seller: User) -> None:
    for currency in ("USD", "INR"):
        open_line(business_of(buyer), 100, currency)
        services.open_accounts([chart.payable(business_of(buyer).id, currency)])

    found = [(one["currency"], one["code"].rpartition(":")[2]) for one in listed(api, buyer)]

    assert found == [("INR", "receivable"), ("INR", "payable"), ("USD", "receivable"), ("USD", "payable")]


def test_a_receivable_without_a_line_has_nothing_to_draw_on(api: Api, buyer: User) -> None:
    services.open_accounts([chart.receivable(business_of(buyer).id, "INR")])

    assert minor(listed(api, buyer)[0]) == [0] * 5


@pytest.mark.parametrize("status", [Account.Status.FROZEN, Account.Status.CLOSED])
def test_what_is_not_open_has_nothing_to_draw_on(
    api: Api, buyer: User, line: CreditLine, status: Account.Status
) -> None:
    services.set_account_status(actor=lender(), account_id=line.account_id, status=status, reason="For a test")

    (found,) = listed(api, buyer)

    assert (found["status"], found["availableMinor"]) == (status, 0)


def test_accounts_of_the_platform_and_of_others_are_not_listed(
    api: Api, buyer: User, seller: User, outsider: User, line: CreditLine
) -> None:
    services.open_accounts([chart.fees("INR"), chart.cash("manual", "INR")])
    hold(buyer, seller, 5)

    assert len(listed(api, buyer)) == len(listed(api, seller)) == 1
    assert listed(api, outsider) == []


def test_who_keeps_the_books_reads_them_and_a_member_does_not(api: Api, buyer: User, line: CreditLine) -> None:
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)
    clerk = employee("clerk", business_of(buyer))

    assert listed(api, accountant) == listed(api, buyer)
    assert api.as_(clerk).get("finance/accounts").code == "INSUFFICIENT_PERMISSIONS"
