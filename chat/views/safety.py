"""`/api/chat/blocks` and `/api/chat/reports`."""

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from chat import selectors, services
from chat.serializers import conversations as shapes, requests
from wholexale.common.api import PageQuery, endpoint, paginate


class BlocksView(APIView):
    """`chat/blocks`."""

    @endpoint(query=PageQuery, returns=shapes.BlockPage)
    def get(self, request: Request, query: PageQuery) -> shapes.BlockPage:
        """List whom the caller has blocked, newest first."""
        blocks, pagination = paginate(selectors.blocks_made(actor=caller(request)), query, shapes.block_shapes)
        return shapes.BlockPage(blocks=blocks, pagination=pagination)

    @endpoint(body=requests.UserBody, returns=shapes.Done, status=HTTPStatus.CREATED, errors={404: "USER_NOT_FOUND"})
    def post(self, request: Request, body: requests.UserBody) -> shapes.Done:
        """Block a person: neither can write to the other directly, or see whether they are online."""
        services.block(actor=caller(request), user_id=body.user)
        return shapes.Done(message="Blocked.")

    @endpoint(body=requests.UserBody, returns=shapes.Done, errors={404: "USER_NOT_FOUND"})
    def delete(self, request: Request, body: requests.UserBody) -> shapes.Done:
        """Take a block back."""
        services.unblock(actor=caller(request), user_id=body.user)
        return shapes.Done(message="Unblocked.")


class ReportsView(APIView):
    """`chat/reports`."""

    @endpoint(
        body=requests.ReportBody,
        returns=shapes.ReportAnswer,
        status=HTTPStatus.CREATED,
        errors={404: "MESSAGE_NOT_FOUND, USER_NOT_FOUND"},
    )
    def post(self, request: Request, body: requests.ReportBody) -> shapes.ReportAnswer:
        """Complain to the staff about a message or a person."""
        actor = caller(request)
        report = services.report(actor=actor, message_id=body.message, user_id=body.user, reason=body.reason)
        return shapes.reported(report)
