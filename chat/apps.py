"""Wiring of the app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations and messages."""

    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"
