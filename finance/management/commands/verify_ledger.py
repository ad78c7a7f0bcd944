"""`manage.py verify_ledger`: look for drift of every kind. The exit code says whether there is any."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from finance import services
from finance.models import LedgerCheck
from finance.services import Outcome

DRIFT, BROKEN_OFF = 1, 2


class Command(BaseCommand):
    """Run every check of the ledger, store the result, and say it."""

    help = "Check the ledger. The exit code is 0 where it is sound, 1 where it is not, 2 where that is not known."
    requires_system_checks: list[str] = []  # their failure would be exit code 1 too

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the output."""
        parser.add_argument("--json", action="store_true", help="print one JSON document for machines")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify, and print.

        Raises:
            CommandError: with the exit code, unless the ledger is sound.
        """
        outcomes: list[Outcome] = []

        def watch(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if not options["json"]:
                self.stdout.write(line(outcome))

        try:
            check = services.verify_ledger(watch=watch)
        except Error as error:
            raise CommandError(f"The ledger could not be verified: {error}", returncode=BROKEN_OFF) from error
        if options["json"]:
            self.stdout.write(json.dumps(document(check, outcomes), indent=2))
        else:
            for text in (text for finding in check.findings for text in told(finding)):
                self.stdout.write(text)
            self.stdout.write(f"\n{len(outcomes)} checks of {check.entries:,} entries in {duration(check)} s.")
        if not check.is_clean:
            self._fail(check)

    def _fail(self, check: LedgerCheck) -> None:
        if any(finding["count"] for finding in check.findings):
            raise CommandError("The ledger is not sound.", returncode=DRIFT)
        raise CommandError("Some checks could not be run.", returncode=BROKEN_OFF)


def line(outcome: Outcome) -> str:
    """Return how one check ended: its name, how many rows it found, how long it took."""
    finding = outcome.finding
    said = "ok" if finding is None else "not run" if finding.failure else f"{finding.count:,}"
    return f"{outcome.code:<32} {said:>12} {seconds(outcome.milliseconds):>9} s"


def told(finding: dict[str, Any]) -> Iterator[str]:
    """Yield what was found, for a person."""
    yield f"\n{finding['code']}: {finding['wrong']}"
    yield f"  {finding['advice']}"
    if finding["failure"]:
        yield f"  This check could not be run: {finding['failure']}"
    for row in finding["rows"]:
        facts = ", ".join(f"{name} {value}" for name, value in row.items() if name != "id")
        yield f"  {row['id']}  {facts}".rstrip()
    if (more := finding["count"] - len(finding["rows"])) > 0:
        yield f"  and {more:,} more"


def document(check: LedgerCheck, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what was found, for a machine."""
    return {
        "id": str(check.id),
        "started_at": check.started_at.isoformat(),
        "finished_at": check.finished_at and check.finished_at.isoformat(),
        "entries": check.entries,
        "is_clean": check.is_clean,
        "checks": [
            {
                "code": one.code,
                "milliseconds": one.milliseconds,
                "count": one.finding.count if one.finding else 0,
                "was_run": not (one.finding and one.finding.failure),
            }
            for one in outcomes
        ],
        "findings": check.findings,
    }


def duration(check: LedgerCheck) -> str:
    """Return how long a run took, in seconds."""
    return seconds((check.finished_at - check.started_at) // timedelta(milliseconds=1)) if check.finished_at else "?"


def seconds(milliseconds: int) -> str:
    """Return milliseconds as seconds."""
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"
