"""Carrying a notification to a provider: outside of any transaction, under a lease, and never twice where that shows.

`sending` is written before the provider is asked. Who finds it after a lease has ended asks again only where the
channel is safe to repeat; else the delivery is `unknown` until the provider speaks.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notifications import channels
from notifications.channels import Letter, Refused, Sent, Unreachable, Unsure
from notifications.models import Channel, Delivery, Reason, Status
from notifications.selectors import Person, people_to_reach
from notifications.services.gathering import close_window
from notifications.services.outcomes import OPEN, settle, was_seen_to, write_step
from notifications.services.routing import Decision, decide
from notifications.services.suppressing import suppress
from notifications.services.writing import StaleError, letter_of
from notifications.types import kind_of
from wholexale.common.models import WorkRow
from wholexale.common.work import Later, Permanent, Retry, describe

logger = logging.getLogger(__name__)

_SURELY_NOT_TAKEN = (Retry, Unreachable, Permanent)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run of a delivery: the claim that it belongs to, and whether it is the last that it gets."""

    lease: str
    is_last: bool


def deliver(*, delivery_id: UUID, lease: str, is_last_try: bool = False) -> None:
    """Send what is due, or write down why not.

    Args:
        delivery_id: the delivery; it may carry a whole digest.
        lease: the owner of the claim that this run belongs to.
        is_last_try: whether nobody will try again by themselves.

    Raises:
        Later: it is not time yet.
        Retry: the provider asks to come back.
        Permanent: it can never be sent like this.
        Exception: whatever kept it from being sent this time.
    """
    delivery = _load(delivery_id)
    if delivery.status not in OPEN or _is_carried_by_another(delivery):
        return
    channel = channels.of(delivery.channel)
    if delivery.status == Status.SENDING and not (channel and channel.is_safe_to_repeat):
        settle(_carried(delivery), Status.UNKNOWN, Reason.LOST_IN_SENDING)
        return
    run = _Run(lease=lease, is_last=is_last_try)
    try:
        person = _recipient(delivery)
        items = _due(delivery, person)
        if items and channel is None:
            settle(items, Status.SKIPPED, Reason.NOT_OFFERED)
        elif items and channel is not None:
            _send(delivery, items, channel, letter_of(delivery, [item.notification for item in items], person), run)
    except StaleError:
        settle(_carried(delivery), Status.EXPIRED, Reason.TOO_LATE)
    except Later:
        raise
    except Exception as error:
        _note_failure(delivery, error, run)
        raise


def replay_deliveries(*, delivery_ids: Sequence[UUID]) -> int:
    """Let deliveries that were parked be tried again, with all their tries; return how many there were."""
    count = 0
    for delivery in Delivery.objects.filter(id__in=delivery_ids, state=WorkRow.State.DEAD):
        count += _replay(delivery)
    return count


def settle_parked() -> int:
    """End deliveries that were parked because runs of theirs died, which could not do so; return how many."""
    parked = Delivery.objects.filter(state=WorkRow.State.DEAD, status__in=OPEN)
    rows = list(parked.order_by("id")[:500])
    for delivery in rows:
        settle(_carried(delivery), Status.FAILED, Reason.OUT_OF_TRIES, detail=delivery.last_error)
    return len(rows)


def _load(delivery_id: UUID) -> Delivery:
    return Delivery.objects.select_related("notification__recipient", "digest").get(id=delivery_id)


def _carried(delivery: Delivery) -> list[Delivery]:
    """Return what a delivery carries: itself, or all that stands in its digest."""
    if delivery.digest_id is None:
        return [delivery]
    return list(Delivery.objects.select_related("notification").filter(digest_id=delivery.digest_id).order_by("id"))


def _recipient(delivery: Delivery) -> Person:
    recipient = delivery.notification.recipient_id
    return people_to_reach([recipient])[recipient]


def _due(delivery: Delivery, person: Person) -> list[Delivery]:
    """Return what is to be sent with a delivery now, none where there is nothing any more.

    Raises:
        Later: where it has to wait.
    """
    now = timezone.now()
    waits_for_digest = delivery.window_start is not None and delivery.digest_id is None
    carried = close_window(delivery) if waits_for_digest else _carried(delivery)
    due = []
    for item in carried:
        if item.status not in OPEN:
            continue
        decision = _judge(item, person, now)
        if decision.status == Status.HELD:
            _hold(delivery, decision)
        elif decision.status == Status.PENDING:
            due.append(item)
        else:
            settle([item], decision.status, decision.reason, detail=decision.detail)
    return due


def _is_carried_by_another(delivery: Delivery) -> bool:
    """Return whether a delivery only stands in a digest: what becomes of it is its carrier's to say."""
    return delivery.digest is not None and delivery.digest.carrier_id != delivery.id


