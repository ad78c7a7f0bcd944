"""Empty the database: Django's command, which the guards of the ledger would refuse."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.db import connections, transaction

from finance.sql import guards


class Command(flush.Command):
    """Take the guards of the ledger away, empty every table, and put the guards back."""

    help = "Empty the database (never in production)."

    def handle(self, **options: Any) -> None:
        """Empty the tables.

        Raises:
            CommandError: in production.
        """
        if settings.IS_PRODUCTION:
            raise CommandError("The ledger of a production is never emptied.")
        connection = connections[options["database"]]
        with transaction.atomic(using=options["database"]):
            guards.remove(connection)
        try:
            super().handle(**options)
        finally:
            with transaction.atomic(using=options["database"]):
                guards.install(connection)
