"""Where a seller accepts and the buyer's credit is short: nothing comes of it, but the buyer learns of it."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from offers.models import Offer, Side
from offers.selectors import take_seat
from offers.services.steps import Action, Status, Step, take_step
from wholexale.common.errors import Conflict


class CreditShort(Conflict):
    """The buyer's credit does not cover what the seller accepts; the seller reads no more than that."""

    keeps_writes = True
    default_code = "CREDIT_LIMIT_EXCEEDED"
    default_detail = "The buyer's credit does not cover this order just now."


@transaction.atomic
def note_shortfall(*, actor: User, offer_id: UUID) -> None:
    """Write down that the seller would have accepted the terms on the table, once for each revision of them.

    Nothing happens where the seller is not to answer any more. The buyer's people hear of it, without amounts: who of
    them may see the credit reads it there.

    Args:
        actor: the member of the seller's side who was refused with `CreditShort`.
        offer_id: the offer.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    seat = take_seat(actor=actor, offer_id=offer_id)
    offer, now = seat.offer, seat.now
    if offer.awaiting != Side.SELLER or offer.expires_at <= now or _is_noted(offer):
        return
    step = Step(
        action=Action.SHORTFALL,
        status=Status(offer.status),
        awaiting=Side.SELLER,
        side=Side.SELLER,
        actor=actor,
    )
    take_step(offer, step, now=now)


def _is_noted(offer: Offer) -> bool:
    return offer.events.filter(action=Action.SHORTFALL, revision=offer.on_the_table.number).exists()
