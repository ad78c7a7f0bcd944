"""The statements of the message log's hot path, one function each.

On PostgreSQL a whole batch is one round trip a step; on SQLite the same steps run row by row inside the process.
A test holds each of them against the ORM's result.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value

from chat.models import Message


class LockedConversation(NamedTuple):
    """What posting needs of a conversation, read under its lock."""

    id: UUID
    conversation_type: str
    status: str
    is_blocked: bool
    last_seq: int
    last_ordinal: int


class Sender(NamedTuple):
    """What posting needs of a participant, read under the conversation's lock."""

    participant_id: UUID
    conversation_id: UUID
    user_id: UUID
    role: str
    sent_count: int
    first_seq: int
    name: str


_CONVERSATIONS = """
    SELECT id, conversation_type, status, is_blocked, last_seq, last_ordinal
    FROM chat_conversation WHERE id {match} ORDER BY id {lock}
"""
_SENDERS = """
    SELECT p.id, p.conversation_id, p.user_id, p.role, p.sent_count, p.first_seq, u.first_name || ' ' || u.last_name
    FROM chat_participant p JOIN accounts_user u ON u.id = p.user_id
    WHERE p.left_at IS NULL AND p.conversation_id {conversations} AND p.user_id {users} ORDER BY p.id {lock}
"""
_COLUMNS = (
    "id",
    "conversation_id",
    "seq",
    "ordinal",
    "sender_id",
    "sender_ordinal",
    "sender_name",
    "sender_role",
    "message_type",
    "content",
    "media",
    "location",
    "offer",
    "mentions",
    "reply_to_id",
    "quoted",
    "system_message_type",
    "client_message_id",
    "fingerprint",
    "created_at",
    "updated_at",
)
_TYPES = (
    "uuid",
    "uuid",
    "bigint",
    "bigint",
    "uuid",
    "bigint",
    "text",
    "text",
    "text",
    "text",
    "jsonb",
    "jsonb",
    "jsonb",
    "jsonb",
    "uuid",
    "jsonb",
    "text",
    "text",
    "text",
    "timestamptz",
    "timestamptz",
)
_JSON = {"media", "location", "offer", "mentions", "quoted"}
_values = attrgetter(*_COLUMNS)

# One statement stores a batch: the messages, the heads of their conversations, the counts of their senders. They come
# as JSON, which costs the client a tenth of what arrays of each column do.
_STORE_POSTGRES = f"""
    WITH stored AS (
        INSERT INTO chat_message ({", ".join(_COLUMNS)})
        SELECT * FROM json_to_recordset(%s)
            AS m({", ".join(f"{name} {kind}" for name, kind in zip(_COLUMNS, _TYPES, strict=True))})
    ), heads AS (
        UPDATE chat_conversation c
        SET last_seq = h.seq, last_ordinal = h.ordinal, last_message_id = h.message_id, last_message_at = h.at,
            last_event_at = h.at, updated_at = h.at
        FROM json_to_recordset(%s) AS h(id uuid, seq bigint, ordinal bigint, message_id uuid, at timestamptz)
        WHERE c.id = h.id
    )
    UPDATE chat_participant p SET sent_count = s.sent_count
    FROM json_to_recordset(%s) AS s(id uuid, sent_count bigint) WHERE p.id = s.id
"""  # noqa: S608 - constants only
_INSERT_SQLITE = f"""
    INSERT INTO chat_message ({", ".join(_COLUMNS)}) VALUES ({", ".join(["%s"] * len(_COLUMNS))})
"""  # noqa: S608 - constants only
_HEAD_SQLITE = """
    UPDATE chat_conversation
    SET last_seq = %s, last_ordinal = %s, last_message_id = %s, last_message_at = %s, last_event_at = %s,
        updated_at = %s
    WHERE id = %s
"""


