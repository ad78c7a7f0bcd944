"""Posting messages: the only writer of the message log, one transaction for one message or for many."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from chat import selectors, sql
from chat.models import Conversation, Message
from wholexale.common.errors import Conflict, DomainError, ValidationFailed
from wholexale.common.ids import new_id
from wholexale.common.limits import Limit, hit
from wholexale.common.realtime import Outgoing, push_all_on_commit

MESSAGES = Limit("RATE_LIMIT_MESSAGES")
CLIENT_TYPES = frozenset({"text", "image", "file", "voice", "location"})
MAX_CONTENT = 4_000
QUOTE_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be posted. `sender_id` None is the system, which alone writes `system` lines.

    Media, location and offer are the wire shapes as plain values; `mentions` are ids of participants. Only a service
    sets `offer`, which makes it an `offer` line.
    """

    conversation_id: UUID
    sender_id: UUID | None
    content: str = ""
    message_type: str = "text"
    client_message_id: str | None = None
    reply_to: UUID | None = None
    media: dict[str, Any] | None = None
    location: dict[str, Any] | None = None
    mentions: tuple[UUID, ...] = ()
    offer: dict[str, Any] | None = None
    system_message_type: str = ""

    def fingerprint(self) -> str:
        """Return the digest of everything but the ids of the sender and the conversation."""
        body = (self.content, self.message_type, self.reply_to, self.media, self.location, self.mentions)
        return hashlib.blake2b(msgspec.json.encode(body, order="deterministic"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message, with its push where it is new; `is_duplicate` where its client id had stored it before."""

    message: Message
    is_duplicate: bool = False
    push: Outgoing | None = None


class ClientMessageIdReused(Conflict):
    """The client id stands for another message already."""

    default_code = "CLIENT_MESSAGE_ID_REUSED"
    default_detail = "This clientMessageId was used for another message."


class ConversationClosed(Conflict):
    """The conversation takes no messages."""

    default_code = "CONVERSATION_CLOSED"
    default_detail = "This conversation takes no messages."


def post_message(draft: Draft) -> Posted:
    """Post one message.

    Raises:
        DomainError: what `post_messages` gives for it.
    """
    (outcome,) = post_messages([draft])
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def post_messages(drafts: Sequence[Draft], *, is_limited: bool = True) -> list[Posted | DomainError]:
    """Post messages in one transaction, in order; a refused one does not touch the others.

    The conversations are locked in the order of their ids, repeats are dropped under the lock, then the messages are
    numbered. After the commit each is pushed to the sockets of its conversation. Only the seed is not limited.
    """
    refusals = [refusal_of(draft, is_limited=is_limited) for draft in drafts]
    accepted = [draft for draft, refusal in zip(drafts, refusals, strict=True) if refusal is None]
    outcomes: list[Posted | DomainError] = []
    if accepted:
        with transaction.atomic(savepoint=False):
            batch = Batch.locking(accepted)
            outcomes = batch.judge()
            batch.store()
    remaining = iter(outcomes)
    return [refusal or next(remaining) for refusal in refusals]


def refusal_of(draft: Draft, *, is_limited: bool) -> DomainError | None:
    """Return what is wrong with a draft by itself."""
    if draft.sender_id is not None:
        if draft.message_type not in CLIENT_TYPES and not (draft.message_type == Message.Type.OFFER and draft.offer):
            return ValidationFailed.of_field("messageType", "Expected one of text, image, file, voice, location")
        try:
            if is_limited:
                hit(MESSAGES, str(draft.sender_id))
        except DomainError as refusal:
            return refusal
    if len(draft.content) > MAX_CONTENT:
        return ValidationFailed.of_field("content", f"Expected at most {MAX_CONTENT} characters")
    if not draft.content.strip() and draft.media is None and draft.location is None:
        return ValidationFailed.of_field("content", "Expected a text, media or a location")
    return None


class Batch:
    """The drafts of one transaction, judged and numbered one after the other under the locks."""

    @classmethod
    def locking(cls, drafts: Sequence[Draft]) -> "Batch":
        """Take the locks that the drafts need."""
        pairs = {(draft.conversation_id, draft.sender_id) for draft in drafts if draft.sender_id is not None}
        conversations, senders = sql.lock_batch(list({draft.conversation_id for draft in drafts}), list(pairs))
        return cls(drafts, conversations, senders)

    def __init__(
        self,
        drafts: Sequence[Draft],
        conversations: Sequence[sql.LockedConversation | Conversation],
        senders: Mapping[tuple[UUID, UUID], sql.Sender],
    ) -> None:
        """Take what is locked, and read what else the judgement needs."""
        self.drafts = drafts
        self.senders = senders
        self.now: datetime = timezone.now()  # after the locks: times follow the numbers
        self.conversations = {row.id: row for row in conversations}
        self.seq = {row.id: row.last_seq for row in conversations}
        self.ordinal = {row.id: row.last_ordinal for row in conversations}
        self.sent = {pair: row.sent_count for pair, row in self.senders.items()}
        self.known = selectors.messages_by_client_id(
            [
                (draft.conversation_id, draft.sender_id, draft.client_message_id)
                for draft in drafts
                if draft.sender_id is not None and draft.client_message_id is not None
            ]
        )
        self.quoted = selectors.messages_by_id([draft.reply_to for draft in drafts if draft.reply_to is not None])
        self.members = selectors.members_of({draft.conversation_id for draft in drafts if draft.mentions})
        self.new: list[Message] = []

    def judge(self) -> list[Posted | DomainError]:
        """Judge and number each draft, and push what is new once it is committed."""
        outcomes = [self._judge(draft) for draft in self.drafts]
        if pushes := [posted.push for posted in outcomes if isinstance(posted, Posted) and posted.push]:
            push_all_on_commit(pushes)
        return outcomes

    def store(self) -> None:
        """Store the new messages, and move what counts them."""
        if self.new:
            changed = {(message.conversation_id, message.sender_id) for message in self.new}
            counts = [(row.participant_id, self.sent[pair]) for pair, row in self.senders.items() if pair in changed]
            sql.store_messages(self.new, counts)

    def _judge(self, draft: Draft) -> Posted | DomainError:
        """Return the stored or the numbered message, or why there is none."""
        try:
            if (stored := self._repeat(draft)) is not None:
                return Posted(stored, is_duplicate=True)
            message = self._number(draft)
        except DomainError as refusal:
            return refusal
        self.new.append(message)
        if draft.client_message_id is not None and draft.sender_id is not None:
            self.known[draft.conversation_id, draft.sender_id, draft.client_message_id] = message
        return Posted(message, push=selectors.message_push(message))

    def _repeat(self, draft: Draft) -> Message | None:
        self._access(draft)
        if draft.sender_id is None or draft.client_message_id is None:
            return None
        stored = self.known.get((draft.conversation_id, draft.sender_id, draft.client_message_id))
        if stored is not None and stored.fingerprint != draft.fingerprint():
            raise ClientMessageIdReused
        return stored

    def _access(self, draft: Draft) -> None:
        is_member = draft.sender_id is None or (draft.conversation_id, draft.sender_id) in self.senders
        if draft.conversation_id not in self.conversations or not is_member:
            raise selectors.ConversationNotFound

    def _number(self, draft: Draft) -> Message:
        conversation = self.conversations[draft.conversation_id]
        if conversation.status in {Conversation.Status.CLOSED, Conversation.Status.BLOCKED}:
            raise ConversationClosed
        if conversation.is_blocked and draft.sender_id is not None:
            raise selectors.Blocked
        quote = self._quote(draft)
        if not self.members.get(conversation.id, set()).issuperset(draft.mentions):
            raise ValidationFailed.of_field("mentions", "Expected people who take part in this conversation")
        message = self._message(draft, quote)
        self.seq[conversation.id] = message.seq
        self.ordinal[conversation.id] = message.ordinal
        if draft.sender_id is not None:
            self.sent[conversation.id, draft.sender_id] = message.sender_ordinal
        return message

    def _message(self, draft: Draft, quote: dict[str, Any] | None) -> Message:
        sender = None if draft.sender_id is None else self.senders[draft.conversation_id, draft.sender_id]
        counts = draft.message_type != Message.Type.SYSTEM
        return Message(
            id=new_id(),
            conversation_id=draft.conversation_id,
            seq=self.seq[draft.conversation_id] + 1,
            ordinal=self.ordinal[draft.conversation_id] + counts,
            sender_id=draft.sender_id,
            sender_ordinal=0 if sender is None else self.sent[draft.conversation_id, sender.user_id] + 1,
            sender_name="" if sender is None else sender.name,
            sender_role="system" if sender is None else sender.role,
            message_type=draft.message_type,
            content=draft.content,
            media=draft.media,
            location=draft.location,
            offer=draft.offer,
            mentions=[str(user_id) for user_id in draft.mentions] or None,
            reply_to_id=draft.reply_to,
            quoted=quote,
            system_message_type=draft.system_message_type,
            client_message_id=draft.client_message_id,
            fingerprint=draft.fingerprint() if draft.client_message_id is not None else "",
            created_at=self.now,
            updated_at=self.now,
        )

    def _quote(self, draft: Draft) -> dict[str, Any] | None:
        """Return the beginning of the message that is answered; the sender must be able to see it there."""
        if draft.reply_to is None:
            return None
        target = self.quoted.get(draft.reply_to)
        sender = None if draft.sender_id is None else self.senders[draft.conversation_id, draft.sender_id]
        first_seq = 0 if sender is None else sender.first_seq
        if target is None or target.conversation_id != draft.conversation_id or target.seq <= first_seq:
            raise ValidationFailed.of_field("replyTo", "No such message in this conversation")
        return {
            "messageId": str(target.id),
            "seq": target.seq,
            "content": target.content[:QUOTE_LENGTH],
            "sender": None if target.sender_id is None else str(target.sender_id),
        }
