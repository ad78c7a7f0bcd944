"""One decorator that turns a view method into an endpoint: decode, call, encode, document."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from wholexale.common import wire
from wholexale.common.api.schema import deletion_body, query_parameters
from wholexale.common.errors import DomainError, ValidationFailed
from wholexale.common.wire import ErrorBody

P = ParamSpec("P")
View = TypeVar("View")
Method = Callable[Concatenate[View, Request, P], Any]


class UnsupportedMediaType(DomainError):
    """The body is not JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    default_code = "UNSUPPORTED_MEDIA_TYPE"
    default_detail = "Send the body as application/json."


def json_response(body: object, status: int = HTTPStatus.OK) -> HttpResponse:
    """Return an HTTP response with a body of wire shapes."""
    return HttpResponse(wire.encode(body), status=status, content_type="application/json")


def endpoint(
    *,
    returns: Any,
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    status: int = HTTPStatus.OK,
    errors: dict[int, str] | None = None,
) -> Callable[[Method[View, ...]], Callable[..., HttpResponse]]:
    """Decode `body` and `query` into keyword arguments, encode what the method returns, and document all of it.

    Args:
        returns: the struct that the method returns.
        body: shape of the JSON body, passed as `body`.
        query: shape of the query parameters, passed as `query`.
        status: HTTP status of success.
        errors: further refusals by status, as text for the documentation.
    """
    refusals: dict[int | str, OpenApiResponse] = {
        **{code: OpenApiResponse(ErrorBody, description=text) for code, text in (errors or {}).items()},
        "default": OpenApiResponse(ErrorBody, description="Any other refusal"),
    }

    def decorate(method: Method[View, ...]) -> Callable[..., HttpResponse]:
        @wraps(method)
        def view(self: View, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if body is not None:
                kwargs["body"] = read_body(request, body)
            if query is not None:
                kwargs["query"] = wire.decode_query(request.query_params.dict(), query)
            return json_response(method(self, request, *args, **kwargs), status)

        return extend_schema(
            request=body,
            parameters=query_parameters(query),
            extensions=deletion_body(body) if method.__name__ == "delete" else None,
            responses={status: OpenApiResponse(returns, description=HTTPStatus(status).phrase), **refusals},
        )(view)

    return decorate


def read_body(request: Request, shape: type[msgspec.Struct]) -> msgspec.Struct:
    """Decode the JSON body of a request into a shape; an empty body reads as `{}`."""
    raw = request._request.body  # noqa: SLF001 - DRF offers the parsed body only
    if raw and request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    value = wire.decode(raw or b"{}", shape)
    if not isinstance(value, shape):  # pragma: no cover - the decoder returns the shape or raises
        raise ValidationFailed
    return value
