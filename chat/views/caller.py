"""Who asks, and which object the path names."""

from uuid import UUID

from rest_framework.request import Request

from accounts.models import User
from chat import selectors
from wholexale.common.errors import Unauthenticated
from wholexale.common.ids import id_from_path


def caller(request: Request) -> User:
    """Return the user who sends a request."""
    if isinstance(request.user, User):
        return request.user
    raise Unauthenticated


def conversation_id(text: str) -> UUID:
    """Return the id of a conversation that a path names.

    Raises:
        ConversationNotFound: where it is no id.
    """
    return id_from_path(text, missing=selectors.ConversationNotFound())


def message_id(text: str) -> UUID:
    """Return the id of a message that a path names.

    Raises:
        MessageNotFound: where it is no id.
    """
    return id_from_path(text, missing=selectors.MessageNotFound())
