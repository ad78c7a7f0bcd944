"""A run of the verifier: what it stores, what its command says, and that nobody waits for it."""

import json
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from accounts.models import User
from finance import services
from finance.models import Account, Balance, CreditLine, Entry, LedgerCheck, chart
from finance.services import Outcome, verifying
from finance.sql.checks import SHOWN, probes_here
from finance.sql.checks.check import check, query
from finance.tests.clean_ledger import CleanLedger, clean_ledger
from finance.tests.staging import lender
from finance.tests.tampering import change

pytestmark = pytest.mark.django_db

BROKEN = check(code="BROKEN", wrong="It cannot be asked.", advice="Ask another.", find=query("SELECT * FROM nowhere"))


def drift(line: CreditLine) -> None:
    """Let a balance say that it holds more than it does."""
    change(Balance, line.account_id, debits_pending=7)


def run(*arguments: str) -> tuple[int, str]:
    """Run the command; return the exit code and what it printed."""
    output = StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=output)
    except CommandError as error:
        return error.returncode, output.getvalue()
    return 0, output.getvalue()


@pytest.fixture
def ledger(buyer: User, seller: User) -> CleanLedger:
    """Return a small ledger in which everything has happened."""
    return clean_ledger(buyer, seller)


@pytest.fixture
def _one_check_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "probes_here", lambda: (BROKEN, *probes_here()))


# What a run stores


def test_a_clean_run_is_stored(ledger: CleanLedger) -> None:
    row = services.verify_ledger(actor=lender())

    row.refresh_from_db()
    assert (row.is_clean, row.findings, row.actor) == (True, [], lender())
    assert row.entries == Entry.objects.count() > 0
    assert row.finished_at is not None
    assert row.started_at <= row.finished_at


def test_what_was_found_is_stored_with_what_to_do(line: CreditLine) -> None:
    drift(line)

    row = services.verify_ledger()

    row.refresh_from_db()
    assert (row.is_clean, row.actor) == (False, None)
    assert [finding["code"] for finding in row.findings] == ["BALANCE_PENDING_DRIFT", "COUNTERS_NOT_BALANCED"]
    (first, _) = row.findings
    assert first.keys() == {"code", "wrong", "advice", "count", "rows", "failure"}
    assert (first["count"], first["failure"]) == (1, "")
    assert first["rows"] == [
        {"id": str(line.account_id), "debits": 7, "expected_debits": 0, "credits": 0, "expected_credits": 0}
    ]


def test_finding_drift_writes_nothing(line: CreditLine) -> None:
    drift(line)

    findings = services.find_drift()

    assert [finding.code for finding in findings] == ["BALANCE_PENDING_DRIFT", "COUNTERS_NOT_BALANCED"]
    assert not LedgerCheck.objects.exists()


def test_at_most_twenty_rows_are_named_and_all_are_counted(line: CreditLine) -> None:
    services.open_accounts([chart.cash(f"bank {number}", "INR") for number in range(SHOWN + 5)])
    Account.objects.filter(kind="asset", business=None).update(status="asleep")

    (finding,) = services.find_drift()

    assert (finding.code, finding.count, len(finding.rows)) == ("VALUE_UNKNOWN", SHOWN + 5, SHOWN)


@pytest.mark.usefixtures("_one_check_is_broken")
def test_a_check_that_cannot_be_run_does_not_hide_the_others(line: CreditLine) -> None:
    drift(line)

    broken, *others = services.find_drift()

    assert (broken.code, broken.count, broken.rows) == ("BROKEN", 0, ())
    assert "nowhere" in broken.failure
    assert [finding.code for finding in others] == ["BALANCE_PENDING_DRIFT", "COUNTERS_NOT_BALANCED"]
    assert not services.verify_ledger().is_clean


