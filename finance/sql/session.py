"""What the database knows by itself: its clock and its next numbers."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from finance.models import LedgerTransaction, PaymentIntent, Payout, Refund

NUMBERED = (LedgerTransaction, PaymentIntent, Refund, Payout)
"""The models whose rows have a number each that people see."""


def numbers_of(model: type[Any]) -> str:
    """Return the name of the sequence that numbers the rows of a model on PostgreSQL."""
    return f"{model._meta.db_table}_number"


NUMBERS = numbers_of(LedgerTransaction)


def database_now() -> datetime:
    """Return the time of the database's clock, also in the middle of a transaction."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def next_number(model: type[Any] = LedgerTransaction) -> int:
    """Return the number of the next row of a model; on PostgreSQL those of rolled-back ones are left out."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT nextval('{numbers_of(model)}')")
            number: int = cursor.fetchone()[0]
        return number
    newest: int | None = model.objects.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1
