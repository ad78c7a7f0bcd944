"""`GET auth/sessions` and `DELETE auth/sessions/{id}`."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import selectors, services, tokens
from accounts.models import Session, User
from wholexale.common.errors import Forbidden
from wholexale.common.realtime import SessionEnded
from wholexale.common.testing import Api, SentItems, make_session

pytestmark = pytest.mark.django_db


def test_the_list_names_every_living_session_newest_first(api: Api, buyer: User, seller: User) -> None:
    first = make_session(buyer, user_agent="Phone")
    services.end_session(actor=buyer, session_id=make_session(buyer).id)
    make_session(seller)
    second = make_session(buyer, user_agent="Laptop")

    sessions = api.with_token(tokens.issue(first).access).get("auth/sessions").body["sessions"]

    assert [item["id"] for item in sessions] == [str(second.id), str(first.id)]
    assert [item["isCurrent"] for item in sessions] == [False, True]
    assert set(sessions[0]) == {
        "id", "_id", "userAgent", "ipAddress", "createdAt", "lastRefreshedAt", "expiresAt", "isCurrent",
    }  # fmt: skip
    assert (sessions[0]["userAgent"], sessions[0]["ipAddress"]) == ("Laptop", "192.0.2.1")


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same_queries_for_any_number(
    api: Api, buyer: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_session(buyer)
    client = api.as_(buyer)

    with django_assert_num_queries(2):
        assert len(client.get("auth/sessions").body["sessions"]) == count + 1


def test_ending_another_session_of_mine_closes_it(api: Api, buyer: User, sent: SentItems) -> None:
    lost = make_session(buyer)

    with sent() as items:
        reply = api.as_(buyer).delete(f"auth/sessions/{lost.id}")

    lost.refresh_from_db()
    assert (reply.status, lost.end_reason) == (200, "logout")
    assert items == [SessionEnded(session_ids=(str(lost.id),))]


def test_an_outsider_cannot_end_my_session(api: Api, buyer: User, outsider: User) -> None:
    session = make_session(buyer)

    reply = api.as_(outsider).delete(f"auth/sessions/{session.id}")

    session.refresh_from_db()
    assert (reply.status, reply.code, session.ended_at) == (404, "SESSION_NOT_FOUND", None)


@pytest.mark.parametrize("session_id", ["01900000-0000-7000-8000-000000000000", "x", "1' OR '1'='1", "%00"])
def test_an_unknown_session_is_not_found(api: Api, buyer: User, session_id: str) -> None:
    reply = api.as_(buyer).delete(f"auth/sessions/{session_id}")

    assert (reply.status, reply.code) == (404, "SESSION_NOT_FOUND")


def test_a_session_ends_once(api: Api, buyer: User) -> None:
    session, client = make_session(buyer), api.as_(buyer)
    client.delete(f"auth/sessions/{session.id}")

    assert client.delete(f"auth/sessions/{session.id}").code == "SESSION_NOT_FOUND"


def test_staff_end_the_sessions_of_people(buyer: User, seller: User, staff: User, sent: SentItems) -> None:
    one, two = make_session(buyer), make_session(seller)

    with sent() as items:
        assert services.end_sessions_of(actor=staff, user_ids=[buyer.id], session_ids=[two.id]) == 2

    assert [set(item.session_ids) for item in items if isinstance(item, SessionEnded)] == [{str(one.id), str(two.id)}]
    assert set(Session.objects.values_list("end_reason", flat=True)) == {"staff"}


def test_only_staff_end_the_sessions_of_others(buyer: User, outsider: User) -> None:
    make_session(buyer)

    with pytest.raises(Forbidden):
        services.end_sessions_of(actor=outsider, user_ids=[buyer.id])
    assert selectors.sessions_of(buyer).count() == 1


@pytest.mark.parametrize("address", ["", "unknown", "fe80::1%eth0", "not an address"])
def test_an_address_that_is_none_is_not_kept(buyer: User, address: str) -> None:
    device = services.Device(address=address, user_agent="x" * 1000)

    session = services.start_session(user=buyer, device=device)

    session.refresh_from_db()
    assert (session.ip_address, len(session.user_agent)) == (None, 300)
