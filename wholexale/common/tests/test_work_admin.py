"""Staff see the work there is, replay what is dead, and change nothing else."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from wholexale.common.models import IdempotencyKey, PeriodicRun
from wholexale.common.testing import make_person
from wholexale.common.tests.work_staging import Diary, again, bring_forward, due, raising
from wholexale.common.work import run_due

pytestmark = pytest.mark.django_db

LIST = "admin:common_periodicrun_changelist"


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def parked() -> PeriodicRun:
    [row] = due(name="poison")
    for _ in range(5):
        run_due(Diary(do=raising(ConnectionError("refused"))).work())
        bring_forward()
    assert again(row).state == "dead"
    return row


def replay(desk: Client, *rows: PeriodicRun) -> str:
    """Choose rows and replay them; return the page that follows."""
    said = {"action": "replay", "_selected_action": [str(row.pk) for row in rows]}
    return desk.post(reverse(LIST), said, follow=True).content.decode()


def test_a_parked_row_is_seen_and_replayed(desk: Client, parked: PeriodicRun) -> None:
    page = desk.get(reverse(LIST), {"state__exact": "dead"}).content.decode()
    assert "poison of" in page
    assert "ConnectionError: refused" in page

    assert "1 rows are due again." in replay(desk, parked)
    diary = Diary()
    run_due(diary.work())

    assert [row.pk for row in diary.ran] == [parked.pk]
    assert again(parked).state == "done"


def test_what_is_not_dead_is_left_as_it_is(desk: Client, parked: PeriodicRun) -> None:
    [done], [waiting] = due(state="done", attempts=3), due(attempts=2)

    page = replay(desk, parked, done, waiting)

    assert "1 rows are due again." in page
    assert "2 rows are not dead" in page
    assert (again(done).state, again(done).attempts) == ("done", 3)
    assert (again(waiting).state, again(waiting).attempts) == ("pending", 2)


def test_who_may_only_look_does_not_replay(parked: PeriodicRun) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_periodicrun"))
    desk = Client()
    desk.force_login(clerk)

    assert desk.get(reverse(LIST)).status_code == 200
    replay(desk, parked)

    assert again(parked).state == "dead"


@pytest.mark.parametrize("path", ["add", "change", "delete"])
def test_nothing_is_made_edited_or_deleted(desk: Client, parked: PeriodicRun, path: str) -> None:
    url = reverse(f"admin:common_periodicrun_{path}", args=[] if path == "add" else [parked.pk])

    assert desk.post(url, {"state": "done", "post": "yes"}).status_code == 403
    assert again(parked).state == "dead"


def test_every_row_opens(desk: Client, parked: PeriodicRun) -> None:
    page = desk.get(reverse("admin:common_periodicrun_change", args=[parked.pk]))

    assert page.status_code == 200
    assert "ConnectionError: refused" in page.content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_queries_for_any_number(
    desk: Client, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    due(count)

    with django_assert_max_num_queries(7):
        desk.get(reverse(LIST), {"q": "test"})


def test_an_answer_is_never_shown(desk: Client) -> None:
    key = IdempotencyKey.objects.create(
        scope=uuid4(), key="key-1", route="POST /api/x", fingerprint="f", status=200, body=b"their own business"
    )

    pages = [
        desk.get(reverse("admin:common_idempotencykey_changelist")).content.decode(),
        desk.get(reverse("admin:common_idempotencykey_change", args=[key.pk])).content.decode(),
    ]

    assert all("key-1" in page for page in pages)
    assert not any("their own" in page or 'name="body"' in page or "field-body" in page for page in pages)
