"""Checks of what keeps the ledger sound: guards, constraints, the function; and of what rows refer to and may say."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection
from django.db.models import Field, ForeignKey, Model

from finance.sql import function, guards
from finance.sql.checks.check import Row, check, is_postgres, listed, query

CURRENCY_KEYS = ("finance_transfer_debit_currency", "finance_transfer_credit_currency")
"""The composite foreign keys that migration 0002 adds on PostgreSQL."""


_CONSTRAINT = re.compile(r'CONSTRAINT "(\w+)"')


class Enforced(NamedTuple):
    """What a table enforces: constraints by name, unique columns, (column, table) of references, columns left empty."""

    names: set[str]
    unique: set[str]
    keys: set[tuple[str, str]]
    empty: set[str]


def _models() -> list[type[Model]]:
    return list(apps.get_app_config("finance").get_models())


def _fields() -> Iterator[tuple[str, str, str, "Field[Any, Any]"]]:
    """Yield (table, primary key, column, field) of every column of the app, the column as statements write it."""
    for model in _models():
        for field in model._meta.concrete_fields:
            column = connection.ops.quote_name(str(field.column))
            yield model._meta.db_table, str(model._meta.pk.column), column, field


def _parent(field: "ForeignKey[Any, Any]") -> str:
    """Return the table that a column refers to."""
    return field.target_field.model._meta.db_table


def _guards_missing() -> list[Row]:
    return [{"id": name} for name in guards.missing(connection)]


def _guards_changed() -> list[Row]:
    return [{"id": name} for name in guards.changed(connection)]


def _function_changed() -> list[Row]:
    with connection.cursor() as cursor:
        return [] if function.is_in_place(cursor) else [{"id": function.NAME}]


def _constraints_missing() -> list[Row]:
    with connection.cursor() as cursor:
        rows = [{"id": name, "table": model._meta.db_table} for model in _models() for name in _lacking(cursor, model)]
        if is_postgres():
            rows += [{"id": name, "table": table} for name, table in _not_enforced(cursor)]
    return rows


def _lacking(cursor: Any, model: type[Model]) -> Iterator[str]:
    """Yield what a model declares and its table does not have."""
    table = model._meta.db_table
    names, unique, keys, empty = (_read_postgres if is_postgres() else _read_sqlite)(cursor, table)
    yield from (constraint.name for constraint in model._meta.constraints if constraint.name not in names)
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if field.unique and column not in unique:
            yield f"{table}.{column} is unique"
        if column in empty and not field.null:
            yield f"{table}.{column} is never empty"
        if isinstance(field, ForeignKey) and (column, _parent(field)) not in keys:
            yield f"{table}.{column} refers to {_parent(field)}"
    if is_postgres() and table == "finance_transfer":
        yield from (name for name in CURRENCY_KEYS if name not in names)


def _read_postgres(cursor: Any, table: str) -> Enforced:
    found = connection.introspection.get_constraints(cursor, table)
    return Enforced(
        set(found),
        {one["columns"][0] for one in found.values() if one["unique"] and len(one["columns"]) == 1},
        {(one["columns"][0], one["foreign_key"][0]) for one in found.values() if one["foreign_key"]},
        {one.name for one in connection.introspection.get_table_description(cursor, table) if one.null_ok},
    )


def _read_sqlite(cursor: Any, table: str) -> Enforced:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = %s", [table])
    names = {one for name, sql in cursor.fetchall() for one in (name, *_CONSTRAINT.findall(sql or ""))}
    cursor.execute(
        "SELECT i.name, c.name FROM pragma_index_list(%s) i, pragma_index_info(i.name) c"
        ' WHERE i."unique" AND NOT i.partial',
        [table],
    )
    columns = defaultdict[str, list[str]](list)
    for index, column in cursor.fetchall():
        columns[index].append(column)
    cursor.execute('SELECT "from", "table" FROM pragma_foreign_key_list(%s)', [table])
    keys = set(cursor.fetchall())
    # Django's own description parses the table's SQL for collations, which takes longer than all other checks together.
    cursor.execute('SELECT name FROM pragma_table_info(%s) WHERE NOT "notnull"', [table])
    empty = {name for (name,) in cursor.fetchall()}
    return Enforced(names, {one[0] for one in columns.values() if len(one) == 1}, keys, empty)


def _not_enforced(cursor: Any) -> list[tuple[str, str]]:
    """Return the constraints that do not hold for every row: not validated, switched off, or half built."""
    cursor.execute("""
        SELECT c.conname, c.conrelid::regclass::text FROM pg_constraint c
        WHERE c.conrelid::regclass::text LIKE 'finance_%' AND (NOT c.convalidated OR EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled NOT IN ('O', 'A')))
        UNION ALL
        SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text FROM pg_index i
        WHERE i.indrelid::regclass::text LIKE 'finance_%' AND i.indisunique AND NOT i.indisvalid
    """)
    return list(cursor.fetchall())


def _references_broken() -> str:
    return " UNION ALL ".join(
        f"""
        SELECT CAST(r.{key} AS varchar(64)) AS id, '{table}' AS of_table, '{field.column}' AS of_column,
            CAST(r.{column} AS varchar(64)) AS names_nothing
        FROM {table} r LEFT JOIN {_parent(field)} o
            ON o.{field.target_field.column} = r.{column}
        WHERE r.{column} IS NOT NULL AND o.{field.target_field.column} IS NULL
        """  # noqa: S608 - names of models only
        for table, key, column, field in _fields()
        if isinstance(field, ForeignKey)
    )


def _values_unknown() -> str:
    return " UNION ALL ".join(
        f"""
        SELECT {key} AS id, '{table}' AS of_table, '{field.column}' AS of_column, {column} AS says FROM {table}
        WHERE {column} NOT IN ({", ".join(f"'{value}'" for value in _known(field))})
        """  # noqa: S608 - names and choices of models only
        for table, key, column, field in _fields()
        if field.choices
    )


def _known(field: "Field[Any, Any]") -> list[str]:
    return [str(value) for value, _ in field.flatchoices] + [""] * field.blank


def _numbers_not_whole() -> str:
    return " UNION ALL ".join(
        f"""
        SELECT {key} AS id, '{table}' AS of_table, '{field.column}' AS of_column, typeof({column}) AS is_a
        FROM {table} WHERE typeof({column}) NOT IN ('integer', 'null')
        """  # noqa: S608 - names of models only
        for table, key, column, field in _fields()
        if field.get_internal_type() in {"BigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"}
    )


PROBES = (
    check(
        code="GUARD_MISSING",
        wrong="A trigger that keeps history as it was written is not in place, or is switched off.",
        advice="`manage.py migrate` puts it back. Find out who removed it: rows may have been changed meanwhile.",
        find=listed(_guards_missing),
    ),
    check(
        code="GUARD_CHANGED",
        wrong="A trigger that keeps history as it was written is not the one of this release.",
        advice="Drop it, and `manage.py migrate` puts ours in place. Find out who changed it, and what else.",
        find=listed(_guards_changed),
    ),
    check(
        code="FUNCTION_CHANGED",
        wrong="The function that records movements is missing, or is not the one of this release.",
        advice="`manage.py migrate` puts it right. Find out who changed it.",
        vendor="postgresql",
        find=listed(_function_changed),
    ),
    check(
        code="CONSTRAINT_MISSING",
        wrong="A constraint of the ledger is missing, was not validated, or is switched off.",
        advice="Compare the schema with that of a fresh database, and put it back once the rows obey it.",
        find=listed(_constraints_missing),
    ),
    check(
        code="REFERENCE_BROKEN",
        wrong="A row refers to one that does not exist.",
        advice="Find the missing row in a backup.",
        find=query(_references_broken),
    ),
    check(
        code="VALUE_UNKNOWN",
        wrong="A row says something that is none of the known values.",
        advice="It was changed by hand, or by a newer release: other checks may have passed it by.",
        find=query(_values_unknown),
    ),
    check(
        code="NUMBER_NOT_WHOLE",
        wrong="A number is not kept as an integer.",
        advice="It was changed by hand: SQLite keeps whatever it is given. Compare it with a backup.",
        vendor="sqlite",
        find=query(_numbers_not_whole),
    ),
)
