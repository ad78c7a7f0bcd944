"""How a run ends: done, tried again, put off, or parked."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, strategies as st

from wholexale.common.errors import Conflict
from wholexale.common.logging import request_id
from wholexale.common.models import PeriodicRun
from wholexale.common.tests.work_staging import Diary, again, bring_forward, due, end_lease, raising
from wholexale.common.work import Backoff, Later, Permanent, Retry, claim, replay, run_claim, run_due, run_one
from wholexale.common.work.outcomes import describe

SECOND = timedelta(seconds=1)


@pytest.mark.django_db
def test_what_ran_is_done() -> None:
    [row] = due()

    assert run_due(Diary().work()) == 1

    stored = again(row)
    assert (stored.state, stored.attempts, stored.lease_owner, stored.lease_until) == ("done", 1, "", None)
    assert stored.finished_at is not None
    assert run_due(Diary().work()) == 0


@pytest.mark.django_db
def test_what_failed_waits_for_its_next_try_and_says_why() -> None:
    [row] = due()

    run_due(Diary(do=raising(ConnectionError("refused"))).work())

    stored = again(row)
    assert (stored.state, stored.attempts, stored.last_error) == ("pending", 1, "ConnectionError: refused")
    assert timezone.now() - SECOND < stored.run_at < timezone.now() + 10 * SECOND


@pytest.mark.django_db
def test_a_row_that_fails_five_times_is_parked_and_replayed(caplog: pytest.LogCaptureFixture) -> None:
    [row] = due()
    diary = Diary(do=raising(ConnectionError("refused")))

    for _ in range(9):
        run_due(diary.work())
        bring_forward()

    parked = again(row)
    assert len(diary.ran) == parked.attempts == 5
    assert (parked.state, parked.last_error) == ("dead", "ConnectionError: refused")
    assert [one.levelname for one in caplog.records if "work is parked" in one.message] == ["ERROR"]

    assert replay(PeriodicRun.objects.all()) == 1
    assert (again(row).state, again(row).attempts, again(row).finished_at) == ("pending", 0, None)
    run_due(Diary().work())
    assert again(row).state == "done"


@pytest.mark.django_db
def test_only_the_dead_are_replayed() -> None:
    for state in ("pending", "leased", "done", "dead"):
        due(state=state, attempts=2)

    assert replay(PeriodicRun.objects.all()) == 1
    assert sorted(PeriodicRun.objects.filter(attempts=2).values_list("state", flat=True)) == [
        "done",
        "leased",
        "pending",
    ]


@pytest.mark.django_db
def test_what_will_never_work_is_parked_at_once() -> None:
    [row] = due()

    run_due(Diary(do=raising(Permanent("the number does not exist"))).work())

    assert (again(row).state, again(row).attempts) == ("dead", 1)
    assert again(row).last_error == "Permanent: the number does not exist"


@pytest.mark.django_db
def test_a_retry_says_when() -> None:
    [row] = due()

    run_due(Diary(do=raising(Retry("busy", after=90))).work())

    assert (again(row).state, again(row).attempts, again(row).last_error) == ("pending", 1, "Retry: busy")
    assert abs(again(row).run_at - timezone.now() - 90 * SECOND) < 5 * SECOND


@pytest.mark.django_db
def test_a_retry_after_the_last_try_is_parked() -> None:
    [row] = due(attempts=4)

    run_due(Diary(do=raising(Retry(after=1))).work())

    assert again(row).state == "dead"


@pytest.mark.django_db
def test_what_comes_later_loses_no_try() -> None:
    [row] = due()
    until = timezone.now() + timedelta(hours=1)

    run_due(Diary(do=raising(Later(until=until))).work())

    assert (again(row).state, again(row).attempts, again(row).run_at) == ("pending", 0, until)


@pytest.mark.django_db
def test_later_never_means_at_once() -> None:
    """Or a row whose time has come by one clock and not by another would keep a thread busy."""
    [row] = due()

    run_due(Diary(do=raising(Later(until=timezone.now() - timedelta(days=1)))).work())

    assert again(row).run_at > timezone.now() + 0.5 * SECOND


@pytest.mark.django_db
def test_a_failure_stops_nobody_behind_it() -> None:
    rows = due(3)
    diary = Diary(do=lambda row: raising(ValueError("poison"))(row) if row.pk == rows[1].pk else None)

    run_due(diary.work())

    assert [again(row).state for row in rows] == ["done", "pending", "done"]


@pytest.mark.django_db
@pytest.mark.parametrize("tries", [1, 3])
def test_the_number_of_tries_belongs_to_the_kind_of_work(tries: int) -> None:
    [row] = due()
    diary = Diary(do=raising(ValueError("poison")))

    for _ in range(5):
        run_due(diary.work(tries=tries))
        bring_forward()

    assert (again(row).state, len(diary.ran)) == ("dead", tries)


@pytest.mark.django_db
def test_a_row_whose_processes_all_died_is_parked_without_another_run() -> None:
    [row] = due()
    diary = Diary()
    for _ in range(5):
        assert claim(diary.work()) is not None
        end_lease(row)

    run_due(diary.work())

    assert diary.ran == []
    assert again(row).state == "dead"
    assert again(row).last_error == "LeaseEnded: claimed 5 times, and the last run did not come to its end"


@pytest.mark.django_db
def test_what_ends_a_thread_leaves_the_row_to_its_lease() -> None:
    rows = due(2)
    diary = Diary(do=raising(SystemExit()))
    claimed = claim(diary.work())
    assert claimed is not None

    with pytest.raises(SystemExit):
        run_claim(claimed)

    assert [again(row).state for row in rows] == ["leased", "pending"]


# --- One row by its id ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_row_is_run_by_its_id() -> None:
    rows = due(3)
    diary = Diary()

    assert run_one(diary.work(), rows[1].pk) is True

    assert [row.pk for row in diary.ran] == [rows[1].pk]
    assert [again(row).state for row in rows] == ["pending", "done", "pending"]


@pytest.mark.django_db
def test_one_row_is_not_run_where_it_is_done_or_not_due_or_somebody_elses() -> None:
    diary = Diary()
    [done], [early], [theirs] = due(state="done"), due(run_at=timezone.now() + SECOND * 60), due()
    claim(diary.work())

    assert [run_one(diary.work(), row.pk) for row in (done, early, theirs)] == [False] * 3
    assert diary.ran == []


# --- Waiting ----------------------------------------------------------------------------------------------------


@given(tries=st.integers(1, 1000), base=st.integers(1, 100), cap=st.integers(1, 10_000))
def test_the_wait_never_leaves_its_bounds(tries: int, base: int, cap: int) -> None:
    wait = Backoff(base=base * SECOND, cap=cap * SECOND).after(tries)

    assert timedelta() <= wait <= min(cap, base * 2.0 ** min(tries - 1, 64)) * SECOND


def test_waits_grow_and_are_spread_over_the_whole_of_their_length() -> None:
    backoff = Backoff(base=5 * SECOND, cap=timedelta(hours=1))
    waits = {tries: sorted(backoff.after(tries) / SECOND for _ in range(400)) for tries in (1, 4)}

    assert waits[1][0] < 0.5
    assert 4.5 < waits[1][-1] <= 5
    assert waits[4][0] < 4
    assert 36 < waits[4][-1] <= 40


# --- What a row and the log say ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError(), "ValueError"),
        (ValueError("one\nDETAIL: Key (email)=(a@b.c) exists"), "ValueError: one"),
        (ValueError("tab\tand \x00 nul"), "ValueError: tab and   nul"),
        (ValueError("postgresql://app:hunter2@db:5432/x is down"), "ValueError: postgresql://***@db:5432/x is down"),
        (ValueError("password=hunter2 refused"), "ValueError: password=*** refused"),
        (ValueError("Authorization: Basic-aGk6"), "ValueError: Authorization: ***"),
        (ValueError("sent Bearer abc.def"), "ValueError: sent Bearer ***"),
        (Conflict("HOLD_RESOLVED", "Too late."), "Conflict: HOLD_RESOLVED: Too late."),
        (KeyError("name"), "KeyError: 'name'"),
    ],
)
def test_an_error_is_kept_in_one_line_without_secrets(error: Exception, said: str) -> None:
    assert describe(error) == said


@pytest.mark.django_db
def test_a_long_error_is_cut() -> None:
    [row] = due()

    run_due(Diary(do=raising(ValueError("x" * 2000))).work())

    assert len(again(row).last_error) == 500


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "expected"), [("request-17", "request-17"), ("", "work-{id}")])
def test_log_lines_of_work_carry_the_request_that_made_it_due(given: str, expected: str) -> None:
    [row] = due(request_id=given)
    seen: list[str] = []

    run_due(Diary(do=lambda _row: seen.append(request_id.get())).work())

    assert seen == [expected.format(id=row.pk)]
    assert request_id.get() == "-"


@pytest.mark.django_db
def test_a_failure_is_logged_with_its_row_and_its_try(caplog: pytest.LogCaptureFixture) -> None:
    [row] = due()

    with caplog.at_level(logging.WARNING):
        run_due(Diary(do=raising(ConnectionError("refused"))).work())

    assert f"try 1 of 5 of common.PeriodicRun {row.pk} failed" in caplog.text
