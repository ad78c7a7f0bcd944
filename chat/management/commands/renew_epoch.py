"""`manage.py renew_epoch`: to be run after the database was restored from a backup."""

from typing import Any

from django.core.management.base import BaseCommand

from chat import services


class Command(BaseCommand):
    """Give the message logs a new name."""

    help = "Tell every client to drop its positions in the logs; run it after a restore from a backup."

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew, and print the name."""
        self.stdout.write(f"The message logs are now called {services.renew_epoch()}.")
