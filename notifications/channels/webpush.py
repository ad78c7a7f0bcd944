"""One push to one browser: encrypted for it alone (RFC 8291), signed by us (RFC 8292), carried by its service."""

from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import msgspec
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from notifications.channels.base import TIMEOUT_SECONDS, Gone, Letter, Unreachable, seconds_of
from notifications.channels.hosts import is_push_service
from notifications.models import PushSubscription
from wholexale.common.work import Permanent, Retry

MAX_PAYLOAD_BYTES = 3072
"""Services take 4096 bytes after encryption, which adds about a hundred; some take less."""

_DEAD = frozenset({404, 410})
_TOO_LARGE = 413
_TOO_MANY = 429
_SERVER_ERRORS = 500


def push(subscription: PushSubscription, letter: Letter) -> str:
    """Push a letter; what is too large is sent again without the ids that it could carry.

    Raises:
        Gone: the browser has thrown the subscription away, or its address is none of a push service.
        Retry: the service has said when to come back.
        Unreachable: the service does not take it now, or we cannot sign.
        Permanent: the service refuses what we send, or nothing can be encrypted with the browser's keys.
    """
    if not is_push_service(subscription.endpoint):  # again, for the list may have changed since
        raise Gone(f"no push service: {subscription.endpoint[:100]}")
    if not settings.VAPID_PRIVATE_KEY:
        raise Unreachable("VAPID_PRIVATE_KEY is not set")
    try:
        return _push(subscription, letter, payload_of(letter))
    except _TooLarge:
        return _push(subscription, letter, _encode(_least(letter)))


def payload_of(letter: Letter) -> str:
    """Return what the service worker is given: what it shows, and the ids of what it opens."""
    ids = {name: value for name, value in letter.data.items() if name.endswith("Id") or name == "link"}
    payload = _encode(_least(letter) | {"body": letter.text, "data": ids})
    return payload if len(payload.encode()) <= MAX_PAYLOAD_BYTES else _encode(_least(letter))


def public_key() -> str:
    """Return the key that browsers check our signature by, as `applicationServerKey` takes it."""
    point = _vapid(settings.VAPID_PRIVATE_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


class _TooLarge(Exception):
    """The service takes less than we thought."""


class _NoRedirects(requests.Session):
    """Goes nowhere but where it is sent: a redirect could lead into our own network."""

    def get_redirect_target(self, _response: Any) -> None:
        """Name no target."""


@cache
def _vapid(private_key: str) -> Vapid02:
    return Vapid02.from_string(private_key)


def _push(subscription: PushSubscription, letter: Letter, payload: str) -> str:
    browser = {
        "endpoint": subscription.endpoint,
        "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
    }
    try:
        with _NoRedirects() as session:
            answer: Any = webpush(
                browser,
                payload,
                vapid_private_key=_vapid(settings.VAPID_PRIVATE_KEY),
                vapid_claims={"sub": settings.VAPID_SUBJECT},  # the library writes into it
                ttl=letter.ttl,
                timeout=TIMEOUT_SECONDS,
                headers={"Urgency": letter.urgency, "Topic": letter.delivery_id.hex},
                requests_session=session,
            )
    except WebPushException as error:
        _judge(error.response, error)
        raise
    except requests.RequestException as error:
        raise Unreachable(f"the push service: {type(error).__name__}") from error
    except ValueError as error:
        raise Permanent(f"no push can be made of it: {error}") from error
    return str(answer.headers.get("Location", ""))


def _judge(answer: requests.Response | None, error: WebPushException) -> None:
    """Raise what the answer of a push service means."""
    if answer is None:  # the library finds the keys to be none
        raise Permanent(str(error)) from error
    status, said = answer.status_code, f"the push service: {answer.status_code}"
    if status in _DEAD:
        raise Gone(said) from error
    if status == _TOO_LARGE:
        raise _TooLarge(said) from error
    if status == _TOO_MANY or status >= _SERVER_ERRORS:
        if (after := seconds_of(answer.headers.get("Retry-After"))) is not None:
            raise Retry(said, after=after) from error
        raise Unreachable(said) from error
    raise Permanent(said) from error


def _least(letter: Letter) -> dict[str, Any]:
    return {"id": str(letter.delivery_id), "type": letter.type, "title": letter.subject, "language": letter.language}


def _encode(payload: dict[str, Any]) -> str:
    return msgspec.json.encode(payload).decode()
