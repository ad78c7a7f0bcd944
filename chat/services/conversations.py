"""Beginning a conversation, and changing what it is called or how its participants keep it."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import events, selectors
from chat.models import Conversation, Message, Participant
from chat.services.messages import Draft, post_message
from wholexale.common.errors import Conflict, Forbidden, ValidationFailed
from wholexale.common.realtime import Actor, push_on_commit, user_group

MAX_PARTICIPANTS = 200
MIN_GROUP = 2
_ROLES = {
    User.Role.ADMIN: Participant.Role.ADMIN,
    User.Role.SUPER_ADMIN: Participant.Role.ADMIN,
    User.Role.VENDOR: Participant.Role.VENDOR,
}


class ConversationExists(Conflict):
    """The two people have this conversation already; `conversationId` names it."""

    default_code = "CONVERSATION_EXISTS"
    default_detail = "This conversation exists already."


class NotAGroup(Conflict):
    """Only groups have names and change their participants."""

    default_code = "NOT_A_GROUP"
    default_detail = "Only a group can be changed like this."


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDetails:
    """What a group is called; None leaves a field as it is."""

    name: str | None = None
    description: str | None = None
    avatar: str | None = None
    shows_history: bool | None = None

    def given(self) -> dict[str, Any]:
        """Return the fields that are given."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in fields.items() if value is not None}


class Opened(NamedTuple):
    """A direct conversation, and whether it is new."""

    conversation: Conversation
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFlags:
    """How the actor keeps a conversation; None leaves a flag as it is."""

    archived: bool | None = None
    muted: bool | None = None


@transaction.atomic
def open_direct(
    *, actor: Actor, user_id: UUID, context: Mapping[str, str] | None = None, is_business: bool = False
) -> Opened:
    """Return the one conversation of two people in a context, made where there is none, revived where it was archived.

    Both people's rows are locked first, so that two openings, or an opening and a block, come one after the other.
    With `is_business` it is about a deal of their businesses: who takes no direct messages takes it all the same.

    Raises:
        ValidationFailed: with oneself.
        UserNotFound: where the other does not exist or is not active.
        Blocked, DirectMessagesOff: where the other cannot be written to.
    """
    if user_id == actor.id:
        raise ValidationFailed.of_field("participants", "A conversation needs somebody else")
    lock_people({actor.id, user_id})
    context = dict(context or {})
    key = direct_key(actor.id, user_id, context)
    if (existing := Conversation.objects.select_for_update().filter(direct_key=key).first()) is not None:
        _revive(existing, actor)
        return Opened(existing, is_new=False)
    people = selectors.access_people(actor=actor, user_ids=[user_id], is_business=is_business)
    conversation = Conversation.objects.create(direct_key=key, business_context=context, created_by_id=actor.id)
    _take_part(conversation, [_person(actor), people[user_id]])
    return Opened(conversation, is_new=True)


def create_direct(*, actor: Actor, user_id: UUID, context: Mapping[str, str] | None = None) -> Conversation:
    """Begin a direct conversation.

    Raises:
        ConversationExists: with its id as `conversationId`; archived by the actor, it is back in their list.
        DomainError: what `open_direct` raises.
    """
    opened = open_direct(actor=actor, user_id=user_id, context=context)
    if not opened.is_new:
        raise ConversationExists(conversationId=str(opened.conversation.id))
    return opened.conversation


@transaction.atomic
def create_group(
    *, actor: Actor, user_ids: Collection[UUID], details: GroupDetails, context: Mapping[str, str] | None = None
) -> Conversation:
    """Begin a group with two or more others; the actor is its admin.

    Raises:
        ValidationFailed: with too few or too many others.
        UserNotFound, Blocked, DirectMessagesOff: where one of them cannot be written to.
    """
    others = set(user_ids) - {actor.id}
    if not MIN_GROUP <= len(others) < MAX_PARTICIPANTS:
        msg = f"A group needs {MIN_GROUP} to {MAX_PARTICIPANTS - 1} others"
        raise ValidationFailed.of_field("participants", msg)
    people = selectors.access_people(actor=actor, user_ids=others)
    creator = _person(actor)
    conversation = Conversation.objects.create(
        conversation_type=Conversation.Type.GROUP,
        business_context=dict(context or {}),
        created_by=creator,
        **details.given(),
    )
    _take_part(conversation, [creator, *people.values()])
    write_line(conversation.id, "conversation_created", f"{creator.full_name} created the group.")
    return conversation


