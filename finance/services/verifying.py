"""Verifying the ledger: every check in one picture of the database, and a row that says what they found."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from finance.models import Entry, LedgerCheck
from finance.sql.checks import Probe, Row, probes_here
from finance.sql.snapshot import snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of drift: what is wrong, what to do, how many rows, and the first of them with their ids.

    `failure` is set where the check itself could not be run, and says why: nothing is known then.
    """

    code: str
    wrong: str
    advice: str
    count: int
    rows: tuple[Row, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one check ended, and how long it took; `finding` is None where all is well.

    Of checks that share a reading of the database, the first has its time.
    """

    code: str
    milliseconds: int
    finding: Finding | None


Watch = Callable[[Outcome], None]


def verify_ledger(*, actor: User | None = None, watch: Watch | None = None) -> LedgerCheck:
    """Run every check in one picture of the database, and store what they found; a run that broke off has no end.

    Args:
        actor: who asks; None is the system.
        watch: told how each check ended, as soon as it has; it must not write by the same connection, which reads.
    """
    check = LedgerCheck.objects.create(actor=actor, started_at=timezone.now())
    findings = []
    with snapshot():
        check.entries = Entry.objects.count()
        for outcome in _outcomes():
            if outcome.finding is not None:
                findings.append(outcome.finding)
            if watch is not None:
                watch(outcome)
    check.findings = [asdict(finding) for finding in findings]
    check.is_clean = not findings
    check.finished_at = timezone.now()
    check.save(update_fields=["entries", "findings", "is_clean", "finished_at"])
    if findings:
        logger.error("the ledger is not sound: %s", ", ".join(f"{one.code} ({one.count})" for one in findings))
    return check


def find_drift() -> list[Finding]:
    """Return what every check finds wrong, in one picture of the database; nothing is written."""
    with snapshot():
        return [outcome.finding for outcome in _outcomes() if outcome.finding is not None]


def _outcomes() -> Iterator[Outcome]:
    for probe in probes_here():
        began = time.monotonic_ns()
        findings = _findings(probe)
        milliseconds = (time.monotonic_ns() - began) // 1_000_000
        for check, finding in zip(probe.checks, findings, strict=True):
            yield Outcome(code=check.code, milliseconds=milliseconds, finding=finding)
            milliseconds = 0


def _findings(probe: Probe) -> list[Finding | None]:
    """Run one probe; one that fails, because of what somebody has put into the rows, does not hide the others.

    Raises:
        DatabaseError: where the database itself is gone.
    """
    # On PostgreSQL a statement that fails ends the transaction around it, unless there is a savepoint to go back to.
    needs_savepoint = connection.in_atomic_block and connection.vendor == "postgresql"
    try:
        with transaction.atomic() if needs_savepoint else nullcontext():
            found = probe.find()
    except DatabaseError as error:
        if not connection.is_usable():
            raise
        logger.exception("a check of the ledger could not be run: %s", probe.checks[0].code)
        failure = next(iter(str(error).splitlines()), type(error).__name__)
        return [Finding(**asdict(check), count=0, failure=failure) for check in probe.checks]
    return [
        Finding(**asdict(check), count=one.count, rows=one.rows) if one.count else None
        for check, one in zip(probe.checks, found, strict=True)
    ]
