"""What was recorded stays as it was written, also against raw SQL."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError
from pytest_django import Settings

from finance import services
from finance.models import Account, CreditLine, CreditLineChange, PaymentEvent, chart
from finance.models.chart import Place
from finance.sql import Category, Kind, Leg, Movement, Phase, guards
from finance.tests.payment_staging import begun, invoice
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def _history() -> None:
    """Write a row into each guarded table."""
    debit, credit = services.open_accounts([Place(name, "INR", Account.Kind.ASSET) for name in ("a", "b")])
    leg = Leg(phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=5, currency="INR")
    services.record(Movement(kind=Kind.TRANSFER, category=Category.TRANSFER, reference="r", legs=(leg,)))
    business_id = make_person("debtor", owns="Debtor").membership.business_id
    (receivable,) = services.open_accounts([chart.receivable(business_id, "INR")])
    line = CreditLine.objects.create(business_id=business_id, currency="INR", account=receivable, limit_minor=1)
    CreditLineChange.objects.create(
        line=line, number=1, old_limit_minor=0, new_limit_minor=1, new_status="active", reason="opened"
    )
    seller, buyer = make_person("seller", owns="Mill"), make_person("buyer", owns="Shop")
    due = invoice(buyer, seller)
    services.credit_invoice(actor=seller, invoice_id=due.id, amount=1, reason="A gift")
    services.keep_document(invoice=due, make=lambda: b"%PDF-")
    begun(buyer, due)
    PaymentEvent.objects.create(provider="fake", event_id="1", type="payment.succeeded", body="{}")


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("_history")
@pytest.mark.parametrize("table", guards.INSERT_ONLY)
def test_history_is_not_updated_deleted_or_emptied(table: str) -> None:
    rows = count(table)
    assert rows

    refused(f"UPDATE {table} SET id = id")
    refused(f"DELETE FROM {table}")
    if connection.vendor == "postgresql":
        connection.check_constraints()  # else the rows of this test are still in question, and no table is emptied
        refused(f"TRUNCATE {table} CASCADE")
    else:
        refused(f"REPLACE INTO {table} SELECT * FROM {table}")
    assert count(table) == rows


def test_every_guard_is_in_place_after_the_migrations() -> None:
    assert guards.missing(connection) == []


def test_a_guard_that_was_taken_away_is_missed_and_put_back() -> None:
    guards.remove(connection)
    missed = guards.missing(connection)

    guards.install(connection)

    assert len(missed) >= 2 * len(guards.INSERT_ONLY)
    assert guards.missing(connection) == []


def test_a_guard_that_was_switched_off_is_missed() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL can switch a trigger off")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_entry DISABLE TRIGGER finance_entry_keep")

    assert guards.missing(connection) == ["finance_entry_keep"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_history")
def test_emptying_the_database_puts_the_guards_back() -> None:
    call_command("flush", interactive=False, verbosity=0)

    assert not Account.objects.exists()
    assert guards.missing(connection) == []


@pytest.mark.usefixtures("_history")
def test_a_production_is_never_emptied(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError):
        call_command("flush", interactive=False)

    assert Account.objects.exists()
