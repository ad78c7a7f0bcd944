"""Telling people something: one row for each of them, and one for each channel that carries it further.

All of it is part of the transaction of what they are told: where that is undone, nobody was told anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from notifications import rendering
from notifications.models import KEPT_FOR, Channel, Delivery, Notification, Status, Step, Type
from notifications.selectors import Person, people_to_reach, unread_query
from notifications.services.announcing import announce_new
from notifications.services.routing import Way, first_ways
from notifications.types import kind_of
from wholexale.common.limits import Limit, hit
from wholexale.common.logging import current_request
from wholexale.common.prepared import exchange
from wholexale.common.work import nudge_on_commit

TESTS = Limit("RATE_LIMIT_TEST_NOTIFICATIONS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What some people are told.

    Attributes:
        type: what it is about.
        to: the ids of the people; nobody is told twice.
        template: the key of its wording.
        values: what the wording needs: text that is ready to be shown, and never a secret.
        data: what clients need to open it; an `amount` is a text here, and a number for clients.
        fact: the type of the fact that it follows from.
        dedupe_key: where somebody was told under this key before, they are not told again.
        thread_id: what it belongs to: mails of one thread stand together.
        actions: buttons, in the old backend's shape.
        shown_for: how long it is shown, and may still be sent.
    """

    type: Type
    to: Sequence[UUID]
    template: str
    values: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str | int] = field(default_factory=dict)
    fact: str = ""
    dedupe_key: str = ""
    thread_id: str = ""
    actions: Sequence[Mapping[str, str]] = ()
    shown_for: timedelta = KEPT_FOR


class _Told(NamedTuple):
    """One person is told one thing, on these ways."""

    notification: Notification
    person: Person
    ways: list[Way]


@transaction.atomic(savepoint=False)
def notify(*notices: Notice) -> list[Notification]:
    """Tell people something, and return the notifications that were made; those told before are left out.

    It stands and falls with the surrounding transaction: what fails here undoes that as well.
    """
    people = people_to_reach({user_id for notice in notices for user_id in notice.to})
    # In one order, for an insertion waits for another of the same key.
    told = [_told(notice, people[user_id]) for notice in notices for user_id in sorted(set(notice.to) & people.keys())]
    if told := _keep_new(told):
        announce_new([one.notification for one in told if one.notification.is_shown], unread=_write(told))
    return [one.notification for one in told]


@transaction.atomic
def tell_test(*, actor: User, type: Type, message: str) -> Notification:  # noqa: A002 - the word of the contract
    """Tell somebody something at their own wish, as any notification of the type would be told.

    Raises:
        RateLimited: where they have wished it too often.
    """
    hit(TESTS, str(actor.id))
    (told,) = notify(
        Notice(type=type, to=[actor.id], template="generic", values={"title": "Test", "message": message, "link": "/"})
    )
    return told


def _told(notice: Notice, person: Person) -> _Told:
    now = timezone.now()
    kind = kind_of(notice.type, notice.template)
    ways = first_ways(kind, person, now)
    said = rendering.notice(template=notice.template, language=person.language, values=notice.values)
    notification = Notification(
        recipient_id=person.id,
        type=notice.type,
        title=said.title,
        message=said.message,
        template=notice.template,
        values=dict(notice.values),
        data=dict(notice.data),
        priority=kind.priority,
        actions=[dict(action) for action in notice.actions],
        thread_id=notice.thread_id,
        dedupe_key=notice.dedupe_key,
        fact=notice.fact,
        is_shown=ways[0].decision.status == Status.DELIVERED,
        created_at=now,
        expires_at=now + notice.shown_for,
    )
    return _Told(notification, person, ways)


def _keep_new(told: Sequence[_Told]) -> list[_Told]:
    """Insert the notifications that have keys, and leave out those that were there before under theirs."""
    keyed = [one.notification for one in told if one.notification.dedupe_key]
    if not keyed:
        return list(told)
    Notification.objects.bulk_create(keyed, ignore_conflicts=True)
    stored = set(Notification.objects.filter(id__in=[row.id for row in keyed]).values_list("id", flat=True))
    return [one for one in told if not one.notification.dedupe_key or one.notification.id in stored]


def _write(told: Sequence[_Told]) -> dict[UUID, int]:
    """Write notifications, what was decided about each channel, and the work of those that something goes out on.

    Returns how many notifications each of the people has not read then, as this transaction sees it.
    """
    steps = [step_of(one.notification, way) for one in told for way in one.ways]
    for one in told:
        mine = [step for step in steps if step.notification_id == one.notification.id]
        one.notification.trace = mine  # type: ignore[attr-defined] # what `own_notifications` attaches
    due = [delivery_of(one.notification, way) for one in told for way in one.ways if way.decision.goes_out]
    written = [*(one.notification for one in told if not one.notification.dedupe_key), *steps, *due]
    people = {one.person.id for one in told}
    (counts,) = exchange(unread_query(people), new=written)
    if due:
        nudge_on_commit(*due)
    return dict.fromkeys(people, 0) | dict(counts)


def step_of(notification: Notification, way: Way) -> Step:
    """Return the line of the trace that says what was decided about a channel."""
    decision = way.decision
    until = f"until {decision.run_at:%Y-%m-%d %H:%M} UTC" if decision.status == Status.HELD else ""
    return Step(
        notification=notification,
        channel=way.channel,
        status=decision.status,
        reason=decision.reason,
        detail=decision.detail or until,
    )


def delivery_of(notification: Notification, way: Way, *, after: Delivery | None = None) -> Delivery:
    """Return the work of carrying a notification on a channel."""
    decision = way.decision
    return Delivery(
        notification=notification,
        channel=Channel(way.channel),
        status=decision.status,
        reason=decision.reason,
        run_at=decision.run_at or timezone.now(),
        window_start=decision.window_start,
        after=after,
        request_id=current_request(),
    )