def lock_batch(
    conversation_ids: Sequence[UUID], pairs: Sequence[tuple[UUID, UUID]]
) -> tuple[list[LockedConversation], dict[tuple[UUID, UUID], Sender]]:
    """Lock conversations, then the participants who post in them; both in the order of their ids.

    In this order batches of several processes never wait in a circle. The participants are read by a statement of
    their own, whose snapshot is newer than the last batch; on PostgreSQL both statements make one round trip.

    Args:
        conversation_ids: the conversations to lock.
        pairs: (conversation, user) of those who post.

    Returns:
        The conversations that exist, and the participants by pair of those that are in them.
    """
    conversations, first = _among(conversation_ids)
    lock_conversations = _CONVERSATIONS.format(match=conversations, lock=_lock())
    users, second = _among(list({user for _, user in pairs}))
    lock_senders = _SENDERS.format(conversations=conversations, users=users, lock=f"{_lock()} OF p" if _lock() else "")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{lock_conversations};{lock_senders}", [*first, *first, *second])
            locked = cursor.fetchall()
            cursor.nextset()
        else:
            cursor.execute(lock_conversations, first)
            locked = cursor.fetchall()
            cursor.execute(lock_senders, [*first, *second])
        senders = [Sender(_uuid(row[0]), _uuid(row[1]), _uuid(row[2]), *row[3:]) for row in cursor.fetchall()]
    return (
        [LockedConversation(_uuid(row[0]), row[1], row[2], bool(row[3]), row[4], row[5]) for row in locked],
        {(row.conversation_id, row.user_id): row for row in senders},
    )


def store_messages(messages: Sequence[Message], senders: Sequence[tuple[UUID, int]]) -> None:
    """Insert numbered messages, move the heads of their conversations, and set the counts of their senders.

    Args:
        messages: in the order of their numbers.
        senders: (participant id, messages sent so far) of each sender.
    """
    heads = list({message.conversation_id: message for message in messages}.values())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _store_in_one(cursor, messages, heads, senders)
        else:
            _store_row_by_row(cursor, messages, heads, senders)


def _store_in_one(
    cursor: Any, messages: Sequence[Message], heads: Sequence[Message], senders: Sequence[tuple[UUID, int]]
) -> None:
    rows = [dict(zip(_COLUMNS, _values(message), strict=True)) for message in messages]
    moved = [
        {"id": h.conversation_id, "seq": h.seq, "ordinal": h.ordinal, "message_id": h.id, "at": h.created_at}
        for h in heads
    ]
    counts = [{"id": participant, "sent_count": count} for participant, count in senders]
    cursor.execute(_STORE_POSTGRES, [msgspec.json.encode(part).decode() for part in (rows, moved, counts)])


def _store_row_by_row(
    cursor: Any, messages: Sequence[Message], heads: Sequence[Message], senders: Sequence[tuple[UUID, int]]
) -> None:
    cursor.executemany(
        _INSERT_SQLITE, [[_sqlite(_plain(message, column)) for column in _COLUMNS] for message in messages]
    )
    cursor.executemany(
        _HEAD_SQLITE,
        [[_sqlite(value) for value in (h.seq, h.ordinal, h.id, *[h.created_at] * 3, h.conversation_id)] for h in heads],
    )
    cursor.executemany(
        "UPDATE chat_participant SET sent_count = %s WHERE id = %s",
        [[count, _sqlite(participant)] for participant, count in senders],
    )


def holds_words(words: Sequence[str]) -> "Q | Func":
    """Return the condition that the content of a message holds every word.

    On PostgreSQL through the index of migration 0002: the beginnings of words, in any letter case.
    """
    if connection.vendor != "postgresql" or not any(letter.isalnum() for word in words for letter in word):
        return Q(*(Q(content__icontains=word) for word in words))
    quoted = " & ".join("'" + word.replace("\\", " ").replace("'", "''") + "':*" for word in words)
    return Func(
        F("content"),
        Value(quoted),
        template="(to_tsvector('simple', %(expressions)s))",
        arg_joiner=") @@ to_tsquery('simple', ",
        output_field=BooleanField(),
    )


def _plain(message: Message, column: str) -> Any:
    value = getattr(message, column)
    return json.dumps(value) if column in _JSON and value is not None else value


def _sqlite(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _among(ids: Sequence[UUID]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return "= ANY(%s)", [list(ids)]
    if not ids:
        return "IN (NULL)", []
    return f"IN ({', '.join(['%s'] * len(ids))})", [one.hex for one in ids]


def _lock() -> str:
    return "FOR UPDATE" if connection.features.has_select_for_update else ""
