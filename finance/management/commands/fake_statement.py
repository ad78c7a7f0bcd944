"""`manage.py fake_statement`: the statement of the fake provider, as its dashboard would export it."""

import csv
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from finance.gateways.fake import statement
from finance.management.statement_file import COLUMNS
from finance.models import FakeEntry
from wholexale.common.money import from_minor


class Command(BaseCommand):
    """Write CSV that `manage.py reconcile` reads."""

    help = "Write the statement of the fake provider as CSV: all that it has moved until now."
    requires_system_checks: list[str] = []  # what they print does not belong into the file

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the currency."""
        parser.add_argument("--currency", help="only this one, for example INR; without it one after another")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write a line for each amount, oldest first."""
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        for currency in [options["currency"]] if options["currency"] else _currencies():
            for line in statement(currency):
                amount, fee = from_minor(line.amount, currency), from_minor(line.fee, currency)
                writer.writerow([line.date, line.type, line.reference, amount, fee, currency])


def _currencies() -> Iterator[str]:
    yield from FakeEntry.objects.order_by("currency").values_list("currency", flat=True).distinct()
