"""Numbers that people see: OFF-2026-000123. On PostgreSQL each model has a sequence, so nobody waits for another's."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper


def numbers_of(model: type[Any]) -> str:
    """Return the name of the sequence that numbers the rows of a model on PostgreSQL."""
    return f"{model._meta.db_table}_number"


def install(cursor: CursorWrapper, models: Iterable[type[Any]]) -> None:
    """Put the sequences of models in place on PostgreSQL; harmless where they are."""
    for model in models:
        cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS {numbers_of(model)}")


def next_number(model: type[Any]) -> int:
    """Return the number of the next row of a model; on PostgreSQL those of rolled-back ones are left out."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT nextval('{numbers_of(model)}')")
            number: int = cursor.fetchone()[0]
        return number
    newest: int | None = model.objects.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1
