"""One decorator that turns a view method into an endpoint: decode, call, encode, document."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from wholexale.common import wire
from wholexale.common.api import idempotency, preconditions
from wholexale.common.api.body import json_response, read_body
from wholexale.common.api.schema import deletion_body, query_parameters
from wholexale.common.wire import ErrorBody

P = ParamSpec("P")
View = TypeVar("View")
Method = Callable[Concatenate[View, Request, P], Any]

_FILES = {"text/csv": OpenApiTypes.STR, "text/html": OpenApiTypes.STR}


def endpoint(
    *,
    returns: Any,
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    status: int = HTTPStatus.OK,
    errors: dict[int, str] | None = None,
    idempotent: bool = False,
    version: Callable[[Any], object] | None = None,
    streams: Sequence[str] = (),
) -> Callable[[Method[View, ...]], Callable[..., HttpResponseBase]]:
    """Decode `body` and `query` into keyword arguments, encode what the method returns, and document all of it.

    Args:
        returns: the struct that the method returns.
        body: shape of the JSON body, passed as `body`.
        query: shape of the query parameters, passed as `query`.
        status: HTTP status of success.
        errors: further refusals by status, as text for the documentation.
        idempotent: honour the header `Idempotency-Key`. The whole method then runs in one transaction, which commits
            with its answer or not at all: not for methods that call other servers, or commit in several steps.
        version: finds the version of what is answered, which becomes its `ETag`; None is none. Methods other than
            `get` are passed what `If-Match` says as `seen`.
        streams: the media types of files that the method may return in place of the struct; `returns` is None where
            it returns nothing else.
    """

    def decorate(method: Method[View, ...]) -> Callable[..., HttpResponseBase]:
        takes_seen = version is not None and method.__name__ != "get"

        @wraps(method)
        def view(self: View, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            def run() -> Any:
                if body is not None:
                    kwargs["body"] = read_body(request, body)
                if query is not None:
                    kwargs["query"] = wire.decode_query(request.query_params.dict(), query)
                if takes_seen:
                    kwargs["seen"] = preconditions.seen_by(request)
                answer = method(self, request, *args, **kwargs)
                return answer if isinstance(answer, StreamingHttpResponse) else _response(answer, status, version)

            return idempotency.once(request, run, reads_body=body is not None) if idempotent else run()

        shared = [
            *([idempotency.DOCUMENTED] if idempotent else []),
            *([preconditions.ASKED] if takes_seen else []),
            *([preconditions.SHOWN] if version is not None else []),
        ]
        return extend_schema(
            request=body,
            parameters=[*query_parameters(query), *(header for one in shared for header in one.headers)],
            extensions=deletion_body(body) if method.__name__ == "delete" else None,
            responses=_success(returns, status, streams) | _refusals(errors or {}, *(one.refusals for one in shared)),
        )(view)

    return decorate


def _response(answer: Any, status: int, version: Callable[[Any], object] | None) -> HttpResponse:
    """Encode what a method returned, with its version as its tag."""
    response = json_response(answer, status)
    if version is not None:
        preconditions.show_version(response, version(answer))
    return response


def _success(returns: Any, status: int, streams: Sequence[str]) -> dict[Any, Any]:
    """Return what is documented of success, by status."""
    files = {(status, media): _FILES.get(media, OpenApiTypes.BINARY) for media in streams}
    if returns is None:
        return files
    return {status: OpenApiResponse(returns, description=HTTPStatus(status).phrase), **files}


def _refusals(*said: Mapping[int, str]) -> dict[Any, Any]:
    """Return what is documented of refusals, by status; where several say something of one, all of it."""
    texts: dict[int, list[str]] = {}
    for status, text in (item for one in said for item in one.items()):
        texts.setdefault(status, []).append(text)
    documented = {status: OpenApiResponse(ErrorBody, description="; ".join(lines)) for status, lines in texts.items()}
    return documented | {"default": OpenApiResponse(ErrorBody, description="Any other refusal")}
