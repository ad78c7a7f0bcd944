"""Messages that somebody has not read: one notice a conversation, until it is read.

The read marks are the truth: a message makes no row here, and a notice is read when its mark has moved on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import selectors as chat_selectors
from chat.selectors import Unread
from notifications.models import Notification, Type
from notifications.selectors import unread
from notifications.services.announcing import announce_read
from notifications.services.notifying import Notice, notify
from notifications.services.reading import note_read

_BATCH = 100
_PAGE = 500


def tell_unread_messages(*, since: datetime, until: datetime) -> int:
    """Tell people of messages written until a moment that they have not read; return how many were told.

    Args:
        since: conversations in which nothing was written since then are left out.
        until: what is younger may still be read by itself.
    """
    found = chat_selectors.unread_messages(since=since, until=until)
    count = 0
    for start in range(0, len(found), _BATCH):
        count += len(notify(*(_notice(one) for one in found[start : start + _BATCH])))
    return count


def end_read_notices() -> int:
    """Mark the notices of conversations as read that were read in the chat; return how many."""
    now, count = timezone.now(), 0
    for page in _pages():
        marks = chat_selectors.read_marks({(one.recipient_id, UUID(one.thread_id)) for one in page})
        read = [one for one in page if marks.get((one.recipient_id, UUID(one.thread_id))) != int(one.values["mark"])]
        count += len(read)
        _mark(read, now)
    return count


def _notice(row: Unread) -> Notice:
    conversation_id = str(row.conversation_id)
    sender = f"{row.sender_name} ({row.conversation_name})" if row.conversation_name else row.sender_name
    return Notice(
        type=Type.CHAT_MESSAGE,
        to=[row.user_id],
        template="chat-message",
        values={"sender": sender, "count": str(row.count), "mark": str(row.mark), "link": f"/chat/{conversation_id}"},
        data={"conversationId": conversation_id, "senderName": row.sender_name},
        dedupe_key=f"chat:{conversation_id}:{row.mark}",
        thread_id=conversation_id,
        actions=[{"label": "Open chat", "type": "primary", "action": "open_chat"}],
    )


def _pages() -> Iterator[list[Notification]]:
    rows = unread().filter(type=Type.CHAT_MESSAGE, template="chat-message").order_by("id")
    page = list(rows[:_PAGE])
    while page:
        yield page
        page = list(rows.filter(id__gt=page[-1].id)[:_PAGE])


@transaction.atomic
def _mark(read: Sequence[Notification], now: datetime) -> None:
    by_person: dict[UUID, list[UUID]] = defaultdict(list)
    for one in read:
        by_person[one.recipient_id].append(one.id)
    note_read([one.id for one in read], now)
    for user_id, ids in by_person.items():
        announce_read(user_id, ids, now)
