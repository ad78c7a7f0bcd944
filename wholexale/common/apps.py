"""Wiring of the kernel, which is an app because it has rows: work that is due, and keys of requests."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """The kernel."""

    name = "wholexale.common"
    label = "common"
    verbose_name = "Kernel"
