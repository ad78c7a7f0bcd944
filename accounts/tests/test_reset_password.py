"""`POST auth/reset-password`."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts import selectors, services, tokens
from accounts.events import PasswordChanged
from accounts.models import Session, User
from accounts.tests.staging import RESET_PASSWORD, VERIFY_EMAIL, mailed_token, newest_ticket, told
from wholexale.common.errors import DomainError
from wholexale.common.realtime import SessionEnded
from wholexale.common.testing import PASSWORD, Api, Reply, SentItems, at_once, make_session

pytestmark = pytest.mark.django_db

NEXT = "wobbly-hat-92"


def reset(api: Api, token: str, password: str = NEXT) -> Reply:
    return api.post("auth/reset-password", {"token": token, "password": password})


def login(api: Api, user: User, password: str) -> Reply:
    return api.post("auth/login", {"email": user.email, "password": password})


def test_a_link_sets_a_new_password(api: Api, buyer: User) -> None:
    with told(PasswordChanged) as facts:
        reply = reset(api, mailed_token(buyer, RESET_PASSWORD))

    assert (reply.status, set(reply.body)) == (200, {"message"})
    assert facts == [PasswordChanged(user_id=buyer.id, how="reset")]
    assert (login(api, buyer, PASSWORD).status, login(api, buyer, NEXT).status) == (401, 200)


def test_a_reset_ends_every_session_and_its_sockets(api: Api, buyer: User, sent: SentItems) -> None:
    sessions = [make_session(buyer) for _ in range(2)]
    token = mailed_token(buyer, RESET_PASSWORD)

    with sent() as items:
        reset(api, token)

    [ended] = [item for item in items if isinstance(item, SessionEnded)]
    assert set(ended.session_ids) == {str(session.id) for session in sessions}
    assert set(Session.objects.values_list("end_reason", flat=True)) == {"password_changed"}
    assert api.with_token(tokens.issue(sessions[0]).access).get("auth/me").code == "SESSION_REVOKED"


def test_a_link_is_good_for_one_reset(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)
    reset(api, token)

    again = reset(api, token, "another-hat-17")

    assert (again.status, again.code) == (400, "INVALID_RESET_TOKEN")
    assert login(api, buyer, NEXT).status == 200


def test_the_link_is_good_for_an_hour(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)
    made = timezone.now()

    with time_machine.travel(made + timedelta(hours=1, seconds=1)):
        late = reset(api, token)
    with time_machine.travel(made + timedelta(minutes=59)):
        in_time = reset(api, token)

    assert (late.status, late.code, in_time.status) == (400, "INVALID_RESET_TOKEN", 200)


def test_a_newer_link_ends_the_earlier_one(api: Api, buyer: User) -> None:
    first, second = mailed_token(buyer, RESET_PASSWORD), mailed_token(buyer, RESET_PASSWORD)

    assert (reset(api, first).code, reset(api, second).status) == ("INVALID_RESET_TOKEN", 200)


def test_a_password_that_was_changed_ends_the_links_that_reset_it(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)
    api.as_(buyer).post("auth/change-password", {"currentPassword": PASSWORD, "newPassword": NEXT})

    assert reset(api, token, "another-hat-17").code == "INVALID_RESET_TOKEN"
    assert selectors.ticket_link(newest_ticket(buyer).id) is None


def test_a_link_that_verifies_an_address_resets_nothing(api: Api, buyer: User) -> None:
    assert reset(api, mailed_token(buyer, VERIFY_EMAIL)).code == "INVALID_RESET_TOKEN"


def test_a_link_to_another_address_resets_nothing(api: Api, buyer: User) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)
    User.objects.filter(id=buyer.id).update(email="next@example.com")

    assert reset(api, token).code == "INVALID_RESET_TOKEN"


@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_a_link_does_not_open_an_account_that_was_shut(api: Api, buyer: User, status: User.Status) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)
    User.objects.filter(id=buyer.id).update(status=status)

    assert reset(api, token).code == "INVALID_RESET_TOKEN"
    assert User.objects.get(id=buyer.id).check_password(PASSWORD)


@pytest.mark.parametrize("weak", ["password123", "buyer@example.com"])
def test_a_weak_password_is_refused_and_the_link_stays_good(api: Api, buyer: User, weak: str) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)

    refused = reset(api, token, weak)

    assert (refused.status, refused.code, refused.fields) == (400, "VALIDATION_FAILED", ["password"])
    assert reset(api, token).status == 200


@pytest.mark.parametrize("body", [{}, {"token": {"$ne": None}}, {"token": None}, {"token": 1}, {"token": ""}])
def test_a_token_of_the_wrong_kind_is_refused(api: Api, buyer: User, body: dict[str, Any]) -> None:
    mailed_token(buyer, RESET_PASSWORD)

    reply = api.post("auth/reset-password", {"password": NEXT} | body)

    assert (reply.status, reply.fields) == (400, ["token"])
    assert User.objects.get(id=buyer.id).check_password(PASSWORD)


@pytest.mark.parametrize("password", [None, "12345", "x" * 129, 123456])
def test_a_password_of_the_wrong_kind_is_refused(api: Api, buyer: User, password: Any) -> None:
    body = {"token": mailed_token(buyer, RESET_PASSWORD), "password": password}

    assert api.post("auth/reset-password", body).fields == ["password"]


def test_nothing_is_hashed_for_a_token_that_opens_nothing(
    api: Api, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_password: str) -> str:
        raise AssertionError

    monkeypatch.setattr("accounts.hashers.hash_password", fail)
    assert reset(api, "0" * 64).code == "INVALID_RESET_TOKEN"


@pytest.mark.django_db(transaction=True)
def test_of_two_resets_with_one_link_at_once_one_wins(buyer: User) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)
    passwords = [f"wobbly-hat-{number}" for number in range(4)]

    with told(PasswordChanged) as facts:
        results = at_once([partial(services.reset_password, token=token, password=one) for one in passwords])

    buyer.refresh_from_db()
    won = [password for password, result in zip(passwords, results, strict=True) if result is None]
    assert len(won) == len(facts) == 1
    assert {result.code for result in results if isinstance(result, DomainError)} == {"INVALID_RESET_TOKEN"}
    assert buyer.check_password(won[0])


def test_a_reset_opens_a_locked_account(api: Api, buyer: User, limits: Settings) -> None:
    limits.RATE_LIMIT_LOGIN, limits.IS_DEVELOPMENT = "2/15m", True
    locked = [login(api, buyer, "not the one").status for _ in range(3)]

    reset(api, mailed_token(buyer, RESET_PASSWORD))

    assert locked == [401, 401, 423]
    assert login(api, buyer, NEXT).status == 200


def test_a_password_set_by_staff_opens_a_locked_account(api: Api, buyer: User, limits: Settings) -> None:
    limits.RATE_LIMIT_LOGIN, limits.IS_DEVELOPMENT = "1/15m", True
    locked = [login(api, buyer, "not the one").status for _ in range(2)]

    services.set_password(user_id=buyer.id, password=NEXT)

    assert locked == [401, 423]
    assert login(api, buyer, NEXT).status == 200


def test_a_reset_holds_where_the_store_of_the_limits_does_not_answer(
    api: Api, buyer: User, limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("django.core.cache.backends.locmem.LocMemCache.delete", fail)

    assert reset(api, mailed_token(buyer, RESET_PASSWORD)).status == 200
    assert login(api, buyer, NEXT).status == 200


def test_nothing_stays_of_a_reset_that_failed(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = mailed_token(buyer, RESET_PASSWORD)

    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.sessions.end_for_new_password", fail)
    with pytest.raises(RuntimeError):
        services.reset_password(token=token, password=NEXT)
    buyer.refresh_from_db()
    assert buyer.check_password(PASSWORD)
    assert newest_ticket(buyer).used_at is None
