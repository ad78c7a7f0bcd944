"""What can go wrong with a ledger: every way to corrupt a clean one, and how the verifier must see it."""

from finance.tests.corruptions import (
    accounts,
    credit,
    entries,
    holds,
    invoices,
    payments,
    payouts,
    schema,
    spending,
    transactions,
    transfers,
)
from finance.tests.corruptions.corruption import Corruption

__all__ = ["CORRUPTIONS", "Corruption"]

CORRUPTIONS: tuple[Corruption, ...] = tuple(
    thing.corruption
    for module in (
        accounts,
        entries,
        transfers,
        transactions,
        holds,
        credit,
        spending,
        payments,
        payouts,
        invoices,
        schema,
    )
    for thing in vars(module).values()
    if hasattr(thing, "corruption")
)
