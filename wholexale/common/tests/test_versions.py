"""`ETag` and `If-Match`: what is read from the header, what matches what, and what browsers and documents know."""

import pytest
from django.test import Client, RequestFactory
from drf_spectacular.generators import SchemaGenerator
from hypothesis import given, strategies as st
from pytest_django import Settings
from rest_framework.request import Request

from wholexale.common.api.preconditions import seen_by
from wholexale.common.errors import ValidationFailed
from wholexale.common.versions import ANY, Seen, is_stale

pytestmark = pytest.mark.once


def asking(header: str | None) -> Request:
    headers = {} if header is None else {"If-Match": header}
    return Request(RequestFactory().get("/api/offers", headers=headers))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("*", ANY),
        ('"3"', {"3"}),
        (' "3" ,"4", "5"', {"3", "4", "5"}),
        ('W/"3"', set()),
        ('W/"3", "4"', {"4"}),
        ('"3-gzip"', {"3"}),
        ('"percent.9500.None-br"', {"percent.9500.None"}),
        ('"*"', set()),
        ('*, "3"', {"3"}),
        ('""', {""}),
    ],
)
def test_the_tags_of_the_header_are_read_as_versions(header: str | None, expected: set[str] | None) -> None:
    assert seen_by(asking(header)) == (None if expected is None else frozenset(expected))


@pytest.mark.parametrize("header", ["", "3", "'3'", '"3', "W/3", "*, *"])
def test_a_header_without_any_tag_is_refused_by_its_name(header: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        seen_by(asking(header))
    assert [(fault.path, fault.location) for fault in caught.value.details] == [("If-Match", "headers")]


@pytest.mark.parametrize(
    ("seen", "version", "expected"),
    [
        (None, 3, False),
        (None, None, False),
        (ANY, 3, False),
        (ANY, None, True),
        (frozenset({"3"}), 3, False),
        (frozenset({"2", "3"}), 3, False),
        (frozenset({"2"}), 3, True),
        (frozenset({"None"}), None, True),
        (frozenset(), 3, True),
        (frozenset({"03"}), 3, True),
    ],
)
def test_a_version_that_was_not_seen_is_stale(seen: Seen, version: object, expected: bool) -> None:
    assert is_stale(seen, version) is expected


@given(st.integers(min_value=0), st.integers(min_value=0))
def test_what_was_sent_as_a_tag_matches_itself_alone(sent: int, other: int) -> None:
    seen = seen_by(asking(f'"{sent}"'))
    assert not is_stale(seen, sent)
    assert is_stale(seen, other) is (other != sent)


def test_browsers_may_send_the_header_and_read_the_tag(settings: Settings) -> None:
    origin = settings.CORS_ALLOWED_ORIGINS[0]
    wanted = {"access-control-request-method": "PUT", "access-control-request-headers": "if-match"}
    preflight = Client().options("/api/offers", headers={"origin": origin} | wanted)
    answer = Client().get("/api/offers", headers={"origin": origin})

    assert "if-match" in preflight.headers["Access-Control-Allow-Headers"]
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("offers/{offer}", "patch"),
        ("offers/{offer}", "delete"),
        ("offers/{offer}/send", "post"),
        ("offers/{offer}/respond", "put"),
        ("offers/{offer}/withdraw", "put"),
        ("offers/{offer}/revise", "post"),
        ("orders/{order}/confirm", "post"),
        ("orders/{order}/fulfil", "post"),
        ("orders/{order}/confirm-delivery", "post"),
        ("orders/{order}/settle", "post"),
        ("orders/{order}/cancel", "post"),
        ("products/{product}", "patch"),
        ("products/{product}", "delete"),
        ("products/{product}/band", "put"),
        ("products/{product}/band", "delete"),
        ("categories/{category}/band", "put"),
        ("categories/{category}/band", "delete"),
    ],
)
def test_the_description_says_what_may_be_asked_with_a_version(path: str, method: str) -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operation = document["paths"][f"/api/{path}"][method]
    whole = path.rpartition("/")[0] if path.count("/") > 1 and not path.endswith("/band") else path
    reading = document["paths"][f"/api/{whole}"]["get"]

    assert "If-Match" in [one["name"] for one in operation["parameters"]]
    assert "PRECONDITION_FAILED" in operation["responses"]["412"]["description"]
    assert "ETag" in operation["responses"]["200"]["headers"]
    assert "ETag" not in operation["responses"]["412"].get("headers", {})
    assert "ETag" in reading["responses"]["200"]["headers"]
    assert "If-Match" not in [one["name"] for one in reading["parameters"]]
