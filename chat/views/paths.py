"""Which object the path names."""

from uuid import UUID

from chat import selectors
from wholexale.common.ids import id_from_path


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
