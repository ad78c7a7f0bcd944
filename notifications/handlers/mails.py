"""Events of mails, where django-anymail is installed: it reads the webhooks of many providers, and sends one signal."""

import json
import re
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from notifications.services import hear_mail_event

_SOFT = re.compile(r"""(?<![a-z])soft|transient|undetermined|"hard_bounce": false""")
_HARD = re.compile(
    r"""(?<![a-z])hard|permanent|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?!\.?\d)|"bounce_class": "?(?:10|30|90)\b"""
)
"""How providers call a bounce, in their own words: anymail tells a full mailbox from none only for some of them."""

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
        delivery_id=_delivery_of(event.metadata or {}),
        is_final=_is_final(event.esp_event),
        reason=event.reject_reason or "",
        detail=event.mta_response or event.description or "",
    )


def _is_final(told: Any) -> bool:
    """Return whether a provider says of a bounce that it is for good; in doubt it is not."""
    said = json.dumps(told, default=str).lower()
    return _SOFT.search(said) is None and _HARD.search(said) is not None


def _delivery_of(metadata: Any) -> UUID | None:
    try:
        return UUID(str(metadata.get("delivery")))
    except ValueError:
        return None