def _judge(delivery: Delivery, person: Person, now: datetime) -> Decision:
    """Decide again, for what a person wants may have changed since, and they may have read it meanwhile."""
    notification = delivery.notification
    if notification.expires_at <= now:
        return Decision(status=Status.EXPIRED, reason=Reason.TOO_LATE)
    has_waited = delivery.after_id is not None or delivery.reason in {Reason.QUIET_HOURS, Reason.DIGEST}
    if has_waited and (seen := was_seen_to(notification)):
        return Decision(status=Status.SKIPPED, reason=seen)
    kind = kind_of(notification.type, notification.template)
    return decide(kind, person, Channel(delivery.channel), now, gathers=delivery.window_start is None)


def _hold(delivery: Delivery, decision: Decision) -> None:
    """Let a delivery wait once more.

    Raises:
        Later: always.
    """
    assert decision.run_at is not None  # noqa: S101 - what is held has a time
    with transaction.atomic():
        delivery.status, delivery.reason = decision.status, decision.reason
        delivery.window_start = delivery.window_start or decision.window_start
        delivery.save(update_fields=["status", "reason", "window_start"])
        write_step(delivery, decision.reason, f"until {decision.run_at:%Y-%m-%d %H:%M} UTC")
    raise Later(until=decision.run_at)


def _send(delivery: Delivery, items: Sequence[Delivery], channel: channels.Channel, letter: Letter, run: _Run) -> None:
    """Hand a letter to the provider, and write down what it said."""
    if not _begin(delivery, items, letter, run):
        logger.warning("delivery %s was taken over before it was sent", delivery.id)
        return
    try:
        sent = channel.send(letter)
    except Refused as refused:
        if refused.suppress:
            suppress(channel=delivery.channel, address=letter.to, reason=refused.reason, detail=refused.detail)
        settle(items, Status.FAILED, refused.reason or Reason.REFUSED, detail=refused.detail)
    except _SURELY_NOT_TAKEN:
        raise
    except Exception as error:
        if channel.is_safe_to_repeat:
            raise
        if not isinstance(error, Unsure):
            logger.exception("it is not known whether delivery %s was sent", delivery.id)
        settle(items, Status.UNKNOWN, Reason.LOST_IN_SENDING, detail=describe(error))
    else:
        _note_sent(items, sent)


def _begin(delivery: Delivery, items: Sequence[Delivery], letter: Letter, run: _Run) -> bool:
    """Write down that the provider is about to be asked; return whether the delivery is still ours."""
    now = timezone.now()
    held = {"state": WorkRow.State.LEASED, "lease_owner": run.lease}
    with transaction.atomic():
        if not Delivery.objects.filter(id=delivery.id, **held).update(status=Status.SENDING, sending_since=now):
            return False
        for item in items:
            item.status, item.sending_since, item.address = Status.SENDING, now, letter.to
            item.save(update_fields=["status", "sending_since", "address"])
            write_step(item, "")
    return True


def _note_sent(items: Sequence[Delivery], sent: Sent) -> None:
    now = timezone.now()
    status = Status(sent.status)
    times: dict[str, Any] = {"sent_at": now} | ({"delivered_at": now} if status == Status.DELIVERED else {})
    settle(items, status, provider=sent.provider, provider_id=sent.provider_id[:200], **times)


def _note_failure(delivery: Delivery, error: Exception, run: _Run) -> None:
    """Write down that a try has failed; the last one, or one that can never work, ends the delivery.

    Who has lost the delivery to somebody else says nothing of it any more.
    """
    own = Delivery.objects.filter(id=delivery.id, state=WorkRow.State.LEASED, lease_owner=run.lease)
    with transaction.atomic():
        if (held := own.select_for_update().first()) is None:
            return
        items = [item for item in _carried(held) if item.status in OPEN]
        if run.is_last or isinstance(error, Permanent):
            settle(items, Status.FAILED, Reason.OUT_OF_TRIES, detail=describe(error))
            return
        for item in items:
            item.status = Status.PENDING
            item.save(update_fields=["status"])
            write_step(item, Reason.TRY_FAILED, describe(error))


@transaction.atomic
def _replay(delivery: Delivery) -> int:
    """Make one parked delivery due again, with what it carries."""
    held = Delivery.objects.filter(id=delivery.id, state=WorkRow.State.DEAD)
    if not held.update(state=WorkRow.State.PENDING, attempts=0, run_at=timezone.now(), finished_at=None):
        return 0
    for item in _carried(delivery):
        item.status, item.reason = Status.PENDING, Reason.REPLAYED
        item.save(update_fields=["status", "reason"])
        write_step(item, item.reason)
    return 1
