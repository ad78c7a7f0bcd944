"""The ledger's statements: recording a movement, the guards of what was recorded."""

from contextlib import nullcontext

from django.db import connection, transaction

from finance.sql.function import record_in_one
from finance.sql.movement import (
    NOTHING,
    About,
    Category,
    Counters,
    Kind,
    Leg,
    Movement,
    Phase,
    Recorded,
    Refused,
    Subject,
)
from finance.sql.stepwise import record_stepwise

__all__ = [
    "NOTHING",
    "About",
    "Category",
    "Counters",
    "Kind",
    "Leg",
    "Movement",
    "Phase",
    "Recorded",
    "Refused",
    "Subject",
    "record",
    "record_in_one",
    "record_stepwise",
]


def record(movement: Movement) -> Recorded:
    """Record a movement in the surrounding transaction, or in one of its own.

    In one call on PostgreSQL, which needs no savepoint because a refusal writes nothing; step by step elsewhere.

    Raises:
        Refused: and nothing was written.
    """
    if connection.vendor == "postgresql":
        return record_in_one(movement)
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        return record_stepwise(movement)
