"""The socket commands of the app: decode, one call, reply."""

import asyncio
import logging
from functools import partial
from typing import Literal
from uuid import UUID

import msgspec

from chat import events, selectors, services
from chat.selectors import JoinRequest, Snapshot
from chat.serializers.sockets import (
    Changed,
    Edit,
    History,
    HistoryPage,
    InConversation,
    Join,
    Joined,
    Mark,
    MarkedShape,
    MarkShape,
    OfMessage,
    React,
    Refused,
    Send,
    Sent,
    Sync,
    Synced,
)
from chat.services import Draft, MarkRequest
from wholexale.common import wire
from wholexale.common.errors import Conflict, DomainError, InternalError
from wholexale.common.realtime import conversation_group
from wholexale.realtime import framing
from wholexale.realtime.connection import Connection
from wholexale.realtime.framing import ErrorData
from wholexale.realtime.presence import UserPresence
from wholexale.realtime.registry import Answer, Nothing, command

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 786_432  # what every server sends in one frame


@command("chat:join", Join)
async def join(connection: Connection, data: Join) -> Answer:
    """Join a conversation and catch up."""
    joined, completes = await _join(connection, data.conversation_id, data.last_seq, data.epoch)
    return Answer(joined, then=completes)


@command("sync", Sync)
async def sync(connection: Connection, data: Sync) -> Answer:
    """Join many conversations: the whole reconnect in one frame."""
    wanted = {conversation_group(conversation_id) for conversation_id in data.conversations}
    _check_joins(connection, wanted)
    outcomes = await asyncio.gather(
        *(_join(connection, one, last_seq, data.epoch) for one, last_seq in data.conversations.items()),
        return_exceptions=True,
    )
    joined: list[Joined] = []
    refused: list[Refused] = []
    completions: list[partial[None]] = []
    room = MAX_ANSWER_BYTES
    for conversation_id, outcome in zip(data.conversations, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            refused.append(_refusal(conversation_id, outcome))
        else:
            snapshot, complete = outcome
            size = sum(map(len, map(bytes, snapshot.events)))
            if size > room:
                snapshot.events, snapshot.recovered, size = [], False, 0
            room -= size
            joined.append(snapshot)
            completions.append(complete)

    def complete_all() -> None:
        for complete in completions:
            complete()

    answer = Synced(epoch=joined[0].epoch if joined else None, conversations=joined, refused=refused)
    return Answer(answer, then=complete_all)


def _refusal(conversation_id: UUID, error: BaseException) -> Refused:
    """Say why a conversation could not be joined; an unexpected error is logged and says nothing of the inside."""
    if not isinstance(error, DomainError):
        logger.error("a join failed", exc_info=error)
        error = InternalError()
    return Refused(conversation_id=str(conversation_id), error=ErrorData(code=error.code, message=error.detail))


def _check_joins(connection: Connection, groups: set[str]) -> None:
    """Refuse joins above the limit of the socket.

    Raises:
        Conflict: `TOO_MANY_JOINS`.
    """
    if len(groups | connection.joined.keys()) > connection.hub.limits.joins_per_socket:
        raise Conflict("TOO_MANY_JOINS", "This socket has joined as many conversations as it may.")


async def _join(
    connection: Connection, conversation_id: UUID, last_seq: int | None, epoch: str | None
) -> "tuple[Joined, partial[None]]":
    """Begin a join; the second value completes it and is to be called once the snapshot was sent.

    Raises:
        DomainError: for outsiders, and above the limit of joins.
    """
    hub, group = connection.hub, conversation_group(conversation_id)
    _check_joins(connection, {group})
    hub.begin_join(connection, group)
    try:
        request = JoinRequest(connection.actor.id, conversation_id, last_seq, epoch)
        snapshot: Snapshot = await connection.batched(selectors.snapshots, request)
    except BaseException:
        hub.abandon_join(connection, group)
        raise
    if not hub.is_joining(connection, group):  # taken out while the snapshot was read
        raise selectors.ConversationNotFound
    last_seen = {str(user_id): seen for user_id, seen in snapshot.presence.items()}
    hub.enter(connection, group, others=tuple(last_seen), sees_from=snapshot.first_seq)
    presence = await hub.online.describe(last_seen)
    return _joined(connection, group, snapshot, presence), partial(hub.complete_join, connection, group, snapshot.seq)


def _joined(connection: Connection, group: str, snapshot: Snapshot, presence: dict[str, UserPresence]) -> Joined:
    missed = None if snapshot.missed is None else _encoded(connection, snapshot)
    return Joined(
        conversation_id=str(snapshot.conversation_id),
        seq=snapshot.seq,
        epoch=snapshot.epoch,
        recovered=missed is not None,
        events=missed or [],
        receipts=[
            MarkShape(user_id=str(mark.user_id), delivered_seq=mark.delivered_seq, read_seq=mark.read_seq)
            for mark in snapshot.marks
        ],
        typing=[user_id for user_id in connection.hub.typing.typists(group) if user_id != connection.user_id],
        presence=presence,
    )


def _encoded(connection: Connection, snapshot: Snapshot) -> list[msgspec.Raw] | None:
    """Return the missed pushes as they were sent, None where they are too much for one frame."""
    room = MAX_ANSWER_BYTES
    events_seen: list[msgspec.Raw] = []
    for entry in snapshot.missed or ():
        payload = framing.push_payload(entry.seen_by(connection.user_id, sees_from=snapshot.first_seq))
        events_seen.append(msgspec.Raw(payload))
        room -= len(payload)
        if room < 0:
            return None
    return events_seen


@command("chat:leave", InConversation)
async def leave(connection: Connection, data: InConversation) -> Nothing:
    """Receive no more of a conversation on this socket; outsiders learn nothing from it."""
    connection.hub.leave(connection, conversation_group(data.conversation_id))
    return Nothing()


@command("chat:send", Send, is_pipelined=True)
async def send(connection: Connection, data: Send) -> Sent:
    """Post a message; the ack comes after the commit and before the push."""
    draft = Draft(
        conversation_id=data.conversation_id,
        sender_id=connection.actor.id,
        content=data.content,
        message_type=data.message_type,
        client_message_id=data.client_message_id,
        reply_to=data.reply_to,
        media=None if data.media is None else msgspec.to_builtins(data.media),
        location=None if data.location is None else msgspec.to_builtins(data.location),
        mentions=tuple(data.mentions),
    )
    posted = await connection.batched(services.post_messages, draft)
    group = conversation_group(data.conversation_id)
    connection.hub.typing.stopped(group, connection.user_id, connection.actor.name)
    return Sent(message=_own_view(posted), seq=posted.message.seq, duplicate=posted.is_duplicate)


def _own_view(posted: services.Posted) -> events.MessageShape:
    """Return the message as its sender sees it: the shape that was built for the push, where it is new."""
    pushed = posted.push and (posted.push.own or posted.push.push)
    if isinstance(pushed, events.ChatMessage):
        return pushed.message
    return selectors.message_shape(posted.message, for_sender=True)


@command("chat:edit", Edit)
async def edit(connection: Connection, data: Edit) -> Changed:
    """Change the text of an own message."""
    message, seq = await connection.call(
        services.edit_message, actor=connection.actor, message_id=data.message_id, content=data.content
    )
    return Changed(seq=seq, message=selectors.message_shape(message, for_sender=True))


@command("chat:delete", OfMessage)
async def delete(connection: Connection, data: OfMessage) -> Changed:
    """Delete a message."""
    message, seq = await connection.call(services.delete_message, actor=connection.actor, message_id=data.message_id)
    return Changed(seq=seq, message=selectors.message_shape(message))


@command("chat:react", React)
async def react(connection: Connection, data: React) -> Changed:
    """React to a message, or take the reaction back."""
    message, seq = await connection.call(
        services.react, actor=connection.actor, message_id=data.message_id, emoji=data.emoji
    )
    return Changed(seq=seq, message=selectors.message_shape(message))


@command("chat:history", History)
async def history(connection: Connection, data: History) -> HistoryPage:
    """Read a page of messages."""
    page = await connection.call(
        selectors.history,
        actor=connection.actor,
        conversation_id=data.conversation_id,
        before_seq=data.before_seq,
        after_seq=data.after_seq,
        limit=data.limit,
    )
    own = connection.actor.id
    shapes = [selectors.message_shape(message, for_sender=message.sender_id == own) for message in page.messages]
    seen = [selectors.seen_from(shape, page.first_seq) for shape in shapes]
    kept = _fitting(seen, from_start=data.after_seq is not None)
    return HistoryPage(messages=kept, has_more=page.has_more or len(kept) < len(seen))


def _fitting(shapes: list[events.MessageShape], *, from_start: bool) -> list[events.MessageShape]:
    """Return as many messages as one frame holds, next to the position that was asked for."""
    room = MAX_ANSWER_BYTES
    kept: list[events.MessageShape] = []
    for shape in shapes if from_start else reversed(shapes):
        room -= len(wire.encode(shape))
        if room < 0 and kept:
            break
        kept.append(shape)
    return kept if from_start else kept[::-1]


async def _mark(connection: Connection, kind: Literal["read", "delivered"], data: Mark) -> MarkedShape:
    request = MarkRequest(kind, connection.actor.id, data.conversation_id, data.message_id, data.seq)
    marked = await connection.batched(services.record_marks, request)
    return MarkedShape(seq=marked.seq, unread=marked.unread)


@command("chat:read", Mark)
async def read(connection: Connection, data: Mark) -> MarkedShape:
    """Mark as read."""
    return await _mark(connection, "read", data)


@command("chat:delivered", Mark)
async def delivered(connection: Connection, data: Mark) -> MarkedShape:
    """Mark as delivered to this device."""
    return await _mark(connection, "delivered", data)


async def _snapshot_to_type(connection: Connection, conversation_id: UUID) -> Snapshot:
    """Return the conversation as it stands for the user.

    Raises:
        ConversationNotFound: for outsiders.
    """
    return await connection.batched(selectors.snapshots, JoinRequest(connection.actor.id, conversation_id))


@command("typing:start", InConversation)
async def start_typing(connection: Connection, data: InConversation) -> None:
    """Show the others that somebody types; not where one of the two has blocked the other."""
    typing, group = connection.hub.typing, conversation_group(data.conversation_id)
    if group in connection.joined and not typing.is_due(group, connection.user_id):
        return
    snapshot = await _snapshot_to_type(connection, data.conversation_id)
    if not snapshot.is_blocked:
        typing.started(group, connection.user_id, connection.actor.name)


@command("typing:stop", InConversation)
async def stop_typing(connection: Connection, data: InConversation) -> None:
    """Show the others that somebody has stopped typing."""
    group = conversation_group(data.conversation_id)
    if group not in connection.joined:
        await _snapshot_to_type(connection, data.conversation_id)
    connection.hub.typing.stopped(group, connection.user_id, connection.actor.name)


COMMANDS = (
    join,
    sync,
    leave,
    send,
    edit,
    delete,
    react,
    history,
    read,
    delivered,
    start_typing,
    stop_typing,
)
