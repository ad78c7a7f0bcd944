"""The one answer to an offer, by its action: what REST and the socket call."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from offers.models import Offer, Order
from offers.services.accepting import Accepted, accept_offer
from offers.services.negotiating import counter_offer, reject_offer
from offers.services.shortfall import CreditShort, note_shortfall
from offers.services.terms import TermChanges
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.versions import Seen

ACTIONS = ("accept", "reject", "counter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a side says to the terms on the table; `changes` belong to a counter."""

    action: str
    message: str = ""
    changes: TermChanges | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Responded:
    """What became of an offer, its order where it was accepted, and what people read."""

    text: str
    offer: Offer
    order: Order | None = None


def respond_to_offer(*, actor: User, offer_id: UUID, answer: Answer, seen: Seen = None) -> Responded:
    """Accept, reject or counter an offer.

    Where the buyer's credit is short and the seller accepts, the buyer hears of it once that was undone.

    Raises:
        ValidationFailed: `INVALID_ACTION`; for a counter without changes.
        DomainError: what `accept_offer`, `reject_offer` and `counter_offer` raise.
    """
    match answer.action:
        case "accept":
            done = _accept(actor, offer_id, answer, seen)
            return Responded("The offer was accepted.", done.offer, done.order)
        case "reject":
            gone = reject_offer(
                actor=actor, offer_id=offer_id, message=answer.message, revision=answer.revision, seen=seen
            )
            return Responded("The offer was rejected.", gone)
        case "counter":
            if answer.changes is None:
                raise ValidationFailed.of_field("changes", "Required")
            made = counter_offer(
                actor=actor,
                offer_id=offer_id,
                changes=answer.changes,
                message=answer.message,
                revision=answer.revision,
                seen=seen,
            )
            return Responded("The counter-offer was made.", made)
    raise ValidationFailed(
        "INVALID_ACTION",
        "An offer is accepted, rejected or countered.",
        details=[FieldError(path="action", msg=f"One of {', '.join(ACTIONS)}")],
    )


def _accept(actor: User, offer_id: UUID, answer: Answer, seen: Seen) -> Accepted:
    try:
        return accept_offer(actor=actor, offer_id=offer_id, message=answer.message, revision=answer.revision, seen=seen)
    except CreditShort:
        note_shortfall(actor=actor, offer_id=offer_id)
        raise
