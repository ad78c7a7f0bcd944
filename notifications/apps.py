"""Wiring of the app."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from notifications.sql import guards


class NotificationsConfig(AppConfig):
    """Telling people what has happened."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the guards put back after every migration, and hear what becomes of mails."""
        post_migrate.connect(_install_guards, sender=self)
        from notifications.handlers.mails import listen_to_anymail  # noqa: PLC0415 - it needs the models

        listen_to_anymail()


def _install_guards(*, using: str, **_kwargs: Any) -> None:
    guards.install(connections[using])
