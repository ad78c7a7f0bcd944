"""Writes: the ledger, holds, credit and spending. Callers use this module, not the ones below it."""

from finance.services.credit import review_credit, set_credit_limit, set_credit_status
from finance.services.holds import Held, Purchase, capture_hold, expire_hold, hold_credit, release_hold
from finance.services.ledger import open_accounts, record, reverse_transaction, set_account_status
from finance.services.repayments import Correction, Direction, adjust_credit, record_repayment
from finance.services.requests import (
    approve_credit_request,
    reject_credit_request,
    request_credit,
    withdraw_credit_request,
)
from finance.services.spending import remove_spending_limit, set_spending_limit
from finance.services.verifying import Finding, Outcome, find_drift, verify_ledger

__all__ = [
    "Correction",
    "Direction",
    "Finding",
    "Held",
    "Outcome",
    "Purchase",
    "adjust_credit",
    "approve_credit_request",
    "capture_hold",
    "expire_hold",
    "find_drift",
    "hold_credit",
    "open_accounts",
    "record",
    "record_repayment",
    "reject_credit_request",
    "release_hold",
    "remove_spending_limit",
    "request_credit",
    "reverse_transaction",
    "review_credit",
    "set_account_status",
    "set_credit_limit",
    "set_credit_status",
    "set_spending_limit",
    "verify_ledger",
    "withdraw_credit_request",
]
