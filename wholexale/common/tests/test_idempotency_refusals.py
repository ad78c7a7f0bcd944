"""What of a failed request is kept under its key, and what a crash leaves."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404
from rest_framework.exceptions import APIException, Throttled

from accounts.models import User
from wholexale.common.errors import (
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from wholexale.common.models import IdempotencyKey
from wholexale.common.testing import Api, Reply, SentItems
from wholexale.common.tests.orders import URLS, OrderBody, effects, ending, failing, is_replay, order, over_a_socket

pytestmark = [pytest.mark.django_db, pytest.mark.urls(URLS)]


class RequestTimeout(DomainError):
    status = 408


class Noted(Conflict):
    keeps_writes = True


@pytest.fixture
def client(api: Api, buyer: User) -> Api:
    return api.as_(buyer)


# --- Refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        ValidationFailed("AMOUNT_TOO_LARGE"),
        Forbidden(required="finance.pay", current="member"),
        NotFound("OFFER_NOT_FOUND"),
        Conflict("OFFER_CLOSED", retry_after=3),
        Http404(),
        PermissionDenied(),
    ],
    ids=repr,
)
def test_a_refusal_that_would_come_again_is_kept_without_its_effect(
    client: Api, sent: SentItems, error: Exception
) -> None:
    with sent() as items:
        with failing(error):
            first = order(client)
        again = order(client)

    assert 400 <= first.status < 500
    assert (again.status, again.raw) == (first.status, first.raw)
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert effects() == 0
    assert not items
    assert order(client, "key-2").status == 201


def test_what_was_written_about_a_refusal_is_kept_with_it_once(client: Api, buyer: User, sent: SentItems) -> None:
    with sent() as items, failing(Noted("CREDIT_SHORT")):
        first, again = order(client), order(client)
        over = [over_a_socket(buyer, "key-2", OrderBody(name="kurtas")) for _ in range(2)]

    assert (first.status, first.code, again.raw) == (409, "CREDIT_SHORT", first.raw)
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert [(one.status, one.is_replay) for one in over] == [(409, False), (409, True)]
    assert effects() == len(items) == 2


def test_the_first_refusal_keeps_its_own_headers(client: Api) -> None:
    with failing(Conflict("CREDIT_BUSY", retry_after=3)):
        assert order(client).headers["Retry-After"] == "3"


def test_a_body_of_the_wrong_shape_is_refused_again_without_asking_the_service(client: Api) -> None:
    first, again = order(client, body={"name": 5}), order(client, body={"name": 5})

    assert (first.status, first.fields) == (400, ["name"])
    assert again.raw == first.raw
    assert is_replay(again)


@pytest.mark.parametrize(
    "error",
    [
        Unauthenticated("SESSION_REVOKED"),
        RequestTimeout(),
        RateLimited(retry_after=1),
        Throttled(),
        Unavailable(retry_after=1),
        OperationalError("the database went away"),
        APIException(),
        RuntimeError("a mistake"),
    ],
    ids=repr,
)
def test_what_may_end_otherwise_next_time_is_not_kept(client: Api, sent: SentItems, error: Exception) -> None:
    with sent() as items:
        with failing(error):
            failed = order(client)
        assert not IdempotencyKey.objects.exists()
        assert effects() == 0
        assert not items
        tried_again = order(client)

    assert failed.status in {401, 408, 429, 500, 503}
    assert (tried_again.status, is_replay(tried_again)) == (201, False)
    assert effects() == len(items) == 1


def test_an_unexpected_error_is_logged_once(client: Api, caplog: pytest.LogCaptureFixture) -> None:
    with failing(RuntimeError("a mistake")):
        assert order(client).code == "INTERNAL_ERROR"

    assert [record.message for record in caplog.records if record.name == "wholexale.api"] == ["unexpected error"]


@pytest.mark.parametrize("body", [b'{"name": ', b"\xff", b'{"name": "k", "amount": %b}' % (b"1" * 5_000)])
def test_a_body_that_cannot_be_read_is_refused_and_not_kept(client: Api, body: bytes) -> None:
    assert order(client, body=body).status == 400
    assert not IdempotencyKey.objects.exists()


def test_a_body_of_another_media_type_is_refused_and_not_kept(client: Api) -> None:
    named = client.with_headers(Idempotency_Key="key-1")

    assert named.send("POST", "orders", b"name=kurtas", content_type="text/plain").status == 415
    assert order(client).status == 201


# --- Crashes ----------------------------------------------------------------------------------------------------


def crashing_at(number: int) -> Callable[..., Any]:
    """Return a wrapper of the connection's statements that fails at the one of this number, counted from 1."""
    counter = count(1)

    def execute(proceed: Callable[..., Any], *statement: Any) -> Any:
        if next(counter) == number:
            raise OperationalError("the server went away")
        return proceed(*statement)

    return execute


def crashed(client: Api, number: int) -> Reply:
    """Send an order whose statement of this number fails, where it has so many."""
    with connection.execute_wrapper(crashing_at(number)):
        return order(client)


@pytest.mark.django_db(transaction=True)
def test_a_crash_at_any_statement_leaves_nothing_and_a_repeat_happens_once(client: Api) -> None:
    reply, crashes = crashed(client, 1), 0
    while reply.status != 201:
        crashes += 1
        assert reply.status == 503
        assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
        reply = crashed(client, crashes + 1)

    assert crashes > 6
    assert order(client).raw == reply.raw
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_inside_the_request_leaves_nothing(client: Api) -> None:
    with ending(connection.close):
        lost = order(client)

    assert lost.status >= 500
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
    assert order(client).status == 201
    assert is_replay(order(client))
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_was_lost_on_the_way_is_given_again(client: Api) -> None:
    stored = order(client).raw
    connection.close()

    assert order(client).raw == stored


@pytest.mark.django_db(transaction=True)
def test_a_key_inside_another_transaction_is_a_mistake_of_ours(buyer: User) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        over_a_socket(buyer, "key-1", OrderBody(name="kurtas"))
