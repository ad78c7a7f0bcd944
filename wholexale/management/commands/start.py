"""Prepare and serve: what `make run` calls."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.models import User

LOGINS = (
    "buyer@example.com",
    "seller@example.com",
    "colleague@example.com",
    "finance@example.com",
    "staff@example.com",
)


class Command(BaseCommand):
    """Bring the server up from nothing: migrate and seed the embedded database, say where everything is, serve."""

    help = "Migrate and seed the embedded database, print the addresses and logins, and serve."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to restart on changed code."""
        parser.add_argument("--reload", action="store_true", help="restart when the code changes")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prepare what is ours to prepare, then serve."""
        if settings.IS_EMBEDDED and settings.IS_DEVELOPMENT:
            self._prepare()
        else:
            self.stdout.write("Databases of others are not migrated by themselves: run `make migrate` when it is due.")
        self._say_where()
        call_command("serve", reload=options["reload"])

    def _prepare(self) -> None:
        self.stdout.write("Preparing the embedded database ...")
        call_command("migrate", verbosity=0)
        if not User.objects.exists():
            self.stdout.write("Seeding demo businesses and conversations (once) ...")
            call_command("seed")

    def _say_where(self) -> None:
        base = f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write(
            f"\n  Wholexale on {base}\n"
            f"    API         {base}/api        documentation: {base}/api/docs\n"
            f"    Socket      ws://{settings.HOST}:{settings.PORT}/ws/\n"
            f"    Admin       {base}/admin/\n"
            f"    Health      {base}/health\n"
        )
        if settings.IS_DEVELOPMENT and settings.IS_EMBEDDED:
            self.stdout.write(
                "    Logins      " + ", ".join(LOGINS) + "\n"
                "    Password    wholexale-demo\n"
                "\n  See a conversation live: .venv/bin/python manage.py chat_demo     Stop: Ctrl-C\n"
            )
        self.stdout.flush()
