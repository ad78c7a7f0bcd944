"""The verifier finds every corruption that is planted, and names its row."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from finance import services
from finance.sql.checks import PROBES, probes_here
from finance.tests.clean_ledger import CleanLedger, clean_ledger
from finance.tests.corruptions import CORRUPTIONS, Corruption
from finance.tests.tampering import rolled_back
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db

HERE = [one for one in CORRUPTIONS if one.vendor in {"", connection.vendor}]
FIRST = {one.code: one for one in reversed(HERE)}
EACH = [
    pytest.param(one, id=one.name, marks=[] if one.vendor or one is FIRST[one.code] else pytest.mark.proof)
    for one in HERE
]
"""`make test` plants one corruption for each check, `make proof` all others."""


@pytest.fixture(scope="module")
def ledger(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[CleanLedger]:
    """Return a small ledger in which everything has happened; each test undoes what it does to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        seller = make_person("seller", owns="Cotton Mill")
        yield clean_ledger(make_person("buyer", owns="Corner Shop"), seller)
        transaction.set_rollback(True)


@pytest.mark.parametrize("corruption", EACH)
def test_a_corruption_is_found_by_the_right_checks_and_its_row_is_named(
    ledger: CleanLedger, corruption: Corruption
) -> None:
    with rolled_back():
        planted = corruption.plant(ledger)
        found = {finding.code: finding for finding in services.find_drift()}

    assert found.keys() == {corruption.code} | corruption.also
    assert str(planted) in {row["id"] for row in found[corruption.code].rows}
    assert all(finding.count and not finding.failure for finding in found.values())


def test_without_a_corruption_nothing_is_found(ledger: CleanLedger) -> None:
    assert services.find_drift() == []


def test_every_check_has_a_corruption_that_it_must_find() -> None:
    assert {check.code for probe in probes_here() for check in probe.checks} == {one.code for one in HERE}
    assert {check.code for probe in PROBES for check in probe.checks} == {one.code for one in CORRUPTIONS}


def test_the_guide_for_operators_has_every_check_and_no_other() -> None:
    guide = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
    table = guide.partition("\n## The ledger\n")[2].partition("| about | checks |")[2].partition("\n\n")[0]

    assert sorted(re.findall(r"`([A-Z_]+)`", table)) == sorted(one.code for probe in PROBES for one in probe.checks)
