"""The ledger against its model: random programs, in which the two must agree on every answer and every row."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from accounts.models import User
from finance.tests import ledger_dice as dice
from finance.tests.ledger_audit import Rows, without_chance
from finance.tests.ledger_model import Outcome
from finance.tests.ledger_stage import ENGINES, Engine, Stage
from finance.tests.staging import business_of

pytestmark = pytest.mark.django_db
LIMITS = st.sampled_from([0, 100, 500, 900, 1500, 3000])
POLICIES = st.sampled_from(["none", "no_overdraft"])
KINDS = st.sampled_from(["asset", "liability"])
WAITS = st.sampled_from([0, 0, 0, 4, 61])
LONG = pytest.param(60, 50, marks=[pytest.mark.proof, pytest.mark.timeout(600)])


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the news of every account that is frozen out of the report."""
    caplog.set_level(logging.WARNING, logger="finance")


class LedgerMachine(RuleBasedStateMachine):
    """Everything that can be asked of the ledger, in any order."""

    open_stage: Callable[[], Stage]

    def __init__(self) -> None:
        super().__init__()
        self.stage = self.open_stage().__enter__()

    @rule(wishes=st.lists(dice.MOVES, min_size=1, max_size=6))
    def move_and_hold(self, wishes: list[dice.Wish]) -> None:
        for wish in wishes:
            self.stage.move(wish)

    @rule(wishes=st.lists(st.one_of(dice.HOLDS, dice.RESOLUTIONS), min_size=2, max_size=6))
    def hold_and_resolve(self, wishes: list[dice.Wish]) -> None:
        for wish in wishes:
            self.stage.move(wish)

    @rule(wishes=dice.LEGS)
    def move_in_several_legs(self, wishes: list[dice.Wish]) -> None:
        self.stage.move(*wishes)

    @rule(number=dice.NUMBERS, twist=dice.CHANGES)
    def ask_again(self, number: int, twist: str) -> None:
        self.stage.ask_again(number, twist)

    @rule(number=dice.NUMBERS, reason=dice.REASONS)
    def reverse(self, number: int, reason: str) -> None:
        self.stage.reverse(number, reason)

    @rule(number=st.integers(0, 30), status=dice.STATUSES, reason=dice.REASONS)
    def set_status(self, number: int, status: str, reason: str) -> None:
        self.stage.set_status(number, status, reason)

    @rule(number=dice.NUMBERS, limit=LIMITS, status=dice.STANDINGS)
    def set_line(self, number: int, limit: int, status: str) -> None:
        self.stage.set_line(number, limit, status)

    @precondition(lambda self: self.stage.is_small)
    @rule(number=dice.NUMBERS, policy=POLICIES, kind=KINDS)
    def open(self, number: int, policy: str, kind: str) -> None:
        self.stage.open_late(number, policy, kind)

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.stage.wait(seconds)

    def teardown(self) -> None:
        self.stage.__exit__(None)


def run(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("examples", "steps"), [(6, 25), LONG])
def test_the_ledger_does_what_its_model_does(
    buyer: User, staff: User, engine: Engine, examples: int, steps: int
) -> None:
    stage = partial(Stage, staff, business_of(buyer), engine)
    run(type("Machine", (LedgerMachine,), {"open_stage": staticmethod(stage)}), examples=examples, steps=steps)


Steps = list[tuple[str, tuple[Any, ...]]]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.tuples(dice.MOVES)),
        st.tuples(st.just("move"), st.tuples(dice.RESOLUTIONS)),
        st.tuples(st.just("move"), dice.LEGS.map(tuple)),
        st.tuples(st.just("ask_again"), st.tuples(dice.NUMBERS, dice.CHANGES)),
        st.tuples(st.just("reverse"), st.tuples(dice.NUMBERS, dice.REASONS)),
        st.tuples(st.just("set_status"), st.tuples(dice.NUMBERS, dice.STATUSES, dice.REASONS)),
        st.tuples(st.just("set_line"), st.tuples(dice.NUMBERS, LIMITS, dice.STANDINGS)),
        st.tuples(st.just("wait"), st.tuples(WAITS)),
    ),
    min_size=5,
    max_size=40,
)


def rows_after(steps: Steps, stage: Stage) -> tuple[list[Outcome], Rows]:
    with stage:
        for name, arguments in steps:
            getattr(stage, name)(*arguments)
        return stage.outcomes, without_chance(stage.rows)


@pytest.mark.skipif(len(ENGINES) == 1, reason="this database has one engine")
@pytest.mark.parametrize("examples", [10, pytest.param(80, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
def test_both_engines_give_the_same_answers_and_write_the_same_rows(buyer: User, staff: User, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    def same(steps: Steps) -> None:
        one, other = (rows_after(steps, Stage(staff, business_of(buyer), engine)) for engine in ENGINES)
        assert one == other

    same()
