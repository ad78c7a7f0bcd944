"""`/api/finance/accounts`."""

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from finance import selectors
from finance.serializers import accounts as shapes, papers, sheets
from wholexale.common.api import endpoint, file_stream
from wholexale.common.ids import id_from_path


class AccountsView(APIView):
    """`finance/accounts`."""

    @endpoint(returns=shapes.AccountList, errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request) -> shapes.AccountList:
        """List the accounts of the caller's business with what they hold."""
        return shapes.account_list(selectors.account_rows(actor=caller(request)))


class StatementView(APIView):
    """`finance/accounts/:id/statement`."""

    @endpoint(
        query=shapes.StatementQuery,
        returns=shapes.StatementInfo,
        streams=("text/csv", "application/pdf"),
        errors={
            400: "VALIDATION_FAILED, STATEMENT_TOO_LONG",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, ACCOUNT_NOT_FOUND",
        },
    )
    def get(
        self, request: Request, account: str, query: shapes.StatementQuery
    ) -> shapes.StatementInfo | StreamingHttpResponse:
        """Read what an account held, what was entered, and what it held then: page by page, or all as a file."""
        chosen = id_from_path(account, missing=selectors.account_not_found())
        found = selectors.statement(actor=caller(request), account_id=chosen, window=query.window())
        if query.format == "csv":
            parts = sheets.statement_csv(found, selectors.all_entries(found))
            return file_stream(parts, media_type=sheets.MEDIA_TYPE, file_name=f"{sheets.file_name(found)}.csv")
        if query.format == "pdf":
            content = papers.statement_file(found, selectors.all_entries(found))
            return file_stream([content], media_type="application/pdf", file_name=f"{sheets.file_name(found)}.pdf")
        return shapes.statement_info(found, selectors.entries(found, offset=query.offset, limit=query.limit), query)
