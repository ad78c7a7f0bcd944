"""`/api/finance/transactions` and `/api/finance/analytics`."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from finance import selectors
from finance.serializers import analytics, transactions as shapes
from wholexale.common.api import endpoint
from wholexale.common.ids import id_from_path


class TransactionsView(APIView):
    """`finance/transactions`."""

    @endpoint(
        query=shapes.TransactionQuery,
        returns=shapes.TransactionList,
        errors={400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED", 403: "INSUFFICIENT_PERMISSIONS"},
    )
    def get(self, request: Request, query: shapes.TransactionQuery) -> shapes.TransactionList:
        """List what happened to the money of the caller's business, newest first."""
        actor = caller(request)
        page = selectors.transaction_page(actor=actor, wanted=query.wanted(), offset=query.offset, limit=query.limit)
        return shapes.transaction_list(page, query, actor)


class TransactionView(APIView):
    """`finance/transactions/:id`."""

    @endpoint(
        returns=shapes.TransactionFound,
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, TRANSACTION_NOT_FOUND"},
    )
    def get(self, request: Request, transaction: str) -> shapes.TransactionFound:
        """Read one transaction with its transfers, how a hold ended, and what undid it."""
        actor = caller(request)
        chosen = id_from_path(transaction, missing=selectors.transaction_not_found())
        found = selectors.transaction_detail(actor=actor, transaction_id=chosen)
        return shapes.TransactionFound(transaction=shapes.whole_transaction(found, actor))


class SummaryView(APIView):
    """`finance/analytics/summary`."""

    @endpoint(
        query=analytics.SummaryQuery,
        returns=analytics.SummaryInfo,
        errors={400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED", 403: "INSUFFICIENT_PERMISSIONS"},
    )
    def get(self, request: Request, query: analytics.SummaryQuery) -> analytics.SummaryInfo:
        """Sum up what was posted to the accounts of the caller's business, by type and never across currencies."""
        found = selectors.summary(actor=caller(request), currency=query.known_currency(), window=query.window())
        return analytics.summary_info(found)
