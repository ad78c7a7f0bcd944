"""A row of work is claimed by one at a time, for the length of a lease."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from wholexale.common.models import PeriodicRun
from wholexale.common.tests.work_staging import Diary, again, due, end_lease
from wholexale.common.work import Claim, Work, claim, run_claim, run_due
from wholexale.common.work.rows import due_rows, next_due

THREADS = 8


def taken(work: Work[PeriodicRun]) -> Claim[PeriodicRun]:
    """Claim what must be there."""
    claimed = claim(work)
    assert claimed is not None
    return claimed


@pytest.fixture
def work() -> Work[PeriodicRun]:
    return Diary().work()


@pytest.mark.django_db
def test_a_claim_takes_the_oldest_rows_and_counts_a_try(work: Work[PeriodicRun]) -> None:
    rows = due(5)

    claimed = taken(Diary().work(batch=3))

    assert [row.pk for row in claimed.waiting] == [row.pk for row in rows[:3]]
    stored = [again(row) for row in rows]
    assert [(row.state, row.attempts) for row in stored] == [("leased", 1)] * 3 + [("pending", 0)] * 2
    assert {row.lease_owner for row in stored[:3]} == {claimed.owner}
    assert stored[0].lease_until is not None
    assert timedelta(seconds=28) < stored[0].lease_until - timezone.now() < timedelta(seconds=32)


@pytest.mark.django_db
def test_what_is_not_due_or_over_is_not_claimed(work: Work[PeriodicRun]) -> None:
    due(state="done")
    due(state="dead")
    due(run_at=timezone.now() + timedelta(minutes=1))

    assert claim(work) is None


@pytest.mark.django_db
def test_a_row_is_not_claimed_again_while_its_lease_lasts(work: Work[PeriodicRun]) -> None:
    due(3)
    taken(work)

    assert claim(work) is None


@pytest.mark.django_db
def test_a_row_whose_lease_has_ended_is_taken_over(work: Work[PeriodicRun]) -> None:
    [row] = due()
    first = taken(work)
    end_lease(row)

    second = taken(work)

    assert second.owner != first.owner
    assert (again(row).lease_owner, again(row).attempts) == (second.owner, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"state": "done"}, {"state": "dead"}, {"state": "pending", "attempts": 0}])
def test_what_the_loser_of_a_lease_writes_is_ignored(work: Work[PeriodicRun], changes: dict[str, object]) -> None:
    [row] = due()
    loser = taken(work)
    end_lease(row)
    winner = taken(work)

    assert loser.settle(loser.waiting[0], **changes) is False
    loser.give_back()
    assert (again(row).state, again(row).lease_owner, again(row).attempts) == ("leased", winner.owner, 2)
    assert winner.settle(winner.waiting[0], state="done") is True


@pytest.mark.django_db
def test_who_has_lost_the_lease_runs_nothing_more() -> None:
    diary = Diary()
    due(2)
    claimed = taken(diary.work())
    claimed.expires = 0.0

    run_claim(claimed)

    assert diary.ran == []


@pytest.mark.django_db
def test_a_row_that_was_tried_before_comes_alone_and_the_others_together() -> None:
    rows = due(6)
    PeriodicRun.objects.filter(pk__in=[rows[0].pk, rows[3].pk]).update(attempts=1)
    work = Diary().work()

    sizes = [[rows.index(row) for row in taken(work).waiting] for _ in range(4)]

    assert sizes == [[0], [1, 2], [3], [4, 5]]


@pytest.mark.django_db
def test_who_is_claimed_beside_a_killer_loses_one_try_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row ends its process whenever it runs; the forty-nine that were claimed with it are innocent."""
    killer, *others = due(50)
    diary = Diary(do=lambda row: _die() if row.pk == killer.pk else None)
    monkeypatch.setattr(Claim, "give_back", lambda claimed: None)  # a process that is killed gives nothing back

    while (claimed := claim(diary.work())) is not None:
        with contextlib.suppress(Dies):
            run_claim(claimed)
        end_lease(killer, *others)

    assert {(again(row).state, again(row).attempts) for row in others} == {("done", 2)}
    assert (again(killer).state, again(killer).attempts) == ("dead", 6)
    assert "LeaseEnded" in again(killer).last_error
    assert Counter(row.pk for row in diary.ran)[killer.pk] == 5


