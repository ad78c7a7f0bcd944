"""Whatever is sent, the answer is a coded refusal and never our fault."""

from typing import Any

import pytest

from accounts.models import User
from wholexale.common.testing import Api

pytestmark = [pytest.mark.django_db, pytest.mark.once]

OPEN = [("POST", "auth/register"), ("POST", "auth/login"), ("POST", "auth/refresh")]
SIGNED_IN = [("PUT", "auth/profile"), ("POST", "auth/change-password"), ("PATCH", "businesses/me")]
EVERY = pytest.mark.parametrize(("method", "path"), [*OPEN, *SIGNED_IN])

READ = ("email", "firstName", "name", "refreshToken", "currentPassword")


def every_field(value: bytes) -> bytes:
    """Return the members of an object that holds a value in a field that each path reads."""
    return b", ".join(b'"%s": %s' % (name.encode(), value) for name in READ)


MALFORMED: dict[str, bytes] = {
    "half": b'{"email": "a@b.c"',
    "half after a wrong type": b"{" + every_field(b"5") + b", ",
    "deep after a wrong type": b"{" + every_field(b"5") + b', "x": ' + b"[" * 100_000,
    "no JSON": b"email=a@b.c&password=x",
    "a trailing word": b"{} x",
    "single quotes": b"{'email': 1}",
    "bad UTF-8": b"{" + every_field(b'"\xff\xfe"') + b"}",
    "a lone surrogate": b"{" + every_field(b'"\\ud800"') + b"}",
    "deep lists": b'{"preferences": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"x":' * 50_000 + b"1" + b"}" * 50_000,
    "a control character": b"{" + every_field(b'"a\x01b"') + b"}",
    "a raw NUL": b"\x00",
    "not a number": b'{"email": NaN}',
}
WRONG: dict[str, bytes] = {"list": b"[]", "text": b'"x"', "number": b"5", "null": b"null", "true": b"true"}


@pytest.fixture
def client(api: Api, buyer: User) -> Api:
    return api.as_(buyer)


@EVERY
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json_is_refused(client: Api, method: str, path: str, body: bytes) -> None:
    reply = client.send(method, path, body)

    assert reply.status == 400
    assert reply.code in {"MALFORMED_JSON", "VALIDATION_FAILED"}
    assert reply.body["requestId"]


@EVERY
@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_body_that_is_no_object_is_refused(client: Api, method: str, path: str, body: bytes) -> None:
    reply = client.send(method, path, body)

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")


@EVERY
def test_a_nul_character_is_refused(client: Api, method: str, path: str) -> None:
    reply = client.send(method, path, b"{" + every_field(b'"a\\u0000@b.co"') + b"}")

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")


@EVERY
def test_a_nul_in_a_field_that_nobody_reads_is_refused_too(client: Api, method: str, path: str) -> None:
    reply = client.send(method, path, b'{"x": ' + b"[" * 900 + b'"\\u0000"' + b"]" * 900 + b"}")

    assert reply.status == 400


@EVERY
def test_a_body_above_the_limit_is_refused(client: Api, method: str, path: str) -> None:
    reply = client.send(method, path, b'{"x": "' + b"x" * 1_100_000 + b'"}')

    assert (reply.status, reply.code) == (413, "PAYLOAD_TOO_LARGE")


@EVERY
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_that_is_not_json_is_refused(client: Api, method: str, path: str, kind: str) -> None:
    reply = client.send(method, path, b"{}", content_type=kind)

    assert (reply.status, reply.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(("method", "path"), [("GET", "auth/login"), ("DELETE", "auth/me"), ("POST", "businesses")])
def test_a_method_that_is_not_there_is_refused(client: Api, method: str, path: str) -> None:
    reply = client.send(method, path)

    assert (reply.status, reply.code) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "User-Agent", "X-Request-Id"])
@pytest.mark.parametrize("value", ["", "x" * 5000, "\u00e9\u00ff", "1.2.3.4, , ::1, 999.1.1.1", "{}'\"<script>"])
def test_headers_of_any_kind_do_no_harm(api: Api, buyer: User, header: str, value: str) -> None:
    client = api.with_headers(**{header.replace("-", "_"): value})
    body: dict[str, Any] = {"email": buyer.email, "password": "not the one"}

    assert client.post("auth/login", body).code == "INVALID_CREDENTIALS"
    assert client.post("auth/login", body | {"password": "wholexale-demo"}).status == 200


def test_a_refusal_never_repeats_what_was_sent(api: Api) -> None:
    reply = api.post("auth/register", {"email": "x", "password": ["hush-hush"], "firstName": {"hush-hush": 1}})

    assert b"hush-hush" not in reply.raw
