"""What the tests of transactions over REST stage, and how they read it."""

from typing import Any

from accounts.models import User
from finance import services
from finance.models import LedgerTransaction, chart
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.tests.staging import business_of, lender
from wholexale.common.ids import new_id
from wholexale.common.testing import Api

Row = dict[str, Any]


def rows(api: Api, user: User, **query: Any) -> list[Row]:
    """Read a list."""
    reply = api.as_(user).get("finance/transactions", **query)
    assert reply.status == 200, reply.body
    found: list[Row] = reply.body["transactions"]
    return found


def only(api: Api, user: User, **query: Any) -> Row:
    (row,) = rows(api, user, **query)
    return row


def ids(api: Api, user: User, **query: Any) -> list[str]:
    """Read the ids of a list."""
    return [row["id"] for row in rows(api, user, **query)]


def fee(seller: User, amount: int) -> LedgerTransaction:
    """Charge a seller a fee, beyond what they earned where it must be."""
    payable, fees = services.open_accounts([chart.payable(business_of(seller).id, "INR"), chart.fees("INR")])
    leg = Leg(phase=Phase.SINGLE, debit_id=payable.id, credit_id=fees.id, amount=amount, currency="INR")
    recorded = services.record(
        Movement(
            kind=Kind.FEE,
            category=Category.COMMISSION,
            reference=str(new_id()),
            legs=(leg,),
            is_correction=True,
            actor_id=seller.id,
        )
    )
    return LedgerTransaction.objects.get(id=recorded.id)


def repay(buyer: User, amount: int, **said: Any) -> None:
    """Let a buyer pay back."""
    services.record_repayment(
        actor=lender(),
        business_id=business_of(buyer).id,
        amount=amount,
        currency="INR",
        **({"reference": str(new_id()), "reason": "Paid"} | said),
    )
