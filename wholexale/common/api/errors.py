"""The one place where refusals become HTTP answers."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.views import set_rollback

from wholexale.common.api.body import UnsupportedMediaType, json_response
from wholexale.common.errors import (
    DomainError,
    Forbidden,
    InternalError,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    RateLimited,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from wholexale.common.limits import Usage
from wholexale.common.wire import error_body

logger = logging.getLogger("wholexale.api")


class MethodNotAllowed(DomainError):
    """The path exists, this method does not."""

    status = 405
    default_code = "METHOD_NOT_ALLOWED"
    default_detail = "This path does not take that method."


_BY_TYPE: list[tuple[type[Exception], type[DomainError]]] = [
    (exceptions.NotAuthenticated, Unauthenticated),
    (exceptions.AuthenticationFailed, Unauthenticated),
    (exceptions.PermissionDenied, Forbidden),
    (PermissionDenied, Forbidden),
    (exceptions.NotFound, NotFound),
    (Http404, NotFound),
    (exceptions.MethodNotAllowed, MethodNotAllowed),
    (exceptions.UnsupportedMediaType, UnsupportedMediaType),
    (exceptions.Throttled, RateLimited),
    (exceptions.ParseError, ValidationFailed),
    (RequestDataTooBig, PayloadTooLarge),
    (OperationalError, Unavailable),
]
_BY_STATUS: dict[int, type[DomainError]] = {
    kind.status: kind
    for kind in (
        ValidationFailed,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        PreconditionFailed,
        PayloadTooLarge,
        UnsupportedMediaType,
        RateLimited,
        InternalError,
        Unavailable,
    )
}


def as_domain_error(error: Exception) -> DomainError:
    """Translate any exception into the refusal that a client sees."""
    if isinstance(error, DomainError):
        return error
    for kind, refusal in _BY_TYPE:
        if isinstance(error, kind):
            if refusal is Unavailable:
                logger.warning("a store did not answer: %s", error)
                return Unavailable(retry_after=1)
            return refusal()
    logger.error("unexpected error", exc_info=error)
    return InternalError()


def by_status(status: int) -> DomainError:
    """Return the general refusal for an HTTP status."""
    return _BY_STATUS.get(status, ValidationFailed if status < InternalError.status else InternalError)()


def error_response(error: DomainError, request: HttpRequest | None) -> HttpResponse:
    """Return the JSON answer of a refusal, with `Retry-After` where waiting helps."""
    body = error_body(error, request_id=getattr(request, "request_id", ""))
    response = json_response(body, error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, RateLimited) and error.limit is not None:
        set_limit_headers(response, Usage(limit=error.limit, remaining=0, reset=round(error.retry_after or 0)))
    if error.status == Unauthenticated.status:
        response["WWW-Authenticate"] = "Bearer"
    return response


def set_limit_headers(response: HttpResponse, usage: Usage) -> None:
    """Tell the caller what is left of a limit."""
    response["RateLimit-Limit"] = str(usage.limit)
    response["RateLimit-Remaining"] = str(usage.remaining)
    response["RateLimit-Reset"] = str(usage.reset)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer any exception of a DRF view in the one error shape, also with DEBUG on."""
    set_rollback()
    request = context.get("request")
    return error_response(as_domain_error(error), getattr(request, "_request", None))


@csrf_exempt
def not_found(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer an API path that no route knows."""
    return error_response(NotFound(path=request.path), request)
