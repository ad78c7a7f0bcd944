"""The header `Idempotency-Key` of REST: a request that is sent twice happens once."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from wholexale.common import wire
from wholexale.common.api.body import raw_body
from wholexale.common.api.errors import as_domain_error, error_response
from wholexale.common.api.schema import Documented
from wholexale.common.errors import DomainError, Unauthenticated
from wholexale.common.idempotency import Answer, answer_once, check_key

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"

DOCUMENTED = Documented(
    [
        OpenApiParameter(
            HEADER,
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            OpenApiParameter.HEADER,
            description="Any new text, a UUID say. The same request with the same key happens once, for 24 hours.",
        ),
        OpenApiParameter(
            REPLAYED,
            OpenApiTypes.BOOL,
            OpenApiParameter.HEADER,
            description="`true` where this is the answer to an earlier request with the same key.",
            response=True,
        ),
    ],
    {
        409: "IDEMPOTENCY_IN_PROGRESS: the first request with this key still runs",
        422: "IDEMPOTENCY_KEY_REUSED: the key stands for another request",
    },
)


def once(request: Request, run: Callable[[], HttpResponse], *, reads_body: bool) -> HttpResponse:
    """Answer a request by `run`; where it has an idempotency key, only if its twin was not answered before.

    Raises:
        ValidationFailed: `IDEMPOTENCY_KEY_INVALID`, or for a body that is no JSON.
        Unauthenticated: nobody is signed in, whose key it could be.
        KeyReused: the key stands for another request.
        RequestInProgress: the first request with the key still runs.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return run()
    if request.user.pk is None:
        raise Unauthenticated
    django_request = request._request  # noqa: SLF001 - DRF hides the trimmed path
    path, _, query = django_request.get_full_path_info().partition("?")  # quoted, so that any column can hold it
    body = wire.canonical(raw_body(request)) if reads_body else b""
    answer = answer_once(
        scope=request.user.pk,
        key=check_key(key, name=HEADER, location="headers"),
        route=f"{request.method} {path}",
        content=b"%b\n%b" % (query.encode(), body),
        run=lambda: _answer(_with_our_refusals(run)),
        refuse=lambda error: _answer(error_response(error, django_request)),
    )
    headers = {**answer.headers, **({REPLAYED: "true"} if answer.is_replay else {})}
    return HttpResponse(answer.body, status=answer.status, headers={"Content-Type": "application/json", **headers})


def _with_our_refusals(run: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `run` returns; refusals of the frameworks become ours, which can be kept."""
    try:
        return run()
    except (APIException, Http404, PermissionDenied) as error:
        refusal: DomainError = as_domain_error(error)
        raise refusal from error


def _answer(response: HttpResponse) -> Answer:
    headers = {name: value for name, value in response.items() if name != "Content-Type"}
    return Answer(status=response.status_code, body=response.content, headers=headers)
