"""The admin acts through the services and edits nothing that they guard."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts import proofs
from accounts.models import Business, Session, Ticket, User
from accounts.services.tickets import make_ticket
from wholexale.common.testing import PASSWORD, Api, make_person, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def act(desk: Client, model: str, action: str, *rows: Any) -> None:
    url = reverse(f"admin:accounts_{model}_changelist")
    response = desk.post(url, {"action": action, "_selected_action": [str(row.pk) for row in rows]})
    assert response.status_code == 302


@pytest.mark.parametrize("model", ["user", "business", "session", "ticket"])
@pytest.mark.parametrize("query", ["", "?q=buyer"])
def test_every_list_opens_and_searches(desk: Client, buyer: User, model: str, query: str) -> None:
    make_session(buyer)
    make_ticket(user_id=buyer.id, purpose=Ticket.Purpose.VERIFY_EMAIL)

    response = desk.get(reverse(f"admin:accounts_{model}_changelist") + query)

    assert response.status_code == 200
    assert b"uyer" in response.content or b"Corner Shop" in response.content


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(("model", "queries"), [("user", 8), ("business", 6), ("session", 7), ("ticket", 7)])
def test_lists_cost_the_same_queries_for_any_number(
    desk: Client, model: str, queries: int, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        person = make_person(f"person{number}", owns=f"Business {number}")
        make_session(person)
        make_ticket(user_id=person.id, purpose=Ticket.Purpose.VERIFY_EMAIL)

    with django_assert_max_num_queries(queries):
        desk.get(reverse(f"admin:accounts_{model}_changelist"))


def test_every_row_opens(desk: Client, buyer: User, colleague: User, staff: User) -> None:
    rows = [("user", buyer), ("user", staff), ("business", Business.objects.first()), ("session", make_session(buyer))]

    for model, row in rows:
        assert row is not None
        assert desk.get(reverse(f"admin:accounts_{model}_change", args=[row.pk])).status_code == 200


def test_suspending_and_reactivating_goes_through_the_service(desk: Client, buyer: User, seller: User) -> None:
    session = make_session(buyer)

    act(desk, "user", "suspend", buyer, seller)
    session.refresh_from_db()
    assert set(User.objects.filter(is_staff=False).values_list("status", flat=True)) == {"suspended"}
    assert session.end_reason == "deactivated"

    act(desk, "user", "reactivate", buyer)
    buyer.refresh_from_db()
    assert (buyer.status, buyer.status_reason) == ("active", "By staff@example.com")


def test_staff_do_not_suspend_themselves(desk: Client, staff: User) -> None:
    act(desk, "user", "suspend", staff)

    staff.refresh_from_db()
    assert staff.is_active


def test_sessions_are_ended_by_person_and_one_by_one(desk: Client, buyer: User, seller: User) -> None:
    mine, theirs = make_session(buyer), make_session(seller)

    act(desk, "user", "end_sessions", buyer)
    act(desk, "session", "end", theirs)

    assert set(Session.objects.filter(id__in=[mine.id, theirs.id]).values_list("end_reason", flat=True)) == {"staff"}


def test_nothing_that_a_service_guards_is_edited(desk: Client, buyer: User) -> None:
    before = User.objects.values().get(id=buyer.id)
    said = {
        "email": "new@example.com", "password": "plain", "first_name": "X", "role": "admin", "status": "suspended",
        "is_staff": "on", "is_superuser": "on", "preferences": "{}", "is_email_verified": "on",
    }  # fmt: skip

    response = desk.post(reverse("admin:accounts_user_change", args=[buyer.id]), said)

    assert response.status_code == 302
    assert User.objects.values().get(id=buyer.id) | {"updated_at": ""} == before | {"updated_at": ""}


def test_no_hash_is_shown(desk: Client, buyer: User) -> None:
    page = desk.get(reverse("admin:accounts_user_change", args=[buyer.id])).content.decode()

    assert buyer.password not in page
    assert buyer.password.rpartition("$")[2] not in page


def test_a_password_set_by_staff_ends_the_sessions(api: Api, desk: Client, buyer: User) -> None:
    session = make_session(buyer)

    response = desk.post(
        reverse("admin:auth_user_password_change", args=[buyer.id]),
        {"password1": "wobbly-hat-92", "password2": "wobbly-hat-92"},
    )

    session.refresh_from_db()
    assert response.status_code == 302
    assert session.end_reason == "password_changed"
    assert api.post("auth/login", {"email": buyer.email, "password": "wobbly-hat-92"}).status == 200
    assert api.post("auth/login", {"email": buyer.email, "password": PASSWORD}).status == 401


def test_an_empty_password_is_not_set(api: Api, desk: Client, buyer: User) -> None:
    response = desk.post(reverse("admin:auth_user_password_change", args=[buyer.id]), {"usable_password": "false"})

    assert response.status_code == 200
    assert api.post("auth/login", {"email": buyer.email, "password": PASSWORD}).status == 200


def test_a_clerk_does_not_reset_a_super_admin(staff: User) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    desk = Client()
    desk.force_login(clerk)

    response = desk.post(
        reverse("admin:auth_user_password_change", args=[staff.id]),
        {"password1": "wobbly-hat-92", "password2": "wobbly-hat-92"},
    )

    assert response.status_code == 403
    assert desk.get(reverse("admin:accounts_user_changelist")).status_code == 200


def test_a_ticket_shows_nothing_that_opens_it(desk: Client, buyer: User) -> None:
    ticket = make_ticket(user_id=buyer.id, purpose=Ticket.Purpose.RESET_PASSWORD)

    page = desk.get(reverse("admin:accounts_ticket_change", args=[ticket.pk])).content.decode()

    assert buyer.email in page
    assert ticket.token_hash not in page
    assert proofs.token_of(ticket.id) not in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("model", ["user", "business", "session", "ticket"])
def test_nothing_is_added_or_deleted(desk: Client, model: str, buyer: User) -> None:
    ticket = make_ticket(user_id=buyer.id, purpose=Ticket.Purpose.VERIFY_EMAIL)
    rows = {"user": buyer, "business": Business.objects.get(), "session": make_session(buyer), "ticket": ticket}
    row = rows[model]

    assert desk.get(reverse(f"admin:accounts_{model}_add")).status_code == 403
    assert desk.post(reverse(f"admin:accounts_{model}_delete", args=[row.pk])).status_code == 403


def test_staff_verify_a_business(desk: Client, buyer: User) -> None:
    business = Business.objects.get()
    said = {
        "name": business.name, "business_type": business.business_type, "gst_number": "", "address": "{}",
        "country": "India", "time_zone": "Asia/Kolkata", "is_verified": "on",
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(business.memberships.get().id), "memberships-0-business": str(business.id),
        "memberships-0-role": "owner",
    }  # fmt: skip

    response = desk.post(reverse("admin:accounts_business_change", args=[business.id]), said)

    business.refresh_from_db()
    assert (response.status_code, business.is_verified) == (302, True)


def test_people_do_not_enter(buyer: User) -> None:
    client = Client()
    client.force_login(buyer)

    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 302


def test_the_login_page_counts_attempts_like_the_api(staff: User, limits: Any, settings: Any) -> None:
    settings.RATE_LIMIT_LOGIN = "2/1h"
    client = Client()
    attempt = {"username": staff.email, "password": "wrong"}
    for _ in range(2):
        client.post(reverse("admin:login"), attempt)

    refused = client.post(reverse("admin:login"), attempt | {"password": PASSWORD})

    assert b"Too many requests" in refused.content
