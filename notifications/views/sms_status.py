"""`/api/webhooks/sms-status`: what Twilio tells of an SMS. Its signature is all that lets anybody in."""

from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import services
from notifications.serializers.webhooks import Heard
from wholexale.common.api import endpoint
from wholexale.common.api.throttles import WebhookThrottle


class SmsStatusView(APIView):
    """`webhooks/sms-status`."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (WebhookThrottle,)

    @endpoint(returns=Heard, errors={401: "INVALID_SIGNATURE"})
    def post(self, request: Request) -> Heard:
        """Hear what has become of an SMS: a form, signed by Twilio; late and repeated ones do no harm."""
        form = request._request.POST.dict()  # noqa: SLF001 - the fields that were signed
        services.hear_sms_status(path=request.get_full_path(), form=form, headers=request.headers)
        return Heard()
