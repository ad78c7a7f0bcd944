"""Payment providers: one interface, an adapter for each, and which of them the marketplace uses."""

from functools import cache
from importlib import import_module

from django.conf import settings

from finance.gateways.interface import (
    Disputed,
    Event,
    Gateway,
    News,
    Order,
    PaidOut,
    Payment,
    Refunded,
    Rejected,
    Unavailable,
    Unverified,
)

__all__ = [
    "ADAPTERS",
    "Disputed",
    "Event",
    "Gateway",
    "News",
    "Order",
    "PaidOut",
    "Payment",
    "Refunded",
    "Rejected",
    "Unavailable",
    "Unverified",
    "gateway",
    "gateways",
]

ADAPTERS = ("fake", "manual", "stripe")
"""Every provider that there is an adapter for; each is the module of its name, and is imported when it is used."""


def gateways() -> list[Gateway]:
    """Return the providers that the marketplace uses, the first one being the default."""
    return [_adapter(name) for name in settings.PAYMENT_PROVIDERS]


def gateway(name: str) -> Gateway:
    """Return a provider, also one that takes no new payments any more: old ones are still refunded.

    Raises:
        KeyError: where there is no such adapter.
    """
    if name not in ADAPTERS:
        raise KeyError(name)
    return _adapter(name)


@cache
def _adapter(name: str) -> Gateway:
    found: Gateway = import_module(f"finance.gateways.{name}").build()
    return found
