"""Credit and spending against their model: random programs, in which both must agree on every answer and every row."""

import logging
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from accounts.models import User
from finance.tests.credit_stage import CURRENCIES, MEMBERS, ZONES, CreditStage

pytestmark = pytest.mark.django_db

HOUR, DAY = 3_600, 86_400
BUYERS = st.integers(0, len(ZONES) - 1)
EVERYBODY = range(len(ZONES) * MEMBERS)
PEOPLE = st.sampled_from([*EVERYBODY, 0, 0, 0])
WHO = st.sampled_from([*EVERYBODY, 0, 0, 0, len(EVERYBODY)])
CURRENCY = st.sampled_from([CURRENCIES[0], CURRENCIES[0], *CURRENCIES])
WINDOWS = st.sampled_from(["none", "day", "day", "week", "month", "year"])
AMOUNTS = st.sampled_from([*range(1, 300, 9), 0, -1])


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the news of every account that is frozen out of the report."""
    caplog.set_level(logging.WARNING, logger="finance")


class CreditMachine(RuleBasedStateMachine):
    """Everything that can be asked about credit, in any order."""

    open_stage: Callable[[], CreditStage]

    def __init__(self) -> None:
        super().__init__()
        self.stage = self.open_stage().__enter__()

    @rule(
        who=WHO,
        currency=CURRENCY,
        amounts=st.lists(AMOUNTS, min_size=1, max_size=4),
        aim=st.sampled_from([None, None, None, None, 0, 1]),
        seconds=st.sampled_from([None, None, None, 30, 2 * HOUR, 0]),
    )
    def hold(self, who: int, currency: str, amounts: list[int], aim: int | None, seconds: int | None) -> None:
        for amount in amounts:
            self.stage.hold(who, currency, amount, aim, seconds)

    @precondition(lambda self: self.stage.holds)
    @rule(number=st.integers(0, 9))
    def ask_again(self, number: int) -> None:
        self.stage.ask_again(number)

    @precondition(lambda self: self.stage.holds)
    @rule(
        number=st.integers(0, 9),
        end=st.sampled_from(["capture", "capture", "release", "expire"]),
        amount=st.one_of(st.none(), st.none(), AMOUNTS),
    )
    def finish(self, number: int, end: str, amount: int | None) -> None:
        self.stage.finish(number, end, amount)

    @rule(buyer=BUYERS, currency=CURRENCY, amount=AMOUNTS, is_charge=st.booleans())
    def pay(self, buyer: int, currency: str, amount: int, is_charge: bool) -> None:
        self.stage.pay(buyer, currency, amount, is_charge=is_charge)

    @rule(buyer=BUYERS, currency=CURRENCY, limit=st.sampled_from([0, 1, 100, 500, 1_000, 2_000]))
    def set_limit(self, buyer: int, currency: str, limit: int) -> None:
        self.stage.set_limit(buyer, currency, limit)

    @rule(
        buyer=BUYERS,
        currency=CURRENCY,
        standing=st.sampled_from(["active", "active", "active", "suspended", "revoked", "under_review"]),
    )
    def set_standing(self, buyer: int, currency: str, standing: str) -> None:
        self.stage.set_standing(buyer, currency, standing)

    @rule(buyer=BUYERS, currency=CURRENCY, is_frozen=st.sampled_from([False, False, False, True]))
    def freeze(self, buyer: int, currency: str, is_frozen: bool) -> None:
        self.stage.freeze(buyer, currency, is_frozen=is_frozen)

    @rule(
        member=PEOPLE,
        currency=CURRENCY,
        window=WINDOWS,
        limit=st.sampled_from([60, 120, 240]),
        waits=st.lists(st.sampled_from([1, HOUR, 9 * HOUR, DAY, 4 * DAY]), min_size=2, max_size=6),
    )
    def spend_within_a_limit(self, member: int, currency: str, window: str, limit: int, waits: list[int]) -> None:
        self.stage.limit_member(member, currency, window, limit)
        for seconds in waits:
            self.stage.hold(member, currency, 50, None, None)
            self.stage.wait(seconds)

    @rule(member=PEOPLE, currency=CURRENCY, window=WINDOWS, limit=st.sampled_from([None, None, 0, 300, 700]))
    def limit_member(self, member: int, currency: str, window: str, limit: int | None) -> None:
        self.stage.limit_member(member, currency, window, limit)

    @rule(seconds=st.sampled_from([31, HOUR, 3 * HOUR, 20 * HOUR, DAY, 5 * DAY, 31 * DAY]))
    def wait(self, seconds: int) -> None:
        self.stage.wait(seconds)

    def teardown(self) -> None:
        self.stage.__exit__(None)


@pytest.mark.parametrize(
    ("examples", "steps"), [(6, 15), pytest.param(35, 50, marks=[pytest.mark.proof, pytest.mark.timeout(600)])]
)
def test_credit_does_what_its_model_does(staff: User, examples: int, steps: int) -> None:
    machine = type("Machine", (CreditMachine,), {"open_stage": staticmethod(partial(CreditStage, staff))})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
