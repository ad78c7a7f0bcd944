"""The outbox of development: somebody says by a button what a provider would have told."""

from uuid import UUID

from django.db import transaction

from notifications.models import Channel, Delivery, Status, StoredLetter, Suppression
from notifications.services.outcomes import note_outcome
from notifications.services.suppressing import suppress
from wholexale.common.errors import NotFound, ValidationFailed

OUTCOMES = {
    "delivered": (Status.DELIVERED, None),
    "bounced": (Status.BOUNCED, Suppression.Reason.BOUNCED),
    "opted_out": (Status.FAILED, Suppression.Reason.OPTED_OUT),
}
"""What can be played: the status of the delivery, and why the address takes nothing any more."""


@transaction.atomic
def play_outcome(*, letter_id: UUID, outcome: str) -> StoredLetter:
    """Let the provider of a stored letter tell what has become of it.

    Raises:
        NotFound: there is no such letter.
        ValidationFailed: there is no such outcome.
    """
    letter = StoredLetter.objects.select_for_update().filter(id=letter_id).first()
    if letter is None:
        raise NotFound("LETTER_NOT_FOUND", "There is no such letter.")
    if outcome not in OUTCOMES:
        raise ValidationFailed.of_field("outcome", f"must be one of {', '.join(OUTCOMES)}")
    status, why = OUTCOMES[outcome]
    letter.status = outcome
    letter.save(update_fields=["status"])
    if Delivery.objects.filter(id=letter.delivery_id).exists():
        note_outcome(delivery_id=letter.delivery_id, status=status, reason=why or "", detail="played in the outbox")
    if why is not None and letter.channel != Channel.PUSH:
        suppress(channel=letter.channel, address=letter.to, reason=why, detail="played in the outbox")
    return letter


def empty_outbox() -> int:
    """Throw every stored letter away; return how many there were."""
    count, _ = StoredLetter.objects.all().delete()
    return count
