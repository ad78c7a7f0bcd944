"""`/api/finance/credits` and `/api/finance/credit/requests`."""

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from finance import selectors, services
from finance.serializers import credit as shapes
from wholexale.common.api import PageQuery, endpoint, paginate
from wholexale.common.ids import id_from_path


class CreditsView(APIView):
    """`finance/credits`."""

    @endpoint(
        query=shapes.CreditQuery,
        returns=shapes.Credits,
        errors={400: "CURRENCY_NOT_SUPPORTED", 403: "INSUFFICIENT_PERMISSIONS"},
    )
    def get(self, request: Request, query: shapes.CreditQuery) -> shapes.Credits:
        """Read the credit of the caller's business: zeros where it has none, or the caller works for none."""
        actor = caller(request)
        return shapes.credits_of(selectors.credit_overview(actor=actor, currency=query.known_currency()), actor)


class CreditRequestsView(APIView):
    """`finance/credit/requests`."""

    @endpoint(
        query=PageQuery,
        returns=shapes.CreditRequestPage,
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND"},
    )
    def get(self, request: Request, query: PageQuery) -> shapes.CreditRequestPage:
        """List what the caller's business has asked for, newest first."""
        rows = selectors.own_credit_requests(actor=caller(request))
        requests, pagination = paginate(rows, query, shapes.credit_request_list)
        return shapes.CreditRequestPage(requests=requests, pagination=pagination)

    @endpoint(
        body=shapes.CreditRequestBody,
        returns=shapes.CreditRequestAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND",
            409: "CREDIT_LIMIT_NOT_HIGHER, CREDIT_REQUEST_OPEN",
        },
        idempotent=True,
    )
    def post(self, request: Request, body: shapes.CreditRequestBody) -> shapes.CreditRequestAnswer:
        """Ask for a higher limit, or for the first one; `amount` is the whole limit."""
        made = services.request_credit(
            actor=caller(request),
            limit_minor=body.limit_minor(),
            currency=body.currency,
            purpose=body.text(),
            payment_terms=body.terms or "",
        )
        return shapes.CreditRequestAnswer(message="The request was sent.", request=shapes.credit_request(made))


class CreditRequestView(APIView):
    """`finance/credit/requests/:id`."""

    @endpoint(
        returns=shapes.CreditRequestFound,
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, CREDIT_REQUEST_NOT_FOUND"},
    )
    def get(self, request: Request, credit_request: str) -> shapes.CreditRequestFound:
        """Read one request."""
        chosen = id_from_path(credit_request, missing=selectors.credit_request_not_found())
        found = selectors.access_credit_request(actor=caller(request), request_id=chosen)
        return shapes.CreditRequestFound(request=shapes.credit_request(found))


class WithdrawCreditRequestView(APIView):
    """`finance/credit/requests/:id/withdraw`."""

    @endpoint(
        returns=shapes.CreditRequestAnswer,
        errors={
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, CREDIT_REQUEST_NOT_FOUND",
            409: "CREDIT_REQUEST_CLOSED",
        },
        idempotent=True,
    )
    def post(self, request: Request, credit_request: str) -> shapes.CreditRequestAnswer:
        """Take a request back, while nobody has decided it."""
        chosen = id_from_path(credit_request, missing=selectors.credit_request_not_found())
        taken = services.withdraw_credit_request(actor=caller(request), request_id=chosen)
        return shapes.CreditRequestAnswer(message="The request was withdrawn.", request=shapes.credit_request(taken))
