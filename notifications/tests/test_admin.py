"""Staff see what reached whom and why not, replay what is parked, and change nothing else."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications.models import Delivery, Notification, Suppression, SystemEvent
from notifications.tests.staging import delivery, told, trace, verified
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db

MODELS: list[type[Model]] = [Notification, Delivery, Suppression, SystemEvent]


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def rows(buyer: User) -> dict[type[Model], Any]:
    """Have one row of each kind."""
    made = told(verified(buyer))
    return {
        Notification: made,
        Delivery: delivery(made),
        Suppression: Suppression.objects.create(channel="email", address="gone@example.com", reason="bounced"),
        SystemEvent: SystemEvent.objects.create(type="user.locked", subject_type="user", subject_id=new_id()),
    }


def page(model: type[Model], *, of: Model | None = None) -> str:
    name = f"admin:notifications_{model._meta.model_name}"
    return reverse(f"{name}_change", args=[of.pk]) if of else reverse(f"{name}_changelist")


@pytest.mark.parametrize("model", [model for model in MODELS if model is not Suppression])
def test_lists_and_pages_open_and_nothing_is_added_changed_or_deleted(
    desk: Client, rows: dict[type[Model], Any], model: type[Model]
) -> None:
    row = rows[model]
    before = model._default_manager.values().get(pk=row.pk)

    assert desk.get(page(model)).status_code == 200
    assert desk.get(page(model, of=row)).status_code == 200
    assert desk.get(f"{page(model)}add/").status_code == 403
    assert desk.post(page(model, of=row), {"type": "x"}).status_code == 403
    assert desk.post(f"{page(model, of=row)[: -len('change/')]}delete/", {"post": "yes"}).status_code == 403
    assert model._default_manager.values().get(pk=row.pk) == before


def test_staff_suppress_an_address_and_lift_it_again(desk: Client) -> None:
    typed = {"channel": "email", "address": " Gone@Example.com", "reason": "bounced", "detail": "by mail"}
    for _ in range(2):
        assert desk.post(f"{page(Suppression)}add/", typed).status_code == 302
    row = Suppression.objects.get()
    assert (row.channel, row.address, row.reason, row.detail) == ("email", "gone@example.com", "bounced", "by mail")

    assert desk.get(page(Suppression)).status_code == desk.get(page(Suppression, of=row)).status_code == 200
    assert desk.post(page(Suppression, of=row), {"address": "x"}).status_code == 403
    assert desk.post(f"{page(Suppression, of=row)[: -len('change/')]}delete/", {"post": "yes"}).status_code == 302
    assert not Suppression.objects.exists()


def test_who_may_see_suppressions_alone_changes_none(rows: dict[type[Model], Any]) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)
    clerk.user_permissions.add(Permission.objects.get(codename="view_suppression"))
    client, row = Client(), rows[Suppression]
    client.force_login(clerk)

    assert client.get(f"{page(Suppression)}add/").status_code == 403
    assert client.post(f"{page(Suppression, of=row)[: -len('change/')]}delete/", {"post": "yes"}).status_code == 403
    assert Suppression.objects.get() == row


@pytest.mark.parametrize("model", MODELS)
def test_people_see_what_their_permissions_say(rows: dict[type[Model], Any], buyer: User, model: type[Model]) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)
    for who, status in ((buyer, 302), (clerk, 403)):
        client = Client()
        client.force_login(who)
        assert client.get(page(model)).status_code == status
    clerk.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    client = Client()
    client.force_login(clerk)
    assert client.get(page(model)).status_code == 200


@pytest.mark.parametrize("model", [Notification, Delivery])
def test_rows_are_found_by_the_recipients_address_and_by_id(
    desk: Client, rows: dict[type[Model], Any], seller: User, model: type[Model]
) -> None:
    told(verified(seller))
    for words in ("buyer@", str(rows[model].pk), str(rows[Notification].pk)):
        found = desk.get(page(model), {"q": words}).context["cl"].result_list
        assert [row.pk for row in found] == [rows[model].pk], words
    assert not desk.get(page(model), {"q": "nothing"}).context["cl"].result_list
    assert not desk.get(page(model), {"q": "nobody@"}).context["cl"].result_list


def test_others_are_found_by_what_they_are(desk: Client, rows: dict[type[Model], Any]) -> None:
    cases = {Suppression: "gone@", SystemEvent: "user.locked"}
    for model, words in cases.items():
        assert len(desk.get(page(model), {"q": words}).context["cl"].result_list) == 1
        assert not desk.get(page(model), {"q": "x.y"}).context["cl"].result_list


def test_the_trace_stands_on_both_pages_as_text(desk: Client, rows: dict[type[Model], Any]) -> None:
    made = rows[Notification]
    made.steps.create(channel="email", status="failed", reason="refused", detail="<b>550</b>")
    for model in (Notification, Delivery):
        text = desk.get(page(model, of=rows[model])).content.decode()
        assert "refused" in text
        assert "&lt;b&gt;550&lt;/b&gt;" in text
        assert "<b>550</b>" not in text


def test_a_parked_delivery_is_replayed_and_others_are_left(desk: Client, rows: dict[type[Model], Any]) -> None:
    parked, made = rows[Delivery], rows[Notification]
    fine = delivery(told(made.recipient))
    Delivery.objects.filter(id=parked.id).update(state=WorkRow.State.DEAD, status="failed", attempts=5)
    said = {"action": "replay", "_selected_action": [str(parked.id), str(fine.id)]}
    text = desk.post(page(Delivery), said, follow=True).content.decode()

    assert "1 deliveries are due again." in text
    assert "1 deliveries are not parked" in text
    parked.refresh_from_db()
    assert (parked.state, parked.status, parked.attempts) == ("pending", "pending", 0)
    assert parked.run_at <= timezone.now()
    assert trace(made)[-1] == ("pending", "replayed")


def test_who_may_only_look_replays_nothing(rows: dict[type[Model], Any]) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)
    clerk.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client = Client()
    client.force_login(clerk)
    Delivery.objects.update(state=WorkRow.State.DEAD)
    client.post(page(Delivery), {"action": "replay", "_selected_action": [str(rows[Delivery].id)]}, follow=True)

    assert delivery(rows[Notification]).state == "dead"


def test_lists_take_as_many_queries_for_many_as_for_one(desk: Client, rows: dict[type[Model], Any]) -> None:
    def count(model: type[Model]) -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.get(page(model))
        return len(queries)

    few = {model: count(model) for model in MODELS}
    for _ in range(15):
        told(rows[Notification].recipient)
    assert {model: count(model) for model in MODELS} == few
    assert max(few.values()) <= 7
