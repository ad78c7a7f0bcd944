"""Events of mails, where django-anymail is installed: it reads the webhooks of many providers, and sends one signal."""

from importlib.util import find_spec
from typing import Any

from notifications.services import hear_mail_event

HAS_ANYMAIL = find_spec("anymail") is not None


def listen_to_anymail() -> None:
    """Hear what providers tell; nothing where the library is not installed."""
    if HAS_ANYMAIL:
        from anymail.signals import tracking  # noqa: PLC0415 - an optional package

        tracking.connect(_hear, dispatch_uid="notifications")


def _hear(*, event: Any, **_of_the_signal: Any) -> None:
    """Hand over an `AnymailTrackingEvent`."""
    hear_mail_event(
        event=event.event_type,
        address=event.recipient or "",
        message_id=event.message_id or "",
        reason=event.reject_reason or "",
        detail=event.mta_response or event.description or "",
    )
