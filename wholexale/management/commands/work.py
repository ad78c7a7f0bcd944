"""Run the work that is due, and nothing else: for installations without Celery whose servers leave it alone."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from wholexale.common.work import CONNECTIONS_PER_THREAD
from wholexale.realtime.outlet import Outlet
from wholexale.work import build_runner

STOP_SECONDS = 20.0
"""For how long a row that runs may still run after the signal; less than an orchestrator waits before it kills."""


class Command(BaseCommand):
    """Run work until a signal ends it; then finish the rows that run, and give the others back."""

    help = "Run the work that is due: expiries, sweeps, what is periodic. Any number of these processes may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how much runs at once."""
        parser.add_argument("--threads", type=int, default=1, help="how many rows run at once")

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        """Run until a signal."""
        most = settings.DB_POOL_SIZE // CONNECTIONS_PER_THREAD
        if not 1 <= threads <= most:
            raise CommandError(f"--threads: 1 to {most}, half of DB_POOL_SIZE")
        is_over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: is_over.set())
        runner = build_runner(threads=threads)
        outlet = Outlet() if settings.REDIS_URL else None
        if outlet is not None:
            outlet.start()
        runner.start()
        self.stdout.write("Working. Stop: Ctrl-C")
        self.stdout.flush()
        is_over.wait()
        if not runner.stop(STOP_SECONDS):
            self.stderr.write("A row still runs; whoever comes after its lease will run it again.")
        if outlet is not None:
            outlet.stop()
