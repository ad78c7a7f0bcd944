"""The OpenAPI document is valid and complete, and its page works under our Content-Security-Policy."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from wholexale.common.api.schema import describe, query_parameters
from wholexale.common.wire import Wire

pytestmark = pytest.mark.once

ERROR = {"$ref": "#/components/schemas/ErrorBody"}
SELF_DESCRIPTION = {"/api/schema", "/api/docs"}
NOT_FOUND = "^api/"


@pytest.fixture(scope="module", name="document")
def generated_document() -> dict[str, Any]:
    """Return the document as it is generated from the code."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every operation below `/api/`, with a name for messages."""
    for path, methods in document["paths"].items():
        if path.startswith("/api/"):
            for method, operation in methods.items():
                yield f"{method} {path}", operation


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[tuple[str, set[str]]]:
    """Yield each path of a view below `/api/`, as OpenAPI writes it, and the methods that the view takes."""
    for pattern in patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + route)
        elif not route.startswith(NOT_FOUND) and (prefix + route).startswith("/api/"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", prefix + route)
            view = getattr(pattern.callback, "view_class", None)
            names = ("get", "post", "put", "patch", "delete")
            yield path, {name for name in names if hasattr(view, name)}


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_nothing_had_to_be_guessed() -> None:
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]

    assert not GENERATOR_STATS


def test_every_view_below_api_is_described(document: dict[str, Any]) -> None:
    found = dict(routes(get_resolver().url_patterns))
    described = {path: set(methods) for path, methods in document["paths"].items() if path.startswith("/api/")}

    assert len(described) > 20
    assert {path: methods for path, methods in found.items() if path not in SELF_DESCRIPTION} == described


def test_no_path_ends_with_a_slash(document: dict[str, Any]) -> None:
    assert not [path for path in document["paths"] if path.endswith("/")]


def test_every_operation_describes_its_success_and_its_errors(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        answers = operation["responses"]
        contents = {status: answer["content"] for status, answer in answers.items()}
        shapes = {
            status: content.get("application/json", next(iter(content.values())))["schema"]
            for status, content in contents.items()
        }

        assert [status for status in shapes if status.startswith("2")], name
        assert shapes["default"] == ERROR, name
        assert all(shape == ERROR for status, shape in shapes.items() if status.startswith(("4", "5"))), name


def test_every_operation_has_a_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(names) == len(set(names))
    for name, operation in operations(document):
        assert operation["summary"], name


def test_every_operation_stands_in_one_group_and_no_group_is_empty(document: dict[str, Any]) -> None:
    every = [operation for methods in document["paths"].values() for operation in methods.values()]

    assert [operation["operationId"] for operation in every if len(operation["tags"]) != 1] == []
    assert {tag for operation in every for tag in operation["tags"]} == {tag["name"] for tag in document["tags"]}


def test_what_a_group_is_for_stands_in_it(document: dict[str, Any]) -> None:
    found = {(name, operation["tags"][0]) for name, operation in operations(document)}

    for expected in (
        ("get /api/products", "products"),
        ("get /api/categories", "categories"),
        ("put /api/products/{product}/band", "price bands"),
        ("put /api/categories/{category}/band", "price bands"),
        ("post /api/approvals/{approval}/decide", "approvals"),
        ("get /api/approval-policies", "approvals"),
        ("get /api/offers/analytics/gmv", "offers"),
        ("post /api/orders/{order}/settle", "orders"),
    ):
        assert expected in found


def test_bodies_are_described_also_of_deletions(document: dict[str, Any]) -> None:
    schema = document["paths"]["/api/chat/blocks"]["delete"]["requestBody"]["content"]["application/json"]["schema"]

    assert schema == {"$ref": "#/components/schemas/UserBody"}


def test_only_getting_in_and_webhooks_need_no_token(document: dict[str, Any]) -> None:
    is_open = {name for name, operation in operations(document) if {"bearer": []} not in operation.get("security", [])}

    signed = {"post /api/webhooks/payment", "post /api/webhooks/in/{provider}", "post /api/webhooks/sms-status"}
    signed |= {"post /api/webhooks/mail/{provider}"}
    signed |= {f"{method} /api/notifications/unsubscribe/{{token}}" for method in ("get", "post")}
    mailed = {"post /api/auth/forgot-password", "post /api/auth/reset-password", "post /api/auth/verify-email"}
    signing_in = {"post /api/auth/login", "post /api/auth/refresh", "post /api/auth/register"}
    assert is_open == signing_in | mailed | signed
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_required_query_parameters_say_so(document: dict[str, Any]) -> None:
    found = {one["name"]: one for one in document["paths"]["/api/chat/search"]["get"]["parameters"]}

    assert found["q"]["required"] is True
    assert "required" not in found["page"]


class Inner(Wire, kw_only=True):
    """Something inside."""

    size: int


class Outer(Wire, kw_only=True):
    """Something around it."""

    inner_part: Inner | None = None


def test_structs_inside_a_struct_become_components_with_wire_names() -> None:
    schema, inner = describe(Outer)

    assert schema["properties"]["innerPart"]["anyOf"] == [
        {"$ref": "#/components/schemas/Inner"},
        {"type": "null"},
    ]
    assert list(inner) == ["Inner"]


def test_a_query_never_offers_null() -> None:
    class Query(msgspec.Struct):
        after: int | None = None

    [parameter] = query_parameters(Query)

    assert parameter.type == {"type": "integer"}


# --- The page ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_schema_is_served_to_anybody(client: Client) -> None:
    answer = client.get("/api/schema", headers={"accept": "application/json"})

    assert answer.status_code == 200
    assert "/api/auth/login" in answer.content.decode()


@pytest.mark.django_db  # closing an answer closes old connections too
def test_the_page_brings_everything_from_our_own_server(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith("/"), address
        assert not address.startswith("//"), address
        answer = client.get(address)
        answer.close()
        assert answer.status_code == 200, address


def test_the_policy_blocks_nothing_on_the_page(client: Client) -> None:
    answer = client.get("/api/docs")
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    page = answer.content.decode()

    assert policy["script-src"] == "'self'"
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"\son\w+=", page)
    assert "'unsafe-inline'" in policy["style-src"]  # Swagger UI writes style attributes


def test_the_script_of_the_page_asks_no_other_server(client: Client) -> None:
    script = client.get("/api/docs?script=")

    assert script.headers["Content-Type"].startswith("application/javascript")
    assert '"validatorUrl": null' in script.content.decode()
