"""`manage.py reconcile`: compare a provider's statement with our books. The exit code says whether they agree."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finance import services
from finance.gateways import ADAPTERS
from finance.management.statement_file import Unreadable, read_day, read_statement
from finance.selectors.movements import Moved, Period, moved_at
from finance.services import Discord, Discrepancy, Reconciliation, Sum
from wholexale.common.money import from_minor

DISAGREE, UNREADABLE = 1, 2

_TOLD = {
    Discord.UNKNOWN: "in the statement alone",
    Discord.MISSING: "missing in the statement",
    Discord.MISMATCH: "different",
    Discord.DUPLICATE: "twice in the statement",
    Discord.UNSETTLED: "in the statement, and not settled here",
}


class Command(BaseCommand):
    """Match both ways, and print what does not."""

    help = (
        "Compare the statement of a provider with our books. The exit code is 0 where they agree, 1 where they do not,"
        " 2 where the file cannot be read. The file is CSV in UTF-8 with the columns date (2026-11-18), type (payment,"
        " refund, payout or chargeback), reference, amount and fee (in whole units, below zero what went out) and"
        " currency. Without --from and --to all that was ever moved is expected in it."
    )
    requires_system_checks: list[str] = []  # their failure would be exit code 1 too

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the provider, its file, the period and how far dates may lie apart."""
        parser.add_argument("--provider", required=True, choices=ADAPTERS)
        parser.add_argument("--file", required=True, help="the statement")
        parser.add_argument("--from", dest="first", type=_day, metavar="DAY", help="the first day: 2026-11-01")
        parser.add_argument("--to", dest="last", type=_day, metavar="DAY", help="the last day, included")
        parser.add_argument(
            "--tolerance-days", type=_days, default=3, metavar="N", help="how far two dates may lie apart (3)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document for machines")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare, and print.

        Raises:
            CommandError: with the exit code, unless both agree.
        """
        period = Period(options["first"], options["last"])
        tolerance = timedelta(days=options["tolerance_days"])
        booked = moved_at(options["provider"], period)
        try:
            lines = read_statement(Path(options["file"]))
            found = services.reconcile(lines, booked, period=period, tolerance=tolerance)
        except (OSError, Unreadable) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}", returncode=UNREADABLE) from error
        if options["json"]:
            self.stdout.write(json.dumps(document(found), indent=2))
        else:
            for text in told(found):
                self.stdout.write(text)
        if found.discrepancies:
            raise CommandError("The statement and our books do not agree.", returncode=DISAGREE)


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _days(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError("a number of days is expected")
    return int(text)


def told(found: Reconciliation) -> Iterator[str]:
    """Yield what was found, for a person."""
    yield f"{'matched':<20} {'lines':>9} {'amount':>20} {'fee':>16}"
    for (currency, kind), total in sorted(found.matched.items()):
        amount, fee = from_minor(total.amount, currency), from_minor(total.fee, currency)
        yield f"{currency} {kind:<16} {total.lines:>9,} {amount:>20,} {fee:>16,}"
    for discord, text in _TOLD.items():
        own = [one for one in found.discrepancies if one.discord == discord]
        if own:
            yield f"\n{text}: {len(own):,}"
            yield from (f"  {_described(one)}" for one in own)


def _described(found: Discrepancy) -> str:
    """Return a discrepancy in one line: where it stands, what was moved, and how the two differ."""
    moved = found.moved[0]
    names = " = ".join(f"{one.name} ({one.state})" if one.state else one.name for one in found.moved)
    what = f"{moved.type} {moved.reference or '-'} of {_money(moved)} on {moved.date}"
    differs = [_difference(name, *found.moved) for name in found.differs]
    return f"{names}: {what}" + "".join(f"; {one}" for one in differs)


def _difference(name: str, line: Moved, ours: Moved) -> str:
    said, expected = (_shown(one, name) for one in (line, ours))
    return f"{name} {said}, here {expected}"


def _shown(moved: Moved, name: str) -> str:
    value = getattr(moved, name)
    return str(from_minor(value, moved.currency) if name in {"amount", "fee"} else value)


def _money(moved: Moved) -> str:
    return f"{from_minor(moved.amount, moved.currency):,} {moved.currency}"


def document(found: Reconciliation) -> dict[str, Any]:
    """Return what was found, for a machine; amounts in minor units."""
    return {
        "is_clean": not found.discrepancies,
        "matched": [_total(key, total) for key, total in sorted(found.matched.items())],
        "discrepancies": [
            {
                "discord": one.discord,
                "differs": one.differs,
                "line": _plain(one.line),
                "ours": _plain(one.ours),
            }
            for one in found.discrepancies
        ],
    }


def _total(key: Sequence[str], total: Sum) -> dict[str, Any]:
    currency, kind = key
    return {
        "currency": currency,
        "type": kind,
        "lines": total.lines,
        "amount_minor": total.amount,
        "fee_minor": total.fee,
    }


def _plain(moved: Moved | None) -> dict[str, Any] | None:
    if moved is None:
        return None
    return {
        "name": moved.name,
        "date": moved.date.isoformat(),
        "type": moved.type,
        "reference": moved.reference,
        "amount_minor": moved.amount,
        "fee_minor": moved.fee,
        "currency": moved.currency,
        "state": moved.state,
    }
