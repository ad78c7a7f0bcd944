"""Writes of conversations and messages."""

from chat.services.cards import update_card
from chat.services.changes import delete_message, edit_message, react
from chat.services.conversations import (
    ConversationExists,
    GroupDetails,
    Opened,
    OwnFlags,
    create_direct,
    create_group,
    direct_key,
    open_direct,
    update_conversation,
)
from chat.services.epoch import renew_epoch
from chat.services.members import ParticipantNotFound, add_participant, leave_conversation, remove_participant
from chat.services.messages import Draft, Posted, post_message, post_messages
from chat.services.receipts import Marked, MarkRequest, record_mark, record_marks, unread
from chat.services.safety import block, report, resolve_report, unblock

__all__ = [
    "ConversationExists",
    "Draft",
    "GroupDetails",
    "MarkRequest",
    "Marked",
    "Opened",
    "OwnFlags",
    "ParticipantNotFound",
    "Posted",
    "add_participant",
    "block",
    "create_direct",
    "create_group",
    "delete_message",
    "direct_key",
    "edit_message",
    "leave_conversation",
    "open_direct",
    "post_message",
    "post_messages",
    "react",
    "record_mark",
    "record_marks",
    "remove_participant",
    "renew_epoch",
    "report",
    "resolve_report",
    "unblock",
    "unread",
    "update_card",
    "update_conversation",
]
