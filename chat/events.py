"""What clients see of conversations: the shapes of messages and conversations, and the pushes that carry them."""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from accounts.selectors import UserRef
from wholexale.common.money import Amount
from wholexale.common.realtime import Push
from wholexale.common.wire import Resource, Wire

Address = Annotated[str, Meta(max_length=2000, pattern=r"^((https?://|/)[^/\\\s]\S*)?$")]
SomeAddress = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^(https?://|/)[^/\\\s]\S*$")]


class Media(Wire, kw_only=True, omit_defaults=True):
    """A file by reference, on the web or below our own address; `size` in bytes."""

    url: SomeAddress
    filename: Annotated[str, Meta(max_length=255)] = ""
    mime_type: Annotated[str, Meta(max_length=100)] = ""
    size: Annotated[int, Meta(ge=0, le=2**53)] = 0
    thumbnail: Address = ""


class Location(Wire, kw_only=True, omit_defaults=True):
    """A place in degrees (WGS 84)."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    address: Annotated[str, Meta(max_length=500)] = ""


class OfferCard(Wire, kw_only=True, omit_defaults=True):
    """The offer that a message is about, as it stands now; empty on all other messages, as the old backend sent it.

    `amount` is what the goods cost, `unitPrice` and `quantity` those of the first line.
    """

    offer_id: str = ""
    number: str = ""
    title: str = ""
    amount: Amount | None = None
    currency: str = ""
    unit_price: Amount | None = None
    quantity: Amount | None = None
    unit: str = ""
    status: str = ""
    awaiting: str = ""
    revision: int = 0
    max_vendor_counters: int = 0
    vendor_counter_count: int = 0
    order_id: str = ""


class Reaction(Wire, kw_only=True):
    """One person's emoji on a message."""

    user: str
    emoji: str
    created_at: str


class Quote(Wire, kw_only=True):
    """The beginning of the message that another one answers."""

    message_id: str
    seq: int
    content: str
    sender: str | None = None


class Receipt(Wire, kw_only=True):
    """Who has read a message, and when."""

    user: str
    read_at: str


class DeliveryReceipt(Wire, kw_only=True):
    """Whose device has a message, and since when."""

    user: str
    delivered_at: str


class SenderRef(UserRef, kw_only=True):
    """The sender as REST embeds them: the public card and their role in the conversation."""

    role: str


class MessageShape(Resource, kw_only=True):
    """A message. `sender` is an id on the socket and embedded over REST; `clientMessageId` is for its sender only."""

    message_id: str = ""
    conversation_id: str
    seq: int
    sender: str | SenderRef | None
    sender_id: str | None
    sender_name: str
    sender_role: str
    message_type: str
    content: str
    offer: OfferCard
    status: str = "sent"
    read_by: list[Receipt] = []
    delivered_to: list[DeliveryReceipt] = []
    reactions: list[Reaction] = []
    mentions: list[str] = []
    is_encrypted: bool = False
    is_deleted: bool = False
    is_edited: bool = False
    is_system_message: bool = False
    created_at: str
    updated_at: str
    media: Media | msgspec.UnsetType = msgspec.UNSET
    location: Location | msgspec.UnsetType = msgspec.UNSET
    reply_to: str | msgspec.UnsetType = msgspec.UNSET
    quoted_message: Quote | msgspec.UnsetType = msgspec.UNSET
    system_message_type: str | msgspec.UnsetType = msgspec.UNSET
    edited_at: str | msgspec.UnsetType = msgspec.UNSET
    deleted_at: str | msgspec.UnsetType = msgspec.UNSET
    deleted_by: str | msgspec.UnsetType = msgspec.UNSET
    client_message_id: str | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        """Keep the three spellings of the id equal."""
        self.legacy_id = self.message_id = self.id


class ChatMessage(Push, kw_only=True):
    """A new message."""

    event: ClassVar[str] = "chat:message"
    conversation_id: str
    seq: int
    message: MessageShape


class MessageChange(Push, kw_only=True):
    """A message has changed; `message` is as it is now, `seq` the place of the change in the log."""

    conversation_id: str
    seq: int
    message_id: str
    user_id: str | None
    message: MessageShape


class ChatUpdated(MessageChange, kw_only=True):
    """A message was edited."""

    event: ClassVar[str] = "chat:updated"


class ChatDeleted(MessageChange, kw_only=True):
    """A message was deleted."""

    event: ClassVar[str] = "chat:deleted"


class ChatReaction(MessageChange, kw_only=True):
    """The reactions of a message have changed."""

    event: ClassVar[str] = "chat:reaction"


class ChatRead(Push, kw_only=True):
    """Somebody has read everything up to `seq`; `messageId` is the last message up to there."""

    event: ClassVar[str] = "chat:read"
    conversation_id: str
    user_id: str
    seq: int
    message_id: str | None
    read_by: Receipt


class ChatDelivered(Push, kw_only=True):
    """Somebody's device has everything up to `seq`."""

    event: ClassVar[str] = "chat:delivered"
    conversation_id: str
    user_id: str
    seq: int
    message_id: str | None
    delivered_at: str


class ConversationNew(Push, kw_only=True):
    """The receiver takes part in a conversation from now on."""

    event: ClassVar[str] = "conversation:new"
    conversation_id: str
    conversation_type: str
    name: str
    created_by: str | None


class ConversationUpdated(Push, kw_only=True):
    """The conversation's name, members or the receiver's own flags have changed; `changes` names what."""

    event: ClassVar[str] = "conversation:updated"
    conversation_id: str
    changes: dict[str, Any]
