"""Routes of the app, below `/api/`."""

from django.urls import path

from finance import views

urlpatterns = [
    path("finance/credits", views.CreditsView.as_view()),
    path("finance/credit/requests", views.CreditRequestsView.as_view()),
    path("finance/credit/requests/<str:credit_request>", views.CreditRequestView.as_view()),
    path("finance/credit/requests/<str:credit_request>/withdraw", views.WithdrawCreditRequestView.as_view()),
    path("finance/transactions", views.TransactionsView.as_view()),
    path("finance/transactions/<str:transaction>", views.TransactionView.as_view()),
    path("finance/accounts", views.AccountsView.as_view()),
    path("finance/accounts/<str:account>/statement", views.StatementView.as_view()),
    path("finance/invoices", views.InvoicesView.as_view()),
    path("finance/invoices/<str:invoice>", views.InvoiceView.as_view()),
    path("finance/invoices/<str:invoice>/pdf", views.InvoiceFileView.as_view()),
    path("finance/invoices/<str:invoice>/credit-notes", views.CreditNotesView.as_view()),
    path("finance/credit-notes/<str:note>/pdf", views.CreditNoteFileView.as_view()),
    path("finance/payment-methods", views.PaymentMethodsView.as_view()),
    path("finance/payments", views.PaymentsView.as_view()),
    path("finance/payments/<str:payment>", views.PaymentView.as_view()),
    path("finance/payments/<str:payment>/confirm", views.ConfirmPaymentView.as_view()),
    path("finance/payments/<str:payment>/capture", views.CapturePaymentView.as_view()),
    path("finance/payments/<str:payment>/cancel", views.CancelPaymentView.as_view()),
    path("finance/payments/<str:payment>/refunds", views.RefundsView.as_view()),
    path("finance/payouts", views.PayoutsView.as_view()),
    path("finance/analytics/summary", views.SummaryView.as_view()),
    path("finance/spending-limits", views.SpendingLimitsView.as_view()),
    path("finance/spending-limits/<str:member>", views.SpendingLimitView.as_view()),
    path("webhooks/payment", views.WebhookView.as_view()),
    path("webhooks/in/<str:provider>", views.WebhookView.as_view()),
]
