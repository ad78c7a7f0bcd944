"""`/api/chat/messages` and `/api/chat/search`."""

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import selectors as accounts_selectors
from accounts.authentication import caller
from chat import selectors, services
from chat.serializers import conversations as conversation_shapes, messages as shapes, requests
from chat.serializers.messages import Roster
from chat.services import MarkRequest
from chat.views.paths import conversation_id, message_id
from wholexale.common.api import Pagination, endpoint


class MessagesView(APIView):
    """`chat/messages`."""

    @endpoint(
        body=requests.MessageBody,
        returns=shapes.PostedAnswer,
        status=HTTPStatus.CREATED,
        errors={
            403: "BLOCKED",
            404: "CONVERSATION_NOT_FOUND",
            409: "CONVERSATION_CLOSED, CLIENT_MESSAGE_ID_REUSED",
            429: "RATE_LIMITED",
        },
    )
    def post(self, request: Request, body: requests.MessageBody) -> shapes.PostedAnswer:
        """Post a message; sent again with the same `clientMessageId`, it is stored once."""
        actor = caller(request)
        posted = services.post_message(body.draft(actor.id))
        return shapes.posted(posted.message, accounts_selectors.person(actor.id))


class MessageView(APIView):
    """`chat/messages/:id`: of a conversation for GET, of a message for the others."""

    @endpoint(query=requests.MessageQuery, returns=shapes.MessageList, errors={404: "CONVERSATION_NOT_FOUND"})
    def get(self, request: Request, target: str, query: requests.MessageQuery) -> shapes.MessageList:
        """Read messages of a conversation, oldest first; opening it (page 1) marks it as read."""
        actor, chosen = caller(request), conversation_id(target)
        borders = selectors.Borders(before=query.border, after=query.after)
        page = selectors.message_page(
            actor=actor, conversation_id=chosen, borders=borders, offset=query.offset, limit=query.limit
        )
        messages = shapes.message_list(page.messages, Roster(page.participants), actor.id)
        if query.marks_read and page.head > page.own.read_seq:
            services.record_mark(MarkRequest("read", actor.id, chosen, seq=page.head))
        return shapes.MessageList(messages=messages, pagination=Pagination.of(query, page.total))

    @endpoint(
        body=requests.EditBody,
        returns=shapes.ChangedAnswer,
        errors={403: "FORBIDDEN, BLOCKED", 404: "MESSAGE_NOT_FOUND", 409: "EDIT_WINDOW_CLOSED, CONVERSATION_CLOSED"},
    )
    def patch(self, request: Request, target: str, body: requests.EditBody) -> shapes.ChangedAnswer:
        """Change the text of an own message, within 15 minutes."""
        actor = caller(request)
        message, seq = services.edit_message(actor=actor, message_id=message_id(target), content=body.content)
        return shapes.changed("Message updated.", message, seq, actor.id)

    @endpoint(returns=shapes.ChangedAnswer, errors={403: "FORBIDDEN", 404: "MESSAGE_NOT_FOUND"})
    def delete(self, request: Request, target: str) -> shapes.ChangedAnswer:
        """Leave a tombstone in place of a message; for its author and for admins of the group."""
        actor = caller(request)
        message, seq = services.delete_message(actor=actor, message_id=message_id(target))
        return shapes.changed("Message deleted.", message, seq, actor.id)


class ReadMessageView(APIView):
    """`chat/messages/:id/read`."""

    @endpoint(returns=conversation_shapes.ReadAnswer, errors={404: "MESSAGE_NOT_FOUND"})
    def put(self, request: Request, target: str) -> conversation_shapes.ReadAnswer:
        """Mark a message, and all before it, as read."""
        actor = caller(request)
        message = selectors.access_message(actor=actor, message_id=message_id(target))
        marked = services.record_mark(MarkRequest("read", actor.id, message.conversation_id, seq=message.seq))
        return conversation_shapes.ReadAnswer(
            message="Message marked as read.", seq=marked.seq, unread_count=marked.unread
        )


class ReactionView(APIView):
    """`chat/messages/:id/reaction`."""

    @endpoint(
        body=requests.ReactionBody,
        returns=shapes.ReactionAnswer,
        errors={400: "REACTION_EXISTS", 403: "BLOCKED", 404: "MESSAGE_NOT_FOUND", 409: "CONVERSATION_CLOSED"},
    )
    def post(self, request: Request, target: str, body: requests.ReactionBody) -> shapes.ReactionAnswer:
        """React with an emoji, in place of an earlier one."""
        message, _ = services.react(actor=caller(request), message_id=message_id(target), emoji=body.emoji)
        return shapes.reacted("Reaction added.", message, body.emoji)

    @endpoint(returns=shapes.ReactionAnswer, errors={403: "BLOCKED", 404: "MESSAGE_NOT_FOUND"})
    def delete(self, request: Request, target: str) -> shapes.ReactionAnswer:
        """Take the caller's reaction back."""
        message, _ = services.react(actor=caller(request), message_id=message_id(target), emoji=None)
        return shapes.reacted("Reaction removed.", message)


class SearchView(APIView):
    """`chat/search`."""

    @endpoint(query=requests.SearchQuery, returns=shapes.MessageList)
    def get(self, request: Request, query: requests.SearchQuery) -> shapes.MessageList:
        """Find messages that hold every word, newest first."""
        actor = caller(request)
        found = selectors.search_messages(actor=actor, text=query.q, offset=query.offset, limit=query.limit)
        messages = shapes.found_messages(found, actor.id)
        return shapes.MessageList(messages=messages, pagination=Pagination.of(query, found.total))
