"""Every verb of finance with what it needs: staged anew each time, so that it can be crashed again and again."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from finance import services
from finance.models import Account, chart
from finance.models.chart import Place
from finance.services import Purchase
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.tests.racers import Call, perform
from finance.tests.staging import business_of, lender, open_line
from wholexale.common.ids import new_id
from wholexale.common.testing import make_person

_numbers = count()


class Scene:
    """A buyer with credit, a seller, two accounts; what each verb needs is made when it is asked for."""

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.buyer, self.seller = self.person("buyer"), self.person("seller")
        self.business, self.staff = business_of(self.buyer), lender()
        services.open_accounts([chart.cash("manual", "INR"), chart.adjustments("INR")])
        self.one, self.other = services.open_accounts([self.place("one"), self.place("other")])

    def person(self, name: str) -> User:
        return make_person(f"{name}{self.number}", owns=f"{name} {self.number}")

    def place(self, name: str) -> Place:
        return Place(f"{name} {self.number}", "INR", Account.Kind.ASSET)

    def leg(self, phase: Phase, amount: int, **fields: Any) -> Leg:
        return Leg(phase=phase, debit_id=self.one.id, credit_id=self.other.id, amount=amount, currency="INR", **fields)

    def movement(self, *legs: Leg) -> Call:
        fields = {"kind": Kind.TRANSFER, "category": Category.TRANSFER, "reference": str(new_id())}
        return Call("record", {"movement": Movement(legs=legs, **fields)})  # type: ignore[arg-type] # by name

    def purchase(self, **fields: Any) -> Call:
        wanted = Purchase(buyer_id=self.business.id, seller_id=business_of(self.seller).id, amount=100, currency="INR")
        return Call("hold_credit", {"actor": self.buyer, "purchase": wanted, "reference": str(new_id())} | fields)

    def line(self) -> UUID:
        return open_line(self.business, 1_000).id

    def spending_limit(self) -> dict[str, Any]:
        membership_id = self.buyer.membership.id
        services.set_spending_limit(
            actor=self.buyer, membership_id=membership_id, currency="INR", window="month", limit_minor=500
        )
        return {"actor": self.buyer, "membership_id": membership_id, "currency": "INR"}

    def held(self, **fields: Any) -> UUID:
        self.line()
        self.spending_limit()
        return services.hold_credit(**self.purchase(**fields).fields).hold_id

    def requested(self) -> UUID:
        return services.request_credit(actor=self.buyer, limit_minor=5_000, currency="INR").id

    def of_staff(self, **fields: Any) -> dict[str, Any]:
        return {"actor": self.staff, "reason": "For a test"} | fields

    def of_business(self, **fields: Any) -> dict[str, Any]:
        return self.of_staff(business_id=self.business.id, currency="INR") | fields


def settlement(scene: Scene) -> Call:
    """Post a hold in part, hold again, and move on both accounts: five legs."""
    held, single = scene.leg(Phase.PENDING, 50), scene.leg(Phase.SINGLE, 7)
    services.record(scene.movement(held).fields["movement"])
    post = Leg(phase=Phase.POST, hold_id=held.id, amount=20)
    return scene.movement(single, post, scene.leg(Phase.PENDING, 9), *(scene.leg(Phase.SINGLE, n) for n in (1, 2)))


def ended(scene: Scene) -> Call:
    """Return the expiry of a hold whose time is over; on a busy machine it takes longer until it stands."""
    scene.line()
    scene.spending_limit()
    for milliseconds in (50, 200, 1_000, 5_000):
        end = timezone.now() + timedelta(milliseconds=milliseconds)
        answer = perform(scene.purchase(expires_at=end))
        if answer.code == "ok":
            time.sleep(max(0, (end - timezone.now()).total_seconds()))
            return Call("expire_hold", {"hold_id": answer.result.hold_id})
    raise AssertionError("no hold stood before its end")


def first_purchase(scene: Scene) -> Call:
    scene.line()
    scene.spending_limit()
    return scene.purchase(expires_at=timezone.now() + timedelta(hours=1))


def reversal(scene: Scene) -> Call:
    done = services.record(settlement(scene).fields["movement"])
    clean = services.record(scene.movement(scene.leg(Phase.SINGLE, 3), scene.leg(Phase.SINGLE, 4)).fields["movement"])
    assert done.id != clean.id
    return Call("reverse_transaction", scene.of_staff(transaction_id=clean.id))


def repayment(scene: Scene) -> Call:
    scene.line()
    return Call("record_repayment", scene.of_business(amount=5, reference=str(new_id())))


def status(scene: Scene, wanted: Account.Status) -> Call:
    return Call("set_account_status", scene.of_staff(account_id=scene.one.id, status=wanted))


def second_approval(scene: Scene) -> Call:
    large = services.set_credit_limit(**scene.of_business(limit_minor=10**12))
    assert large.status == "under_review"
    return Call("approve_credit_request", {"actor": lender("second"), "request_id": large.id})


REPLAY, DONE = "replay", "ok"
VERBS: dict[str, tuple[Callable[[Scene], Call], str]] = {
    "record a transfer": (lambda scene: scene.movement(scene.leg(Phase.SINGLE, 7)), REPLAY),
    "record a hold": (lambda scene: scene.movement(scene.leg(Phase.PENDING, 7)), REPLAY),
    "record five legs": (settlement, REPLAY),
    "open accounts": (lambda scene: Call("open_accounts", {"places": [scene.place(f"{n}") for n in range(5)]}), DONE),
    "freeze an account": (lambda scene: status(scene, Account.Status.FROZEN), DONE),
    "close an account": (lambda scene: status(scene, Account.Status.CLOSED), DONE),
    "reverse a transaction": (reversal, "TRANSACTION_REVERSED"),
    "hold credit, the first time": (first_purchase, REPLAY),
    "capture a hold": (lambda scene: Call("capture_hold", {"actor": scene.seller, "hold_id": scene.held()}), REPLAY),
    "capture a part of a hold": (
        lambda scene: Call("capture_hold", {"actor": scene.seller, "hold_id": scene.held(), "amount": 30}),
        REPLAY,
    ),
    "release a hold": (lambda scene: Call("release_hold", {"actor": None, "hold_id": scene.held()}), REPLAY),
    "expire a hold": (ended, DONE),
    "give the first limit": (lambda scene: Call("set_credit_limit", scene.of_business(limit_minor=900)),
                             "CREDIT_LIMIT_UNCHANGED"),
    "ask for a second person": (lambda scene: Call("set_credit_limit", scene.of_business(limit_minor=10**12)),
                                "CREDIT_REQUEST_OPEN"),
    "approve as the second person": (second_approval, "CREDIT_REQUEST_CLOSED"),
    "suspend a line": (
        lambda scene: Call("set_credit_status", scene.of_staff(line_id=scene.line(), status="suspended")),
        "CREDIT_STATUS_UNCHANGED",
    ),
    "review a line": (
        lambda scene: Call("review_credit", scene.of_staff(line_id=scene.line(), rating="A", risk_score=9)), DONE,
    ),
    "request credit": (
        lambda scene: Call("request_credit", {"actor": scene.buyer, "limit_minor": 500, "currency": "INR"}),
        "CREDIT_REQUEST_OPEN",
    ),
    "withdraw a request": (
        lambda scene: Call("withdraw_credit_request", {"actor": scene.buyer, "request_id": scene.requested()}),
        "CREDIT_REQUEST_CLOSED",
    ),
    "approve a request": (
        lambda scene: Call("approve_credit_request", scene.of_staff(request_id=scene.requested())),
        "CREDIT_REQUEST_CLOSED",
    ),
    "reject a request": (
        lambda scene: Call("reject_credit_request", scene.of_staff(request_id=scene.requested())),
        "CREDIT_REQUEST_CLOSED",
    ),
    "book a repayment": (repayment, REPLAY),
    "correct what is owed": (
        lambda scene: (scene.line(), Call("adjust_credit", scene.of_business(
            amount=5, direction="charge", reference=str(new_id()))))[1], REPLAY),
    "limit what a member spends": (
        lambda scene: Call("set_spending_limit", scene.spending_limit() | {"window": "day", "limit_minor": 9}), DONE,
    ),
    "remove a member's limit": (
        lambda scene: Call("remove_spending_limit", scene.spending_limit()), "SPENDING_LIMIT_NOT_FOUND",
    ),
}  # fmt: skip
"""How to stage each verb, and what it comes to when it is asked for once more."""
