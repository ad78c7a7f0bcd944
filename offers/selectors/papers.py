"""What stands on the paper of an offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, Subquery

from accounts.models import User
from offers.models import Offer, OfferEvent, OfferLine, OfferRevision, Side
from offers.selectors.access import SHOWN, side_of
from wholexale.common.errors import NotFound

Action = OfferEvent.Action
_PRINTED = (*SHOWN, Action.EXPIRED, Action.CANCELLED, Action.COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedOffer:
    """An offer from `offers()` with the terms of one revision, what has happened, and the total of each revision."""

    offer: Offer
    terms: OfferRevision
    lines: Sequence[OfferLine]
    steps: Sequence[OfferEvent]
    totals: Mapping[int, int]


def printed_offer(*, actor: User, offer: Offer, number: int | None = None) -> PrintedOffer:
    """Return what stands on the paper of an offer that the actor may see: of the last terms, or of those of a number.

    What a buyer has drafted before the offer was sent, the seller never sees.

    Raises:
        NotFound: `REVISION_NOT_FOUND`.
    """
    seen_by_all = Q(number__gte=Subquery(offer.events.filter(action=Action.SENT).values("revision")[:1]))
    known = offer.revisions.filter(seen_by_all if side_of(actor, offer) == Side.SELLER else Q())
    terms = known.filter(number=number or offer.on_the_table.number).first()
    if terms is None:
        raise NotFound("REVISION_NOT_FOUND", "There are no such terms of this offer.")
    return PrintedOffer(
        offer=offer,
        terms=terms,
        lines=list(terms.lines.order_by("position")),
        steps=list(offer.events.filter(action__in=_PRINTED).select_related("actor").order_by("seq")),
        totals=dict(offer.revisions.values_list("number", "total")),
    )
