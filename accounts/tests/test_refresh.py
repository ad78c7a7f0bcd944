"""`POST auth/refresh`: one rotation a token, the same answer to a repeat, and the end for a token in two hands."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services, tokens
from accounts.models import Session, User
from accounts.tests.attacks import claims, sign
from wholexale.common.realtime import SessionEnded
from wholexale.common.testing import Api, Reply, SentItems, make_person, make_session

HANDS = 20


def refresh(api: Api, token: Any) -> Reply:
    return api.post("auth/refresh", {"refreshToken": token})


def refresh_token(session: Session) -> str:
    return tokens.issue(session).refresh


def age(session: Session, seconds: float) -> None:
    Session.objects.filter(id=session.id).update(rotated_at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_a_refresh_gives_the_next_tokens_of_the_same_session(api: Api, buyer: User) -> None:
    session = make_session(buyer)

    reply = refresh(api, refresh_token(session))

    assert reply.status == 200
    assert set(reply.body) == {"token", "refreshToken", "expiresIn", "sessionId"}
    assert reply.body["sessionId"] == str(session.id)
    assert reply.body["refreshToken"] != refresh_token(session)
    assert api.with_token(reply.body["token"]).get("auth/me").status == 200


@pytest.mark.django_db
def test_a_session_renews_as_often_as_it_likes_but_not_beyond_its_end(api: Api, buyer: User) -> None:
    session = make_session(buyer)
    token = refresh_token(session)
    for _ in range(5):
        token = refresh(api, token).body["refreshToken"]

    claims_of_last = tokens.read_refresh_token(token)
    assert (claims_of_last.gen, claims_of_last.exp) == (5, int(session.expires_at.timestamp()))


@pytest.mark.django_db
def test_a_repeat_within_ten_seconds_gets_the_same_answer_byte_for_byte(api: Api, buyer: User) -> None:
    token = refresh_token(make_session(buyer))
    first = refresh(api, token)

    assert refresh(api, token).raw == first.raw
    assert Session.objects.get().generation == 1


@pytest.mark.django_db
def test_a_repeat_just_before_ten_seconds_is_still_a_repeat(api: Api, buyer: User) -> None:
    session = make_session(buyer)
    token = refresh_token(session)
    refresh(api, token)
    age(session, 9)

    assert refresh(api, token).status == 200


@pytest.mark.django_db
def test_a_later_repeat_ends_the_session_and_its_sockets(api: Api, buyer: User, sent: SentItems) -> None:
    session, other = make_session(buyer), make_session(buyer)
    token = refresh_token(session)
    next_token = refresh(api, token).body["refreshToken"]
    age(session, 11)

    with sent() as items:
        reply = refresh(api, token)

    session.refresh_from_db()
    assert (reply.status, reply.code) == (401, "INVALID_REFRESH_TOKEN")
    assert session.end_reason == "token_reused"
    assert items == [SessionEnded(session_ids=(str(session.id),))]
    assert refresh(api, next_token).code == "INVALID_REFRESH_TOKEN"
    assert refresh(api, refresh_token(other)).status == 200


@pytest.mark.django_db
def test_an_older_token_ends_the_session_at_once(api: Api, buyer: User, sent: SentItems) -> None:
    session = make_session(buyer)
    token = refresh_token(session)
    second = refresh(api, token).body["refreshToken"]
    access = refresh(api, second).body["token"]

    with sent() as items:
        reply = refresh(api, token)

    assert (reply.status, reply.code) == (401, "INVALID_REFRESH_TOKEN")
    assert items == [SessionEnded(session_ids=(str(session.id),))]
    assert api.with_token(access).get("auth/me").code == "SESSION_REVOKED"


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"refreshToken": ""}, None])
def test_no_refresh_token_is_said_to_be_none(api: Api, body: Any) -> None:
    reply = api.post("auth/refresh", body)

    assert (reply.status, reply.code) == (401, "NO_REFRESH_TOKEN")


@pytest.mark.django_db
@pytest.mark.parametrize("token", [5, None, [], {"$ne": None}, True])
def test_a_refresh_token_of_the_wrong_kind_is_refused(api: Api, token: Any) -> None:
    reply = refresh(api, token)

    assert (reply.status, reply.fields) == (400, ["refreshToken"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"typ": "access"},
        {"gen": "0"},
        {"gen": None},
        {"gen": 1},
        {"gen": -1},
        {"gen": 10**30},
        {"sid": "x"},
        {"sub": "00000000-0000-7000-8000-000000000000"},
        {"exp": 0},
        {"aud": "another"},
        {"iss": "another"},
    ],
)
def test_a_forged_refresh_token_changes_nothing(api: Api, buyer: User, change: dict[str, Any]) -> None:
    session = make_session(buyer)
    payload = claims(session) | {"typ": "refresh", "gen": 0}

    reply = refresh(api, sign(payload | change, key=settings.JWT_REFRESH_SECRET))

    session.refresh_from_db()
    assert (reply.status, reply.code) == (401, "INVALID_REFRESH_TOKEN")
    assert (session.generation, session.ended_at) == (0, None)
    assert refresh(api, sign(payload, key=settings.JWT_REFRESH_SECRET)).status == 200


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "a.b.c", "\u00e9", "x" * 100_000])
def test_what_is_no_token_is_refused(api: Api, token: str) -> None:
    assert refresh(api, token).code == "INVALID_REFRESH_TOKEN"


@pytest.mark.django_db
def test_an_access_token_does_not_refresh(api: Api, buyer: User) -> None:
    assert refresh(api, tokens.issue(make_session(buyer)).access).code == "INVALID_REFRESH_TOKEN"


@pytest.mark.django_db
def test_an_ended_or_expired_session_does_not_refresh(api: Api, buyer: User) -> None:
    ended, expired = make_session(buyer), make_session(buyer)
    token = refresh_token(expired)
    services.end_session(actor=buyer, session_id=ended.id)
    Session.objects.filter(id=expired.id).update(expires_at=timezone.now())

    assert refresh(api, refresh_token(ended)).code == "INVALID_REFRESH_TOKEN"
    assert refresh(api, token).code == "INVALID_REFRESH_TOKEN"


@pytest.mark.django_db
def test_an_account_that_does_not_work_does_not_refresh(api: Api, buyer: User) -> None:
    session = make_session(buyer)
    User.objects.filter(id=buyer.id).update(status="suspended")

    reply = refresh(api, refresh_token(session))

    session.refresh_from_db()
    assert (reply.status, reply.code) == (401, "ACCOUNT_DEACTIVATED")
    assert session.generation == 0


@pytest.mark.django_db
def test_a_refresh_costs_two_queries(buyer: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = refresh_token(make_session(buyer))

    with django_assert_num_queries(4):  # and the savepoint of the test's transaction, set and released
        services.refresh(refresh_token=token)


def refreshed_by_twenty_hands(pool: ThreadPoolExecutor, number: int) -> Counter[bytes]:
    session = make_session(make_person(f"hand{number}"))
    token, start = refresh_token(session), Barrier(HANDS)

    def hand(_: int) -> Reply:
        start.wait(timeout=30)
        try:
            return refresh(Api(), token)
        finally:
            connection.close()

    replies = list(pool.map(hand, range(HANDS)))
    session.refresh_from_db()
    assert [reply.status for reply in replies] == [200] * HANDS
    assert (session.generation, session.ended_at) == (1, None)
    return Counter(reply.raw for reply in replies)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trials", [10, pytest.param(50, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
def test_twenty_simultaneous_refreshes_are_one_rotation_and_one_answer(trials: int) -> None:
    with ThreadPoolExecutor(HANDS) as pool:
        answers = [refreshed_by_twenty_hands(pool, number) for number in range(trials)]

    assert [list(answer.values()) for answer in answers] == [[HANDS]] * trials
    assert sum(Session.objects.values_list("generation", flat=True)) == trials
