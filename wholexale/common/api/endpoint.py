"""One decorator that turns a view method into an endpoint: decode, call, encode, document."""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from wholexale.common import wire
from wholexale.common.api import idempotency
from wholexale.common.api.body import json_response, read_body
from wholexale.common.api.schema import deletion_body, query_parameters
from wholexale.common.wire import ErrorBody

P = ParamSpec("P")
View = TypeVar("View")
Method = Callable[Concatenate[View, Request, P], Any]

_FILES = {"text/csv": OpenApiTypes.STR}


def endpoint(
    *,
    returns: Any,
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    status: int = HTTPStatus.OK,
    errors: dict[int, str] | None = None,
    idempotent: bool = False,
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
        streams: the media types of files that the method may return in place of the struct; `returns` is None where
            it returns nothing else.
    """
    refusals: dict[int | str, OpenApiResponse] = {
        **{
            code: OpenApiResponse(ErrorBody, description=text)
            for code, text in _refusals(errors or {}, idempotent=idempotent).items()
        },
        "default": OpenApiResponse(ErrorBody, description="Any other refusal"),
    }

    def decorate(method: Method[View, ...]) -> Callable[..., HttpResponseBase]:
        @wraps(method)
        def view(self: View, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            def run() -> Any:
                if body is not None:
                    kwargs["body"] = read_body(request, body)
                if query is not None:
                    kwargs["query"] = wire.decode_query(request.query_params.dict(), query)
                answer = method(self, request, *args, **kwargs)
                return answer if isinstance(answer, StreamingHttpResponse) else json_response(answer, status)

            return idempotency.once(request, run, reads_body=body is not None) if idempotent else run()

        return extend_schema(
            request=body,
            parameters=[*query_parameters(query), *(idempotency.PARAMETERS if idempotent else ())],
            extensions=deletion_body(body) if method.__name__ == "delete" else None,
            responses={
                **(
                    {} if returns is None else {status: OpenApiResponse(returns, description=HTTPStatus(status).phrase)}
                ),
                **{(status, media): _FILES.get(media, OpenApiTypes.BINARY) for media in streams},
                **refusals,
            },
        )(view)

    return decorate


def _refusals(errors: dict[int, str], *, idempotent: bool) -> dict[int, str]:
    """Return the documented refusals by status, with those of a key."""
    further = idempotency.REFUSALS if idempotent else {}
    return errors | {code: "; ".join(filter(None, [errors.get(code), text])) for code, text in further.items()}
