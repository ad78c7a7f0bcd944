"""The ways to people: one interface, an adapter for each provider, and which of them the settings switch on."""

from importlib import import_module

from django.conf import settings

from notifications.channels.base import TIMEOUT_SECONDS, Channel, Letter, Refused, Sent, Unreachable, Unsure

__all__ = ["TIMEOUT_SECONDS", "Channel", "Letter", "Refused", "Sent", "Unreachable", "Unsure", "of"]


def of(name: str) -> Channel | None:
    """Return the channel `email`, `sms` or `push` as the settings have it; None where it is off.

    Each adapter is imported when it is used: their libraries take a while.
    """
    adapter = settings.NOTIFICATION_CHANNELS[name]
    if not adapter:
        return None
    found: Channel = import_module(f"notifications.channels.{adapter}").build(name)
    return found
