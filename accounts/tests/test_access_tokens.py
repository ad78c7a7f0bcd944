"""Which tokens open the door, on HTTP and for the sockets, and which never do."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import selectors, services, tokens
from accounts.models import Session, User
from accounts.tests.attacks import ATTACKS, Attack, claims, sign
from wholexale.common.errors import DomainError
from wholexale.common.realtime import Principal
from wholexale.common.testing import Api, Reply, access_token, make_session

pytestmark = pytest.mark.django_db

attacks = pytest.mark.parametrize(("attack", "code"), ATTACKS.values(), ids=ATTACKS.keys())


def me(api: Api, token: str) -> Reply:
    return api.with_headers(Authorization=f"Bearer {token}").get("auth/me")


@attacks
def test_a_token_that_is_not_ours_is_refused_over_http(api: Api, buyer: User, attack: Attack, code: str) -> None:
    reply = me(api, attack(make_session(buyer)))

    assert (reply.status, reply.code) == (401, code)
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@attacks
def test_a_token_that_is_not_ours_is_refused_in_a_batch(buyer: User, attack: Attack, code: str) -> None:
    session = make_session(buyer)

    refused, accepted = selectors.authenticate_tokens([attack(session), tokens.issue(session).access])

    assert isinstance(refused, DomainError)
    assert refused.code == code
    assert isinstance(accepted, Principal)


def test_the_test_signs_like_the_server(api: Api, buyer: User) -> None:
    assert me(api, sign(claims(make_session(buyer)))).status == 200


def test_an_unknown_header_of_a_token_of_ours_does_no_harm(api: Api, buyer: User) -> None:
    assert me(api, sign(claims(make_session(buyer)), kid="../../etc/passwd")).status == 200


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER   {}", "{}", "  {}  "])
def test_the_token_is_read_with_and_without_its_scheme(api: Api, buyer: User, header: str) -> None:
    reply = api.with_headers(Authorization=header.format(access_token(buyer))).get("auth/me")

    assert reply.status == 200


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Bearer "])
def test_no_token_is_said_to_be_none(api: Api, header: str) -> None:
    reply = api.with_headers(Authorization=header).get("auth/me")

    assert (reply.status, reply.code) == (401, "NO_TOKEN")


def test_another_scheme_is_no_token_of_ours(api: Api) -> None:
    reply = api.with_headers(Authorization="Basic YTpi").get("auth/me")

    assert (reply.status, reply.code) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_an_account_that_does_not_work_is_named_even_where_its_session_ended_too(
    api: Api, buyer: User, staff: User, status: User.Status
) -> None:
    token = access_token(buyer)

    services.set_status(actor=staff, user_id=buyer.id, status=status)

    assert me(api, token).code == "ACCOUNT_DEACTIVATED"
    assert _codes([token]) == ["ACCOUNT_DEACTIVATED"]


def test_a_session_that_ended_is_named(api: Api, buyer: User) -> None:
    token = access_token(buyer)

    services.log_out_everywhere(actor=buyer)

    assert me(api, token).code == "SESSION_REVOKED"
    assert _codes([token]) == ["SESSION_REVOKED"]


def test_a_session_of_somebody_else_is_not_lent(api: Api, buyer: User, seller: User) -> None:
    token = sign(claims(make_session(seller)) | {"sub": str(buyer.id)})

    assert me(api, token).code == "SESSION_REVOKED"
    assert _codes([token, access_token(buyer), access_token(seller)]) == ["SESSION_REVOKED", None, None]


def test_no_access_token_outlives_its_session(api: Api, buyer: User) -> None:
    session = make_session(buyer)
    Session.objects.filter(id=session.id).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert me(api, sign(claims(session))).code == "TOKEN_EXPIRED"
    assert _codes([sign(claims(session))]) == ["TOKEN_EXPIRED"]


def test_the_tokens_of_a_session_are_functions_of_its_row(buyer: User) -> None:
    session = make_session(buyer)

    assert tokens.issue(session) == tokens.issue(Session.objects.get(id=session.id))


def test_the_access_token_ends_with_the_session_at_the_latest(buyer: User) -> None:
    session = make_session(buyer)
    session.expires_at = session.rotated_at + timedelta(seconds=90)

    pair = tokens.issue(session)

    assert pair.expires_in == 90
    assert tokens.read_access_token(pair.access).exp == int(session.expires_at.timestamp())
    assert tokens.read_refresh_token(pair.refresh).exp == int(session.expires_at.timestamp())


def test_two_sessions_of_one_second_have_different_tokens(buyer: User) -> None:
    assert access_token(buyer) != access_token(buyer)


def test_the_old_name_of_the_user_id_stands_in_the_token(buyer: User) -> None:
    backend = tokens._backend(settings.JWT_SECRET)

    assert backend.decode(access_token(buyer))["id"] == str(buyer.id)  # type: ignore[arg-type] # the stub's Token


def test_a_request_is_authenticated_with_one_query(
    buyer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = access_token(buyer)

    with django_assert_num_queries(1):
        assert selectors.authenticate(token).user == buyer


def test_a_batch_of_any_size_is_authenticated_with_one_query(
    buyer: User, seller: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    batch = [access_token(user) for user in (buyer, seller) * 10]

    with django_assert_num_queries(1):
        answers = selectors.authenticate_tokens(["x", *batch])

    assert [getattr(answer, "id", None) for answer in answers] == [None, *[buyer.id, seller.id] * 10]


def test_a_batch_without_a_readable_token_asks_the_database_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert _codes(["", "x", "\ud800"]) == ["INVALID_TOKEN"] * 3


def test_a_principal_says_what_commands_need(buyer: User) -> None:
    services.update_profile(
        actor=buyer,
        person={},
        preferences={"privacy": {"showOnlineStatus": False}},
        business=services.BusinessDetails(),
    )
    session = make_session(buyer)

    [principal] = selectors.authenticate_tokens([tokens.issue(session).access])

    assert principal == Principal(
        id=buyer.id,
        session_id=session.id,
        name="Bela Buyer",
        role="user",
        expires_at=int((session.rotated_at + settings.JWT_EXPIRES_IN).timestamp()),
        shows_presence=False,
    )


def test_living_principals_are_read_again_with_one_query(
    buyer: User, seller: User, staff: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alive, ended, suspended = make_session(buyer), make_session(buyer), make_session(seller)
    services.end_session(actor=buyer, session_id=ended.id)
    services.set_status(actor=staff, user_id=seller.id, status=User.Status.SUSPENDED)

    with django_assert_num_queries(1):
        found = selectors.principals([alive.id, ended.id, suspended.id, uuid4()])

    assert list(found) == [alive.id]
    assert (found[alive.id].name, found[alive.id].expires_at) == ("Bela Buyer", 0)


def test_ended_sessions_are_found_by_when_they_ended(
    buyer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = timezone.now()
    kept, ended = make_session(buyer), make_session(buyer)
    services.end_session(actor=buyer, session_id=ended.id)

    with django_assert_num_queries(1):
        assert selectors.sessions_ended_since(before) == [ended.id]
    assert selectors.sessions_ended_since(timezone.now() + timedelta(seconds=1)) == []
    assert selectors.authenticate(tokens.issue(kept).access) == kept


def _codes(batch: list[str]) -> list[str | None]:
    return [getattr(answer, "code", None) for answer in selectors.authenticate_tokens(batch)]
