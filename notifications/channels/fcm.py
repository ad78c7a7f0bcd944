"""One push to one app, by Firebase Cloud Messaging (HTTP v1), with the credentials of a service account."""

from functools import cache
from typing import Any

import msgspec
import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.channels.base import TIMEOUT_SECONDS, Gone, Letter, Unreachable, seconds_of
from notifications.channels.webpush import payload_of
from notifications.models import PushSubscription
from wholexale.common.work import Permanent, Retry

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_PRIORITY = {"high": ("HIGH", "10")}
_USUAL_PRIORITY = ("NORMAL", "5")
_DEAD = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
_UNKNOWN_TOKEN = 404
_TOO_MANY = 429
_SERVER_ERRORS = 500
_OURS = frozenset({401, 403})


def push(subscription: PushSubscription, letter: Letter) -> str:
    """Push a letter; return how Firebase calls it.

    Raises:
        Gone: the app is not installed any more.
        Retry: Firebase has said when to come back.
        Unreachable: Firebase does not take it now, or does not know us.
        Permanent: Firebase refuses what we send.
    """
    if not settings.FCM_CREDENTIALS:
        raise Unreachable("FCM_CREDENTIALS is not set")
    session, project = _session(settings.FCM_CREDENTIALS)
    address = f"{settings.FCM_ADDRESS}/v1/projects/{project}/messages:send"
    try:
        answer = session.post(
            address, json={"message": _message(subscription.endpoint, letter)}, timeout=TIMEOUT_SECONDS
        )
    except Exception as error:
        if isinstance(error, requests.RequestException) or type(error).__module__.startswith("google.auth"):
            raise Unreachable(f"Firebase: {type(error).__name__}: {error}") from error
        raise
    if answer.ok:
        return str(answer.json().get("name", ""))
    _judge(answer)
    raise Permanent(f"Firebase: {answer.status_code} {answer.text[:200]}")


@cache
def _session(credentials: str) -> tuple[Any, str]:
    """Return an HTTP session that proves who we are, and the project; one for the life of the process."""
    try:
        from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415 - an optional package
        from google.oauth2.service_account import Credentials  # noqa: PLC0415
    except ImportError:
        raise ImproperlyConfigured("FCM_CREDENTIALS: needs pip install wholexale[fcm]") from None
    account = msgspec.json.decode(credentials)
    signed = Credentials.from_service_account_info(account, scopes=[_SCOPE])  # type: ignore[no-untyped-call] # theirs
    session = AuthorizedSession(signed, refresh_timeout=TIMEOUT_SECONDS)  # type: ignore[no-untyped-call] # the same
    return session, account["project_id"]


def _message(token: str, letter: Letter) -> dict[str, Any]:
    """Return a message as Firebase takes it: data are strings, and what comes again takes the place of the first."""
    payload: dict[str, Any] = msgspec.json.decode(payload_of(letter))
    android, apple = _PRIORITY.get(letter.urgency, _USUAL_PRIORITY)
    name = letter.delivery_id.hex
    return {
        "token": token,
        "notification": {"title": letter.subject, "body": letter.text},
        "data": {"id": payload["id"], "type": letter.type, **payload.get("data", {})},
        "android": {"priority": android, "ttl": f"{letter.ttl}s", "collapse_key": name, "notification": {"tag": name}},
        "apns": {"headers": {"apns-priority": apple, "apns-collapse-id": name}},
    }


def _judge(answer: requests.Response) -> None:
    """Raise what an answer of Firebase means, where it is a usual one."""
    said = f"Firebase: {answer.status_code}"
    if answer.status_code == _UNKNOWN_TOKEN or any(code in answer.text for code in _DEAD):
        raise Gone(said)
    if answer.status_code == _TOO_MANY or answer.status_code >= _SERVER_ERRORS:
        if (after := seconds_of(answer.headers.get("Retry-After"))) is not None:
            raise Retry(said, after=after)
        raise Unreachable(said)
    if answer.status_code in _OURS:
        raise Unreachable(f"Firebase does not know us: {answer.status_code}")
