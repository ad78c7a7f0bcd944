"""Wiring of the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, businesses, memberships and sessions."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
