"""Reads: what a business owes and is owed, what happened, and what may be spent."""

from finance.selectors.accounts import AccountRow, access_account, account_not_found, account_rows
from finance.selectors.credit import (
    CreditPosition,
    access_receivable,
    credit_line_not_found,
    credit_positions,
    credit_request_not_found,
    credit_requests,
    position,
    position_of,
)
from finance.selectors.kinds import ledger_type
from finance.selectors.positions import (
    CreditOverview,
    CurrencySummary,
    Summary,
    credit_of,
    credit_overview,
    no_credit,
    preferred_currency,
    summary,
)
from finance.selectors.requests import access_credit_request, own_credit_requests
from finance.selectors.spending import SpendingRow, spending_row, spending_rows
from finance.selectors.statements import Statement, all_entries, entries, statement
from finance.selectors.transactions import (
    COUNT_AT_MOST,
    TransactionDetail,
    TransactionPage,
    TransactionRow,
    Wanted,
    transaction_detail,
    transaction_not_found,
    transaction_page,
)
from finance.selectors.windows import Window

__all__ = [
    "COUNT_AT_MOST",
    "AccountRow",
    "CreditOverview",
    "CreditPosition",
    "CurrencySummary",
    "SpendingRow",
    "Statement",
    "Summary",
    "TransactionDetail",
    "TransactionPage",
    "TransactionRow",
    "Wanted",
    "Window",
    "access_account",
    "access_credit_request",
    "access_receivable",
    "account_not_found",
    "account_rows",
    "all_entries",
    "credit_line_not_found",
    "credit_of",
    "credit_overview",
    "credit_positions",
    "credit_request_not_found",
    "credit_requests",
    "entries",
    "ledger_type",
    "no_credit",
    "own_credit_requests",
    "position",
    "position_of",
    "preferred_currency",
    "spending_row",
    "spending_rows",
    "statement",
    "summary",
    "transaction_detail",
    "transaction_not_found",
    "transaction_page",
]
