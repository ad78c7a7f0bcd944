"""Wire shapes of the socket commands: the data that clients send, and the data of the acks."""

from typing import Annotated
from uuid import UUID

import msgspec

from chat import events
from wholexale.common.wire import Wire
from wholexale.realtime.framing import ErrorData
from wholexale.realtime.presence import UserPresence

Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
ClientMessageId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
MAX_SYNC = 200


class InConversation(Wire, kw_only=True):
    """A command about one conversation."""

    conversation_id: UUID


class Join(InConversation, kw_only=True):
    """Join, telling the last entry that the client has."""

    last_seq: Seq | None = None
    epoch: str | None = None


class Sync(Wire, kw_only=True):
    """Join many conversations at once: id to the last entry that the client has."""

    conversations: Annotated[dict[UUID, Seq | None], msgspec.Meta(max_length=MAX_SYNC)]
    epoch: str | None = None


class Send(InConversation, kw_only=True):
    """Post a message."""

    content: str = ""
    message_type: str = "text"
    client_message_id: ClientMessageId | None = None
    reply_to: UUID | None = None
    media: events.Media | None = None
    location: events.Location | None = None
    mentions: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []


class OfMessage(Wire, kw_only=True):
    """A command about one message."""

    message_id: UUID


class Edit(OfMessage, kw_only=True):
    """Change the text of an own message."""

    content: str


class React(OfMessage, kw_only=True):
    """React with an emoji; null takes the reaction back."""

    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=10)] | None = None


class History(InConversation, kw_only=True):
    """Read messages before or after a position."""

    before_seq: Seq | None = None
    after_seq: Seq | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class Mark(InConversation, kw_only=True):
    """Mark up to a message, a position, or (neither) the head."""

    message_id: UUID | None = None
    seq: Seq | None = None


class MarkShape(Wire, kw_only=True):
    """How far one participant has received and read."""

    user_id: str
    delivered_seq: int
    read_seq: int


class Joined(Wire, kw_only=True):
    """A conversation as it stands; `events` are the missed pushes, each as it was pushed, oldest first."""

    conversation_id: str
    seq: int
    epoch: str
    recovered: bool
    events: list[msgspec.Raw]
    receipts: list[MarkShape]
    typing: list[str]
    presence: dict[str, UserPresence]


class Refused(Wire, kw_only=True):
    """A conversation that could not be joined."""

    conversation_id: str
    error: ErrorData


class Synced(Wire, kw_only=True):
    """The conversations that were joined and those that could not be."""

    epoch: str | None
    conversations: list[Joined]
    refused: list[Refused]


class Sent(Wire, kw_only=True):
    """The stored message; `duplicate` where it had been stored before."""

    message: events.MessageShape
    seq: int
    duplicate: bool


class Changed(Wire, kw_only=True):
    """The message after the change, and the change's place in the log."""

    seq: int
    message: events.MessageShape


class HistoryPage(Wire, kw_only=True):
    """Messages, oldest first."""

    messages: list[events.MessageShape]
    has_more: bool


class MarkedShape(Wire, kw_only=True):
    """Where the mark stands, and what is unread."""

    seq: int
    unread: int
