"""Conversations, receipts, blocks and reports as REST answers them."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from accounts import selectors as accounts_selectors
from accounts.selectors import UserRef
from chat import services
from chat.events import MessageShape, SenderRef
from chat.models import Block, Conversation, Participant, Report
from chat.selectors import ConversationRow
from chat.serializers.messages import Roster, sender_ref
from wholexale.common.api import Pagination
from wholexale.common.wire import Resource, Wire, optional_time, wire_time


class ParticipantShape(Resource, kw_only=True):
    """A person in a conversation. `notifications` is the caller's own setting; of others it is not told."""

    user: SenderRef
    role: str
    joined_at: str
    is_active: bool = True
    is_admin: bool
    last_read_at: str | UnsetType = UNSET
    delivered_seq: int
    read_seq: int
    notifications: bool = True


class GroupInfo(Wire, kw_only=True):
    """What a group is called, and who runs it."""

    name: str
    description: str
    avatar: str | None
    created_by: str | None
    admins: list[str]
    is_private: bool = True
    shows_history: bool


class ContextShape(Wire, kw_only=True):
    """What a conversation is about."""

    order_id: str | UnsetType = UNSET
    offer_id: str | UnsetType = UNSET
    product_id: str | UnsetType = UNSET
    inquiry_type: str | UnsetType = UNSET


class ConversationShape(Resource, kw_only=True):
    """A conversation as the caller sees it; `lastMessage` has the sender's id, and is what the caller may see."""

    conversation_id: str = ""
    participants: list[ParticipantShape]
    conversation_type: str
    group_info: GroupInfo | UnsetType = UNSET
    business_context: ContextShape
    status: str
    is_blocked: bool
    message_count: int
    unread_count: int
    last_message: MessageShape | UnsetType = UNSET
    last_message_at: str
    last_seq: int
    created_at: str
    updated_at: str
    user_last_read_at: str | None
    is_archived: bool
    is_muted: bool

    def __post_init__(self) -> None:
        """Keep the three spellings of the id equal."""
        self.legacy_id = self.conversation_id = self.id


class ConversationPage(Wire, kw_only=True):
    """A page of the caller's conversations."""

    conversations: list[ConversationShape]
    pagination: Pagination


class ConversationFound(Wire, kw_only=True):
    """One conversation."""

    conversation: ConversationShape


class ConversationAnswer(Wire, kw_only=True):
    """A conversation after a change; `message` is a text for a person."""

    message: str
    conversation: ConversationShape


class Done(Wire, kw_only=True):
    """It is done; the text is for a person."""

    message: str


class ReadAnswer(Wire, kw_only=True):
    """How far the caller has read, and what is unread."""

    message: str
    seq: int
    unread_count: int


class ReceiptShape(Wire, kw_only=True):
    """How far one participant has received and read."""

    user_id: str
    delivered_seq: int
    delivered_at: str | None
    read_seq: int
    read_at: str | None


class ReceiptList(Wire, kw_only=True):
    """The marks of everybody who takes part."""

    conversation_id: str
    receipts: list[ReceiptShape]


class BlockShape(Resource, kw_only=True):
    """Somebody whom the caller has blocked."""

    user: UserRef
    created_at: str


class BlockPage(Wire, kw_only=True):
    """A page of the people whom the caller has blocked."""

    blocks: list[BlockShape]
    pagination: Pagination


class ReportShape(Resource, kw_only=True):
    """A complaint, as who made it sees it."""

    status: str
    created_at: str


class ReportAnswer(Wire, kw_only=True):
    """The complaint is in the queue of the staff."""

    message: str
    report: ReportShape


def conversation_shape(row: ConversationRow) -> ConversationShape:
    """Return a conversation as its `own` participant sees it."""
    own, conversation = row.own, row.own.conversation
    last = row.last_message
    return ConversationShape(
        id=str(conversation.id),
        participants=[_participant(one, own.user_id) for one in row.participants],
        conversation_type=conversation.conversation_type,
        group_info=_group_info(conversation, row.participants),
        business_context=msgspec.convert(conversation.business_context, ContextShape),
        status=conversation.status,
        is_blocked=conversation.is_blocked,
        message_count=conversation.last_ordinal,
        unread_count=services.unread(own),
        last_message=Roster(row.participants).shape(last, own.user_id, embeds_sender=False) if last else UNSET,
        last_message_at=wire_time(conversation.last_message_at),
        last_seq=conversation.last_seq,
        created_at=wire_time(conversation.created_at),
        updated_at=wire_time(conversation.updated_at),
        user_last_read_at=optional_time(own.read_at),
        is_archived=own.archived_at is not None,
        is_muted=own.is_muted,
    )


def receipt_list(conversation_id: UUID, participants: Iterable[Participant]) -> ReceiptList:
    """Return the marks of participants."""
    receipts = [
        ReceiptShape(
            user_id=str(one.user_id),
            delivered_seq=one.delivered_seq,
            delivered_at=optional_time(one.delivered_at),
            read_seq=one.read_seq,
            read_at=optional_time(one.read_at),
        )
        for one in participants
    ]
    return ReceiptList(conversation_id=str(conversation_id), receipts=receipts)


def block_shapes(blocks: Iterable[Block]) -> list[BlockShape]:
    """Return blocks, loaded with the blocked people."""
    return [
        BlockShape(
            id=str(block.id), user=accounts_selectors.user_ref(block.blocked), created_at=wire_time(block.created_at)
        )
        for block in blocks
    ]


def reported(report: Report) -> ReportAnswer:
    """Return a new report."""
    shape = ReportShape(id=str(report.id), status=report.status, created_at=wire_time(report.created_at))
    return ReportAnswer(message="Thank you. Our staff will look at it.", report=shape)


def _participant(one: Participant, viewer_id: UUID) -> ParticipantShape:
    return ParticipantShape(
        id=str(one.id),
        user=sender_ref(one.user, one.role),
        role=one.role,
        joined_at=wire_time(one.joined_at),
        is_admin=one.is_group_admin,
        last_read_at=optional_time(one.read_at) or UNSET,
        delivered_seq=one.delivered_seq,
        read_seq=one.read_seq,
        notifications=one.user_id != viewer_id or not one.is_muted,
    )


def _group_info(conversation: Conversation, participants: Iterable[Participant]) -> GroupInfo | UnsetType:
    if conversation.conversation_type != Conversation.Type.GROUP:
        return UNSET
    creator = conversation.created_by_id
    return GroupInfo(
        name=conversation.name,
        description=conversation.description,
        avatar=conversation.avatar or None,
        created_by=None if creator is None else str(creator),
        admins=[str(one.user_id) for one in participants if one.is_group_admin],
        shows_history=conversation.shows_history,
    )
