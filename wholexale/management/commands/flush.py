"""Empty the database: Django's command, which the guards of the ledger would refuse."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.db import connections, transaction

from finance.sql import guards as ledger_guards
from notifications.sql import guards as notification_guards
from offers.sql import guards as offer_guards

GUARDS = (ledger_guards, offer_guards, notification_guards)


class Command(flush.Command):
    """Take the guards of what is never changed away, empty every table, and put the guards back."""

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
            for guards in GUARDS:
                guards.remove(connection)
        try:
            super().handle(**options)
        finally:
            with transaction.atomic(using=options["database"]):
                for guards in GUARDS:
                    guards.install(connection)
