"""Triggers that keep rows as they were inserted, on both databases; put in place after every migration.

SQLite forgets the triggers of a table that a migration rebuilds, so nothing less often would do.
"""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

_REFUSE = """
    CREATE OR REPLACE FUNCTION {app}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END
    $body$
"""
_POSTGRES = {
    "{table}_keep": "BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {app}_refuse_change()",
    "{table}_keep_all": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {app}_refuse_change()",
}
_ABORT = "BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
_SQLITE = {
    "{table}_keep": f"BEFORE UPDATE ON {{table}} {_ABORT}",
    "{table}_keep_all": f"BEFORE DELETE ON {{table}} {_ABORT}",
    # REPLACE deletes without asking the other two.
    "{table}_keep_id": f"BEFORE INSERT ON {{table}} WHEN NEW.id IN (SELECT id FROM {{table}}) {_ABORT}",  # noqa: S608
}

Trigger = tuple[str, str, str]
"""Name, table, definition."""


class InsertOnly:
    """The tables of an app whose rows are inserted and never changed."""

    def __init__(self, app: str, tables: Sequence[str], *, on_sqlite: Sequence[Trigger] = ()) -> None:
        """Take the tables, and further triggers that SQLite needs."""
        self._app = app
        self._tables = tuple(tables)
        self._on_sqlite = tuple(on_sqlite)

    def install(self, connection: BaseDatabaseWrapper) -> None:
        """Put every guard in place; harmless where they are."""
        create = "CREATE TRIGGER IF NOT EXISTS"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                create = "CREATE OR REPLACE TRIGGER"
                cursor.execute(_REFUSE.format(app=self._app))
            for name, _, definition in self._triggers(connection):
                cursor.execute(f"{create} {name} {definition}")

    def remove(self, connection: BaseDatabaseWrapper) -> None:
        """Take the guards away: for tests alone, which empty every table between two of them."""
        with connection.cursor() as cursor:
            for name, table, _ in self._triggers(connection):
                suffix = f" ON {table}" * (connection.vendor == "postgresql")
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")

    def missing(self, connection: BaseDatabaseWrapper) -> list[str]:
        """Return the names of guards that are not in place, or are switched off."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
                if connection.vendor == "postgresql"
                else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            present = {row[0] for row in cursor.fetchall()}
        return [name for name, _, _ in self._triggers(connection) if name not in present]

    def changed(self, connection: BaseDatabaseWrapper) -> list[str]:
        """Return the names of guards that are in place with another definition, and of the function that they call."""
        is_postgres = connection.vendor == "postgresql"
        refuse = f"{self._app}_refuse_change"
        with connection.cursor() as cursor:
            if is_postgres:
                cursor.execute(
                    "SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger WHERE NOT tgisinternal"
                    " UNION ALL SELECT proname, prosrc FROM pg_proc WHERE proname = %s",
                    [refuse],
                )
            else:
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            present = dict(cursor.fetchall())
        triggers = self._triggers(connection)
        expected = {name: f"CREATE TRIGGER {name} {definition.rstrip()}" for name, _, definition in triggers}
        if is_postgres:
            expected[refuse] = _REFUSE.split("$body$")[1]
        return [name for name, text in expected.items() if present.get(name, text) != text]

    def _triggers(self, connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
        is_postgres = connection.vendor == "postgresql"
        for table in self._tables:
            for name, definition in (_POSTGRES if is_postgres else _SQLITE).items():
                yield name.format(table=table), table, definition.format(table=table, app=self._app)
        if not is_postgres:
            yield from self._on_sqlite
