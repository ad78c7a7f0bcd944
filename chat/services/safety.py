"""Keeping people apart who do not want to talk, and complaints to the staff."""

from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import selectors as accounts_selectors
from chat import selectors
from chat.models import Block, Conversation, Report
from chat.services.conversations import lock_people, push_update
from wholexale.common.errors import Conflict, NotFound, ValidationFailed
from wholexale.common.realtime import Actor, WatchEnded, signal_on_commit


class ReportNotFound(NotFound):
    """There is no such report."""

    default_code = "REPORT_NOT_FOUND"
    default_detail = "Report not found."


class ReportClosed(Conflict):
    """The report was worked off already."""

    default_code = "REPORT_CLOSED"
    default_detail = "This report was worked off already."


@transaction.atomic
def block(*, actor: Actor, user_id: UUID) -> Block:
    """Keep a person from writing to the actor directly and from seeing their presence; the same the other way round.

    Raises:
        ValidationFailed: for oneself.
        UserNotFound: where there is no such person.
    """
    if user_id == actor.id:
        raise ValidationFailed.of_field("user", "Nobody blocks themselves")
    lock_people({actor.id, user_id})
    made, is_new = Block.objects.get_or_create(blocker_id=actor.id, blocked_id=user_id)
    if is_new:
        _mark_blocked(actor.id, user_id, is_blocked=True)
        for viewer, watched in ((actor.id, user_id), (user_id, actor.id)):
            signal_on_commit(WatchEnded(user_id=str(viewer), watched_id=str(watched)))
    return made


@transaction.atomic
def unblock(*, actor: Actor, user_id: UUID) -> None:
    """Take a block back; the two can write again unless the other has blocked too.

    Raises:
        UserNotFound: where there is no such person.
    """
    lock_people({actor.id, user_id})
    Block.objects.filter(blocker_id=actor.id, blocked_id=user_id).delete()
    if not selectors.blocks_between(actor.id, [user_id]).exists():
        _mark_blocked(actor.id, user_id, is_blocked=False)


def _mark_blocked(one: UUID, other: UUID, *, is_blocked: bool) -> None:
    """Set the flag on the pair's direct conversations, locked in the order of their ids."""
    pair = Conversation.objects.filter(conversation_type=Conversation.Type.DIRECT, participants__user_id=one)
    ids = pair.filter(id__in=Conversation.objects.filter(participants__user_id=other).values("id")).values("id")
    locked = Conversation.objects.select_for_update().filter(id__in=ids).order_by("id")
    for conversation in locked:
        if conversation.is_blocked != is_blocked:
            conversation.is_blocked = is_blocked
            conversation.save(update_fields=["is_blocked"])
            push_update(conversation.id, [one, other], {"isBlocked": is_blocked})


@transaction.atomic
def report(*, actor: Actor, reason: str, message_id: UUID | None = None, user_id: UUID | None = None) -> Report:
    """Complain about a message that the actor can see, or about a person; what the message says now is kept.

    Raises:
        MessageNotFound: for outsiders, and where it was deleted.
        UserNotFound: where there is no such person.
        ValidationFailed: about oneself, and about nothing.
    """
    excerpt = ""
    if message_id is not None:
        message = selectors.access_message(actor=actor, message_id=message_id)
        if message.deleted_at is not None:
            raise selectors.MessageNotFound
        user_id, excerpt = message.sender_id, message.content
    elif user_id is None:
        raise ValidationFailed.of_field("message", "Expected a message or a user")
    if user_id == actor.id:
        raise ValidationFailed.of_field("message" if message_id else "user", "Nobody reports themselves")
    if user_id is not None and user_id not in accounts_selectors.people([user_id]):
        raise selectors.UserNotFound
    return Report.objects.create(
        reporter_id=actor.id, reported_user_id=user_id, message_id=message_id, excerpt=excerpt, reason=reason
    )


@transaction.atomic
def resolve_report(
    *, actor: Actor, report_id: UUID, status: Literal["resolved", "dismissed"], resolution: str
) -> Report:
    """Close a report with the reason why; who may is the admin's business.

    Raises:
        ReportNotFound: where there is none.
        ReportClosed: where somebody was faster.
        ValidationFailed: without a reason.
    """
    report = Report.objects.select_for_update().filter(id=report_id).first()
    if report is None:
        raise ReportNotFound
    if report.status != Report.Status.OPEN:
        raise ReportClosed
    if not resolution.strip():
        raise ValidationFailed.of_field("resolution", "Expected a reason")
    report.status, report.resolution = status, resolution.strip()[:1000]
    report.handled_by_id, report.handled_at = actor.id, timezone.now()
    report.save(update_fields=["status", "resolution", "handled_by", "handled_at"])
    return report
