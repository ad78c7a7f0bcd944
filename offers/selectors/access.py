"""Who may see which offer, and on which side they sit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Subquery

from accounts import selectors as accounts_selectors
from accounts.models import Business, Membership, Permission, User
from offers.models import Offer, OfferEvent, OfferLine, OfferRevision, Side
from wholexale.common.clock import now_query
from wholexale.common.errors import NotFound
from wholexale.common.prepared import Prepared, Query, read
from wholexale.common.realtime import Actor

Action = OfferEvent.Action
SHOWN = (Action.SENT, Action.COUNTERED, Action.ACCEPTED, Action.REJECTED, Action.WITHDRAWN, Action.REVISED)
"""The steps that clients of the old backend know as negotiations."""

NOBODY = UUID(int=0)
"""The business of those who work for none."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An offer, the side on which the actor sits, and the time by the database's clock at which it was locked."""

    offer: Offer
    side: Side
    actor_id: UUID
    now: datetime


def offers() -> "QuerySet[Offer]":
    """Return every offer with all that `offer_shape` needs, in three queries."""
    related = ("current", "order", "buyer", "seller", "buyer_user", "seller_user")
    return Offer.objects.select_related(*related).prefetch_related(
        Prefetch("current__lines", queryset=OfferLine.objects.order_by("position"), to_attr="in_order"),
        Prefetch("events", queryset=_shown_steps(), to_attr="steps"),  # type: ignore[no-redef] # named for locks too
    )


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
    business_id = membership.business_id if membership else NOBODY
    offer, now = _whole(_LOCK_VISIBLE(offer_id, business_id), offer_id)
    side = offer.side_of(business_id) if offer is not None else None
    if offer is None or membership is None or side is None:
        raise offer_not_found()
    if not membership.may(Permission.OFFERS_MANAGE):
        raise accounts_selectors.insufficient_permissions(membership, Permission.OFFERS_MANAGE)
    return Seat(offer, side, actor.id, now)


def lock_offer(offer_id: UUID) -> Offer:
    """Lock an offer for the system or staff, and return it as it is under the lock.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
    """
    offer, _now = _whole(_LOCK(offer_id), offer_id)
    if offer is None:
        raise offer_not_found()
    return offer


def listeners(offer: Offer) -> dict[UUID, list[UUID]]:
    """Return the ids of the people who are told of an offer, by business."""
    sides = (offer.buyer_id, offer.seller_id)
    known: dict[UUID, list[UUID]] | None = getattr(offer, "people", None)
    if known is not None and known.keys() == set(sides):
        return known
    return accounts_selectors.people_allowed(business_ids=sides, permission=Permission.OFFERS_MANAGE)


def side_of(actor: User, offer: Offer) -> Side | None:
    """Return the side on which somebody sits; None for staff and outsiders."""
    return offer.side_of(_business_of(actor))


def offer_not_found() -> NotFound:
    """Build the refusal of an offer that is not there for the caller."""
    return NotFound("OFFER_NOT_FOUND", "There is no such offer.")


def _whole(lock: Query[tuple[UUID]], offer_id: UUID) -> tuple[Offer | None, datetime]:
    """Lock an offer, and return it as it is under the lock with all that a step needs of it, in one round trip.

    And the time by the database's clock, once it is locked.

    Its row is locked alone: a joined row would be read as it was before the wait.
    """
    parts = (_OFFER, _TERMS, LINES, _STEPS, _BUSINESSES, _PEOPLE, _TOLD)
    locked, (now,), found, terms, lines, steps, businesses, people, told = read(
        lock, now_query(), *(one(offer_id) for one in parts)
    )
    if not locked:
        return None, now
    offer: Offer = found[0]
    revision: OfferRevision = terms[0]
    business_of, person_of = {one.id: one for one in businesses}, {one.id: one for one in people}
    offer.buyer, offer.seller = business_of[offer.buyer_id], business_of[offer.seller_id]
    offer.buyer_user, offer.seller_user = person_of[offer.buyer_user_id], person_of[offer.seller_user_id]
    revision.author, revision.in_order = person_of[revision.author_id], lines
    offer.current, offer.steps = revision, steps
    staffs = accounts_selectors.staff_by_business(told, {offer.buyer_id, offer.seller_id})
    offer.people = {one: accounts_selectors.allowed(staff, Permission.OFFERS_MANAGE) for one, staff in staffs.items()}
    return offer, now


def _of(offer_id: UUID, name: str) -> Subquery:
    """Return a column of an offer, to find by it in the same statement."""
    return Subquery(Offer.objects.filter(id=offer_id).values(name))


def _shown_steps() -> "QuerySet[OfferEvent]":
    return OfferEvent.objects.filter(action__in=SHOWN).select_related("actor").order_by("seq")


def _business_of(actor: Actor) -> UUID | None:
    return Membership.objects.filter(user_id=actor.id).values_list("business_id", flat=True).first()


def _visible_to(business_id: UUID | None) -> Q:
    """Return the condition that a business may see an offer: its own, and of those of others what was sent to it."""
    if business_id is None:
        return Q(pk=None)
    return Q(buyer_id=business_id) | Q(seller_id=business_id, sent_at__isnull=False)


_LOCK = Prepared(
    lambda offer_id: Offer.objects.select_for_update(no_key=True).filter(id=offer_id).values_list("id"), UUID
)
_LOCK_VISIBLE = Prepared(
    lambda offer_id, business_id: (
        Offer.objects.select_for_update(no_key=True).filter(_visible_to(business_id), id=offer_id).values_list("id")
    ),
    *(UUID, UUID),
)
_OFFER = Prepared(lambda offer_id: Offer.objects.filter(id=offer_id), UUID)
_TERMS = Prepared(lambda offer_id: OfferRevision.objects.filter(id=_of(offer_id, "current_id")), UUID)
LINES = Prepared(
    lambda offer_id: OfferLine.objects.filter(revision_id=_of(offer_id, "current_id")).order_by("position"), UUID
)
_STEPS = Prepared(lambda offer_id: _shown_steps().filter(offer_id=offer_id), UUID)
_BUSINESSES = Prepared(
    lambda offer_id: Business.objects.filter(Q(id=_of(offer_id, "buyer_id")) | Q(id=_of(offer_id, "seller_id"))), UUID
)
_PEOPLE = Prepared(
    lambda offer_id: User.objects.filter(
        Q(id=_of(offer_id, "buyer_user_id"))
        | Q(id=_of(offer_id, "seller_user_id"))
        | Q(id=_of(offer_id, "current__author_id"))
    ),
    UUID,
)
_TOLD = Prepared(
    lambda offer_id: accounts_selectors.colleagues().filter(
        Q(business_id=_of(offer_id, "buyer_id")) | Q(business_id=_of(offer_id, "seller_id"))
    ),
    UUID,
)
