"""A large ledger is verified in little time."""

import pytest

from finance import services
from finance.models import Entry
from finance.tests.big_ledger import load_ledger

SECONDS = 30


@pytest.mark.django_db
def test_a_ledger_of_two_thousand_entries_is_clean() -> None:
    assert load_ledger(2_000) == Entry.objects.count() >= 2_000

    assert services.find_drift() == []


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(1200)
@pytest.mark.django_db(transaction=True)
def test_a_clean_ledger_of_a_million_entries_is_verified_in_thirty_seconds() -> None:
    load_ledger(1_000_000)

    row = services.verify_ledger()

    assert row.finished_at is not None
    taken = (row.finished_at - row.started_at).total_seconds()
    print(f"{row.entries:,} entries in {taken:.1f} s")
    assert (row.is_clean, row.findings) == (True, [])
    assert row.entries >= 1_000_000
    assert taken < SECONDS
