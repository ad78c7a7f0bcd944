"""What the verifier asks of the ledger: one named check for each kind of drift."""

from django.db import connection

from finance.sql.checks import (
    accounts,
    balances,
    credit,
    documents,
    entries,
    history,
    holds,
    invoices,
    payments,
    payouts,
    schema,
    spending,
    transactions,
    transfers,
    waiting,
)
from finance.sql.checks.check import SHOWN, Check, Found, Probe, Row

__all__ = ["PROBES", "SHOWN", "Check", "Found", "Probe", "Row", "probes_here"]

PROBES: tuple[Probe, ...] = (
    *schema.PROBES,
    *accounts.PROBES,
    *balances.PROBES,
    *entries.PROBES,
    *transfers.PROBES,
    *transactions.PROBES,
    *history.PROBES,
    *holds.PROBES,
    *credit.PROBES,
    *spending.PROBES,
    *payments.PROBES,
    *waiting.PROBES,
    *payouts.PROBES,
    *invoices.PROBES,
    *documents.PROBES,
)


def probes_here() -> tuple[Probe, ...]:
    """Return the probes for the database in use, in the order in which they run."""
    return tuple(probe for probe in PROBES if probe.vendor in {"", connection.vendor})
