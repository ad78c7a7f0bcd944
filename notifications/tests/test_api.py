"""`/api/notifications`: as the old backend had it, and a trace; what belongs to others does not exist."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from notifications import services
from notifications.events import NotificationCount, NotificationNew, NotificationRead
from notifications.models import Notification
from notifications.tests.staging import notice, run, told, verified
from wholexale.common.ids import new_id
from wholexale.common.realtime import Outgoing, user_group
from wholexale.common.testing import Api, SentItems
from wholexale.common.wire import encode

pytestmark = pytest.mark.django_db

OLD_KEYS = {
    "_id", "id", "recipient", "type", "title", "message", "data", "channels", "status", "deliveryStatus", "priority",
    "expiresAt", "actions", "createdAt", "sentAt", "deliveredAt", "updatedAt", "isExpired", "isUnread", "timeAgo",
}  # fmt: skip
MISSING = "01a21e15-0000-7000-8000-000000000000"
OF_ONE = [("GET", ""), ("PUT", "/read"), ("DELETE", ""), ("GET", "/trace")]


def test_the_list_has_the_old_shape(api: Api, buyer: User) -> None:
    verified(buyer)
    told(buyer)
    run()
    body = api.as_(buyer).get("notifications").body

    assert body.keys() == {"notifications", "pagination", "unreadCount"}
    assert body["pagination"]["totalCount"] == 1
    (shown,) = body["notifications"]
    assert shown.keys() - {"isRead"} == OLD_KEYS
    assert shown["_id"] == shown["id"]
    assert shown["channels"] == ["in_app", "email"]
    assert shown["deliveryStatus"]["in_app"]["delivered"] is True
    assert shown["deliveryStatus"]["email"]["sent"] is True
    assert shown["deliveryStatus"]["sms"] == {
        "sent": False, "delivered": False, "failed": False, "status": "skipped", "reason": "channel_off",
    }  # fmt: skip
    assert (shown["status"], shown["isUnread"], shown["isExpired"]) == ("delivered", True, False)


def test_the_newest_come_first_and_pages_are_cut(api: Api, buyer: User) -> None:
    made = [told(buyer) for _ in range(5)]
    first = api.as_(buyer).get("notifications", limit=2).body
    last = api.as_(buyer).get("notifications", limit=2, page=3).body

    assert [one["id"] for one in first["notifications"]] == [str(made[4].id), str(made[3].id)]
    assert [one["id"] for one in last["notifications"]] == [str(made[0].id)]
    assert (first["pagination"]["totalPages"], first["unreadCount"]) == (3, 5)


def test_the_list_is_filtered_as_before(api: Api, buyer: User) -> None:
    first, second = told(buyer), told(buyer, type="system_update", template="welcome", values={"link": "/"})
    me = api.as_(buyer)
    me.put(f"notifications/{first.id}/read")

    def found(**query: object) -> set[str]:
        return {one["id"] for one in me.get("notifications", **query).body["notifications"]}

    assert found(type="system_update") == {str(second.id)}
    assert found(unread="true") == found(status="delivered") == {str(second.id)}
    assert found(unread="false") == found(status="read") == {str(first.id)}
    assert found(status="failed") == found(status="read", unread="true") == set()
    assert me.get("notifications", status="gone").status == 400
    assert me.get("notifications", type="gone").fields == ["type"]


def test_what_has_expired_or_is_not_shown_is_not_listed(api: Api, buyer: User) -> None:
    me = api.as_(buyer)
    gone = told(buyer)
    Notification.objects.filter(id=gone.id).update(expires_at=gone.created_at)
    me.put("notifications/preferences", {"channels": {"in_app": False}})
    hidden = told(buyer)

    assert me.get("notifications").body["notifications"] == []
    assert me.get("notifications/unread-count").body == {"unreadCount": 0}
    assert me.get(f"notifications/{hidden.id}/trace").body["steps"][0]["reason"] == "channel_off"


def test_reading_is_told_to_every_device_and_once(api: Api, buyer: User, sent: SentItems) -> None:
    made = told(buyer)
    told(buyer)
    me = api.as_(buyer)
    with sent() as items:
        assert me.put(f"notifications/{made.id}/read").body == {"message": "The notification is read."}
        assert me.put(f"notifications/{made.id}/read").status == 200
    pushes = [item.push for item in items if isinstance(item, Outgoing)]

    assert [(type(push), getattr(push, "unread_count", None)) for push in pushes] == [
        (NotificationRead, None),
        (NotificationCount, 1),
    ]
    assert pushes[0].notification_ids == [str(made.id)]  # type: ignore[attr-defined] # it is a NotificationRead
    shown = me.get(f"notifications/{made.id}").body["notification"]
    assert (shown["status"], shown["isRead"], shown["isUnread"]) == ("read", True, False)
    assert shown["readAt"] == shown["deliveryStatus"]["in_app"]["readAt"]


def test_all_are_read_at_once(api: Api, buyer: User, seller: User, sent: SentItems) -> None:
    told(buyer), told(buyer)
    others = told(seller)
    me = api.as_(buyer)
    with sent() as items:
        assert me.put("notifications/read-all").status == 200
    pushes = [item.push for item in items if isinstance(item, Outgoing)]

    assert me.get("notifications/unread-count").body == {"unreadCount": 0}
    assert api.as_(seller).get("notifications/unread-count").body == {"unreadCount": 1}
    assert pushes[0] == NotificationRead(notification_ids=[], all=True, read_at=pushes[0].read_at)  # type: ignore[attr-defined]
    others.refresh_from_db()
    assert others.read_at is None


def test_notifications_are_put_away(api: Api, buyer: User, seller: User) -> None:
    one, two, three = told(buyer), told(buyer), told(buyer)
    others = told(seller)
    me = api.as_(buyer)

    assert me.delete(f"notifications/{one.id}").body == {"message": "The notification was deleted."}
    assert me.delete(f"notifications/{one.id}").code == "NOTIFICATION_NOT_FOUND"
    ids = [str(two.id), str(others.id), str(new_id()), str(one.id)]
    assert me.delete("notifications", {"notificationIds": ids}).body["deletedCount"] == 1
    assert [row["id"] for row in me.get("notifications").body["notifications"]] == [str(three.id)]
    assert api.as_(seller).get(f"notifications/{others.id}").status == 200
    assert me.delete("notifications", {"notificationIds": []}).fields == ["notificationIds"]


@pytest.mark.parametrize(("method", "path"), OF_ONE)
def test_what_belongs_to_others_does_not_exist(api: Api, buyer: User, outsider: User, method: str, path: str) -> None:
    made = told(buyer)

    foreign = api.as_(outsider).send(method, f"notifications/{made.id}{path}")
    missing = api.as_(outsider).send(method, f"notifications/{new_id()}{path}")
    nonsense = api.as_(outsider).send(method, f"notifications/nonsense{path}")

    assert {one.code for one in (foreign, missing, nonsense)} == {"NOTIFICATION_NOT_FOUND"}
    assert {one.status for one in (foreign, missing, nonsense)} == {404}
    made.refresh_from_db()
    assert (made.read_at, made.deleted_at) == (None, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[(method, f"/{MISSING}{path}") for method, path in OF_ONE],
        *[("GET", ""), ("DELETE", ""), ("GET", "/unread-count"), ("PUT", "/read-all"), ("POST", "/test")],
        *[("GET", "/preferences"), ("PUT", "/preferences")],
    ],
)
def test_nobody_gets_in_without_a_token(api: Api, method: str, path: str) -> None:
    assert api.send(method, f"notifications{path}").code == "NO_TOKEN"


def test_a_trace_says_why(api: Api, buyer: User) -> None:
    made = told(buyer)
    body = api.as_(buyer).get(f"notifications/{made.id}/trace").body

    assert (body["notificationId"], body["type"]) == (str(made.id), "credit_added")
    assert [(step["channel"], step["status"], step.get("reason")) for step in body["steps"]] == [
        ("in_app", "delivered", None),
        ("push", "skipped", "not_for_type"),
        ("email", "skipped", "not_verified"),
        ("sms", "skipped", "channel_off"),
    ]


def test_a_test_goes_the_way_of_any_notification(api: Api, buyer: User, sent: SentItems) -> None:
    with sent() as items:
        answer = api.as_(buyer).post("notifications/test", {"message": "Hello"})
    new = [item for item in items if isinstance(item, Outgoing) and isinstance(item.push, NotificationNew)]

    assert answer.status == 200
    assert answer.body["notification"]["message"] == "Hello"
    assert answer.body["notification"]["type"] == "system_update"
    assert [item.to for item in new] == [(user_group(buyer.id),)]
    assert encode(new[0].push)  # it goes over the wire


def test_tests_are_sent_so_often_only(api: Api, buyer: User, seller: User, limits: Settings) -> None:
    limits.RATE_LIMIT_TEST_NOTIFICATIONS = "2/1h"
    replies = [api.as_(buyer).post("notifications/test", {"message": "Hello"}) for _ in range(3)]

    assert [(reply.status, reply.code) for reply in replies] == [(200, None), (200, None), (429, "RATE_LIMITED")]
    assert Notification.objects.filter(recipient=buyer).count() == 2
    assert api.as_(seller).post("notifications/test", {"message": "Hello"}).status == 200


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    api: Api, buyer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    me = api.as_(buyer)
    told(buyer)
    me.get("notifications")
    with django_assert_num_queries(5):
        me.get("notifications")
    services.notify(*(notice(buyer) for _ in range(20)))
    with django_assert_num_queries(5):
        assert len(me.get("notifications", limit=50).body["notifications"]) == 21


def test_telling_many_takes_as_many_queries_as_telling_one(
    buyer: User, seller: User, colleague: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    everybody = [buyer.id, seller.id, colleague.id]
    with django_assert_max_num_queries(9):
        services.notify(notice(buyer, to=everybody, dedupe_key="once"))
