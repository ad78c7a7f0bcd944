"""Wiring of the app."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.db import connections
from django.db.models.signals import post_migrate


class FinanceConfig(AppConfig):
    """The ledger and credit."""

    name = "finance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the guards of the ledger put back after every migration."""
        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_kwargs: Any) -> None:
    from finance.sql import guards  # noqa: PLC0415 - models are there only after the set-up

    guards.install(connections[using])


@register
def providers_are_installed(**_kwargs: Any) -> list[CheckMessage]:
    """Say at the start, and not at the first payment, that the library of a provider is missing."""
    from finance.gateways import gateways  # noqa: PLC0415 - as above

    try:
        gateways()
    except ImportError as error:
        return [Error(f"PAYMENT_PROVIDERS: {error.name} is not installed", id="finance.E001")]
    return []
