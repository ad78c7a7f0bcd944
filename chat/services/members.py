"""Who takes part in a group: adding, removing, leaving."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import selectors
from chat.models import Conversation, Participant
from chat.services.conversations import (
    MAX_PARTICIPANTS,
    NotAGroup,
    push_new,
    push_update,
    require_group_admin,
    role_of,
    write_line,
)
from wholexale.common.errors import Conflict, NotFound
from wholexale.common.realtime import Actor, MemberLeft, conversation_group, signal_on_commit


class AlreadyParticipant(Conflict):
    """The person takes part already."""

    default_code = "ALREADY_PARTICIPANT"
    default_detail = "This person takes part already."


class GroupFull(Conflict):
    """The group has as many participants as it may."""

    default_code = "GROUP_FULL"
    default_detail = "This group has as many participants as it may."


class ParticipantNotFound(NotFound):
    """The person does not take part."""

    default_code = "PARTICIPANT_NOT_FOUND"
    default_detail = "This person does not take part."


@transaction.atomic
def add_participant(*, actor: Actor, conversation_id: UUID, user_id: UUID) -> None:
    """Take a person into a group, or back into it; they see what is said from now on, and nothing of it is unread.

    Raises:
        ConversationNotFound: for outsiders.
        NotAGroup, Forbidden: where the actor cannot change who takes part.
        UserNotFound, Blocked, DirectMessagesOff: where the person cannot be written to.
        AlreadyParticipant, GroupFull: where there is no place for them.
    """
    conversation, own = _lock_group(actor, conversation_id)
    require_group_admin(conversation, own)
    user = selectors.access_people(actor=actor, user_ids=[user_id])[user_id]
    members = selectors.members_of([conversation_id])[conversation_id]
    if user_id in members:
        raise AlreadyParticipant
    if len(members) >= MAX_PARTICIPANTS:
        raise GroupFull
    _join(conversation, user, timezone.now())
    write_line(conversation_id, "user_joined", f"{user.full_name} joined.")
    push_new(conversation, [user_id])
    push_update(conversation_id, members, {"participantsJoined": [str(user_id)]})


@transaction.atomic
def remove_participant(*, actor: Actor, conversation_id: UUID, user_id: UUID) -> None:
    """Take a person out of a group.

    Raises:
        ConversationNotFound: for outsiders.
        NotAGroup, Forbidden: where the actor cannot change who takes part.
        ParticipantNotFound: where the person does not take part.
    """
    conversation, own = _lock_group(actor, conversation_id)
    if user_id != actor.id:
        require_group_admin(conversation, own)
    _part(conversation, user_id)


@transaction.atomic
def leave_conversation(*, actor: Actor, conversation_id: UUID) -> None:
    """Leave a group. The last admin hands over to who has been there longest; the last one closes it.

    Raises:
        ConversationNotFound: for outsiders.
        NotAGroup: where it is none; those are archived or blocked instead.
    """
    conversation, own = _lock_group(actor, conversation_id)
    _part(conversation, own.user_id)


def _lock_group(actor: Actor, conversation_id: UUID) -> tuple[Conversation, Participant]:
    conversation = selectors.access_conversation(actor=actor, conversation_id=conversation_id, lock=True)
    own = selectors.access_participant(actor=actor, conversation_id=conversation_id)
    if conversation.conversation_type != Conversation.Type.GROUP:
        raise NotAGroup
    return conversation, own


def _join(conversation: Conversation, user: User, now: datetime) -> None:
    """Write the participant's row; all marks stand at the head of the log."""
    rows = Participant.objects.select_for_update().filter(conversation=conversation, user=user)
    row = rows.first() or Participant(conversation=conversation, user=user)
    row.role = role_of(user)
    row.joined_at, row.left_at, row.archived_at, row.is_muted = now, None, None, False
    row.first_seq = 0 if conversation.shows_history else conversation.last_seq
    row.delivered_seq = row.read_seq = conversation.last_seq
    row.read_ordinal, row.read_sent = conversation.last_ordinal, row.sent_count
    row.save()


def _part(conversation: Conversation, user_id: UUID) -> None:
    rows = list(Participant.objects.select_for_update().filter(conversation=conversation, left_at=None).order_by("id"))
    leaving = next((row for row in rows if row.user_id == user_id), None)
    if leaving is None:
        raise ParticipantNotFound
    was_admin = leaving.is_group_admin
    leaving.left_at, leaving.is_group_admin = timezone.now(), False
    leaving.save(update_fields=["left_at", "is_group_admin"])
    remaining = [row for row in rows if row.user_id != user_id]
    if was_admin and remaining and not any(row.is_group_admin for row in remaining):
        _hand_over(remaining)
    write_line(conversation.id, "user_left", f"{User.objects.get(id=user_id).full_name} left.")
    if not remaining:
        Conversation.objects.filter(id=conversation.id).update(status=Conversation.Status.CLOSED)
    conversation.refresh_from_db(fields=["last_seq"])
    left = MemberLeft(group=conversation_group(conversation.id), user_id=str(user_id), seq=conversation.last_seq)
    signal_on_commit(left)
    push_update(conversation.id, [row.user_id for row in rows], {"participantsLeft": [str(user_id)]})


def _hand_over(remaining: list[Participant]) -> None:
    heir = min(remaining, key=lambda row: (row.joined_at, row.id))
    heir.is_group_admin = True
    heir.save(update_fields=["is_group_admin"])