def test_a_run_that_breaks_off_has_no_end(line: CreditLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_the_connection() -> tuple[Any, ...]:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(verifying, "probes_here", lose_the_connection)

    with pytest.raises(OperationalError):
        services.verify_ledger()

    assert LedgerCheck.objects.get().finished_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connection to lose")
def test_a_connection_that_is_lost_ends_the_run(line: CreditLine, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = query("SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS varchar) AS id")
    probe = check(code="LOST", wrong="", advice="", find=lost)
    monkeypatch.setattr(verifying, "probes_here", lambda: (probe, *probes_here()))

    assert run()[0] == 2

    connection.close()
    assert LedgerCheck.objects.get().finished_at is None


def test_whoever_watches_hears_of_every_check_in_order(line: CreditLine) -> None:
    outcomes: list[Outcome] = []

    services.verify_ledger(watch=outcomes.append)

    assert [one.code for one in outcomes] == [one.code for probe in probes_here() for one in probe.checks]
    assert all(one.milliseconds >= 0 and one.finding is None for one in outcomes)


# What the command says


def test_the_command_ends_with_zero_for_a_clean_ledger(ledger: CleanLedger) -> None:
    code, printed = run()

    lines = printed.splitlines()
    known = [one.code for probe in probes_here() for one in probe.checks]
    assert code == 0
    assert [line.split()[0] for line in lines[: len(known)]] == known
    assert all(line.split()[1] == "ok" and line.endswith(" s") for line in lines[: len(known)])
    assert lines[-1].startswith(f"{len(known)} checks of {Entry.objects.count()} entries in ")


def test_the_command_ends_with_one_for_drift_and_names_it(line: CreditLine) -> None:
    drift(line)

    code, printed = run()

    assert code == 1
    assert "\nBALANCE_PENDING_DRIFT: What a balance says is held is not the sum of the open holds.\n" in printed
    assert f"  {line.account_id}  debits 7, expected_debits 0, credits 0, expected_credits 0\n" in printed
    assert "BALANCE_POSTED_DRIFT:" not in printed


def test_the_command_says_how_many_rows_it_does_not_show() -> None:
    services.open_accounts([chart.cash(f"bank {number}", "INR") for number in range(SHOWN + 5)])
    Account.objects.update(status="asleep")

    code, printed = run()

    assert code == 1
    assert printed.count(" says asleep") == SHOWN
    assert "  and 5 more\n" in printed


def test_the_command_prints_one_document_for_machines(line: CreditLine) -> None:
    drift(line)

    code, printed = run("--json")

    document = json.loads(printed)
    row = LedgerCheck.objects.get()
    assert code == 1
    assert document.keys() == {"id", "started_at", "finished_at", "entries", "is_clean", "checks", "findings"}
    assert (document["id"], document["entries"], document["is_clean"]) == (str(row.id), 0, False)
    assert document["findings"] == row.findings
    counts = {one["code"]: one["count"] for one in document["checks"]}
    assert counts.keys() == {one.code for probe in probes_here() for one in probe.checks}
    assert {code for code, count in counts.items() if count} == {"BALANCE_PENDING_DRIFT", "COUNTERS_NOT_BALANCED"}
    assert all(one["was_run"] and isinstance(one["milliseconds"], int) for one in document["checks"])


def test_the_document_of_a_clean_ledger_has_no_findings(line: CreditLine) -> None:
    code, printed = run("--json")

    assert code == 0
    assert (json.loads(printed)["is_clean"], json.loads(printed)["findings"]) == (True, [])


@pytest.mark.usefixtures("_one_check_is_broken")
def test_the_command_ends_with_two_where_a_check_could_not_be_run(line: CreditLine) -> None:
    code, printed = run()

    assert code == 2
    assert "BROKEN: It cannot be asked.\n" in printed
    assert "  This check could not be run: " in printed


@pytest.mark.usefixtures("_one_check_is_broken")
def test_drift_weighs_more_than_a_check_that_could_not_be_run(line: CreditLine) -> None:
    drift(line)

    code, printed = run("--json")

    assert code == 1
    assert [one["code"] for one in json.loads(printed)["checks"] if not one["was_run"]] == ["BROKEN"]


def test_the_command_ends_with_two_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_fields: object) -> None:
        raise OperationalError("no server answers")

    monkeypatch.setattr(services, "verify_ledger", refuse)

    assert run("--json") == (2, "")


# Others go on meanwhile


class Writer:
    """Changes a balance after each check, in another thread and so in a connection of its own."""

    def __init__(self, account: Account) -> None:
        """Take the account whose balance is changed."""
        self.account = account
        self.written = 0

    def __call__(self, _outcome: Outcome) -> None:
        """Write, and wait until it is committed."""
        thread = Thread(target=self._write)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    def _write(self) -> None:
        try:
            change(Balance, self.account.id, credits_posted=self.written + 1)
            self.written += 1
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_run_sees_one_moment_and_writers_do_not_wait_for_it(ledger: CleanLedger) -> None:
    writer = Writer(ledger.unused)

    row = services.verify_ledger(watch=writer)

    assert writer.written == sum(len(probe.checks) for probe in probes_here())
    assert row.is_clean
    assert [finding.code for finding in services.find_drift()] == ["BALANCE_POSTED_DRIFT", "COUNTERS_NOT_BALANCED"]


@pytest.mark.django_db(transaction=True)
def test_a_run_leaves_the_connection_as_it_was(line: CreditLine) -> None:
    services.verify_ledger()

    assert not connection.in_atomic_block
    drift(line)
    assert Balance.objects.get(account_id=line.account_id).debits_pending == 7
