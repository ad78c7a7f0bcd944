"""Bodies of REST: JSON in, JSON out."""

from http import HTTPStatus

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from wholexale.common import wire
from wholexale.common.errors import DomainError, ValidationFailed


class UnsupportedMediaType(DomainError):
    """The body is not JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    default_code = "UNSUPPORTED_MEDIA_TYPE"
    default_detail = "Send the body as application/json."


def json_response(body: object, status: int = HTTPStatus.OK) -> HttpResponse:
    """Return an HTTP response with a body of wire shapes."""
    return HttpResponse(wire.encode(body), status=status, content_type="application/json")


def raw_body(request: Request) -> bytes:
    """Return the JSON text of a request; an empty body reads as `{}`."""
    raw: bytes = request._request.body  # noqa: SLF001 - DRF offers the parsed body only
    if raw and request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    return raw or b"{}"


def read_body(request: Request, shape: type[msgspec.Struct]) -> msgspec.Struct:
    """Decode the JSON body of a request into a shape."""
    value = wire.decode(raw_body(request), shape)
    if not isinstance(value, shape):  # pragma: no cover - the decoder returns the shape or raises
        raise ValidationFailed
    return value
