"""REST: decode, one service or selector call, encode."""

from finance.views.accounts import AccountsView, StatementView
from finance.views.credit import CreditRequestsView, CreditRequestView, CreditsView, WithdrawCreditRequestView
from finance.views.spending import SpendingLimitsView, SpendingLimitView
from finance.views.transactions import SummaryView, TransactionsView, TransactionView

__all__ = [
    "AccountsView",
    "CreditRequestView",
    "CreditRequestsView",
    "CreditsView",
    "SpendingLimitView",
    "SpendingLimitsView",
    "StatementView",
    "SummaryView",
    "TransactionView",
    "TransactionsView",
    "WithdrawCreditRequestView",
]
