"""Races between processes: of all that is done to an offer at once, one thing happens, and the others are refused."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, count
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from accounts.models import User
from finance import services as finance_services
from finance.tests.racers import Call, Crew, crew_of, lasting, perform_until, turns
from finance.tests.staging import business_of, lender, open_line
from offers.models import Offer, OfferEvent, Order
from offers.services import TermChanges
from offers.tests.audit import faults
from offers.tests.staging import countered, fresh, offered
from wholexale.common.testing import make_person

K = 8
ROUNDS = pytest.mark.parametrize(
    "rounds", [3, pytest.param(1_000, marks=[pytest.mark.proof, pytest.mark.timeout(1_800)])]
)
LOST = {"OFFER_CLOSED", "OFFER_EXPIRED", "CANNOT_WITHDRAW", "REVISION_CONFLICT", "NOT_YOUR_TURN", "UNAUTHORIZED"}
PAIRS = list(combinations(["accept", "counter", "withdraw", "expire", "cancel"], 2))
_numbers = count()


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with offers of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def sides(db: None) -> tuple[User, User]:
    """Let a buyer with credit without end deal with a seller."""
    number = next(_numbers)
    buyer = make_person(f"buyer{number}", owns="Corner Shop")
    seller = make_person(f"seller{number}", owns="Cotton Mill")
    open_line(business_of(buyer), 10**12)
    return buyer, seller


@pytest.fixture(autouse=True)
def _sound(db: None) -> Iterator[None]:
    yield
    assert faults() == []
    assert finance_services.find_drift() == []


def call(verb: str, actor: User | None, offer: Offer, **fields: Any) -> Call:
    named = {"offer_id": offer.id} | ({"actor": actor} if actor else {})
    return Call(verb, named | fields, "offers.services")


def moves(sides: tuple[User, User], offer: Offer) -> dict[str, Call]:
    """Return everything that may be done to an offer whose seller has countered: the buyer is to answer."""
    buyer, seller = sides
    number = fresh(offer).current.number
    cheaper = TermChanges(price=Decimal(80))
    return {
        "accept": call("accept_offer", buyer, offer),
        "counter": call("counter_offer", buyer, offer, changes=cheaper),
        "withdraw": call("withdraw_offer", seller, offer),
        "expire": call("expire_offer", None, offer, revision=number),
        "cancel": call("cancel_offer", lender(), offer, reason="A race"),
    }


def on_the_table(sides: tuple[User, User], number: int) -> list[Offer]:
    """Return offers that the seller has countered."""
    buyer, seller = sides
    return [countered(seller, offered(buyer, seller)) for _ in range(number)]


def let_time_end(offers: list[Offer]) -> None:
    """Let the terms end now: whoever comes later is too late, and the clock may end them."""
    Offer.objects.filter(id__in=[one.id for one in offers]).update(
        expires_at=timezone.now() + timedelta(milliseconds=5)
    )


@pytest.fixture(scope="module")
def two(db: None) -> Iterator[Crew]:
    with crew_of(2) as crew:
        yield crew


@ROUNDS
def test_of_simultaneous_accepts_one_makes_an_order_and_the_others_get_it_again(
    sides: tuple[User, User], rounds: int
) -> None:
    buyer, _ = sides
    offers = on_the_table(sides, max(1, rounds // K))
    with crew_of(K) as crew:
        answers = crew.race(*([call("accept_offer", buyer, one) for one in offers] for _ in range(K)))

    for offer, turn in zip(offers, turns(answers), strict=True):
        assert sorted(answer.code for answer in turn) == ["ok"] + ["replay"] * (K - 1)
        order = Order.objects.get(offer=offer)
        assert {answer.result.order.id for answer in turn} == {order.id}


@ROUNDS
@pytest.mark.parametrize(
    "pair", list(combinations(["accept", "counter", "withdraw", "expire", "cancel"], 2)), ids="-".join
)
def test_of_two_moves_at_once_one_wins(sides: tuple[User, User], two: Crew, pair: tuple[str, str], rounds: int) -> None:
    offers = on_the_table(sides, max(2, rounds // 10))
    planned = [moves(sides, one) for one in offers]
    if "expire" in pair:
        let_time_end(offers)
    answers = two.race(*([plan[name] for plan in planned] for name in pair))

    for offer, plan, turn in zip(offers, planned, turns(answers), strict=True):
        outcome = dict(zip(pair, (answer.code for answer in turn), strict=True))
        if outcome.get("expire") == "OFFER_NOT_EXPIRED":  # some milliseconds too early: then the clock comes back
            outcome["expire"] = perform_until(timezone.now(), plan["expire"], "OFFER_NOT_EXPIRED").code
        assert all(code == "ok" or code in LOST for code in outcome.values()), outcome
        steps = OfferEvent.objects.filter(offer=offer, seq__gt=2).order_by("seq")
        assert steps.count() <= 2
        ended = [step.action for step in steps if step.new_status != Offer.Status.COUNTERED]
        assert len(ended) <= 1
