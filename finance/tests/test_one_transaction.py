"""`GET finance/transactions/{id}`."""

from typing import Any

import pytest

from accounts.models import User
from finance import services
from finance.models import CreditLine, Transfer, chart
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.tests.staging import business_of, hold
from wholexale.common.ids import new_id
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db


def read(api: Api, user: User, row_id: object) -> dict[str, Any]:
    reply = api.as_(user).get(f"finance/transactions/{row_id}")
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body["transaction"]
    return found


@pytest.fixture(autouse=True)
def _line(line: CreditLine) -> None:
    """Let the buyer buy on account."""


def test_it_says_what_the_list_says_and_more(api: Api, buyer: User, seller: User) -> None:
    held = hold(buyer, seller, 500)

    found = read(api, buyer, held.hold_id)

    (row,) = api.as_(buyer).get("finance/transactions").body["transactions"]
    assert {name: found[name] for name in row} == row
    assert (found["resolution"], found["reverses"], found["reversedBy"]) == (None, None, None)
    (part,) = found["transfers"]
    assert (part["id"], part["phase"], part["direction"], part["amountMinor"]) == (row["id"], "pending", "debit", 500)


def test_it_says_how_a_hold_ended(api: Api, buyer: User, seller: User) -> None:
    taken, dropped = hold(buyer, seller, 500), hold(buyer, seller, 500)
    captured = services.capture_hold(actor=None, hold_id=taken.hold_id, amount=300, description="Delivered in part")
    released = services.release_hold(actor=None, hold_id=dropped.hold_id, description="Called off")

    ends = [read(api, buyer, one.hold_id)["resolution"] for one in (taken, dropped)]

    assert [(one["phase"], one["amountMinor"], one["description"]) for one in ends] == [
        ("post", 300, "Delivered in part"),
        ("void", 500, "Called off"),
    ]
    assert [one["transactionId"] for one in ends] == [captured.transaction_id, released.transaction_id]


def test_a_reversal_and_what_it_undid_are_linked(api: Api, buyer: User, seller: User, staff: User) -> None:
    held = hold(buyer, seller, 500)
    captured = services.capture_hold(actor=None, hold_id=held.hold_id)
    undone = services.reverse_transaction(actor=staff, transaction_id=captured.id, reason="A mistake")

    origin = read(api, buyer, held.hold_id)
    reversal = read(api, buyer, origin["reversedBy"]["id"])

    assert (origin["status"], origin["reversedBy"]["transactionId"]) == ("refunded", undone.transaction_id)
    assert origin["reversedBy"]["description"] == "A mistake"
    assert reversal["transactionId"] == undone.transaction_id
    assert reversal["reverses"] | {"createdAt": ""} == {
        "id": origin["id"], "_id": origin["id"], "transactionId": captured.transaction_id, "description": "",
        "createdAt": "",
    }  # fmt: skip


def settle(buyer: User, seller: User) -> tuple[Transfer, Transfer]:
    """Move a price and a fee in one transaction; return both transfers."""
    owed, earned, fees = services.open_accounts(
        [
            chart.receivable(business_of(buyer).id, "INR"),
            chart.payable(business_of(seller).id, "INR"),
            chart.fees("INR"),
        ]
    )
    price = Leg(phase=Phase.SINGLE, debit_id=owed.id, credit_id=earned.id, amount=1000, currency="INR")
    fee = Leg(phase=Phase.SINGLE, debit_id=earned.id, credit_id=fees.id, amount=25, currency="INR")
    services.record(
        Movement(kind=Kind.PURCHASE, category=Category.ORDER_PAYMENT, reference=str(new_id()), legs=(price, fee))
    )
    return Transfer.objects.get(id=price.id), Transfer.objects.get(id=fee.id)


def test_parts_that_do_not_touch_the_business_are_not_shown(api: Api, buyer: User, seller: User) -> None:
    price, fee = settle(buyer, seller)

    bought, sold = read(api, buyer, price.id), read(api, seller, price.id)

    assert [part["amountMinor"] for part in bought["transfers"]] == [1000]
    assert [part["amountMinor"] for part in sold["transfers"]] == [1000, 25]
    assert [part["balanceAfterMinor"] for part in sold["transfers"]] == [1000, 975]
    assert api.as_(buyer).get(f"finance/transactions/{fee.id}").code == "TRANSACTION_NOT_FOUND"
    assert read(api, seller, fee.id)["amountMinor"] == 25


def test_the_end_of_a_hold_is_no_row_of_its_own(api: Api, buyer: User, seller: User) -> None:
    held = hold(buyer, seller, 500)
    services.capture_hold(actor=None, hold_id=held.hold_id)
    end = Transfer.objects.get(hold=held.hold_id)

    assert api.as_(buyer).get(f"finance/transactions/{end.id}").code == "TRANSACTION_NOT_FOUND"
