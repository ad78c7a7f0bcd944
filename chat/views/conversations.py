"""`/api/chat/conversations`."""

from http import HTTPStatus
from uuid import UUID

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from accounts.models import User
from chat import selectors, services
from chat.serializers import conversations as shapes, requests
from chat.services import MarkRequest
from chat.views.paths import conversation_id
from wholexale.common.api import Pagination, endpoint
from wholexale.common.ids import id_from_path


class ConversationsView(APIView):
    """`chat/conversations`."""

    @endpoint(query=requests.ConversationQuery, returns=shapes.ConversationPage)
    def get(self, request: Request, query: requests.ConversationQuery) -> shapes.ConversationPage:
        """List the caller's conversations, the one written to last first."""
        rows, total = selectors.conversations(
            actor=caller(request),
            status=query.status,
            kind=query.type,
            is_archived=query.archived,
            offset=query.offset,
            limit=query.limit,
        )
        pagination = Pagination.of(query, total)
        return shapes.ConversationPage(conversations=list(map(shapes.conversation_shape, rows)), pagination=pagination)

    @endpoint(
        body=requests.ConversationBody,
        returns=shapes.ConversationAnswer,
        status=HTTPStatus.CREATED,
        errors={403: "BLOCKED, DIRECT_MESSAGES_OFF", 404: "USER_NOT_FOUND", 409: "CONVERSATION_EXISTS"},
    )
    def post(self, request: Request, body: requests.ConversationBody) -> shapes.ConversationAnswer:
        """Begin a conversation with one person, or a group."""
        actor, context = caller(request), body.context()
        others = body.others(actor.id)
        if body.is_group(others):
            made = services.create_group(actor=actor, user_ids=others, details=body.details(), context=context)
        else:
            made = services.create_direct(actor=actor, user_id=others[0], context=context)
        return _answer("Conversation created.", actor, made.id)


class ConversationView(APIView):
    """`chat/conversations/:id`."""

    @endpoint(returns=shapes.ConversationFound, errors={404: "CONVERSATION_NOT_FOUND"})
    def get(self, request: Request, conversation: str) -> shapes.ConversationFound:
        """Read one conversation."""
        row = selectors.conversation_row(actor=caller(request), conversation_id=conversation_id(conversation))
        return shapes.ConversationFound(conversation=shapes.conversation_shape(row))

    @endpoint(
        body=requests.ConversationChanges,
        returns=shapes.ConversationAnswer,
        errors={403: "FORBIDDEN", 404: "CONVERSATION_NOT_FOUND", 409: "NOT_A_GROUP"},
    )
    def patch(
        self, request: Request, conversation: str, body: requests.ConversationChanges
    ) -> shapes.ConversationAnswer:
        """Archive or mute for the caller alone; rename a group, for its admins."""
        actor, chosen = caller(request), conversation_id(conversation)
        services.update_conversation(actor=actor, conversation_id=chosen, flags=body.flags(), details=body.details())
        return _answer("Conversation updated.", actor, chosen)


class ReadConversationView(APIView):
    """`chat/conversations/:id/read`."""

    @endpoint(returns=shapes.ReadAnswer, errors={404: "CONVERSATION_NOT_FOUND"})
    def put(self, request: Request, conversation: str) -> shapes.ReadAnswer:
        """Mark everything in a conversation as read."""
        marked = services.record_mark(MarkRequest("read", caller(request).id, conversation_id(conversation)))
        return shapes.ReadAnswer(message="Conversation marked as read.", seq=marked.seq, unread_count=marked.unread)


class ReceiptsView(APIView):
    """`chat/conversations/:id/receipts`."""

    @endpoint(returns=shapes.ReceiptList, errors={404: "CONVERSATION_NOT_FOUND"})
    def get(self, request: Request, conversation: str) -> shapes.ReceiptList:
        """Read how far everybody has received and read."""
        chosen = conversation_id(conversation)
        return shapes.receipt_list(chosen, selectors.receipts(actor=caller(request), conversation_id=chosen))


class ParticipantsView(APIView):
    """`chat/conversations/:id/participants`."""

    @endpoint(
        body=requests.UserBody,
        returns=shapes.ConversationAnswer,
        status=HTTPStatus.CREATED,
        errors={
            403: "FORBIDDEN, BLOCKED, DIRECT_MESSAGES_OFF",
            404: "CONVERSATION_NOT_FOUND, USER_NOT_FOUND",
            409: "NOT_A_GROUP, ALREADY_PARTICIPANT, GROUP_FULL",
        },
    )
    def post(self, request: Request, conversation: str, body: requests.UserBody) -> shapes.ConversationAnswer:
        """Take a person into a group."""
        actor, chosen = caller(request), conversation_id(conversation)
        services.add_participant(actor=actor, conversation_id=chosen, user_id=body.user)
        return _answer("Participant added.", actor, chosen)


class ParticipantView(APIView):
    """`chat/conversations/:id/participants/:user`."""

    @endpoint(
        returns=shapes.Done,
        errors={403: "FORBIDDEN", 404: "CONVERSATION_NOT_FOUND, PARTICIPANT_NOT_FOUND", 409: "NOT_A_GROUP"},
    )
    def delete(self, request: Request, conversation: str, user: str) -> shapes.Done:
        """Take a person out of a group."""
        chosen, person = conversation_id(conversation), id_from_path(user, missing=services.ParticipantNotFound())
        services.remove_participant(actor=caller(request), conversation_id=chosen, user_id=person)
        return shapes.Done(message="Participant removed.")


class LeaveView(APIView):
    """`chat/conversations/:id/leave`."""

    @endpoint(returns=shapes.Done, errors={404: "CONVERSATION_NOT_FOUND", 409: "NOT_A_GROUP"})
    def post(self, request: Request, conversation: str) -> shapes.Done:
        """Leave a group."""
        services.leave_conversation(actor=caller(request), conversation_id=conversation_id(conversation))
        return shapes.Done(message="You left the conversation.")


def _answer(text: str, actor: User, chosen: UUID) -> shapes.ConversationAnswer:
    row = selectors.conversation_row(actor=actor, conversation_id=chosen)
    return shapes.ConversationAnswer(message=text, conversation=shapes.conversation_shape(row))
