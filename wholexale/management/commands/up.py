"""Run the processes of the Procfile together: what `make up` calls."""

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

PROCFILE = settings.BASE_DIR / "Procfile"


class Command(BaseCommand):
    """Run a server, a worker and beat in one terminal, on PostgreSQL and Redis, until one of them ends or Ctrl-C."""

    help = "Run the server, a worker of Celery and its beat in one terminal."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Check what they share, then run them."""
        _refuse_what_is_missing()
        from honcho.environ import parse_procfile  # noqa: PLC0415 - a tool of the developer, which no server has
        from honcho.manager import Manager  # noqa: PLC0415 - the same

        manager = Manager()
        for name, command in parse_procfile(PROCFILE.read_text(encoding="utf-8")).processes.items():
            manager.add_process(name, command)
        self.stdout.write(f"Wholexale on http://{settings.HOST}:{settings.PORT}     Stop: Ctrl-C")
        self.stdout.flush()
        manager.loop()
        sys.exit(manager.returncode)


def _refuse_what_is_missing() -> None:
    stores = {"POSTGRES_URI": settings.POSTGRES_URI, "REDIS_URL": settings.REDIS_URL}
    if missing := [name for name, value in stores.items() if not value]:
        raise CommandError(
            "Several processes share a PostgreSQL and a Redis. Set "
            f"{' and '.join(missing)}, as .env.example shows; `make run` needs neither."
        )
    try:
        call_command("migrate", check_unapplied=True, verbosity=0)
    except SystemExit:
        raise CommandError("The database lacks migrations: run `make migrate`.") from None
