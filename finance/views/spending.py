"""`/api/finance/spending-limits`."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import selectors as accounts_selectors
from accounts.authentication import caller
from finance import selectors, services
from finance.serializers import spending as shapes
from wholexale.common.api import endpoint
from wholexale.common.ids import id_from_path


class SpendingLimitsView(APIView):
    """`finance/spending-limits`."""

    @endpoint(returns=shapes.SpendingList, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request) -> shapes.SpendingList:
        """List what members may buy on account: everybody's for who manages it, the caller's own for others."""
        return shapes.spending_list(selectors.spending_rows(actor=caller(request)))


class SpendingLimitView(APIView):
    """`finance/spending-limits/:memberId`."""

    @endpoint(
        body=shapes.SpendingBody,
        returns=shapes.SpendingSaved,
        errors={
            400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, MEMBER_NOT_FOUND",
        },
        idempotent=True,
    )
    def put(self, request: Request, member: str, body: shapes.SpendingBody) -> shapes.SpendingSaved:
        """Limit what a member may buy on account; what they bought before in the window counts."""
        actor, chosen = caller(request), id_from_path(member, missing=accounts_selectors.member_not_found())
        limit = services.set_spending_limit(
            actor=actor,
            membership_id=chosen,
            currency=body.currency,
            window=body.window,
            limit_minor=body.limit_minor(),
        )
        row = selectors.spending_row(actor=actor, limit=limit)
        return shapes.SpendingSaved(message="The limit was saved.", limit=shapes.spending_info(row))

    @endpoint(
        query=shapes.SpendingDeletion,
        returns=shapes.Done,
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, MEMBER_NOT_FOUND, SPENDING_LIMIT_NOT_FOUND"},
        idempotent=True,
    )
    def delete(self, request: Request, member: str, query: shapes.SpendingDeletion) -> shapes.Done:
        """Let a member buy on account without a limit of their own."""
        chosen = id_from_path(member, missing=accounts_selectors.member_not_found())
        services.remove_spending_limit(actor=caller(request), membership_id=chosen, currency=query.currency)
        return shapes.Done(message="The limit was removed.")
