"""`/api/webhooks`: what payment providers tell us. A signature is all that lets anybody in."""

from rest_framework.request import Request
from rest_framework.views import APIView

from finance import services
from finance.serializers.payments import Received
from wholexale.common.api import endpoint
from wholexale.common.api.throttles import WebhookThrottle
from wholexale.common.errors import PayloadTooLarge

MAX_BYTES = 262_144


class WebhookView(APIView):
    """`webhooks/in/:provider`, and `webhooks/payment` in the old backend's shape."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (WebhookThrottle,)

    @endpoint(
        returns=Received,
        errors={
            400: "VALIDATION_FAILED, MALFORMED_JSON",
            401: "INVALID_SIGNATURE",
            404: "PROVIDER_NOT_FOUND",
            413: "PAYLOAD_TOO_LARGE",
        },
    )
    def post(self, request: Request, provider: str = "manual") -> Received:
        """Hear a webhook: it takes effect once, and is answered alike each time."""
        body: bytes = request._request.body  # noqa: SLF001 - the bytes that were signed
        if len(body) > MAX_BYTES:
            raise PayloadTooLarge
        headers = {name.lower(): value for name, value in request.headers.items()}
        services.hear_provider(provider=provider, body=body, headers=headers)
        return Received()
