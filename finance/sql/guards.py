"""Triggers that keep history as it was written, on both databases; put in place after every migration.

SQLite forgets the triggers of a table that a migration rebuilds, so nothing less often would do. It also lacks the
composite foreign key that ties the currency of a transfer to those of its accounts: a trigger stands for it.
"""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from finance.sql import function

INSERT_ONLY = (
    "finance_ledgertransaction",
    "finance_transfer",
    "finance_entry",
    "finance_creditlinechange",
    "finance_invoice",
    "finance_invoiceline",
    "finance_creditnote",
    "finance_storeddocument",
    "finance_paymentevent",
    "finance_paymentchange",
)

_REFUSE = """
    CREATE OR REPLACE FUNCTION finance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END
    $body$
"""
_POSTGRES = {
    "{table}_keep": "BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION finance_refuse_change()",
    "{table}_keep_all": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse_change()",
}
_ABORT = "BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
_SQLITE = {
    "{table}_keep": f"BEFORE UPDATE ON {{table}} {_ABORT}",
    "{table}_keep_all": f"BEFORE DELETE ON {{table}} {_ABORT}",
    # REPLACE deletes without asking the other two.
    "{table}_keep_id": f"BEFORE INSERT ON {{table}} WHEN NEW.id IN (SELECT id FROM {{table}}) {_ABORT}",  # noqa: S608
}
_CURRENCY = """
    BEFORE INSERT ON finance_transfer
    WHEN 2 <> (
        SELECT count(*) FROM finance_account
        WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) AND currency = NEW.currency
    )
    BEGIN SELECT RAISE(ABORT, 'finance_transfer: an account has another currency'); END
"""


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every guard in place, and the ledger's function with them; harmless where they are."""
    create = "CREATE TRIGGER IF NOT EXISTS"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            create = "CREATE OR REPLACE TRIGGER"
            function.install(cursor)
            cursor.execute(_REFUSE)
        for name, _, definition in _guards(connection):
            cursor.execute(f"{create} {name} {definition}")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guards away: for tests alone, which empty every table between two of them."""
    with connection.cursor() as cursor:
        for name, table, _ in _guards(connection):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" * (connection.vendor == "postgresql")))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of guards that are not in place, or are switched off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
            if connection.vendor == "postgresql"
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        present = {row[0] for row in cursor.fetchall()}
    return [name for name, _, _ in _guards(connection) if name not in present]


def changed(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of guards that are in place with another definition, and of the function that they call."""
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT proname, prosrc FROM pg_proc WHERE proname = 'finance_refuse_change'"
            if is_postgres
            else "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        )
        present = dict(cursor.fetchall())
    expected = {name: f"CREATE TRIGGER {name} {definition.rstrip()}" for name, _, definition in _guards(connection)}
    if is_postgres:
        expected["finance_refuse_change"] = _REFUSE.split("$body$")[1]
    return [name for name, text in expected.items() if present.get(name, text) != text]


def _guards(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str, str]]:
    """Yield (name, table, definition) of every trigger."""
    triggers = _POSTGRES if connection.vendor == "postgresql" else _SQLITE
    for table in INSERT_ONLY:
        for name, definition in triggers.items():
            yield name.format(table=table), table, definition.format(table=table)
    if connection.vendor != "postgresql":
        yield "finance_transfer_currency", "finance_transfer", _CURRENCY
