"""Browsers and apps that want to be pushed to, or do not any more."""

from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from django.db import transaction

from accounts.models import User
from notifications.channels.hosts import is_push_service
from notifications.models import PushSubscription
from wholexale.common.errors import ValidationFailed

MOST_OF_ONE_PERSON = 20
_SECRET_BYTES = 16


def subscribe_browser(*, actor: User, endpoint: str, p256dh: str, auth: str, user_agent: str = "") -> PushSubscription:
    """Push to a browser from now on; one that others used before is theirs no longer.

    Raises:
        ValidationFailed: the address is none of a push service that we know, or the keys are none.
    """
    if not is_push_service(endpoint):
        raise ValidationFailed.of_field("endpoint", "is no address of a push service that we push to")
    _check_keys(p256dh, auth)
    return _subscribe(
        actor, endpoint, kind=PushSubscription.Kind.WEB, p256dh=p256dh, auth=auth, user_agent=user_agent[:300]
    )


def subscribe_app(*, actor: User, token: str, user_agent: str = "") -> PushSubscription:
    """Push to an app from now on, by the token that Firebase gave it."""
    return _subscribe(actor, token, kind=PushSubscription.Kind.FCM, p256dh="", auth="", user_agent=user_agent[:300])


def unsubscribe_push(*, actor: User, endpoint: str) -> bool:
    """Push no more to a browser or an app of somebody, by its address or token; return whether there was one."""
    count, _ = PushSubscription.objects.filter(user=actor, endpoint=endpoint).delete()
    return bool(count)


@transaction.atomic
def _subscribe(actor: User, endpoint: str, **fields: str) -> PushSubscription:
    subscription, _ = PushSubscription.objects.update_or_create(endpoint=endpoint, defaults={"user": actor, **fields})
    newest = PushSubscription.objects.filter(user=actor).order_by("-id").values_list("id", flat=True)
    PushSubscription.objects.filter(id__in=list(newest[MOST_OF_ONE_PERSON:])).delete()
    return subscription


def _check_keys(p256dh: str, auth: str) -> None:
    """Check the keys of a browser: a point of P-256, and sixteen secret bytes.

    Raises:
        ValidationFailed: they are no such thing.
    """
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(p256dh))
    except ValueError:
        raise ValidationFailed.of_field("keys.p256dh", "is no public key of a browser") from None
    try:
        is_secret = len(_bytes(auth)) == _SECRET_BYTES
    except ValueError:
        is_secret = False
    if not is_secret:
        raise ValidationFailed.of_field("keys.auth", "is no secret of a browser")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
