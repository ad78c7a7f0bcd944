"""`/api/system/events`: what has happened, for staff alone, with filters and a cursor that loses nothing."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.models import Step, SystemEvent
from notifications.selectors.events import SETTLES
from notifications.sql import guards
from notifications.tests.staging import told
from wholexale.common.ids import new_id
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db


def happened(name: str = "offer.step_taken", *, ago: timedelta = timedelta(minutes=1), **fields: object) -> SystemEvent:
    """Let something have happened a while ago."""
    said: dict[str, object] = {
        "subject_type": name.partition(".")[0],
        "subject_id": new_id(),
        "data": {"action": "sent"},
    }
    return SystemEvent.objects.create(type=name, at=timezone.now() - ago, **(said | fields))


def ids(api: Api, staff: User, **query: object) -> list[str]:
    return [one["id"] for one in api.as_(staff).get("system/events", **query).body["events"]]


def test_staff_reads_the_newest_first_in_the_old_shape(api: Api, staff: User) -> None:
    first, second = happened(), happened("user.locked")
    body = api.as_(staff).get("system/events").body
    (newest, oldest) = body["events"]

    assert (newest["id"], oldest["id"]) == (str(second.id), str(first.id))
    assert (newest["type"], newest["severity"], oldest["severity"]) == ("user.locked", "warning", "info")
    assert oldest["message"] == "offer.step_taken sent"
    assert oldest["timestamp"] == oldest["createdAt"]
    assert body["cursor"] == str(second.id)


def test_nobody_else_reads_them(api: Api, buyer: User, db: None) -> None:
    happened()
    clerk = make_person("clerk", role=User.Role.ADMIN)

    assert api.get("system/events").status == 401
    assert api.as_(buyer).get("system/events").code == "FORBIDDEN"
    assert api.as_(clerk).get("system/events").code == "FORBIDDEN"


def test_events_are_filtered(api: Api, staff: User) -> None:
    old = happened(ago=timedelta(hours=2))
    order = happened("order.step_taken")
    offer = happened()

    assert ids(api, staff, type="order.step_taken") == [str(order.id)]
    assert ids(api, staff, type="o") == []
    assert ids(api, staff, type="offer.") == [str(offer.id), str(old.id)]
    assert ids(api, staff, subjectType="order") == [str(order.id)]
    assert ids(api, staff, subject=str(offer.subject_id)) == [str(offer.id)]
    moment = (timezone.now() - timedelta(hours=1)).isoformat()
    assert ids(api, staff, since=moment) == [str(offer.id), str(order.id)]
    assert api.as_(staff).get("system/events", since="yesterday").fields == ["since"]
    assert api.as_(staff).get("system/events", cursor="1").status == 400


def test_a_cursor_goes_on_oldest_first_and_waits_for_what_may_still_commit(api: Api, staff: User) -> None:
    rows = [happened() for _ in range(5)]
    fresh = happened(ago=timedelta(0))
    me = api.as_(staff)
    body = me.get("system/events", cursor=str(rows[0].id), limit=2).body
    assert [one["id"] for one in body["events"]] == [str(rows[1].id), str(rows[2].id)]
    body = me.get("system/events", cursor=body["cursor"]).body

    assert [one["id"] for one in body["events"]] == [str(rows[3].id), str(rows[4].id)]
    assert str(fresh.id) not in str(body)
    assert me.get("system/events", cursor=body["cursor"]).body == {"events": [], "cursor": body["cursor"]}
    assert timedelta(0) < SETTLES <= timedelta(seconds=5)


def test_the_list_takes_three_queries(
    api: Api, staff: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        happened()
    me = api.as_(staff)
    with django_assert_max_num_queries(3):
        me.get("system/events")


def test_what_was_written_down_stays(buyer: User) -> None:
    told(buyer)
    happened()
    for rows in (Step.objects.all(), SystemEvent.objects.all()):
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            rows.update(id=new_id())
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            rows.delete()


def test_every_guard_is_in_place(db: None) -> None:
    assert guards.missing(connection) == []
