"""Who may be written to, and who has blocked whom."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import selectors as accounts_selectors
from accounts.models import User
from chat.models import Block, Participant
from wholexale.common.errors import Forbidden, NotFound
from wholexale.common.realtime import Actor


class UserNotFound(NotFound):
    """There is no such person, or their account does not work."""

    default_code = "USER_NOT_FOUND"
    default_detail = "There is no such user."


class Blocked(Forbidden):
    """One of the two people has blocked the other."""

    default_code = "BLOCKED"
    default_detail = "You cannot write to this person."


class DirectMessagesOff(Forbidden):
    """The person takes no messages from people they do not talk with already."""

    default_code = "DIRECT_MESSAGES_OFF"
    default_detail = "This person takes no direct messages."


def access_people(*, actor: Actor, user_ids: Collection[UUID], is_business: bool = False) -> dict[UUID, User]:
    """Return the people whom the actor wants to talk with, by id, if all of them can be talked with.

    With `is_business` it is about a deal of their businesses, and nobody's wish for no direct messages counts.

    Raises:
        UserNotFound: where one does not exist or is not active.
        Blocked: where one has blocked the actor, or the other way round.
        DirectMessagesOff: where one takes no direct messages and shares no conversation with the actor.
    """
    found = accounts_selectors.people(user_ids)
    if any(user_id not in found or not found[user_id].is_active for user_id in user_ids):
        raise UserNotFound
    if blocks_between(actor.id, user_ids).exists():
        raise Blocked
    closed = {user.id for user in found.values() if not is_business and not user.allows("allowDirectMessages")}
    if closed - _sharing_a_conversation(actor.id, closed):
        raise DirectMessagesOff
    return found


def blocks_between(user_id: UUID, others: Collection[UUID]) -> "QuerySet[Block]":
    """Return the blocks between one person and others, in both directions."""
    return Block.objects.filter(
        Q(blocker_id=user_id, blocked_id__in=others) | Q(blocker_id__in=others, blocked_id=user_id)
    )


def blocks_made(*, actor: Actor) -> "QuerySet[Block]":
    """Return the blocks that the actor made, newest first, with the blocked people."""
    blocks = Block.objects.filter(blocker_id=actor.id)
    return blocks.select_related("blocked__membership__business").order_by("-created_at", "-id")


def _sharing_a_conversation(user_id: UUID, others: Collection[UUID]) -> set[UUID]:
    if not others:
        return set()
    own = Participant.objects.filter(user_id=user_id, left_at=None).values("conversation_id")
    shared = Participant.objects.filter(user_id__in=others, left_at=None, conversation_id__in=own)
    return set(shared.values_list("user_id", flat=True))
