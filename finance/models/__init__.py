"""What the rows of the app mean."""

from finance.models.credit import CreditLine, CreditLineChange, CreditRequest
from finance.models.ledger import Account, Balance, Entry, HoldExpiry, LedgerCheck, LedgerTransaction, Transfer
from finance.models.spending import Spend, SpendingLimit, SpendingWindow

__all__ = [
    "Account",
    "Balance",
    "CreditLine",
    "CreditLineChange",
    "CreditRequest",
    "Entry",
    "HoldExpiry",
    "LedgerCheck",
    "LedgerTransaction",
    "Spend",
    "SpendingLimit",
    "SpendingWindow",
    "Transfer",
]