class Dies(BaseException):
    """The process ends here."""


def _die() -> None:
    raise Dies


@pytest.mark.django_db
def test_a_renewal_holds_all_rows_for_another_lease(work: Work[PeriodicRun]) -> None:
    rows = due(3)
    claimed = taken(work)
    before = claimed.expires
    end_lease(*rows)

    claimed.renew()

    assert claimed.expires > before
    assert claim(work) is None


@pytest.mark.django_db
def test_a_claim_that_has_lapsed_renews_only_what_runs(work: Work[PeriodicRun]) -> None:
    rows = due(3)
    claimed = taken(work)
    claimed.running = claimed.waiting.popleft()
    claimed.expires = 0.0
    end_lease(*rows)

    claimed.renew()

    assert not claimed.is_held
    lapsed, _ = due_rows(PeriodicRun)
    assert [row.pk for row in lapsed] == [row.pk for row in rows[1:]]


@pytest.mark.django_db
def test_what_was_not_begun_is_given_back_as_if_it_had_not_been_claimed(work: Work[PeriodicRun]) -> None:
    rows = due(3)
    claimed = taken(work)

    run_claim(claimed, is_stopping=lambda: True)

    assert [(again(row).state, again(row).attempts, again(row).lease_until) for row in rows] == [
        ("pending", 0, None)
    ] * 3
    assert len(taken(work).waiting) == 3


@pytest.mark.django_db
def test_the_next_due_time_is_that_of_the_first_row_that_waits() -> None:
    assert next_due(PeriodicRun) is None
    soon, late = (timezone.now() + timedelta(minutes=minutes) for minutes in (1, 2))
    due(run_at=late)
    due(run_at=soon)
    due(state="done")

    assert next_due(PeriodicRun) == soon


@pytest.fixture
def hands() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool


@pytest.mark.django_db(transaction=True)
def test_of_many_claimers_each_row_has_one(hands: ThreadPoolExecutor, work: Work[PeriodicRun]) -> None:
    due(300)
    PeriodicRun.objects.filter(due_at__second=0).update(attempts=2)
    small, start = Diary().work(batch=7), Barrier(THREADS)

    def take_all(_number: int) -> list[object]:
        mine: list[object] = []
        try:
            start.wait(timeout=30)
            while PeriodicRun.objects.filter(state="pending").exists():
                if (claimed := claim(small)) is not None:
                    mine += [row.pk for row in claimed.waiting]
        finally:
            connection.close()
        return mine

    counts = Counter(pk for mine in hands.map(take_all, range(THREADS)) for pk in mine)

    assert set(counts.values()) == {1}
    assert len(counts) == 300


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_a_claim_does_not_wait_for_rows_that_somebody_locks(hands: ThreadPoolExecutor) -> None:
    first, *others = due(4)

    def claim_others() -> list[object]:
        try:
            return [row.pk for row in taken(Diary().work()).waiting]
        finally:
            connection.close()

    with transaction.atomic():
        PeriodicRun.objects.select_for_update().get(pk=first.pk)
        assert hands.submit(claim_others).result(timeout=5) == [row.pk for row in others]


@pytest.mark.django_db(transaction=True)
def test_of_many_that_run_what_is_due_each_row_is_run_once(hands: ThreadPoolExecutor) -> None:
    rows, diary, start = due(200), Diary(), Barrier(THREADS)

    def run(_number: int) -> int:
        try:
            start.wait(timeout=30)
            return run_due(diary.work(batch=10))
        finally:
            connection.close()

    ran = list(hands.map(run, range(THREADS)))

    assert sum(ran) == 200
    assert set(Counter(row.pk for row in diary.ran).values()) == {1}
    assert PeriodicRun.objects.filter(state="done").count() == len(rows)
