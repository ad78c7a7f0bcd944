"""Messages as REST answers them: senders embedded, receipts derived from the marks."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from accounts import selectors as accounts_selectors
from accounts.models import User
from chat import events, selectors
from chat.events import MessageShape, SenderRef
from chat.models import Message, Participant
from wholexale.common.api import Pagination
from wholexale.common.wire import Wire, optional_time

MAX_RECEIPTS = 50


class MessageList(Wire, kw_only=True):
    """A page of messages."""

    messages: list[MessageShape]
    pagination: Pagination


class PostedData(Wire, kw_only=True):
    """A message and where it is."""

    message: MessageShape
    conversation_id: str


class PostedAnswer(Wire, kw_only=True):
    """The message is stored; `message` is a text for a person."""

    message: str
    data: PostedData


class ChangedData(PostedData, kw_only=True):
    """A message as it is now, and the place of the change in the log."""

    seq: int


class ChangedAnswer(Wire, kw_only=True):
    """The message has changed; `message` is a text for a person."""

    message: str
    data: ChangedData


class ReactionData(Wire, kw_only=True):
    """The reactions of a message as they are now."""

    emoji: str | msgspec.UnsetType = msgspec.UNSET
    reactions: list[events.Reaction]


class ReactionAnswer(Wire, kw_only=True):
    """The reaction is noted, or taken back."""

    message: str
    data: ReactionData


class Roster:
    """The people of one conversation: senders to embed, and marks to derive receipts and states from."""

    def __init__(self, participants: Iterable[Participant]) -> None:
        """Take the participants with their users; also those who left, so that their messages have a sender."""
        self._users = {row.user_id: row.user for row in participants}
        self._active = [row for row in participants if row.left_at is None]
        self._sees_from = {row.user_id: row.first_seq for row in self._active}
        self._senders: dict[tuple[UUID, str], SenderRef] = {}
        self._read: list[tuple[Participant, events.Receipt]] = []
        self._delivered: list[tuple[Participant, events.DeliveryReceipt]] = []
        if len(self._active) <= MAX_RECEIPTS:
            self._note_receipts()

    def _note_receipts(self) -> None:
        for row in self._active:
            user = str(row.user_id)
            if read_at := optional_time(row.read_at):
                self._read.append((row, events.Receipt(user=user, read_at=read_at)))
            if delivered_at := optional_time(row.delivered_at):
                self._delivered.append((row, events.DeliveryReceipt(user=user, delivered_at=delivered_at)))

    def shape(self, message: Message, viewer_id: UUID, *, embeds_sender: bool = True) -> MessageShape:
        """Return a message as one person sees it."""
        shape = selectors.message_shape(message, for_sender=message.sender_id == viewer_id)
        shape = selectors.seen_from(shape, self._sees_from.get(viewer_id, 0))
        sender_id, seq = message.sender_id, message.seq
        shape.status = self._status(message)
        shape.read_by = [
            receipt for row, receipt in self._read if row.read_seq >= seq > row.first_seq and row.user_id != sender_id
        ]
        shape.delivered_to = [
            receipt
            for row, receipt in self._delivered
            if row.delivered_seq >= seq > row.first_seq and row.user_id != sender_id
        ]
        if embeds_sender and sender_id is not None:
            shape.sender = self._sender(sender_id, message.sender_role) or shape.sender
        return shape

    def _status(self, message: Message) -> str:
        """Return "read" or "delivered" where that is true for everybody else who can see the message."""
        others = [row for row in self._active if row.user_id != message.sender_id and row.first_seq < message.seq]
        if not others:
            return "sent"
        if all(row.read_seq >= message.seq for row in others):
            return "read"
        return "delivered" if all(row.delivered_seq >= message.seq for row in others) else "sent"

    def _sender(self, user_id: UUID, role: str) -> SenderRef | None:
        if (user_id, role) not in self._senders:
            if user_id not in self._users:
                return None
            self._senders[user_id, role] = sender_ref(self._users[user_id], role)
        return self._senders[user_id, role]


def sender_ref(user: User, role: str) -> SenderRef:
    """Return a person, loaded with their business, in the part they play."""
    card = accounts_selectors.user_ref(user)
    return SenderRef(role=role, **{name: getattr(card, name) for name in card.__struct_fields__})


def message_list(messages: Sequence[Message], roster: Roster, viewer_id: UUID) -> list[MessageShape]:
    """Return messages of one conversation as one person sees them."""
    return [roster.shape(message, viewer_id) for message in messages]


def found_messages(found: selectors.Found, viewer_id: UUID) -> list[MessageShape]:
    """Return what a search found as the searcher sees it."""
    rosters = {conversation_id: Roster(rows) for conversation_id, rows in found.participants.items()}
    return [rosters[message.conversation_id].shape(message, viewer_id) for message in found.messages]


def posted(message: Message, sender: User) -> PostedAnswer:
    """Return a message that its sender has just posted."""
    shape = selectors.message_shape(message, for_sender=True)
    shape.sender = sender_ref(sender, message.sender_role)
    return PostedAnswer(message="Message sent.", data=PostedData(message=shape, conversation_id=shape.conversation_id))


def changed(text: str, message: Message, seq: int, actor_id: UUID) -> ChangedAnswer:
    """Return a message after a change."""
    shape = selectors.message_shape(message, for_sender=message.sender_id == actor_id)
    return ChangedAnswer(message=text, data=ChangedData(message=shape, conversation_id=shape.conversation_id, seq=seq))


def reacted(text: str, message: Message, emoji: str | None = None) -> ReactionAnswer:
    """Return the reactions of a message."""
    reactions = selectors.message_shape(message).reactions
    return ReactionAnswer(message=text, data=ReactionData(emoji=emoji or msgspec.UNSET, reactions=reactions))
