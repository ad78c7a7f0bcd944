"""What the database knows by itself: its clock and its next number."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from finance.models import LedgerTransaction

NUMBERS = "finance_ledgertransaction_number"


def database_now() -> datetime:
    """Return the time of the database's clock, also in the middle of a transaction."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def next_number() -> int:
    """Return the number of the next transaction; on PostgreSQL those of rolled-back ones are left out."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT nextval('{NUMBERS}')")
            number: int = cursor.fetchone()[0]
        return number
    newest = LedgerTransaction.objects.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1
