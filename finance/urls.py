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
    path("finance/analytics/summary", views.SummaryView.as_view()),
    path("finance/spending-limits", views.SpendingLimitsView.as_view()),
    path("finance/spending-limits/<str:member>", views.SpendingLimitView.as_view()),
]
