"""How deliveries end, and what follows: the trace says it, and a chain goes on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notifications.models import Channel, Delivery, Notification, Reason, Status, Step
from notifications.selectors import people_to_reach
from notifications.services.notifying import delivery_of, step_of
from notifications.services.routing import is_missing, next_ways
from notifications.types import kind_of
from wholexale.common.work import nudge_on_commit

OPEN = (Status.PENDING, Status.HELD, Status.SENDING)
"""Deliveries that nobody has ended yet."""

_RANK = {
    Status.SENT: 1,
    Status.UNKNOWN: 1,
    Status.FAILED: 2,
    Status.DELIVERED: 3,
    Status.BOUNCED: 4,
}
"""How final the word of a provider is; what it says later of the same message counts only where it says more."""

_HAS_ARRIVED = (Status.SENT, Status.DELIVERED)
_HAS_NOT = (Status.FAILED, Status.BOUNCED, Status.SUPPRESSED)


@transaction.atomic
def settle(
    deliveries: Sequence[Delivery], status: Status, reason: str = "", *, detail: str = "", **fields: Any
) -> None:
    """Write how open deliveries have ended, with further fields of theirs, and let their chains go on.

    Where the provider was quicker to say more of one, that stands, and only the further fields are kept.
    """
    ids = [delivery.id for delivery in deliveries]
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("notification").filter(id__in=ids)
    for delivery in locked.order_by("id"):
        if delivery.status in OPEN or (delivery.status == Status.UNKNOWN and status in _HAS_ARRIVED):
            delivery.status, delivery.reason = status, reason
            write_step(delivery, reason, detail)
        for name, value in fields.items():
            setattr(delivery, name, value)
        delivery.save(update_fields=["status", "reason", *fields])
        if delivery.status == status:
            _go_on(delivery)


@transaction.atomic
def note_outcome(*, delivery_id: UUID, status: Status, reason: str = "", detail: str = "") -> bool:
    """Take what a provider tells of a message later; return whether it was news.

    It counts where it says more than what is known: a message that was delivered may bounce, and not the reverse.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",)).select_related("notification").filter(id=delivery_id).first()
    )
    if delivery is None or _RANK.get(Status(delivery.status), 0) >= _RANK[status]:
        return False
    if delivery.status in {Status.SKIPPED, Status.SUPPRESSED, Status.EXPIRED}:
        return False
    delivery.status, delivery.reason = status, reason
    if status == Status.DELIVERED:
        delivery.delivered_at = timezone.now()
    delivery.save(update_fields=["status", "reason", "delivered_at"])
    write_step(delivery, reason, detail)
    if status in _HAS_NOT:
        _go_on(delivery)
    return True


def write_step(delivery: Delivery, reason: str, detail: str = "") -> None:
    """Write down where a delivery stands, and why."""
    Step.objects.create(
        notification_id=delivery.notification_id,
        channel=delivery.channel,
        status=delivery.status,
        reason=reason,
        detail=detail[:300],
    )


def _go_on(delivery: Delivery) -> None:
    """Use the next channel of the chain, where this one has not arrived, or as long as it is not read."""
    notification = delivery.notification
    kind = kind_of(notification.type, notification.template)
    has_failed = delivery.status in _HAS_NOT or (delivery.status == Status.SKIPPED and is_missing(delivery.reason))
    if not kind.chain or not (has_failed or delivery.status in _HAS_ARRIVED):
        return
    person = people_to_reach([notification.recipient_id])[notification.recipient_id]
    used = set(notification.deliveries.values_list("channel", flat=True))
    ways = next_ways(
        kind, person, timezone.now(), after=Channel(delivery.channel), has_arrived=delivery.status in _HAS_ARRIVED
    )
    for way in ways:
        if way.channel not in used:
            Step.objects.bulk_create([step_of(notification, way)])
            if way.decision.goes_out:
                delivery_of(notification, way, after=delivery).save(force_insert=True)
                nudge_on_commit()


def was_seen_to(notification: Notification) -> str:
    """Return why a notification that has waited need not go out any more; "" where it has to."""
    if notification.deleted_at is not None:
        return Reason.DELETED_BEFORE
    return Reason.READ_BEFORE if notification.read_at is not None else ""
