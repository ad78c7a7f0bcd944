"""The few reads and writes that are in everybody's way: SQL that is built once, many statements in one round trip.

Django takes longer to build a statement than PostgreSQL to run it. A `Prepared` queryset is built the first time, and
from then on only run; `read` sends several at once, `write` stores several rows at once, `exchange` does both. The SQL
is Django's own, so there is one spelling for all databases. On SQLite, where nothing travels, the statements run one
after the other.

Each statement sees what was committed before it began (READ COMMITTED): what is read after a lock in the same round
trip is read as it is under the lock.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators  # type: ignore[attr-defined] # not in the stubs
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")
Kind = type[UUID] | type[str] | type[int]
Values = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]

_MOST_VALUES = 30_000
"""In one statement: SQLite takes 32,766."""


class Query(NamedTuple, Generic[Row]):
    """A prepared queryset with its values, ready to be sent."""

    sql: str
    params: Values
    rows: Callable[[Sequence[Values]], list[Row]]


class _Built:
    """What Django has made of a queryset for one kind of database."""

    def __init__(self, queryset: "QuerySet[Any]", marks: Sequence[Any]) -> None:
        """Build the SQL, and find in its parameters where each mark has come."""
        self.compiler: SQLCompiler = queryset.query.get_compiler(queryset.db)
        self.sql, params = self.compiler.as_sql()
        self.params = list(params)
        plain = [_plain(mark) for mark in marks]
        self.slots = [(place, plain.index(one)) for place, one in enumerate(self.params) if one in plain]
        if {which for _, which in self.slots} != set(range(len(marks))):
            raise ValueError("a prepared queryset must use each of its parameters")
        self.converters = self.compiler.get_converters([column for column, *_ in self.compiler.select])
        self.db = queryset.db
        self.locks = queryset.query.select_for_update
        self.model: type[Model] | None = None  # `values_list`: tuples, no objects
        if queryset.query.default_cols and self.compiler.klass_info is not None:
            self._know_model(self.compiler.klass_info)

    def _know_model(self, known: dict[str, Any]) -> None:
        select, fields = self.compiler.select, known["select_fields"]
        self.start, self.end = fields[0], fields[-1] + 1
        self.model = known["model"]
        self.names = [column.target.attname for column, *_ in select[self.start : self.end]]
        self.populators = get_related_populators(known, select, self.db)
        self.annotations = self.compiler.annotation_col_map or {}

    def bind(self, values: Sequence[Any]) -> Values:
        """Return the parameters with the marks replaced by values."""
        params = list(self.params)
        for place, which in self.slots:
            params[place] = _plain(values[which])
        return tuple(params)

    def rows(self, fetched: Sequence[Values]) -> list[Any]:
        """Make of what was fetched what the queryset would have returned."""
        rows: Iterable[Any] = fetched
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        if self.model is None:
            return [tuple(row) for row in rows]
        return [self._object(self.model, row) for row in rows]

    def _object(self, model: type[Model], row: Sequence[Any]) -> Model:
        made = model.from_db(self.db, self.names, row[self.start : self.end])
        for populator in self.populators:
            populator.populate(row, made)
        for name, column in self.annotations.items():
            setattr(made, name, row[column])
        return made


class Prepared(Generic[Row]):
    """A queryset that is built once for each kind of database; nothing in it changes but its values.

    `Prepared(build, UUID, str)` takes a function that returns the queryset for an id and a text; numbers are `int`.
    Prefetches do not happen: each is a prepared queryset of its own.
    """

    def __init__(self, build: "Callable[..., QuerySet[Any, Row]]", *kinds: Kind) -> None:
        """Take the function that builds it, and of which kind each value is."""
        self._build = build
        self._marks = [_mark(kind, number) for number, kind in enumerate(kinds)]
        self._built: dict[str, _Built] = {}

    def __call__(self, *values: UUID | str | int) -> Query[Row]:
        """Return it with its values, to be read alone or together with others.

        Raises:
            TypeError: for too many values, or too few.
            TransactionManagementError: where it locks, and there is no transaction that would hold the lock.
        """
        if len(values) != len(self._marks):
            raise TypeError(f"expected {len(self._marks)} values, got {len(values)}")
        built = self._built.get(connection.vendor)
        if built is None:
            built = self._built[connection.vendor] = _Built(self._build(*self._marks), self._marks)
        if built.locks and not connection.in_atomic_block:
            raise TransactionManagementError("a lock outside of a transaction holds nothing")
        return Query(built.sql, built.bind(values), built.rows)


def read_one(query: Query[Row]) -> Row | None:
    """Run a query, and return its first row."""
    (rows,) = read(query)
    return rows[0] if rows else None


def read(*queries: Query[Any]) -> list[list[Any]]:
    """Run queries in their order, in one round trip, and return the rows of each."""
    return exchange(*queries)


def write(*, new: Sequence[Model] = (), changed: Sequence[Model] = ()) -> None:
    """Insert new rows, then save those that have changed, in their order and in one round trip.

    Neighbours of one model are one statement. What changed was read under a lock that still holds, for every column is
    saved. Nothing else of `save` happens: no signals, no values that the database makes.
    """
    exchange(new=new, changed=changed)


def exchange(*queries: Query[Any], new: Sequence[Model] = (), changed: Sequence[Model] = ()) -> list[list[Any]]:
    """Write as `write` does, then read as `read` does, all in one round trip; return the rows of each query."""
    database = connections[DEFAULT_DB_ALIAS]
    statements = [one for model, rows in groupby(new, type) for one in _insertions(model, list(rows), database)]
    statements += [_statements_of(type(row), database.vendor).update(row, database) for row in changed]
    if not statements and not queries:
        return []
    send = _send_together if database.vendor == "postgresql" else _send_singly
    with database.cursor() as cursor:
        found = send(cursor, statements, queries)
    for row in new:
        row._state.adding, row._state.db = False, database.alias  # noqa: SLF001 - as `save` does
    return found


def _send_together(cursor: CursorWrapper, statements: list[Statement], queries: tuple[Query[Any], ...]) -> list[Any]:
    sent = [*statements, *((query.sql, query.params) for query in queries)]
    with cursor.db.wrap_database_errors:
        bound = [cursor.mogrify(sql, values) for sql, values in sent]  # singly: psycopg knows short ones
    cursor.execute(";".join(bound))
    for _ in statements:
        cursor.nextset()
    found = []
    for query in queries:
        found.append(query.rows(cursor.fetchall()))
        cursor.nextset()
    return found


def _send_singly(cursor: CursorWrapper, statements: list[Statement], queries: tuple[Query[Any], ...]) -> list[Any]:
    for sql, values in statements:
        cursor.execute(sql, values)
    return [query.rows(cursor.execute(query.sql, query.params).fetchall()) for query in queries]


def _insertions(model: type[Model], rows: list[Model], database: BaseDatabaseWrapper) -> Iterator[Statement]:
    known = _statements_of(model, database.vendor)
    most = _MOST_VALUES // len(known.inserted)
    for start in range(0, len(rows), most):
        yield known.insertion(rows[start : start + most], database)


class _Statements:
    """What writes the rows of a model: its statements, and the fields that fill them."""

    def __init__(self, model: type[Model]) -> None:
        """Build them."""
        quote, key = connection.ops.quote_name, model._meta.pk
        self.inserted = list(model._meta.concrete_fields)
        others = [field for field in self.inserted if not field.primary_key]
        self.updated = [*others, key]
        table = quote(model._meta.db_table)
        columns = ", ".join(quote(field.column) for field in self.inserted)
        changes = ", ".join(f"{quote(field.column)} = %s" for field in others)
        self.insert_sql = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 - names of ours
        self.row_sql = f"({', '.join(['%s'] * len(self.inserted))})"
        self.update_sql = f"UPDATE {table} SET {changes} WHERE {quote(key.column)} = %s"  # noqa: S608 - names of ours

    def insertion(self, rows: Sequence[Model], database: BaseDatabaseWrapper) -> Statement:
        """Return the statement that inserts rows, and its values."""
        values = [one.get_db_prep_save(one.pre_save(row, add=True), database) for row in rows for one in self.inserted]
        return self.insert_sql + ", ".join([self.row_sql] * len(rows)), values

    def update(self, row: Model, database: BaseDatabaseWrapper) -> Statement:
        """Return the statement that saves a row as it is now, and its values."""
        return self.update_sql, [one.get_db_prep_save(one.pre_save(row, add=False), database) for one in self.updated]


@cache
def _statements_of(model: type[Model], _vendor: str) -> _Statements:
    return _Statements(model)


def _mark(kind: Kind, number: int) -> UUID | str | int:
    """Return a value that nothing else has, to be found again in the parameters."""
    if kind is int:
        return 2**15 - 1 - number  # the highest that every column of integers takes
    return UUID(int=2**128 - 1 - number) if kind is UUID else f"\x1a{number}"


def _plain(value: Any) -> Any:
    """Return a value as the database's driver takes it."""
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
