"""What a provider of mail tells of a message after it has taken it, in the words of django-anymail."""

from django.db import transaction

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
def hear_mail_event(*, event: str, address: str, message_id: str, reason: str = "", detail: str = "") -> None:
    """Note what has become of a mail, and write no more to an address that bounces, or whose owner complains.

    Args:
        event: anymail's `EventType`.
        address: the recipient.
        message_id: how the provider calls the mail.
        reason: anymail's `RejectReason`, where there is one.
        detail: what the provider says.
    """
    if (status := _STATUSES.get(event)) is not None and message_id:
        sent = Delivery.objects.filter(channel=Channel.EMAIL, provider="email", provider_id=message_id)
        for delivery_id in sent.values_list("id", flat=True):
            note_outcome(delivery_id=delivery_id, status=status, reason=event, detail=detail)
    why = _why_never(event, reason)
    if why is not None and address:
        suppress(channel=Channel.EMAIL, address=address.strip().lower(), reason=why, detail=detail)


def _why_never(event: str, reason: str) -> Suppression.Reason | None:
    """Return why nothing can be sent to the address any more, None where something else was wrong."""
    if event == "complained":
        return Suppression.Reason.COMPLAINED
    return Suppression.Reason.BOUNCED if event == "bounced" and reason in _NOT_THERE else None
