"""`Idempotency-Key`: the same request happens once, and its answer is repeated byte for byte."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from drf_spectacular.generators import SchemaGenerator
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.request import Request

from accounts.models import User
from wholexale.common.api.idempotency import once
from wholexale.common.errors import Conflict, DomainError, Unauthenticated
from wholexale.common.idempotency import Answer, KeyReused, answer_once
from wholexale.common.models import IdempotencyKey
from wholexale.common.testing import Api, SentItems
from wholexale.common.tests.orders import URLS, OrderBody, effects, failing, is_replay, order, over_a_socket

pytestmark = [pytest.mark.django_db, pytest.mark.urls(URLS)]


@pytest.fixture
def client(api: Api, buyer: User) -> Api:
    return api.as_(buyer)


# --- Repeats ----------------------------------------------------------------------------------------------------


def test_a_repeat_has_no_effect_and_gets_the_same_bytes(client: Api, sent: SentItems) -> None:
    with sent() as items:
        first, again = order(client), order(client)

    assert (first.status, again.status) == (201, 201)
    assert first.raw == again.raw
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert effects() == len(items) == 1


def test_without_a_key_every_request_happens(client: Api) -> None:
    first, again = order(client, None), order(client, None)

    assert first.raw != again.raw
    assert not is_replay(again)
    assert effects() == 2
    assert not IdempotencyKey.objects.exists()


def test_another_key_is_another_request(client: Api) -> None:
    assert order(client, "key-1").raw != order(client, "key-2").raw
    assert effects() == 2


def test_the_same_key_of_another_person_is_another_request(
    api: Api, seller: User, colleague: User, outsider: User
) -> None:
    replies = [order(api.as_(user)) for user in (seller, colleague, outsider)]

    assert len({reply.raw for reply in replies}) == 3
    assert not any(is_replay(reply) for reply in replies)
    assert effects() == 3


def test_a_key_outlives_the_session(api: Api, buyer: User) -> None:
    assert order(api.as_(buyer)).raw == order(api.as_(buyer)).raw
    assert effects() == 1


def test_nobody_signed_in_gets_no_answer_of_others(api: Api, client: Api) -> None:
    order(client)

    assert order(api).code == "NO_TOKEN"


def test_a_key_of_nobody_is_refused_where_an_endpoint_is_open_to_all() -> None:
    request = Request(RequestFactory().post("/api/orders", headers={"Idempotency-Key": "key-1"}))

    with pytest.raises(Unauthenticated):
        once(request, HttpResponse, reads_body=False)


def test_an_endpoint_without_a_body_repeats_too(client: Api) -> None:
    first, again = order(client, path="nudges", body=b""), order(client, path="nudges", body=b"")

    assert first.status == 200
    assert is_replay(again)
    assert first.raw == again.raw


@pytest.mark.parametrize("whom", ["%00", "%FF", "%ED%A0%80", "b%C3%BCro", "x" * 2_000])
def test_whatever_stands_in_a_path_is_told_apart(client: Api, whom: str) -> None:
    first, other = order(client, path=f"nudges/{whom}", body=b""), order(client, path=f"nudges/{whom}y", body=b"")

    assert first.status == 200
    assert other.code == "IDEMPOTENCY_KEY_REUSED"
    assert is_replay(order(client, path=f"nudges/{whom}", body=b""))


def test_a_trailing_slash_is_the_same_request(client: Api) -> None:
    assert order(client).raw == order(client, path="orders/").raw


def test_what_a_key_costs_in_queries(client: Api, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    in_short_waits = 2 if connection.vendor == "postgresql" else 0
    savepoints = 4  # in a test the outer transaction is a savepoint as well
    insert_read_answer, effect, session = 3, 1, 1

    with django_assert_num_queries(session + savepoints + in_short_waits + insert_read_answer + effect):
        order(client)


# --- Which request is the same ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"kurtas","amount":10.5}',
        b'{"amount": 10.50, \n\t"name": "kurtas"}',
        b'{"name": "k\\u0075rtas", "amount": 105e-1}',
    ],
)
def test_blanks_order_and_spelling_do_not_matter(client: Api, body: bytes) -> None:
    first = order(client)

    assert is_replay(order(client, body=body))
    assert order(client, body=body).raw == first.raw


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "kurtas", "amount": 10.6}',
        b'{"name": "kurtas", "amount": 10.500000000000000000001}',
        b'{"name": "kurtas"}',
        b'{"name": "kurtas", "amount": 10.5, "unknown": 1}',
        b"{}",
        b"",
    ],
)
def test_another_body_under_the_same_key_is_refused(client: Api, body: bytes) -> None:
    first = order(client)
    other = order(client, body=body)

    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert not is_replay(other)
    assert order(client).raw == first.raw
    assert effects() == 1


def test_another_path_or_query_under_the_same_key_is_refused(client: Api) -> None:
    order(client)
    body = {"name": "kurtas", "amount": 10.5}

    assert order(client, path="more-orders").code == "IDEMPOTENCY_KEY_REUSED"
    assert client.with_headers(Idempotency_Key="key-1").send("POST", "orders", body, query={"a": "1"}).status == 422


@pytest.mark.parametrize("key", ["", " ", "two words", "schlüssel", "tab\tbed", "\x7f", "k" * 256])
def test_a_malformed_key_is_refused_by_the_name_of_the_header(client: Api, key: str) -> None:
    reply = order(client, key)

    assert (reply.status, reply.code) == (400, "IDEMPOTENCY_KEY_INVALID")
    assert [(fault["path"], fault["location"]) for fault in reply.body["details"]] == [("Idempotency-Key", "headers")]
    assert effects() == 0


@pytest.mark.parametrize("key", ["!", "~" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a,b;c={}"])
def test_every_visible_character_may_be_in_a_key(client: Api, key: str) -> None:
    assert order(client, key).status == 201
    assert is_replay(order(client, key))


# --- The other door ---------------------------------------------------------------------------------------------


def test_a_command_of_a_socket_uses_the_same_keys(buyer: User) -> None:
    body = OrderBody(name="kurtas")
    first, again = over_a_socket(buyer, "key-1", body), over_a_socket(buyer, "key-1", body)
    with failing(Conflict("OFFER_CLOSED")):
        refused, refused_again = over_a_socket(buyer, "key-2", body), over_a_socket(buyer, "key-2", body)

    assert (first.body, first.is_replay) == (again.body, not again.is_replay)
    assert (refused.status, refused.body) == (409, refused_again.body)
    assert refused_again.is_replay
    assert effects() == 1
    with pytest.raises(KeyReused):
        over_a_socket(buyer, "key-1", OrderBody(name="shirts"))


def test_a_route_longer_than_its_column_is_still_told_apart(buyer: User) -> None:
    def ask(route: str) -> Answer:
        return answer_once(
            scope=buyer.id,
            key="key-1",
            route=route,
            content=b"",
            run=lambda: Answer(status=200, body=b"{}"),
            refuse=fail,
        )

    def fail(error: DomainError) -> Answer:
        raise AssertionError(error)

    ask("POST /" + "x" * 400)

    with pytest.raises(KeyReused):
        ask("POST /" + "x" * 399 + "y")
    assert ask("POST /" + "x" * 400).is_replay


# --- What browsers and documents know ---------------------------------------------------------------------------


def test_browsers_may_send_the_key_and_read_the_mark(settings: Settings) -> None:
    origin = settings.CORS_ALLOWED_ORIGINS[0]
    asking = {"origin": origin, "access-control-request-method": "POST"}
    preflight = Client().options("/api/orders", headers=asking | {"access-control-request-headers": "idempotency-key"})
    answer = Client().post("/api/orders", headers={"origin": origin})

    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Idempotent-Replayed" in answer.headers["Access-Control-Expose-Headers"]


def test_the_description_has_the_header_and_its_refusals() -> None:
    document = SchemaGenerator(urlconf=URLS).get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operation = document["paths"]["/api/orders"]["post"]
    [parameter] = operation["parameters"]

    assert (parameter["name"], parameter["in"]) == ("Idempotency-Key", "header")
    assert "required" not in parameter
    assert operation["responses"]["409"]["description"].startswith("OFFER_CLOSED; IDEMPOTENCY_IN_PROGRESS")
    assert "IDEMPOTENCY_KEY_REUSED" in operation["responses"]["422"]["description"]
    assert "Idempotent-Replayed" in operation["responses"]["201"]["headers"]
