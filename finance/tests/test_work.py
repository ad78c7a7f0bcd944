"""The work of finance: holds that end by themselves, and the daily check of the ledger."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import User
from finance import services, tasks
from finance.models import CreditLine, HoldExpiry, LedgerCheck, Transfer
from finance.tests.ledger_clock import Clock
from finance.tests.staging import every_row, hold
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict
from wholexale.common.work import run_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(buyer: User, seller: User, line: CreditLine) -> HoldExpiry:
    """Return the work of ending a hold in an hour, which comes up too early."""
    hold(buyer, seller, 60_000, expires_at=database_now() + timedelta(hours=1))
    HoldExpiry.objects.update(run_at=timezone.now() - timedelta(minutes=1))
    return HoldExpiry.objects.get()


def test_a_hold_that_is_not_over_is_put_off_and_loses_no_try(row: HoldExpiry) -> None:
    assert run_due(*tasks.WORK) == 1

    row.refresh_from_db()
    assert (row.state, row.attempts, row.run_at) == ("pending", 0, row.hold.timeout_at)
    assert not Transfer.objects.filter(phase="expire").exists()


def test_a_hold_that_is_over_is_ended(buyer: User, seller: User, line: CreditLine) -> None:
    with Clock.standing() as clock:
        held = hold(buyer, seller, 60_000, expires_at=clock.now + timedelta(hours=1))
        clock.move(3600)

        assert run_due(*tasks.WORK) == 1

    assert HoldExpiry.objects.get().state == "done"
    assert Transfer.objects.get(phase="expire").hold_id == held.hold_id


def test_a_hold_that_was_resolved_is_done_with(row: HoldExpiry, seller: User) -> None:
    services.capture_hold(actor=seller, hold_id=row.hold_id)
    before = every_row() | {"HoldExpiry": []}

    run_due(*tasks.WORK)

    assert every_row() | {"HoldExpiry": []} == before
    assert HoldExpiry.objects.get().state == "done"


def test_other_refusals_are_failures(row: HoldExpiry, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*, hold_id: UUID) -> None:
        raise Conflict("ACCOUNT_CLOSED", "This account is closed.")

    monkeypatch.setattr(services, "expire_hold", refuse)

    run_due(*tasks.WORK)

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("pending", 1)
    assert row.last_error == "Conflict: ACCOUNT_CLOSED: This account is closed."


def test_the_ledger_is_checked_by_the_clock() -> None:
    tasks.verify_ledger(timezone.now())

    check = LedgerCheck.objects.get()
    assert (check.is_clean, check.actor) == (True, None)