@transaction.atomic
def update_conversation(*, actor: Actor, conversation_id: UUID, flags: OwnFlags, details: GroupDetails) -> None:
    """Change how the actor keeps a conversation and, for admins of a group, what it is called.

    Raises:
        ConversationNotFound: for outsiders.
        NotAGroup, Forbidden: where the actor cannot change what it is called.
    """
    conversation = selectors.access_conversation(actor=actor, conversation_id=conversation_id, lock=True)
    own = selectors.access_participant(actor=actor, conversation_id=conversation_id, lock=True)
    _keep(own, flags)
    if not (fields := details.given()):
        return
    require_group_admin(conversation, own)
    changed = {name: value for name, value in fields.items() if getattr(conversation, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(conversation, name, value)
    conversation.updated_at = timezone.now()
    conversation.save(update_fields=[*changed, "updated_at"])
    wire = {"showsHistory" if name == "shows_history" else name: value for name, value in changed.items()}
    push_update(conversation_id, selectors.members_of([conversation_id])[conversation_id], wire)


def _keep(own: Participant, flags: OwnFlags) -> None:
    """Write the actor's flags that change, and tell the actor's own devices."""
    changes: dict[str, bool] = {}
    if flags.archived is not None and flags.archived != (own.archived_at is not None):
        own.archived_at = timezone.now() if flags.archived else None
        changes["archived"] = flags.archived
    if flags.muted is not None and flags.muted != own.is_muted:
        own.is_muted = changes["muted"] = flags.muted
    if changes:
        own.save(update_fields=["archived_at", "is_muted"])
        push_update(own.conversation_id, [own.user_id], changes)


def lock_people(user_ids: Collection[UUID]) -> None:
    """Lock people in the order of their ids, before any conversation.

    Raises:
        UserNotFound: where one does not exist.
    """
    rows = User.objects.select_for_update(no_key=True).filter(id__in=user_ids).order_by("id")
    if len(rows.values_list("id", flat=True)) != len(set(user_ids)):
        raise selectors.UserNotFound


def direct_key(one: UUID, other: UUID, context: Mapping[str, str]) -> str:
    """Return what makes a direct conversation unique: both ids in order and, if there is one, the context's digest."""
    pair = ":".join(sorted((one.hex, other.hex)))
    if not context:
        return pair
    canonical = msgspec.json.encode(context, order="deterministic")
    return f"{pair}:{hashlib.blake2b(canonical, digest_size=16).hexdigest()}"


def require_group_admin(conversation: Conversation, own: Participant) -> None:
    """Refuse who is no admin of the group.

    Raises:
        NotAGroup: where it is none.
        Forbidden: for its other participants.
    """
    if conversation.conversation_type != Conversation.Type.GROUP:
        raise NotAGroup
    if not own.is_group_admin:
        raise Forbidden(detail="Only an admin of the group may do this.")


def role_of(user: User) -> str:
    """Return the part that a person plays in a conversation: their role on the platform, never a chosen one."""
    return _ROLES.get(User.Role(user.role), Participant.Role.USER)


def write_line(conversation_id: UUID, kind: str, text: str) -> None:
    """Write a line of the system into the log."""
    draft = Draft(
        conversation_id=conversation_id,
        sender_id=None,
        content=text,
        message_type=Message.Type.SYSTEM,
        system_message_type=kind,
    )
    post_message(draft)


def push_update(conversation_id: UUID, user_ids: Collection[UUID], changes: Mapping[str, Any]) -> None:
    """Tell people's devices that a conversation has changed."""
    push = events.ConversationUpdated(conversation_id=str(conversation_id), changes=dict(changes))
    push_on_commit(push, to=[user_group(user_id) for user_id in sorted(user_ids)])


def push_new(conversation: Conversation, user_ids: Collection[UUID]) -> None:
    """Tell people's devices that they take part in a conversation from now on."""
    creator = conversation.created_by_id
    push = events.ConversationNew(
        conversation_id=str(conversation.id),
        conversation_type=conversation.conversation_type,
        name=conversation.name,
        created_by=None if creator is None else str(creator),
    )
    push_on_commit(push, to=[user_group(user_id) for user_id in sorted(user_ids)])


def _person(actor: Actor) -> User:
    return User.objects.get(id=actor.id)


def _take_part(conversation: Conversation, users: Collection[User]) -> None:
    """Make people the first participants; whoever creates a group is its admin."""
    is_group = conversation.conversation_type == Conversation.Type.GROUP
    rows = [
        Participant(
            conversation=conversation,
            user=user,
            role=role_of(user),
            is_group_admin=is_group and user.id == conversation.created_by_id,
        )
        for user in users
    ]
    Participant.objects.bulk_create(rows)
    push_new(conversation, [user.id for user in users])


def _revive(conversation: Conversation, actor: Actor) -> None:
    """Bring an archived conversation back: the whole of it, and in the actor's list."""
    if conversation.status == Conversation.Status.ARCHIVED:
        conversation.status = Conversation.Status.ACTIVE
        conversation.save(update_fields=["status"])
    own = selectors.access_participant(actor=actor, conversation_id=conversation.id, lock=True)
    _keep(own, OwnFlags(archived=False))
