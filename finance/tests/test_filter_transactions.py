"""`GET finance/transactions`: which rows are asked for, and what is refused."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from finance import selectors, services
from finance.models import Account, CreditLine, LedgerTransaction, Transfer
from finance.serializers import fields
from finance.services import Purchase
from finance.sql import About
from finance.tests.staging import business_of, hold
from finance.tests.transaction_staging import fee, ids, repay, rows
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _line(line: CreditLine) -> None:
    """Let the buyer buy on account."""


@pytest.fixture(name="mixed")
def mixed_rows(buyer: User, seller: User, staff: User) -> dict[str, str]:
    """One row of the buyer in each status, and one of another kind."""
    held = {status: hold(buyer, seller, 100) for status in ("pending", "completed", "cancelled", "refunded")}
    services.capture_hold(actor=None, hold_id=held["completed"].hold_id)
    services.release_hold(actor=None, hold_id=held["cancelled"].hold_id)
    captured = services.capture_hold(actor=None, hold_id=held["refunded"].hold_id)
    services.reverse_transaction(actor=staff, transaction_id=captured.id, reason="A mistake")
    return {status: str(one.hold_id) for status, one in held.items()}


@pytest.mark.parametrize("status", get_args(fields.LedgerStatus))
def test_a_status_chooses_the_rows_that_have_it(api: Api, buyer: User, mixed: dict[str, str], status: str) -> None:
    found = rows(api, buyer, status=status)

    assert {row["status"] for row in found} <= {status}
    assert {row["id"] for row in found} >= {mixed[status] for status in {status} & set(mixed)}
    assert [row["id"] for row in found] == [row["id"] for row in rows(api, buyer) if row["status"] == status]


@pytest.mark.parametrize("wanted", get_args(fields.LedgerType))
def test_a_type_chooses_by_the_side_of_the_viewer(
    api: Api, buyer: User, seller: User, mixed: dict[str, str], wanted: str
) -> None:
    repay(buyer, 10)
    fee(seller, 10)

    for viewer in (buyer, seller):
        assert rows(api, viewer, type=wanted) == [row for row in rows(api, viewer) if row["type"] == wanted]


def test_a_category_chooses(api: Api, seller: User, mixed: dict[str, str]) -> None:
    fee(seller, 10)

    assert [row["type"] for row in rows(api, seller, category="commission")] == ["fee_charge"]
    assert len(rows(api, seller, category="offer_payment")) == 5
    assert rows(api, seller, category="tax") == []


def test_a_currency_chooses(api: Api, buyer: User, seller: User) -> None:
    hold(buyer, seller, 5)

    assert len(rows(api, buyer, currency="INR")) == 1
    assert rows(api, buyer, currency="USD") == []


def test_filters_are_taken_together(api: Api, buyer: User, mixed: dict[str, str]) -> None:
    found = rows(api, buyer, status="completed", type="credit_deduction", category="offer_payment", currency="INR")

    assert [row["id"] for row in found] == [mixed["completed"]]


def test_a_reference_is_an_id_a_number_or_the_number_of_a_transaction(api: Api, buyer: User, seller: User) -> None:
    made = []
    for number in (1, 2):
        purchase = Purchase(
            buyer_id=business_of(buyer).id,
            seller_id=business_of(seller).id,
            amount=100,
            currency="INR",
            about=About(LedgerTransaction.Subject.OFFER, f"offer-{number}", f"OFF-{number}"),
        )
        made.append(services.hold_credit(actor=buyer, purchase=purchase, reference=f"offer:{number}"))
    captured = services.capture_hold(actor=None, hold_id=made[1].hold_id)
    second, first = rows(api, buyer)

    assert ids(api, buyer, reference="offer-1") == ids(api, buyer, reference="OFF-1") == [first["id"]]
    assert ids(api, buyer, reference=first["transactionId"]) == [first["id"]]
    assert ids(api, buyer, reference=captured.transaction_id) == [second["id"]]
    assert ids(api, buyer, reference="TXN-") == ids(api, buyer, reference="TXN-2026-x") == []
    assert ids(api, buyer, reference=f"TXN-2026-{'9' * 40}") == ids(api, buyer, reference="TXN-٣") == []


def test_days_and_moments_choose(api: Api, buyer: User, seller: User) -> None:
    hold(buyer, seller, 5)
    at = Transfer.objects.aggregate(at=Max("created_at"))["at"]
    moment, later = at.isoformat(), (at + timedelta(microseconds=1)).isoformat()
    today = timezone.localdate(at, timezone=timezone.get_fixed_timezone(330))

    assert len(rows(api, buyer, **{"from": moment})) == len(rows(api, buyer, **{"from": today, "to": today})) == 1
    assert rows(api, buyer, **{"from": later}) == rows(api, buyer, to=moment) == []
    assert (
        rows(api, buyer, to=today - timedelta(days=1)) == rows(api, buyer, **{"from": today + timedelta(days=1)}) == []
    )
    assert len(rows(api, buyer, to=later)) == 1


def test_a_day_is_one_of_the_business(api: Api, buyer: User, seller: User) -> None:
    hold(buyer, seller, 5)
    at = Transfer.objects.aggregate(at=Max("created_at"))["at"]
    for zone, hours in (("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)):
        business = business_of(buyer)
        business.time_zone = zone
        business.save(update_fields=["time_zone"])
        day = (at + timedelta(hours=hours)).date()

        assert len(rows(api, buyer, **{"from": day, "to": day})) == 1
        assert rows(api, buyer, to=day - timedelta(days=1)) == []


@pytest.mark.parametrize(
    "query",
    [
        {"type": "gift"}, {"status": "done"}, {"category": "x"}, {"page": 0}, {"limit": 0}, {"limit": "x"},
        {"before": "x"}, {"reference": ""}, {"reference": "x" * 65}, {"reference": "\0"},
        {"from": "yesterday"}, {"to": "2026-13-01"}, {"from": "2026-02-30"}, {"from": ""}, {"from": "20260101"},
        {"to": "2026-01-01T00:00:00"}, {"from": "0001-01-01"}, {"to": "9999-12-31"},
        {"from": "0001-01-01T00:00:00+14:00"}, {"to": "9999-12-31T23:59:59-14:00"}, {"from": "x" * 50},
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_and_named(api: Api, buyer: User, query: dict[str, Any]) -> None:
    reply = api.as_(buyer).get("finance/transactions", **query)

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", list(query))
    assert reply.body["details"][0]["location"] == "query"


def test_a_window_that_ends_before_it_begins_is_refused(api: Api, buyer: User) -> None:
    reply = api.as_(buyer).get("finance/transactions", **{"from": "2026-03-02", "to": "2026-03-01"})

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", ["to"])


def test_a_currency_that_is_not_traded_is_refused(api: Api, buyer: User) -> None:
    reply = api.as_(buyer).get("finance/transactions", currency="XXX")

    assert (reply.status, reply.code, reply.fields) == (400, "CURRENCY_NOT_SUPPORTED", ["currency"])


def test_a_plus_sign_that_was_not_escaped_is_understood(api: Api, buyer: User, seller: User) -> None:
    hold(buyer, seller, 1)
    reply = api.as_(buyer).send("GET", "finance/transactions?from=2026-01-01T00:00:00+05:30&to=2999-01-01T00:00:00Z")

    assert (reply.status, len(reply.body["transactions"])) == (200, 1)


def test_the_words_of_the_filters_are_those_of_the_model() -> None:
    assert set(get_args(fields.LedgerCategory)) == set(LedgerTransaction.Category.values)
    shown = {selectors.ledger_type(kind, side) for kind in LedgerTransaction.Kind for side in Account.Side}
    assert shown <= set(get_args(fields.LedgerType))
