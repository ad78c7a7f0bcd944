"""The project package is an app as well: it holds the commands that need several apps."""

from django.apps import AppConfig


class WholexaleConfig(AppConfig):
    """Composition and its management commands."""

    name = "wholexale"
