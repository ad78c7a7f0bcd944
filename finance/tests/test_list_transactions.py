"""`GET finance/transactions`: what a row says, and pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, User
from finance import selectors, services
from finance.models import CreditLine, LedgerTransaction, Transfer, chart
from finance.selectors import transactions
from finance.services import Purchase
from finance.sql import About, Category, Kind, Leg, Movement, Phase
from finance.tests.staging import business_of, employee, hold
from finance.tests.transaction_staging import Row, fee, ids, repay, rows
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db


def only(api: Api, user: User) -> Row:
    (row,) = rows(api, user)
    return row


def balances(row: Row) -> tuple[int, int]:
    return row["balanceBeforeMinor"], row["balanceAfterMinor"]


@pytest.fixture(autouse=True)
def _line(line: CreditLine) -> None:
    """Let the buyer buy on account."""


def test_a_row_says_what_happened(api: Api, buyer: User, seller: User) -> None:
    purchase = Purchase(
        buyer_id=business_of(buyer).id,
        seller_id=business_of(seller).id,
        amount=10_560,
        currency="INR",
        about=About(LedgerTransaction.Subject.OFFER, "0198", "OFF-2026-000123"),
        description="Hold for OFF-2026-000123",
    )
    until = timezone.now() + timedelta(days=45)
    held = services.hold_credit(actor=buyer, purchase=purchase, reference="offer:0198", expires_at=until)

    row = only(api, buyer)

    transfer = Transfer.objects.get(id=held.hold_id)
    assert row.pop("transactionDate") == row.pop("createdAt") == row.pop("updatedAt")
    assert row.pop("expiresAt").startswith(f"{until:%Y-%m-%dT%H:%M}")
    assert row == {
        "id": str(transfer.id),
        "_id": str(transfer.id),
        "user": str(buyer.id),
        "transactionId": transfer.transaction.transaction_id,
        "type": "credit_deduction",
        "category": "offer_payment",
        "amount": 105.6,
        "amountMinor": 10_560,
        "currency": "INR",
        "direction": "debit",
        "status": "pending",
        "balanceBefore": 0,
        "balanceBeforeMinor": 0,
        "balanceAfter": 0,
        "balanceAfterMinor": 0,
        "reference": {"type": "offer", "id": "0198", "number": "OFF-2026-000123"},
        "paymentMethod": "credit_balance",
        "description": "Hold for OFF-2026-000123",
        "counterparty": "Cotton Mill",
    }


def test_both_sides_see_their_own_half(api: Api, buyer: User, seller: User) -> None:
    hold(buyer, seller, 500)

    bought, sold = only(api, buyer), only(api, seller)

    assert bought["id"] == sold["id"]
    assert [(one["type"], one["direction"], one["counterparty"]) for one in (bought, sold)] == [
        ("credit_deduction", "debit", "Cotton Mill"),
        ("payment_received", "credit", "Corner Shop"),
    ]


def test_a_hold_that_was_captured_says_what_was_taken(api: Api, buyer: User, seller: User) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 300).hold_id)
    held = hold(buyer, seller, 700)
    services.capture_hold(actor=None, hold_id=held.hold_id, amount=500)

    row, first = rows(api, buyer)

    assert (row["status"], row["amountMinor"], row["heldAmountMinor"], row["heldAmount"]) == ("completed", 500, 700, 7)
    assert (balances(first), balances(row)) == ((0, 300), (300, 800))
    assert row["updatedAt"] >= row["createdAt"]
    assert "expiresAt" not in row
    assert balances(rows(api, seller)[0]) == (300, 800)


def test_a_hold_that_came_to_nothing_is_cancelled(api: Api, buyer: User, seller: User) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 300).hold_id)
    services.release_hold(actor=None, hold_id=hold(buyer, seller, 700).hold_id)

    row = rows(api, buyer)[0]

    assert (row["status"], row["amountMinor"], balances(row)) == ("cancelled", 700, (300, 300))
    assert "heldAmount" not in row


def test_a_repayment_lowers_what_is_owed(api: Api, buyer: User, seller: User) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 300).hold_id)
    repay(buyer, 100)

    row = rows(api, buyer)[0]

    assert (row["type"], row["direction"], row["status"]) == ("payment_made", "credit", "completed")
    assert balances(row) == (300, 200)
    assert "counterparty" not in row
    assert len(rows(api, seller)) == 1


def test_what_was_reversed_is_refunded_and_the_reversal_a_row_of_its_own(api: Api, seller: User, staff: User) -> None:
    origin = fee(seller, 50)
    services.reverse_transaction(actor=staff, transaction_id=origin.id, reason="A mistake")

    reversal, row = rows(api, seller)

    assert (row["status"], row["type"], balances(row)) == ("refunded", "fee_charge", (0, -50))
    assert (reversal["status"], reversal["type"], balances(reversal)) == ("completed", "adjustment", (-50, 0))
    assert (reversal["direction"], reversal["description"]) == ("credit", "A mistake")


def test_a_captured_hold_that_was_reversed_is_refunded(api: Api, buyer: User, seller: User, staff: User) -> None:
    captured = services.capture_hold(actor=None, hold_id=hold(buyer, seller, 300).hold_id)
    services.reverse_transaction(actor=staff, transaction_id=captured.id, reason="A mistake")

    assert [row["status"] for row in rows(api, buyer)] == ["completed", "refunded"]
    assert [row["status"] for row in rows(api, buyer, status="refunded")] == ["refunded"]
    assert [balances(row) for row in rows(api, seller)] == [(300, 0), (0, 300)]


def test_money_between_two_accounts_of_one_business_is_one_row(api: Api, seller: User) -> None:
    business = business_of(seller)
    owed, earned = services.open_accounts([chart.receivable(business.id, "INR"), chart.payable(business.id, "INR")])
    leg = Leg(phase=Phase.SINGLE, debit_id=earned.id, credit_id=owed.id, amount=5, currency="INR")
    services.record(
        Movement(kind=Kind.TRANSFER, category=Category.TRANSFER, reference="x", legs=(leg,), is_correction=True)
    )

    row = only(api, seller)

    assert (row["direction"], row["type"], "counterparty" in row) == ("debit", "payment_made", False)
    assert selectors.transaction_page(actor=seller, wanted=selectors.Wanted(), offset=0, limit=5).total == 1


def test_the_newest_comes_first(api: Api, buyer: User, seller: User) -> None:
    made = [str(hold(buyer, seller, 1).hold_id) for _ in range(3)]

    assert ids(api, buyer) == made[::-1]


def test_a_colleague_sees_the_same_and_others_nothing(api: Api, buyer: User, seller: User, outsider: User) -> None:
    hold(buyer, seller, 5)
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)

    assert ids(api, accountant) == ids(api, buyer) != []
    assert rows(api, outsider) == rows(api, make_person("loner")) == []


def test_pages_hold_each_row_once_and_the_cursor_stays_right_while_rows_arrive(
    api: Api, buyer: User, seller: User
) -> None:
    made = [str(hold(buyer, seller, 1).hold_id) for _ in range(7)][::-1]
    client, seen = api.as_(buyer), list[str]()

    pages = [client.get("finance/transactions", page=page, limit=3).body for page in (1, 2, 3, 4)]
    while True:
        query = {"limit": 3} | ({"before": seen[-1]} if seen else {})
        body = client.get("finance/transactions", **query).body
        seen += [row["id"] for row in body["transactions"]]
        assert body["pagination"]["total"] >= 7
        if not body["pagination"]["hasMore"]:
            break
        hold(buyer, seller, 1)

    assert [row["id"] for page in pages for row in page["transactions"]] == made
    assert [page["pagination"]["hasNext"] for page in pages] == [True, True, False, False]
    assert [page["pagination"]["totalPages"] for page in pages] == [3] * 4
    assert seen == made


def test_a_full_last_page_has_no_next(api: Api, buyer: User, seller: User) -> None:
    for _ in range(4):
        hold(buyer, seller, 1)

    pages = [api.as_(buyer).get("finance/transactions", page=page, limit=2).body["pagination"] for page in (1, 2, 3)]

    assert [page["hasNext"] for page in pages] == [True, False, False]
    assert [page["hasPrev"] for page in pages] == [False, True, True]


def test_counting_stops_at_a_number_and_says_so(
    api: Api, buyer: User, seller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "COUNT_AT_MOST", 3)
    made = [str(hold(buyer, seller, 1).hold_id) for _ in range(3)][::-1]
    exact = api.as_(buyer).get("finance/transactions").body["pagination"]
    made.insert(0, str(hold(buyer, seller, 1).hold_id))

    pages = [api.as_(buyer).get("finance/transactions", page=page, limit=2).body for page in (1, 2)]

    assert (exact["totalCount"], exact.get("isEstimate")) == (3, None)
    assert [(page["pagination"]["totalCount"], page["pagination"]["isEstimate"]) for page in pages] == [(3, True)] * 2
    assert [page["pagination"]["hasMore"] for page in pages] == [True, False]
    assert [row["id"] for page in pages for row in page["transactions"]] == made


def test_a_page_that_lies_too_deep_is_refused_and_names_the_cursor(api: Api, buyer: User) -> None:
    reply = api.as_(buyer).get("finance/transactions", page=200, limit=100)

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", ["page"])
