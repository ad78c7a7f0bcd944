"""The statements of the message log's hot path, one function each.

On PostgreSQL a whole batch is one round trip a step; on SQLite the same steps run row by row inside the process.
A test holds each of them against the ORM's result.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

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

# One statement stores a batch: the messages, the heads of their conversations, the counts of their senders.
_STORE_POSTGRES = f"""
    WITH stored AS (
        INSERT INTO chat_message ({", ".join(_COLUMNS)})
        SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES)})
    ), heads AS (
        UPDATE chat_conversation c
        SET last_seq = h.seq, last_ordinal = h.ordinal, last_message_id = h.message_id, last_message_at = h.at,
            last_event_at = h.at, updated_at = h.at
        FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::uuid[], %s::timestamptz[])
            AS h(id, seq, ordinal, message_id, at)
        WHERE c.id = h.id
    )
    UPDATE chat_participant p SET sent_count = s.sent_count
    FROM unnest(%s::uuid[], %s::bigint[]) AS s(id, sent_count) WHERE p.id = s.id
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


def lock_conversations(ids: Sequence[UUID]) -> list[LockedConversation]:
    """Lock conversations in the order of their ids, so that batches of several processes never wait in a circle."""
    with connection.cursor() as cursor:
        match, params = _among(ids)
        cursor.execute(_CONVERSATIONS.format(match=match, lock=_lock()), params)
        return [
            LockedConversation(_uuid(row[0]), row[1], row[2], bool(row[3]), row[4], row[5]) for row in cursor.fetchall()
        ]


def lock_senders(pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Sender]:
    """Lock the participants who post, in the order of their ids; (conversation, user) pairs to rows.

    A statement of its own, after the conversations are locked: its snapshot is then newer than the last batch.
    """
    with connection.cursor() as cursor:
        conversations, first = _among(list({conversation for conversation, _ in pairs}))
        users, second = _among(list({user for _, user in pairs}))
        lock = f"{_lock()} OF p" if _lock() else ""
        cursor.execute(_SENDERS.format(conversations=conversations, users=users, lock=lock), [*first, *second])
        rows = (Sender(_uuid(row[0]), _uuid(row[1]), _uuid(row[2]), *row[3:]) for row in cursor.fetchall())
        return {(row.conversation_id, row.user_id): row for row in rows}


def store_messages(messages: Sequence[Message], senders: Sequence[tuple[UUID, int]]) -> None:
    """Insert numbered messages, move the heads of their conversations, and set the counts of their senders.

    Args:
        messages: in the order of their numbers.
        senders: (participant id, messages sent so far) of each sender.
    """
    heads = list({message.conversation_id: message for message in messages}.values())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = [[_plain(message, column) for message in messages] for column in _COLUMNS]
            head_columns: list[list[Any]] = [
                [head.conversation_id for head in heads],
                [head.seq for head in heads],
                [head.ordinal for head in heads],
                [head.id for head in heads],
                [head.created_at for head in heads],
            ]
            counts: list[list[Any]] = [[participant for participant, _ in senders], [count for _, count in senders]]
            cursor.execute(_STORE_POSTGRES, [*columns, *head_columns, *counts])
            return
        cursor.executemany(
            _INSERT_SQLITE, [[_sqlite(_plain(message, column)) for column in _COLUMNS] for message in messages]
        )
        cursor.executemany(
            _HEAD_SQLITE,
            [
                [_sqlite(value) for value in (h.seq, h.ordinal, h.id, *[h.created_at] * 3, h.conversation_id)]
                for h in heads
            ],
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
    return f"IN ({', '.join(['%s'] * len(ids))})", [one.hex for one in ids]


def _lock() -> str:
    return "FOR UPDATE" if connection.features.has_select_for_update else ""
