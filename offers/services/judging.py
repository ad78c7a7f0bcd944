"""What is judged under the lock of an offer, before anything is changed."""

from datetime import datetime
from typing import Any

from accounts.models import User
from offers.models import Offer, Side
from offers.selectors import Seat, counters_left, shown_status
from wholexale.common.errors import Conflict, DomainError, Forbidden, PreconditionFailed
from wholexale.common.versions import Seen, is_stale
from wholexale.common.wire import wire_time

CANCEL = "offers.cancel_offer"
"""May cancel offers and orders of others."""


def check_staff(actor: User) -> None:
    """Refuse anybody but staff who may cancel what others have agreed.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    if not (actor.is_staff and actor.has_perm(CANCEL)):
        raise Forbidden(
            "INSUFFICIENT_PERMISSIONS", "Your account does not allow this.", required=[CANCEL], current=actor.role
        )


def check_unchanged(offer: Offer, seen: Seen, *, now: datetime) -> None:
    """Refuse to touch an offer that was changed since the caller has seen it.

    Raises:
        PreconditionFailed: `PRECONDITION_FAILED`.
    """
    if is_stale(seen, offer.version):
        text = "The offer was changed since you have seen it."
        raise refusal(PreconditionFailed, "PRECONDITION_FAILED", text, offer, now)


def check_open(seat: Seat, *, now: datetime, revision: int | None, seen: Seen = None) -> None:
    """Refuse to answer what is closed, has expired, or is not what the caller has seen.

    Raises:
        PreconditionFailed: `PRECONDITION_FAILED`.
        Conflict: `OFFER_CLOSED`, `OFFER_EXPIRED`, `REVISION_CONFLICT`; each says how the offer stands.
    """
    offer = seat.offer
    check_unchanged(offer, seen, now=now)
    if offer.status == Offer.Status.EXPIRED or (offer.is_open and offer.expires_at <= now):
        raise refusal(Conflict, "OFFER_EXPIRED", f"The offer expired at {wire_time(offer.expires_at)}.", offer, now)
    if not offer.is_open:
        raise closed(offer, now)
    if revision is not None and revision != number_of(offer):
        raise refusal(Conflict, "REVISION_CONFLICT", "There are newer terms than those you answer to.", offer, now)


def check_turn(seat: Seat, *, now: datetime) -> None:
    """Refuse to accept or reject one's own terms.

    Raises:
        Forbidden: `NOT_YOUR_TURN`.
    """
    if seat.offer.awaiting != seat.side:
        raise refusal(Forbidden, "NOT_YOUR_TURN", "The other side is to answer.", seat.offer, now)


def check_may_counter(seat: Seat, *, now: datetime) -> None:
    """Refuse a counter to one's own terms, and one too many.

    Raises:
        Forbidden: `INITIAL_COUNTER_SELLER_ONLY`: the buyer's first terms are answered by the seller.
        Conflict: `WAIT_FOR_COUNTER_RESPONSE`, `VENDOR_COUNTER_LIMIT_REACHED`, `COUNTER_LIMIT_REACHED`.
    """
    offer, side = seat.offer, seat.side
    if offer.awaiting != side:
        if number_of(offer) == 1:
            raise refusal(
                Forbidden, "INITIAL_COUNTER_SELLER_ONLY", "The seller makes the first counter-offer.", offer, now
            )
        raise refusal(Conflict, "WAIT_FOR_COUNTER_RESPONSE", "The other side is to answer first.", offer, now)
    if not counters_left(offer, side):
        code = "VENDOR_COUNTER_LIMIT_REACHED" if side == Side.SELLER else "COUNTER_LIMIT_REACHED"
        raise refusal(Conflict, code, "You have made as many counter-offers as one may. Accept or reject.", offer, now)


def closed(offer: Offer, now: datetime) -> DomainError:
    """Build the refusal of what can be done with an open offer only."""
    return refusal(Conflict, "OFFER_CLOSED", f"This offer is {shown_status(offer, now)}.", offer, now)


def refusal(kind: type[DomainError], code: str, text: str, offer: Offer, now: datetime) -> DomainError:
    """Build a refusal that says how the offer stands."""
    stand: dict[str, Any] = {
        "id": str(offer.id),
        "status": shown_status(offer, now),
        "revision": number_of(offer),
        "version": offer.version,
    }
    return kind(code, text, offer=stand)


def number_of(offer: Offer) -> int:
    """Return the number of the revision on the table."""
    return offer.on_the_table.number
