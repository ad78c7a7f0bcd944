"""Work by the clock: each due time once, whoever schedules it, and no backlog after a pause."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given, strategies as st

from wholexale.common.models import IdempotencyKey, PeriodicRun
from wholexale.common.tasks import prune_keys
from wholexale.common.tests.work_staging import again, bring_forward, due
from wholexale.common.work import Periodic, Schedule, delete_in_batches, periodic_work, prune_done, run_due

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


def hourly(name: str = "hourly", **fields: object) -> Periodic:
    values = {"every": HOUR, "run": lambda _due_at: None, **fields}
    return Periodic(name=name, **values)  # type: ignore[arg-type] # the values of a test


# --- Slots ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "offset", "slot"),
    [
        (HOUR, timedelta(), NOON),
        (DAY, timedelta(), NOON.replace(hour=0)),
        (DAY, 2 * HOUR, NOON.replace(hour=2)),
        (DAY, 13 * HOUR, NOON.replace(hour=13) - DAY),
        (7 * DAY, timedelta(), datetime(2026, 3, 26, tzinfo=UTC)),  # 1970 began on a Thursday
    ],
)
def test_a_slot_is_a_multiple_of_the_interval(every: timedelta, offset: timedelta, slot: datetime) -> None:
    assert hourly(every=every, offset=offset).slot(NOON + timedelta(seconds=1)) == slot


@given(
    now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    every=st.timedeltas(min_value=timedelta(seconds=1), max_value=7 * DAY),
    offset=st.timedeltas(min_value=timedelta(), max_value=DAY),
)
def test_a_slot_has_come_and_the_next_has_not(now: datetime, every: timedelta, offset: timedelta) -> None:
    one = hourly(every=every, offset=offset)

    assert one.slot(now) <= now < one.slot(now) + every
    assert one.slot(one.slot(now)) == one.slot(now)


@pytest.mark.parametrize("every", [timedelta(), -HOUR, 8 * DAY])
def test_an_interval_that_pruning_would_repeat_is_refused(every: timedelta) -> None:
    with pytest.raises(ValueError, match="hourly"):
        hourly(every=every)


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        periodic_work([hourly(), hourly()])


# --- Scheduling -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_schedule_makes_each_slot_once() -> None:
    schedule = Schedule([hourly(), hourly("other")])
    with time_machine.travel(NOON, tick=False) as clock:
        for minutes in (0, 30, 59, 60, 61):
            clock.move_to(NOON + timedelta(minutes=minutes))
            schedule.make_due()

    made = PeriodicRun.objects.order_by("due_at", "name").values_list("name", "due_at", "run_at", "state")
    assert list(made) == [(name, at, at, "pending") for at in (NOON, NOON + HOUR) for name in ("hourly", "other")]


@pytest.mark.django_db
def test_after_a_pause_only_the_newest_slot_is_made() -> None:
    with time_machine.travel(NOON, tick=False):
        Schedule([hourly()]).make_due()
    with time_machine.travel(NOON + 30 * DAY, tick=False):
        Schedule([hourly()]).make_due()

    assert list(PeriodicRun.objects.order_by("due_at").values_list("due_at", flat=True)) == [NOON, NOON + 30 * DAY]


@pytest.mark.django_db
def test_a_slot_that_is_done_is_not_made_again_by_a_process_that_starts_later() -> None:
    ran: list[datetime] = []
    periodic = [hourly(run=ran.append)]
    for _ in range(3):
        Schedule(periodic).make_due()
        run_due(periodic_work(periodic))

    assert len(ran) == 1
    assert ran == [PeriodicRun.objects.get().due_at]


@pytest.fixture
def hands() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.mark.django_db(transaction=True)
def test_eight_schedulers_at_once_make_one_run(hands: ThreadPoolExecutor) -> None:
    ran: list[datetime] = []
    periodic = [hourly(f"work-{number}", run=ran.append) for number in range(5)]
    start = Barrier(8)

    def schedule(_number: int) -> None:
        try:
            start.wait(timeout=30)
            Schedule(periodic).make_due()
            run_due(periodic_work(periodic))
        finally:
            connection.close()

    list(hands.map(schedule, range(8)))

    assert PeriodicRun.objects.filter(state="done").count() == PeriodicRun.objects.count() == len(ran) == 5


@pytest.mark.django_db
def test_a_name_that_nobody_knows_is_tried_again_and_then_parked() -> None:
    """A process of the release before must not park what the new one has scheduled."""
    [row] = due(name="of.another.release")
    tries = []
    for _ in range(6):
        run_due(periodic_work([hourly()]))
        tries.append(again(row).state)
        bring_forward()

    assert tries == ["pending"] * 4 + ["dead"] * 2
    assert again(row).last_error == "Retry: nothing here is called of.another.release"


@pytest.mark.django_db
def test_a_run_that_failed_does_not_keep_the_next_slot_from_running() -> None:
    periodic = [hourly()]
    due(name="hourly", state="dead")

    Schedule(periodic).make_due()

    assert run_due(periodic_work(periodic)) == 1


# --- Pruning ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_work_that_was_done_two_weeks_ago_is_deleted_and_no_other() -> None:
    old, young = timezone.now() - 15 * DAY, timezone.now() - 13 * DAY
    due(3, state="done", created_at=old, finished_at=old)
    kept = [
        *due(state="done", created_at=old, finished_at=young),
        *due(state="done", created_at=young, finished_at=young),
        *due(state="dead", created_at=old, finished_at=old),
        *due(state="pending", created_at=old),
    ]

    prune_done(NOON)

    assert set(PeriodicRun.objects.values_list("pk", flat=True)) == {row.pk for row in kept}


@pytest.mark.django_db
def test_answers_are_kept_for_a_day() -> None:
    for hours in (0, 23, 25, 1000):
        created_at = timezone.now() - hours * HOUR
        IdempotencyKey.objects.create(
            scope=due()[0].pk, key=f"{hours}", route="POST /api/x", fingerprint="f", created_at=created_at
        )

    prune_keys(NOON)

    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"0", "23"}


@pytest.mark.django_db
def test_many_rows_are_deleted_a_few_at_a_time() -> None:
    due(25)

    assert delete_in_batches(PeriodicRun.objects.all(), batch=10) == 25
    assert not PeriodicRun.objects.exists()
