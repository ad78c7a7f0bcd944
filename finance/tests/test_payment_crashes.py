"""A crash at every step of a payment: what people ask for is done or not, what a worker does is done once."""

import logging
from collections.abc import Callable, Iterable

import pytest
from _pytest.mark import ParameterSet

from finance import services
from finance.tests.ledger_audit import read_rows
from finance.tests.payment_audit import disagreements
from finance.tests.payment_scenes import ERRANDS, VERBS, Market
from finance.tests.payment_staging import look_after, settle_down
from finance.tests.provider_staging import let_time_pass
from finance.tests.racers import perform
from finance.tests.work_crashes import Task, die_at, end_leases, fail_at, make_due

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("webhooks")]
LONG = [pytest.mark.proof, pytest.mark.timeout(900)]
SHORT = ["collect a payment", "collect a payment whose webhook comes first", "pay a refund that comes back"]
Crash = Callable[[Task, int], bool]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep out of the report what is tried again."""
    caplog.set_level(logging.CRITICAL)


def forms(short: Iterable[str], every_one: Iterable[str]) -> list[ParameterSet]:
    """Return some with a failure at every third step, and all of them with one, and with a death, at every step."""
    quick = [pytest.param(one, fail_at, 3) for one in short]
    return quick + [pytest.param(one, crash, 1, marks=LONG) for one in every_one for crash in (fail_at, die_at)]


@pytest.mark.parametrize(("verb", "crash", "every"), forms(VERBS, VERBS))
def test_a_crash_before_any_statement_leaves_nothing_behind(verb: str, crash: Crash, every: int) -> None:
    stage, repeated = VERBS[verb]
    call = stage(Market())
    before, at = read_rows(), 0

    while crash(call, at):
        assert read_rows() == before, f"something was left behind before step {at}"
        at += every

    assert at >= 2 * every
    assert read_rows() != before
    assert perform(call).code == repeated
    come_to_an_end()
    assert disagreements() == []


@pytest.mark.parametrize(("errand", "crash", "every"), forms(SHORT, ERRANDS))
def test_what_a_worker_leaves_before_any_step_others_bring_to_its_end(errand: str, crash: Crash, every: int) -> None:
    stage, market = ERRANDS[errand], Market()
    errands = [stage(market)]

    while crash(make_due(errands[-1].row), every * len(errands) - every):
        errands.append(stage(market))

    print(f"{len(errands) - 1} times it was asked to {errand}, and crashed at another step")
    assert every * len(errands) > 15
    come_to_an_end()
    assert {type(one.about).objects.get(id=one.about.id).state for one in errands} == {errands[0].end}
    assert disagreements() == []
    assert services.find_drift() == []


def come_to_an_end() -> None:
    """Let others take over what was left, and everything happen that still can."""
    for _ in range(4):
        end_leases()
        settle_down()
        let_time_pass()
        look_after()
