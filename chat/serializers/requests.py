"""What clients ask for."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from chat import events
from chat.services import Draft, GroupDetails, OwnFlags
from wholexale.common.api import PageQuery
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.wire import Wire, clean_text

MAX_SEQ = 2**53
Seq = Annotated[int, Meta(ge=0, le=MAX_SEQ)]
ClientMessageId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ContextId = Annotated[str, Meta(max_length=64)] | None
GroupName = Annotated[str, Meta(max_length=100)]
Description = Annotated[str, Meta(max_length=500)]
Avatar = Annotated[str, Meta(max_length=500, pattern=r"^((https?://|/)[^/\\\s]\S*)?$")]
Reason = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class ConversationQuery(PageQuery, kw_only=True):
    """Which conversations; `archived` are the caller's own archived ones."""

    status: Literal["active", "archived", "blocked", "closed"] | None = None
    type: Literal["direct", "group", "system"] | None = None
    archived: bool | None = None


class MessageQuery(PageQuery, kw_only=True):
    """Which messages: a page counted from the newest, or those next to a place in the log.

    `before` may also be a moment in ISO 8601. Page 1 marks the conversation as read unless `markRead=false`.
    """

    limit: Annotated[int, Meta(ge=1)] = 50
    before: Annotated[str, Meta(max_length=40)] | None = None
    after: Seq | None = None
    mark_read: bool = True

    @property
    def border(self) -> int | datetime | None:
        """Return `before` as a place or a moment.

        Raises:
            ValidationFailed: where it is neither.
        """
        if self.before is None:
            return None
        if self.before.isascii() and self.before.isdigit():
            return min(int(self.before), MAX_SEQ)
        try:
            moment = datetime.fromisoformat(self.before)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):  # in UTC it may lie outside of the years 1 to 9999
            fault = FieldError(path="before", msg="Expected a seq or an ISO 8601 date", location="query")
            raise ValidationFailed(details=[fault]) from None

    @property
    def marks_read(self) -> bool:
        """Return whether this is what somebody sees who opens the conversation."""
        return self.mark_read and self.page == 1 and self.before is None and self.after is None


class SearchQuery(PageQuery, kw_only=True):
    """What to look for: every word must be there."""

    q: Annotated[str, Meta(min_length=2, max_length=100)]


class ParticipantBody(Wire, kw_only=True):
    """A person to talk with; the `role` that old clients send is not theirs to choose, and is ignored."""

    user: UUID


class ContextBody(Wire, kw_only=True):
    """What a conversation is about."""

    order_id: ContextId = None
    offer_id: ContextId = None
    product_id: ContextId = None
    inquiry_type: Literal["general", "product_inquiry", "quote_request", "complaint", "support"] | None = None


class GroupBody(Wire, kw_only=True):
    """What a group is called; with `showsHistory` late joiners read what was said before."""

    name: GroupName | None = None
    description: Description | None = None
    avatar: Avatar | None = None
    shows_history: bool | None = None


class ConversationBody(Wire, kw_only=True):
    """A new conversation: with one person, or (with two or more others) a group."""

    participants: Annotated[list[ParticipantBody], Meta(max_length=500)] = []
    participant_id: UUID | None = None
    conversation_type: Literal["direct", "group"] | None = None
    business_context: ContextBody | None = None
    group_info: GroupBody | None = None

    def others(self, caller: UUID) -> list[UUID]:
        """Return who else takes part, each once."""
        named = [one.user for one in self.participants]
        if self.participant_id is not None:
            named.append(self.participant_id)
        return [user_id for user_id in dict.fromkeys(named) if user_id != caller]

    def is_group(self, others: Iterable[UUID]) -> bool:
        """Return whether it is to be a group.

        Raises:
            ValidationFailed: where the type does not fit the number of people.
        """
        count = len(list(others))
        if count == 0:
            raise ValidationFailed.of_field("participants", "Expected somebody else")
        if self.conversation_type == "direct" and count > 1:
            raise ValidationFailed.of_field("participants", "A direct conversation is with one person")
        return self.conversation_type == "group" or count > 1

    def context(self) -> dict[str, str]:
        """Return what the conversation is about, without what is empty."""
        given = msgspec.to_builtins(self.business_context) if self.business_context else {}
        return {name: text for name, value in given.items() if value and (text := clean_text(value))}

    def details(self) -> GroupDetails:
        """Return what the group is called."""
        return _details(self.group_info or GroupBody())


class ConversationChanges(GroupBody, kw_only=True):
    """The caller's own flags, and (for admins of a group) what it is called."""

    archived: bool | None = None
    muted: bool | None = None

    def flags(self) -> OwnFlags:
        """Return the flags."""
        return OwnFlags(archived=self.archived, muted=self.muted)

    def details(self) -> GroupDetails:
        """Return what the group is called."""
        return _details(self)


class MessageBody(Wire, kw_only=True):
    """A message to be posted; it may be empty where there is media or a location."""

    conversation_id: UUID
    content: Annotated[str, Meta(max_length=4000)] = ""
    message_type: Literal["text", "image", "file", "voice", "location"] = "text"
    client_message_id: ClientMessageId | None = None
    reply_to: UUID | None = None
    media: events.Media | None = None
    location: events.Location | None = None
    mentions: Annotated[list[UUID], Meta(max_length=50)] = []

    def draft(self, sender_id: UUID) -> Draft:
        """Return what the service needs."""
        return Draft(
            conversation_id=self.conversation_id,
            sender_id=sender_id,
            content=self.content,
            message_type=self.message_type,
            client_message_id=self.client_message_id,
            reply_to=self.reply_to,
            media=None if self.media is None else msgspec.to_builtins(self.media),
            location=None if self.location is None else msgspec.to_builtins(self.location),
            mentions=tuple(self.mentions),
        )


class EditBody(Wire, kw_only=True):
    """The new text of a message."""

    content: Annotated[str, Meta(max_length=4000)]


class ReactionBody(Wire, kw_only=True):
    """One emoji."""

    emoji: Annotated[str, Meta(min_length=1, max_length=10)]


class UserBody(Wire, kw_only=True):
    """A person."""

    user: UUID


class ReportBody(Wire, kw_only=True):
    """A complaint about a message or about a person."""

    reason: Reason
    message: UUID | None = None
    user: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse both and neither."""
        if (self.message is None) == (self.user is None):
            raise ValueError("Expected either message or user")


def _details(body: GroupBody) -> GroupDetails:
    return GroupDetails(
        name=None if body.name is None else clean_text(body.name),
        description=None if body.description is None else clean_text(body.description),
        avatar=body.avatar,
        shows_history=body.shows_history,
    )
