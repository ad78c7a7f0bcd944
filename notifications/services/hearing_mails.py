"""What a provider of mail tells of a message after it has taken it, in the words of django-anymail."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from notifications.models import Channel, Delivery, Status, Suppression
from notifications.services.outcomes import note_outcome
from notifications.services.suppressing import suppress

_STATUSES = {
    "delivered": Status.DELIVERED,
    "bounced": Status.BOUNCED,
    "rejected": Status.FAILED,
    "failed": Status.FAILED,
}
"""What becomes of a message; the other events (queued, deferred, opened, ...) say less than we know."""

_NOT_THERE = {"", "bounced", "invalid"}
"""Reasons of a bounce that are about the mailbox; the others (blocked, spam, timed_out) are about us, or pass."""


@transaction.atomic
def hear_mail_event(
    *,
    event: str,
    address: str,
    message_id: str,
    delivery_id: UUID | None = None,
    reason: str = "",
    detail: str = "",
    is_final: bool = False,
) -> None:
    """Note what has become of a mail, and write no more to an address that bounces for good, or whose owner complains.

    Args:
        event: anymail's `EventType`.
        address: the recipient.
        message_id: how the provider calls the mail.
        delivery_id: what the mail itself says of where it comes from; it is known also where the answer was lost.
        reason: anymail's `RejectReason`, where there is one.
        detail: what the provider says.
        is_final: whether the provider calls a bounce a hard one.
    """
    if (status := _STATUSES.get(event)) is not None:
        for one in _deliveries(message_id, delivery_id):
            note_outcome(delivery_id=one, status=status, reason=event, detail=detail)
    why = _why_never(event, reason, is_final=is_final)
    if why is not None and address:
        suppress(channel=Channel.EMAIL, address=address.strip().lower(), reason=why, detail=detail)


def _deliveries(message_id: str, delivery_id: UUID | None) -> list[UUID]:
    """Return the ids of what was sent as one mail, in the order in which they are locked: a digest is several."""
    named = Q(id=delivery_id) if delivery_id else Q(pk=None)
    if message_id:
        named |= Q(provider="email", provider_id=message_id)
    return list(Delivery.objects.filter(named, channel=Channel.EMAIL).order_by("id").values_list("id", flat=True))


def _why_never(event: str, reason: str, *, is_final: bool) -> Suppression.Reason | None:
    """Return why nothing can be sent to the address any more, None where something else was wrong."""
    if event == "complained":
        return Suppression.Reason.COMPLAINED
    is_gone = event == "bounced" and is_final and reason in _NOT_THERE
    return Suppression.Reason.BOUNCED if is_gone else None
