"""`POST auth/change-password`."""

from typing import Any

import pytest

from accounts import services, tokens
from accounts.models import Session, User
from wholexale.common.errors import DomainError
from wholexale.common.realtime import SessionEnded
from wholexale.common.testing import PASSWORD, Api, SentItems, make_session

pytestmark = pytest.mark.django_db

NEXT = "wobbly-hat-92"


def test_a_new_password_ends_the_other_sessions_and_their_sockets(api: Api, buyer: User, sent: SentItems) -> None:
    mine, others = make_session(buyer), [make_session(buyer) for _ in range(2)]
    client = api.with_token(tokens.issue(mine).access)

    with sent() as items:
        reply = client.post("auth/change-password", {"currentPassword": PASSWORD, "newPassword": NEXT})

    [ended] = [item for item in items if isinstance(item, SessionEnded)]
    assert reply.status == 200
    assert set(ended.session_ids) == {str(session.id) for session in others}
    assert client.get("auth/me").status == 200
    assert api.with_token(tokens.issue(others[0]).access).get("auth/me").code == "SESSION_REVOKED"
    assert set(Session.objects.filter(id__in=[other.id for other in others]).values_list("end_reason")) == {
        ("password_changed",)
    }
    assert api.post("auth/login", {"email": buyer.email, "password": PASSWORD}).status == 401
    assert api.post("auth/login", {"email": buyer.email, "password": NEXT}).status == 200


def test_the_current_password_must_be_right(api: Api, buyer: User) -> None:
    other = make_session(buyer)

    reply = api.as_(buyer).post("auth/change-password", {"currentPassword": "x", "newPassword": NEXT})

    other.refresh_from_db()
    assert (reply.status, reply.code, other.ended_at) == (400, "INVALID_CURRENT_PASSWORD", None)


@pytest.mark.parametrize("weak", ["12345", "password123", "qwerty", "x" * 129, "buyer@example.com", 123456, None])
def test_a_weak_new_password_is_refused(api: Api, buyer: User, weak: Any) -> None:
    reply = api.as_(buyer).post("auth/change-password", {"currentPassword": PASSWORD, "newPassword": weak})

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", ["newPassword"])
    assert api.post("auth/login", {"email": buyer.email, "password": PASSWORD}).status == 200


@pytest.mark.parametrize("missing", ["currentPassword", "newPassword"])
def test_both_passwords_are_needed(api: Api, buyer: User, missing: str) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": NEXT}
    del body[missing]

    assert api.as_(buyer).post("auth/change-password", body).fields == [missing]


def test_of_two_changes_at_once_the_second_fails(buyer: User) -> None:
    stale = User.objects.get(id=buyer.id)
    services.change_password(actor=buyer, session_id=None, current=PASSWORD, new=NEXT)

    with pytest.raises(DomainError, match="INVALID_CURRENT_PASSWORD"):
        services.change_password(actor=stale, session_id=None, current=PASSWORD, new="another-hat-17")
    buyer.refresh_from_db()
    assert buyer.check_password(NEXT)


def test_nothing_changes_where_the_sessions_cannot_be_ended(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.sessions.end_for_new_password", fail)
    with pytest.raises(RuntimeError):
        services.change_password(actor=buyer, session_id=None, current=PASSWORD, new=NEXT)
    buyer.refresh_from_db()
    assert buyer.check_password(PASSWORD)


def test_nobody_changes_a_password_without_a_token(api: Api) -> None:
    assert api.post("auth/change-password", {"currentPassword": PASSWORD, "newPassword": NEXT}).code == "NO_TOKEN"
