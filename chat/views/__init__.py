"""REST: decode, one service or selector call, encode."""

from chat.views.conversations import (
    ConversationsView,
    ConversationView,
    LeaveView,
    ParticipantsView,
    ParticipantView,
    ReadConversationView,
    ReceiptsView,
)
from chat.views.messages import MessagesView, MessageView, ReactionView, ReadMessageView, SearchView
from chat.views.safety import BlocksView, ReportsView

__all__ = [
    "BlocksView",
    "ConversationView",
    "ConversationsView",
    "LeaveView",
    "MessageView",
    "MessagesView",
    "ParticipantView",
    "ParticipantsView",
    "ReactionView",
    "ReadConversationView",
    "ReadMessageView",
    "ReceiptsView",
    "ReportsView",
    "SearchView",
]
