"""The newest rows of several scans of an index, of which each is cut before they are put together.

`debit_account IN (...) OR credit_account IN (...)` would read and sort every row of every account. Here each account
and side is a branch that stops at the rows the page needs.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from finance.models import Transfer

Branches = Sequence["QuerySet[Transfer]"]


def newest_of(branches: Branches, *, offset: int, limit: int) -> list[UUID]:
    """Return the ids of a page of the transfers that the branches choose between them, newest first."""
    if not branches:
        return []
    cut = [branch.order_by("-id").values("id")[: offset + limit] for branch in branches]
    statement, parameters = _united(cut)
    query = f"SELECT id FROM ({statement}) AS united ORDER BY id DESC LIMIT %s OFFSET %s"  # noqa: S608 - from the ORM
    return [row.id for row in Transfer.objects.raw(query, [*parameters, limit, offset])]


def count_of(branches: Branches, *, at_most: int) -> int:
    """Return how many transfers the branches choose between them; counting stops at a number."""
    if not branches:
        return 0
    statement, parameters = _united([branch.order_by().values("id")[:at_most] for branch in branches])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT id FROM ({statement}) AS united LIMIT %s) AS counted",  # noqa: S608
            [*parameters, at_most],
        )
        count: int = cursor.fetchone()[0]
    return count


def _united(branches: Sequence["QuerySet[Transfer, Any]"]) -> tuple[str, list[Any]]:
    """Return `SELECT id ... UNION ALL SELECT id ...` with its parameters."""
    statements: list[str] = []
    parameters: list[Any] = []
    for number, branch in enumerate(branches):
        statement, own = branch.query.sql_with_params()
        statements.append(f"SELECT id FROM ({statement}) AS branch_{number}")  # noqa: S608 - from the ORM
        parameters += own
    return " UNION ALL ".join(statements), parameters
