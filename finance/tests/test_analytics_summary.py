"""`GET finance/analytics/summary`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Membership, User
from finance import services
from finance.models import CreditLine, chart
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.tests.bookkeeping import enter, enter_many, payable_of
from finance.tests.staging import business_of, employee, every_row, hold, lender, open_line
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def read(api: Api, user: User, **query: Any) -> dict[str, Any]:
    reply = api.as_(user).get("finance/analytics/summary", **query)
    assert reply.status == 200, reply.body
    body: dict[str, Any] = reply.body
    return body


def totals(body: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {one["_id"]: (one["count"], one["totalAmountMinor"]) for one in body["transactions"]}


def test_it_has_the_keys_that_old_clients_read(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 20_050).hold_id)
    hold(buyer, seller, 10_000)

    body = read(api, buyer)

    assert body["credits"] == {
        "limit": 1000, "limitMinor": 100_000, "available": 699.5, "availableMinor": 69_950, "used": 300.5,
        "usedMinor": 30_050, "utilizationPercentage": 30,
    }  # fmt: skip
    assert body["transactions"] == [
        {"_id": "credit_deduction", "count": 1, "totalAmount": 200.5, "totalAmountMinor": 20_050}
    ]
    assert (body["payments"], body["currency"]) == ([], "INR")


def test_it_counts_what_moved_and_not_what_was_held_or_given_back(
    api: Api, buyer: User, seller: User, line: CreditLine, staff: User
) -> None:
    for amount in (500, 300):
        services.capture_hold(actor=None, hold_id=hold(buyer, seller, 1000).hold_id, amount=amount)
    services.release_hold(actor=None, hold_id=hold(buyer, seller, 700).hold_id)
    hold(buyer, seller, 900)
    captured = services.capture_hold(actor=None, hold_id=hold(buyer, seller, 40).hold_id)
    services.reverse_transaction(actor=staff, transaction_id=captured.id, reason="A mistake")
    services.record_repayment(
        actor=lender(), business_id=business_of(buyer).id, amount=250, currency="INR", reference="1", reason="Paid"
    )

    assert totals(read(api, buyer)) == {
        "credit_deduction": (3, 840), "adjustment": (1, 40), "payment_made": (1, 250),
    }  # fmt: skip
    assert totals(read(api, seller)) == {"payment_received": (3, 840), "adjustment": (1, 40)}


def test_currencies_are_never_summed_together(api: Api, buyer: User, seller: User) -> None:
    for currency, amount in (("INR", 500), ("USD", 70), ("JPY", 9)):
        open_line(business_of(buyer), 100_000, currency)
        services.capture_hold(actor=None, hold_id=hold(buyer, seller, amount, currency).hold_id)

    body = read(api, buyer)

    assert [(one["currency"], totals(one)) for one in body["byCurrency"]] == [
        ("INR", {"credit_deduction": (1, 500)}),
        ("JPY", {"credit_deduction": (1, 9)}),
        ("USD", {"credit_deduction": (1, 70)}),
    ]
    assert (body["currency"], totals(body)) == ("INR", {"credit_deduction": (1, 500)})
    asked = read(api, buyer, currency="JPY")
    assert (asked["currency"], asked["credits"]["limit"], totals(asked)) == (
        "JPY", 100_000, {"credit_deduction": (1, 9)},
    )  # fmt: skip


def test_a_currency_in_which_there_is_nothing_is_all_zeros(api: Api, buyer: User, line: CreditLine) -> None:
    body = read(api, buyer, currency="KWD")

    assert (body["currency"], body["credits"]["limit"], body["transactions"]) == ("KWD", 0, [])
    assert [one["currency"] for one in body["byCurrency"]] == ["INR"]


def test_a_seller_without_credit_sees_what_came_in(api: Api, seller: User) -> None:
    enter(payable_of(seller, "USD"), 700, NOON)

    body = read(api, seller)

    assert (body["currency"], body["credits"]["limit"], totals(body)) == ("USD", 0, {"payment_received": (1, 700)})


def test_days_choose_and_agree_with_the_statement(api: Api, seller: User) -> None:
    account = payable_of(seller)
    enter_many(account, [NOON + number * DAY for number in range(10)])
    window = {"from": "2026-03-12", "to": "2026-03-15"}

    found = totals(read(api, seller, **window))

    statement = api.as_(seller).get(f"finance/accounts/{account.id}/statement", **window).body
    moved = found["payment_received"][1] - found["payment_made"][1]
    assert moved == statement["closingMinor"] - statement["openingMinor"]
    assert sum(count for count, _ in found.values()) == statement["pagination"]["total"] == 4


def test_what_two_accounts_of_the_business_see_counts_once(api: Api, seller: User) -> None:
    business = business_of(seller)
    owed, earned = services.open_accounts([chart.receivable(business.id, "INR"), chart.payable(business.id, "INR")])
    leg = Leg(phase=Phase.SINGLE, debit_id=earned.id, credit_id=owed.id, amount=5, currency="INR")
    services.record(
        Movement(kind=Kind.TRANSFER, category=Category.TRANSFER, reference="x", legs=(leg,), is_correction=True)
    )

    assert totals(read(api, seller)) == {"payment_made": (1, 5)}


def test_who_works_for_no_business_reads_zeros_and_writes_nothing(api: Api, line: CreditLine) -> None:
    client, before = api.as_(make_person("loner")), every_row()

    body = client.get("finance/analytics/summary").body

    assert (body["credits"]["limit"], body["transactions"], body["payments"], body["byCurrency"]) == (0, [], [], [])
    assert every_row() == before


def test_others_are_not_counted(api: Api, buyer: User, seller: User, outsider: User, line: CreditLine) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 500).hold_id)

    assert read(api, outsider)["byCurrency"] == []


def test_a_member_without_the_permission_is_refused(api: Api, buyer: User) -> None:
    clerk, accountant = (
        employee("clerk", business_of(buyer)),
        employee("a", business_of(buyer), Membership.Role.FINANCE),
    )

    assert api.as_(clerk).get("finance/analytics/summary").code == "INSUFFICIENT_PERMISSIONS"
    assert read(api, accountant)["transactions"] == []


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"from": "x"}, "VALIDATION_FAILED", "from"),
        ({"to": "2026-02-30"}, "VALIDATION_FAILED", "to"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "VALIDATION_FAILED", "to"),
        ({"currency": "XXX"}, "CURRENCY_NOT_SUPPORTED", "currency"),
    ],
)
def test_what_means_nothing_is_refused_and_named(
    api: Api, buyer: User, query: dict[str, str], code: str, field: str
) -> None:
    reply = api.as_(buyer).get("finance/analytics/summary", **query)

    assert (reply.status, reply.code, reply.fields) == (400, code, [field])
