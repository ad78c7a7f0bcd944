"""`/api/notifications/unsubscribe/:token`: the link in a mail, for mail programs (RFC 8058) and for people."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import services, wording
from notifications.services import Way
from wholexale.common.wire import ErrorBody

_described: Callable[[Any], Any] = extend_schema(
    request=None,
    responses={
        (200, "text/html"): OpenApiTypes.STR,
        404: OpenApiResponse(ErrorBody, description="UNSUBSCRIBE_LINK_INVALID"),
        "default": OpenApiResponse(ErrorBody, description="Any other refusal"),
    },
)


class UnsubscribeView(APIView):
    """`notifications/unsubscribe/:token`. The signature in the address lets anybody in who has the mail.

    Not counted by address: the servers of a few mail programs come for everybody.
    """

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @_described
    def get(self, request: Request, token: str) -> HttpResponse:
        """Ask, and change nothing: programs that look for viruses open every link."""
        return _page(request, services.way_of(token), is_done=False)

    @_described
    def post(self, request: Request, token: str) -> HttpResponse:
        """Send no more mails of this kind."""
        return _page(request, services.unsubscribe(token), is_done=True)


def _page(request: Request, way: Way, *, is_done: bool) -> HttpResponse:
    language = wording.language_of(str(way.user.preferences.get("language", "")))
    said, name = wording.leaving(language), wording.type_name(way.type, language)
    line = (said.done if is_done else said.question).format(type=name)
    context = {"language": language, "said": said, "line": line, "is_done": is_done}
    return render(request._request, "notifications/unsubscribe.html", context)  # noqa: SLF001 - what templates take
