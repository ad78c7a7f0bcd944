"""`/api/webhooks/sms-status`: what Twilio tells of an SMS. Its signature is all that lets anybody in."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from notifications import services
from notifications.serializers.webhooks import Heard
from wholexale.common.api import endpoint
from wholexale.common.limits import Limit, hit

WEBHOOKS = Limit("RATE_LIMIT_WEBHOOKS")


class TwilioThrottle(BaseThrottle):
    """Counts what comes in Twilio's name, wherever it comes from."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count one."""
        hit(WEBHOOKS, "twilio")
        return True


class SmsStatusView(APIView):
    """`webhooks/sms-status`."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (TwilioThrottle,)

    @endpoint(returns=Heard, errors={401: "INVALID_SIGNATURE"})
    def post(self, request: Request) -> Heard:
        """Hear what has become of an SMS: a form, signed by Twilio; late and repeated ones do no harm."""
        form = request._request.POST.dict()  # noqa: SLF001 - the fields that were signed
        services.hear_sms_status(path=request.get_full_path(), form=form, headers=request.headers)
        return Heard()
