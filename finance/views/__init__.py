"""REST: decode, one service or selector call, encode."""

from finance.views.accounts import AccountsView, StatementView
from finance.views.credit import CreditRequestsView, CreditRequestView, CreditsView, WithdrawCreditRequestView
from finance.views.invoices import (
    CreditNoteFileView,
    CreditNotesView,
    InvoiceFileView,
    InvoicesView,
    InvoiceView,
)
from finance.views.payments import (
    CancelPaymentView,
    CapturePaymentView,
    ConfirmPaymentView,
    PaymentMethodsView,
    PaymentsView,
    PaymentView,
    PayoutsView,
    RefundsView,
)
from finance.views.spending import SpendingLimitsView, SpendingLimitView
from finance.views.transactions import SummaryView, TransactionsView, TransactionView
from finance.views.webhooks import WebhookView

__all__ = [
    "AccountsView",
    "CancelPaymentView",
    "CapturePaymentView",
    "ConfirmPaymentView",
    "CreditNoteFileView",
    "CreditNotesView",
    "CreditRequestView",
    "CreditRequestsView",
    "CreditsView",
    "InvoiceFileView",
    "InvoiceView",
    "InvoicesView",
    "PaymentMethodsView",
    "PaymentView",
    "PaymentsView",
    "PayoutsView",
    "RefundsView",
    "SpendingLimitView",
    "SpendingLimitsView",
    "StatementView",
    "SummaryView",
    "TransactionView",
    "TransactionsView",
    "WebhookView",
    "WithdrawCreditRequestView",
]
