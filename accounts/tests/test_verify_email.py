"""`POST auth/verify-email` and `POST auth/resend-verification`."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts import selectors, services
from accounts.events import EmailVerified
from accounts.models import Ticket, User
from accounts.tests.staging import RESET_PASSWORD, VERIFY_EMAIL, mailed_token, newest_ticket, told
from wholexale.common.errors import DomainError
from wholexale.common.testing import PASSWORD, Api, at_once

pytestmark = pytest.mark.django_db

JOHN = {"email": "john@example.com", "password": PASSWORD, "firstName": "John", "lastName": "Doe"}


def test_the_link_of_a_registration_verifies_the_address(api: Api, settings: Settings) -> None:
    client = api.with_token(api.post("auth/register", JOHN).body["token"])
    ticket = newest_ticket(User.objects.get(email=JOHN["email"]))
    link = selectors.ticket_link(ticket.id) or ""

    reply = api.post("auth/verify-email", {"token": link.rpartition("/")[2]})

    user = client.get("auth/me").body["user"]
    assert link.rpartition("/")[0] == f"{settings.FRONTEND_URL}/verify-email"
    assert (reply.status, set(reply.body)) == (200, {"message"})
    assert (user["status"], user["isVerified"], user["emailVerified"]) == ("active", True, True)


def test_a_second_click_does_no_harm_and_is_told_once(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, VERIFY_EMAIL)

    with told(EmailVerified) as facts:
        replies = [api.post("auth/verify-email", {"token": token}) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert facts == [EmailVerified(user_id=buyer.id)]


def test_the_link_is_good_for_a_day(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, VERIFY_EMAIL)
    made = timezone.now()

    with time_machine.travel(made + timedelta(hours=24, seconds=1)):
        late = api.post("auth/verify-email", {"token": token})
    with time_machine.travel(made + timedelta(hours=23, minutes=59)):
        in_time = api.post("auth/verify-email", {"token": token})

    assert (late.status, late.code, in_time.status) == (400, "INVALID_VERIFICATION_TOKEN", 200)


def test_a_newer_link_ends_the_earlier_one(api: Api, buyer: User) -> None:
    first = mailed_token(buyer, VERIFY_EMAIL)
    earlier = newest_ticket(buyer)
    second = mailed_token(buyer, VERIFY_EMAIL)

    assert api.post("auth/verify-email", {"token": first}).code == "INVALID_VERIFICATION_TOKEN"
    assert selectors.ticket_link(earlier.id) is None
    assert api.post("auth/verify-email", {"token": second}).status == 200


def test_a_link_proves_nothing_about_another_address(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, VERIFY_EMAIL)
    User.objects.filter(id=buyer.id).update(email="next@example.com")

    assert api.post("auth/verify-email", {"token": token}).code == "INVALID_VERIFICATION_TOKEN"
    assert not User.objects.get(id=buyer.id).is_email_verified


def test_a_link_that_resets_a_password_verifies_nothing(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)

    assert api.post("auth/verify-email", {"token": token}).code == "INVALID_VERIFICATION_TOKEN"


@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_a_link_does_not_bring_back_an_account_that_was_shut(api: Api, buyer: User, status: User.Status) -> None:
    token = mailed_token(buyer, VERIFY_EMAIL)
    User.objects.filter(id=buyer.id).update(status=status)

    assert api.post("auth/verify-email", {"token": token}).status == 200
    assert User.objects.get(id=buyer.id).status == status


@pytest.mark.parametrize("token", [None, "", 5, {"$ne": None}, [], "x" * 201])
def test_a_token_of_the_wrong_kind_is_refused(api: Api, buyer: User, token: Any) -> None:
    mailed_token(buyer, VERIFY_EMAIL)

    assert api.post("auth/verify-email", {"token": token}).fields == ["token"]


@pytest.mark.parametrize("token", ["0" * 64, "x", "é", "' OR 1=1 --"])
def test_a_token_that_nobody_was_sent_is_refused(api: Api, buyer: User, token: str) -> None:
    mailed_token(buyer, VERIFY_EMAIL)

    assert api.post("auth/verify-email", {"token": token}).code == "INVALID_VERIFICATION_TOKEN"


def test_the_hash_in_the_row_is_no_token(api: Api, buyer: User) -> None:
    mailed_token(buyer, VERIFY_EMAIL)

    reply = api.post("auth/verify-email", {"token": newest_ticket(buyer).token_hash})

    assert reply.code == "INVALID_VERIFICATION_TOKEN"


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_verify_once(buyer: User) -> None:
    token = mailed_token(buyer, VERIFY_EMAIL)

    with told(EmailVerified) as facts:
        results = at_once([partial(services.verify_email, token=token)] * 4)

    assert results == [None] * 4
    assert len(facts) == 1


def test_a_person_asks_for_another_link(api: Api, buyer: User) -> None:
    client = api.as_(buyer)

    reply = client.post("auth/resend-verification")

    ticket = newest_ticket(buyer)
    assert (reply.status, ticket.purpose, ticket.address) == (200, "verify_email", buyer.email)


def test_who_is_verified_needs_no_link(api: Api, buyer: User) -> None:
    api.post("auth/verify-email", {"token": mailed_token(buyer, VERIFY_EMAIL)})
    before = Ticket.objects.count()

    reply = api.as_(buyer).post("auth/resend-verification")

    assert (reply.status, reply.code, Ticket.objects.count()) == (409, "ALREADY_VERIFIED", before)


def test_nobody_asks_for_a_link_without_a_token(api: Api) -> None:
    assert api.post("auth/resend-verification").code == "NO_TOKEN"


def test_links_are_asked_for_so_often_only(api: Api, buyer: User, limits: Settings) -> None:
    limits.RATE_LIMIT_TICKETS = "2/1h"
    client = api.as_(buyer)

    replies = [client.post("auth/resend-verification") for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert Ticket.objects.filter(user=buyer).count() == 2


def test_nothing_stays_of_a_verification_that_failed(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = mailed_token(buyer, VERIFY_EMAIL)

    def fail(_fact: EmailVerified) -> None:
        raise DomainError("OUT_OF_ORDER")

    monkeypatch.setattr("accounts.services.verifying.publish", fail)
    with pytest.raises(DomainError, match="OUT_OF_ORDER"):
        services.verify_email(token=token)
    assert newest_ticket(buyer).used_at is None
    assert not User.objects.get(id=buyer.id).is_email_verified
