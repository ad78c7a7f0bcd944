"""A crash at every statement of what makes, answers and ends offers and orders: nothing is left, and again it works."""

import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import User
from finance.tests.crashes import fail_at, kill_at, steps_of
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.racers import Call, lasting, perform
from finance.tests.staging import business_of, open_line
from offers import services
from offers.services import Shipment, TermChanges
from offers.tests.audit import faults
from offers.tests.staging import accepted, countered, every_row, offer_wish, offered
from wholexale.common.testing import make_person

_numbers = count()


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with people of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)


def sides() -> tuple[User, User]:
    number = next(_numbers)
    buyer = make_person(f"buyer{number}", owns="Corner Shop")
    open_line(business_of(buyer), 10**10)
    return buyer, make_person(f"seller{number}", owns="Cotton Mill")


def of_offer(verb: str, **fields: object) -> Call:
    buyer, seller = sides()
    return Call(verb, {"actor": seller, "offer_id": offered(buyer, seller).id, **fields}, "offers.services")


def make() -> Call:
    buyer, seller = sides()
    return Call("make_offer", {"actor": buyer, "wish": offer_wish(seller)}, "offers.services")


def accept() -> Call:
    return of_offer("accept_offer")


def accept_prepaid() -> Call:
    buyer, seller = sides()
    made = offered(buyer, seller, payment_terms="advance_payment")
    return Call("accept_offer", {"actor": seller, "offer_id": made.id}, "offers.services")


def counter() -> Call:
    return of_offer("counter_offer", changes=TermChanges(price=Decimal(90)))


def withdraw() -> Call:
    buyer, seller = sides()
    made = countered(seller, offered(buyer, seller))
    return Call("withdraw_offer", {"actor": seller, "offer_id": made.id}, "offers.services")


def of_order(verb: str, **fields: object) -> Call:
    buyer, seller = sides()
    order = accepted(seller, offered(buyer, seller))
    if verb == "settle_order":
        services.fulfil_order(actor=seller, order_id=order.id, shipment=Shipment())
    return Call(verb, {"actor": seller, "order_id": order.id, **fields}, "offers.services")


def fulfil() -> Call:
    return of_order("fulfil_order", shipment=Shipment())


def settle() -> Call:
    return of_order("settle_order")


def cancel() -> Call:
    return of_order("cancel_order", reason="Out of stock")


VERBS: dict[str, tuple[Callable[[], Call], str]] = {
    "make": (make, "ok"),
    "accept": (accept, "replay"),
    "accept, prepaid": (accept_prepaid, "replay"),
    "counter": (counter, "WAIT_FOR_COUNTER_RESPONSE"),
    "withdraw": (withdraw, "CANNOT_WITHDRAW"),
    "fulfil": (fulfil, "ORDER_NOT_ACTIONABLE"),
    "settle": (settle, "ok"),
    "cancel": (cancel, "ORDER_NOT_ACTIONABLE"),
}


EVERY = [pytest.mark.proof, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("crash", "stride"), [(fail_at, 13), pytest.param(fail_at, 1, marks=EVERY), pytest.param(kill_at, 1, marks=EVERY)]
)
@pytest.mark.parametrize("verb", VERBS)
def test_a_crash_at_any_statement_leaves_nothing_behind(
    db: None, verb: str, crash: Callable[[Call, int, bool], None], stride: int
) -> None:
    stage, repeated = VERBS[verb]
    perform(stage())  # accounts that are opened once are there then
    steps = steps_of(stage())
    call = stage()
    before = every_row()

    for at in sorted({*range(0, steps, stride), steps - 1}):
        for is_after in (False, True):
            assert every_row() == before, f"something was left behind before step {at}"
            crash(call, at, is_after)

    assert every_row() != before, "the crash after the commit came too early"
    assert perform(call).code == repeated
    assert faults() == []
    assert violations(read_rows()) == []
