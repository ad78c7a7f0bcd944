"""`/api/webhooks/mail/:provider`: what a provider of mail tells, read by django-anymail, whose secret lets it in."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.handlers.mails import HAS_ANYMAIL
from notifications.serializers.webhooks import Heard
from wholexale.common.api import endpoint
from wholexale.common.api.throttles import WebhookThrottle
from wholexale.common.errors import NotFound, Unauthenticated


class MailEventsView(APIView):
    """`webhooks/mail/:provider`."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (WebhookThrottle,)

    @endpoint(returns=Heard, errors={401: "INVALID_SIGNATURE", 404: "PROVIDER_NOT_FOUND"})
    def post(self, request: Request, provider: str) -> Heard:
        """Hear what has become of mails, in the provider's own shape; late and repeated ones do no harm."""
        _hand_over(request, provider)
        return Heard()

    def head(self, request: Request, provider: str) -> HttpResponse:
        """Say that there is somebody: some providers ask before they tell."""
        return _hand_over(request, provider)


def _hand_over(request: Request, provider: str) -> HttpResponse:
    """Let anymail read a request of one of its providers.

    Raises:
        NotFound: `PROVIDER_NOT_FOUND`.
        Unauthenticated: `INVALID_SIGNATURE`.
    """
    view = _view_of(provider)
    if view is None:
        raise NotFound("PROVIDER_NOT_FOUND", "There is no such provider.")
    try:
        return view(request._request)  # noqa: SLF001 - as it came
    except SuspiciousOperation:
        raise Unauthenticated("INVALID_SIGNATURE", "The signature is not valid.") from None


def _view_of(provider: str) -> Callable[[HttpRequest], HttpResponse] | None:
    """Return what reads the events of a provider; None without a secret of ours, for everybody could send them."""
    if not (HAS_ANYMAIL and getattr(settings, "ANYMAIL", {}).get("WEBHOOK_SECRET")):
        return None
    try:
        view: Callable[[HttpRequest], HttpResponse] = resolve(f"/{provider}/tracking/", "anymail.urls").func
    except Resolver404:
        return None
    return view
