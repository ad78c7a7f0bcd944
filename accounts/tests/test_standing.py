"""What staff do to accounts, and where people were last seen."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import Session, User
from wholexale.common.errors import Forbidden, NotFound
from wholexale.common.realtime import PrincipalChanged, SessionEnded
from wholexale.common.testing import PASSWORD, Api, SentItems, make_person, make_session

pytestmark = pytest.mark.django_db


def test_suspending_ends_every_session_and_socket(api: Api, buyer: User, staff: User, sent: SentItems) -> None:
    session = make_session(buyer)

    with sent() as items:
        services.set_status(actor=staff, user_id=buyer.id, status=User.Status.SUSPENDED, reason="Fraud")

    buyer.refresh_from_db()
    session.refresh_from_db()
    assert (buyer.status, buyer.status_reason, session.end_reason) == ("suspended", "Fraud", "deactivated")
    assert items == [SessionEnded(session_ids=(str(session.id),)), PrincipalChanged(user_id=str(buyer.id))]


def test_a_reactivated_person_signs_in_again(api: Api, buyer: User, staff: User) -> None:
    services.set_status(actor=staff, user_id=buyer.id, status=User.Status.SUSPENDED)
    services.set_status(actor=staff, user_id=buyer.id, status=User.Status.ACTIVE)

    assert api.post("auth/login", {"email": buyer.email, "password": PASSWORD}).status == 200


def test_activating_ends_no_session(api: Api, buyer: User, staff: User, sent: SentItems) -> None:
    client = api.as_(buyer)

    with sent() as items:
        services.set_status(actor=staff, user_id=buyer.id, status=User.Status.ACTIVE)

    assert items == [PrincipalChanged(user_id=str(buyer.id))]
    assert client.get("auth/me").body["user"]["status"] == "active"


def test_only_staff_judge_accounts(buyer: User, outsider: User) -> None:
    with pytest.raises(Forbidden):
        services.set_status(actor=outsider, user_id=buyer.id, status=User.Status.SUSPENDED)
    with pytest.raises(Forbidden):
        services.set_role(actor=outsider, user_id=outsider.id, role=User.Role.SUPER_ADMIN)


def test_staff_do_not_judge_themselves_or_those_above_them(staff: User) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)

    for target in (clerk, staff):
        with pytest.raises(Forbidden):
            services.set_status(actor=clerk, user_id=target.id, status=User.Status.SUSPENDED)
    with pytest.raises(Forbidden):
        services.set_role(actor=clerk, user_id=make_person("friend").id, role=User.Role.SUPER_ADMIN)


def test_an_unknown_account_is_not_found(staff: User) -> None:
    with pytest.raises(NotFound, match="USER_NOT_FOUND"):
        services.set_status(actor=staff, user_id=uuid4(), status=User.Status.SUSPENDED)


def test_a_new_role_asks_for_a_new_sign_in(buyer: User, staff: User, sent: SentItems) -> None:
    session = make_session(buyer)

    with sent() as items:
        services.set_role(actor=staff, user_id=buyer.id, role=User.Role.ADMIN)

    buyer.refresh_from_db()
    assert (buyer.role, buyer.is_staff, buyer.is_superuser) == ("admin", True, False)
    assert items == [SessionEnded(session_ids=(str(session.id),)), PrincipalChanged(user_id=str(buyer.id))]


def test_nothing_changes_where_the_sessions_cannot_be_ended(
    buyer: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.sessions.end_for_status", fail)
    with pytest.raises(RuntimeError):
        services.set_status(actor=staff, user_id=buyer.id, status=User.Status.SUSPENDED)
    buyer.refresh_from_db()
    assert buyer.is_active


def test_when_people_were_last_seen_is_one_statement(
    buyer: User, seller: User, outsider: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)

    with django_assert_num_queries(1):
        services.note_last_seen(user_ids=[buyer.id, seller.id], moment=moment)

    seen = dict(User.objects.values_list("email", "last_seen_at"))
    assert seen == {buyer.email: moment, seller.email: moment, outsider.email: None}


def test_a_superuser_is_made_on_the_command_line() -> None:
    user = User.objects.create_superuser(email="root@example.com", password=PASSWORD, first_name="R", last_name="R")

    assert (user.is_staff, user.is_superuser, user.role, user.status) == (True, True, "super_admin", "active")
    assert User.objects.get_by_natural_key("ROOT@example.com ") == user
    assert not Session.objects.exists()
