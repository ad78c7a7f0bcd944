"""Payments against their model: random programs of people, providers, webhooks and time, and both always agree."""

import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import DjangoDbBlocker

from finance.tests.payment_stage import PEOPLE, PaymentStage
from finance.tests.racers import lasting

WHO, NUMBER = st.integers(0, PEOPLE - 1), st.integers(0, 9)
TOTALS = st.sampled_from([40_000, 100_000, 250_000])
ENDINGS = st.integers(0, 17)
PARTS = st.sampled_from([None, None, 100, 60, 30, 30, 7, 0, 101])
"""Percent of what there is; None leaves it open, which means all of it."""

PAYMENTS = st.tuples(NUMBER, ENDINGS, st.sampled_from([100, 60, 30]), st.sampled_from([False, False, False, True]))
WISHES = st.tuples(st.sampled_from(["refund", "refund", "refund", "credit", "capture", "capture"]), NUMBER, PARTS)
HAPPENINGS = st.tuples(
    st.sampled_from(
        ["call"] * 4 + ["die"] + ["tell"] * 4 + ["pass_time", "agree", "decline", "win", "lose_dispute", "look", "lose"]
    ),
    NUMBER,
)


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with lasting(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep out of the report what a provider does on bad days."""
    caplog.set_level(logging.CRITICAL)


def part(percent: int | None) -> Callable[[int], int | None]:
    """Return what a part of an amount is."""
    return lambda whole: None if percent is None else whole * percent // 100


def ending(digits: int, percent: int) -> Callable[[int], int | None]:
    """Return what a part of an amount is that ends with these digits, and so tells the provider how to behave."""
    return lambda whole: (whole * percent // 100 - digits) // 100 * 100 + digits


class PaymentMachine(RuleBasedStateMachine):
    """Everything that can be asked about payments, and everything that can happen to them, in any order."""

    open_stage: Callable[[], PaymentStage]

    def __init__(self) -> None:
        super().__init__()
        self.stage = self.open_stage().__enter__()

    @initialize(totals=st.lists(TOTALS, min_size=2, max_size=3), payments=st.lists(PAYMENTS, min_size=1, max_size=4))
    def begin(self, totals: list[int], payments: list[tuple[int, int, int, bool]]) -> None:
        for number, total in enumerate(totals):
            self.stage.issue(number % PEOPLE, 0, total)
        self.pay(payments, 2)

    @rule(buyer=WHO, seller=WHO, total=TOTALS)
    def issue(self, buyer: int, seller: int, total: int) -> None:
        self.stage.issue(buyer, seller, total)

    @rule(payments=st.lists(PAYMENTS, min_size=1, max_size=3), calls=st.sampled_from([2, 2, 1, 0]))
    def pay(self, payments: list[tuple[int, int, int, bool]], calls: int) -> None:
        for number, digits, percent, is_captured_later in payments:
            if self.stage.start(number, ending(digits, percent), is_captured_later=is_captured_later):
                self.stage.confirm(0)
                for _ in range(calls):
                    self.stage.call(-1)

    @rule(number=NUMBER, percent=PARTS, is_captured_later=st.booleans())
    def start(self, number: int, percent: int | None, is_captured_later: bool) -> None:
        self.stage.start(number, part(percent), is_captured_later=is_captured_later)

    @precondition(lambda self: self.stage.payments)
    @rule(number=NUMBER, order=st.permutations(["confirm", "cancel"]))
    def confirm_and_cancel(self, number: int, order: list[str]) -> None:
        for verb in order:
            getattr(self.stage, verb)(number)

    @precondition(lambda self: self.stage.payments)
    @rule(verb=st.sampled_from(["confirm", "cancel", "expire"]), number=NUMBER)
    def go_on(self, verb: str, number: int) -> None:
        getattr(self.stage, verb)(number)

    @precondition(lambda self: self.stage.payments)
    @rule(wishes=st.lists(WISHES, min_size=1, max_size=4))
    def wish(self, wishes: list[tuple[str, int, int | None]]) -> None:
        for verb, number, percent in wishes:
            getattr(self.stage, verb)(number, part(percent))

    @rule(seller=WHO, digits=ENDINGS, percent=st.sampled_from([100, 60, 30, 0, 101]))
    def pay_out(self, seller: int, digits: int, percent: int) -> None:
        self.stage.pay_out(seller, ending(digits, percent))

    @rule(happenings=st.lists(HAPPENINGS, min_size=1, max_size=8))
    def happen(self, happenings: list[tuple[str, int]]) -> None:
        for what, number in happenings:
            getattr(self.stage, what)(number)

    @rule(number=NUMBER, times=st.integers(2, 4))
    def tell_again(self, number: int, times: int) -> None:
        self.stage.tell(number, times)

    @invariant()
    def both_agree(self) -> None:
        self.stage.compare()

    def teardown(self) -> None:
        self.stage.__exit__(*sys.exc_info())


@pytest.mark.parametrize(
    ("examples", "steps"), [(3, 8), pytest.param(60, 50, marks=[pytest.mark.proof, pytest.mark.timeout(1_200)])]
)
@pytest.mark.usefixtures("db", "webhooks")
def test_payments_do_what_their_model_does(examples: int, steps: int) -> None:
    machine = type("Machine", (PaymentMachine,), {"open_stage": staticmethod(partial(PaymentStage))})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
