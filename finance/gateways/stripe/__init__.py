"""Payments by card through Stripe, with its own library: an optional extra that only `provider.py` imports."""

from django.conf import settings

from finance.gateways.interface import Gateway
from finance.gateways.stripe.provider import StripeGateway

__all__ = ["StripeGateway", "build"]


def build() -> Gateway:
    """Return the adapter."""
    return StripeGateway(settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS)
