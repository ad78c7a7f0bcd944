"""Changing what the ledger protects: the tools with which tests plant corruptions. Everything is rolled back after."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet

from finance.sql import guards

K = TypeVar("K")


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo everything at the end, before the database would judge it."""
    with transaction.atomic():
        connection.check_constraints()  # on PostgreSQL tables cannot be altered while checks are outstanding
        yield
        transaction.set_rollback(True)


@contextmanager
def unguarded(*loosened: type[Model]) -> Iterator[None]:
    """Take the guards away, and every constraint of some tables; at the end the guards are back."""
    with connection.cursor() as cursor:
        guards.remove(connection)
        for model in loosened:
            if connection.vendor == "postgresql":
                _drop_constraints(cursor, model._meta.db_table)
            else:
                _replace_by_copy(cursor, model._meta.db_table)
        yield
        guards.install(connection)


def _drop_constraints(cursor: CursorWrapper, table: str) -> None:
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u', 'f')", [table]
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")


def _replace_by_copy(cursor: CursorWrapper, table: str) -> None:
    """Put a copy without constraints in the place of a table; SQLite cannot drop a constraint."""
    cursor.execute("PRAGMA legacy_alter_table = ON")  # references from elsewhere stay with the name
    cursor.execute(f"CREATE TABLE loose AS SELECT * FROM {table}")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_strict")
    cursor.execute(f"ALTER TABLE loose RENAME TO {table}")
    cursor.execute("PRAGMA legacy_alter_table = OFF")


def change(model: type[Model], key: K, **values: Any) -> K:
    """Change a row by one bare statement; return its key."""
    assert model._default_manager.filter(pk=key).update(**values) == 1
    return key


def delete(rows: "QuerySet[Any]") -> None:
    """Delete rows by one bare statement, whatever refers to them."""
    assert rows._raw_delete(rows.db)


def copy(model: type[Model], key: Any, **values: Any) -> Any:
    """Insert a row that is like another one but for some values, its key among them; return the new key."""
    row = model._default_manager.values().get(pk=key)
    copied = model(**(row | values))
    copied.save(force_insert=True)
    return copied.pk


def run(statement: str) -> None:
    """Run a statement as it is."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
