"""Who may see which offer, and on which side they sit."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from accounts import selectors as accounts_selectors
from accounts.models import Business, Membership, Permission, User
from offers.models import Offer, OfferEvent, OfferLine, Side
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor

Action = OfferEvent.Action
SHOWN = (Action.SENT, Action.COUNTERED, Action.ACCEPTED, Action.REJECTED, Action.WITHDRAWN, Action.REVISED)
"""The steps that clients of the old backend know as negotiations."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An offer, and the side on which the actor sits."""

    offer: Offer
    side: Side
    actor_id: UUID


def offers() -> "QuerySet[Offer]":
    """Return every offer with all that `offer_shape` needs, in three queries."""
    related = ("current", "order", "buyer", "seller", "buyer_user", "seller_user")
    return Offer.objects.select_related(*related).prefetch_related(
        Prefetch("current__lines", queryset=OfferLine.objects.order_by("position"), to_attr="in_order"),
        Prefetch("events", queryset=_shown_steps(), to_attr="steps"),
    )


def complete(offer: Offer) -> None:
    """Give an offer that is locked and saved all that `offer_shape` needs, without reading it again."""
    know_sides(offer)
    vars(offer).pop("steps", None)  # a second step in one transaction: what is there is not fetched again
    prefetch_related_objects([offer], Prefetch("events", queryset=_shown_steps(), to_attr="steps"))


def know_sides(offer: Offer) -> None:
    """Load both sides of an offer, and who has made the terms, in two queries; none where they are known."""
    if Offer.buyer.is_cached(offer):
        return
    terms = offer.on_the_table
    businesses = Business.objects.in_bulk({offer.buyer_id, offer.seller_id})
    people = User.objects.in_bulk({offer.buyer_user_id, offer.seller_user_id, terms.author_id})
    offer.buyer, offer.seller = businesses[offer.buyer_id], businesses[offer.seller_id]
    offer.buyer_user, offer.seller_user = people[offer.buyer_user_id], people[offer.seller_user_id]
    terms.author = people[terms.author_id]


def access_offer(*, actor: User, offer_id: UUID) -> Offer:
    """Return an offer of the actor's business, whichever side it is, or any for staff who may see offers.

    Raises:
        NotFound: `OFFER_NOT_FOUND`, also for that of others, and for the drafts of the other side.
    """
    known = offers().filter(id=offer_id)
    if not (actor.is_staff and actor.has_perm("offers.view_offer")):
        known = known.filter(_visible_to(_business_of(actor)))
    if offer := known.first():
        return offer
    raise offer_not_found()


def take_seat(*, actor: User, offer_id: UUID) -> Seat:
    """Lock an offer of the actor's business, and return it as it is under the lock, with the actor's side.

    Raises:
        NotFound: `OFFER_NOT_FOUND`, also for that of others, and for the drafts of the other side.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = accounts_selectors.membership_of(actor)
    offer = _locked().filter(id=offer_id).filter(_visible_to(membership.business_id if membership else None)).first()
    side = offer.side_of(membership.business_id) if offer is not None and membership is not None else None
    if offer is None or membership is None or side is None:
        raise offer_not_found()
    if not membership.may(Permission.OFFERS_MANAGE):
        raise accounts_selectors.insufficient_permissions(membership, Permission.OFFERS_MANAGE)
    return Seat(offer, side, actor.id)


def lock_offer(offer_id: UUID) -> Offer:
    """Lock an offer for the system or staff, and return it as it is under the lock.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
    """
    if offer := _locked().filter(id=offer_id).first():
        return offer
    raise offer_not_found()


def side_of(actor: User, offer: Offer) -> Side | None:
    """Return the side on which somebody sits; None for staff and outsiders."""
    return offer.side_of(_business_of(actor))


def offer_not_found() -> NotFound:
    """Build the refusal of an offer that is not there for the caller."""
    return NotFound("OFFER_NOT_FOUND", "There is no such offer.")


def _locked() -> "QuerySet[Offer]":
    """Return offers that are locked as they are read, alone: a joined row would be read as it was before the wait."""
    return Offer.objects.select_for_update(no_key=True)


def _shown_steps() -> "QuerySet[OfferEvent]":
    return OfferEvent.objects.filter(action__in=SHOWN).select_related("actor").order_by("seq")


def _business_of(actor: Actor) -> UUID | None:
    return Membership.objects.filter(user_id=actor.id).values_list("business_id", flat=True).first()


def _visible_to(business_id: UUID | None) -> Q:
    """Return the condition that a business may see an offer: its own, and of those of others what was sent to it."""
    if business_id is None:
        return Q(pk=None)
    return Q(buyer_id=business_id) | Q(seller_id=business_id, sent_at__isnull=False)
