"""`/api/notifications/push`: browsers and apps that want to be pushed to."""

from http import HTTPStatus

from django.conf import settings
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import services
from notifications.channels import webpush
from notifications.serializers.push import PushKey, SubscribeBody, Subscribed, UnsubscribeBody, Unsubscribed
from notifications.views.caller import caller
from wholexale.common.api import endpoint
from wholexale.common.errors import ValidationFailed


class PushKeyView(APIView):
    """`notifications/push/key`."""

    @endpoint(returns=PushKey)
    def get(self, request: Request) -> PushKey:
        """Return the key that a browser subscribes with."""
        return PushKey(public_key=webpush.public_key() if settings.VAPID_PRIVATE_KEY else "")


class SubscribeView(APIView):
    """`notifications/push/subscribe`."""

    @endpoint(body=SubscribeBody, returns=Subscribed, status=HTTPStatus.CREATED, errors={400: "VALIDATION_FAILED"})
    def post(self, request: Request, body: SubscribeBody) -> Subscribed:
        """Push to a browser or an app from now on; the same one again changes nothing."""
        actor, agent = caller(request), request.headers.get("User-Agent", "")
        if body.token:
            subscription = services.subscribe_app(actor=actor, token=body.token, user_agent=agent)
        elif body.endpoint and body.keys:
            subscription = services.subscribe_browser(
                actor=actor, endpoint=body.endpoint, p256dh=body.keys.p256dh, auth=body.keys.auth, user_agent=agent
            )
        else:
            raise ValidationFailed.of_field("endpoint", "send endpoint and keys, or token")
        return Subscribed(message="You will be pushed to here.", id=str(subscription.id))


class UnsubscribePushView(APIView):
    """`notifications/push/unsubscribe`."""

    @endpoint(body=UnsubscribeBody, returns=Unsubscribed, errors={400: "VALIDATION_FAILED"})
    def post(self, request: Request, body: UnsubscribeBody) -> Unsubscribed:
        """Push no more to a browser or an app of the caller."""
        endpoint_or_token = body.endpoint or body.token
        if not endpoint_or_token:
            raise ValidationFailed.of_field("endpoint", "send endpoint, or token")
        is_removed = services.unsubscribe_push(actor=caller(request), endpoint=endpoint_or_token)
        return Unsubscribed(message="Nothing is pushed here any more.", is_removed=is_removed)
