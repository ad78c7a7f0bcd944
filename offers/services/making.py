"""Making offers: drafts, sending them, and reviving those that have expired."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from accounts.selectors import people_remembered
from chat import services as chat_services
from offers.models import Offer, OfferTimer, Side
from offers.selectors import take_seat, was_revived_by
from offers.services.approvals import check_sending
from offers.services.automatic import give_answer, prepare_answer, usual_payment_terms
from offers.services.judging import check_unchanged, number_of, refusal
from offers.services.products import known_terms
from offers.services.steps import Action, Status, Step, take_step
from offers.services.terms import (
    TermChanges,
    TermsWish,
    changed_wish,
    said_changes,
    timed,
    wish_of,
    write_revision,
)
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict, FieldError, ValidationFailed
from wholexale.common.events import facts_together
from wholexale.common.numbers import next_number
from wholexale.common.versions import Seen
from wholexale.common.work import nudge_on_commit

REMINDERS = {OfferTimer.Kind.REMIND_DAY: timedelta(hours=24), OfferTimer.Kind.REMIND_HOURS: timedelta(hours=2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWish:
    """What a buyer offers to a seller, who is named by the id of the person or of the business.

    `terms.payment_terms` "" takes those of the buyer's credit line, or payment in advance where there is none.
    """

    title: str
    description: str
    seller_id: UUID
    terms: TermsWish
    priority: str = Offer.Priority.NORMAL
    context: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    is_draft: bool = False


@transaction.atomic
def make_offer(*, actor: User, wish: OfferWish) -> Offer:
    """Make an offer to a seller and send it, or keep it as a draft.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where the actor works for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`; `BLOCKED`.
        ValidationFailed: `INVALID_SELLER`: oneself, or nobody who sells; what `write_revision` raises.
        Conflict: `APPROVAL_REQUIRED`: a draft of it may be approved, and sent then.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.OFFERS_MANAGE)
    seller = _seller(wish.seller_id)
    if seller.business_id == membership.business_id:
        raise invalid_seller("A business cannot make an offer to itself.")
    now = database_now()
    offer = Offer(
        number=next_number(Offer),
        title=wish.title,
        description=wish.description,
        buyer=membership.business,
        buyer_user=actor,
        seller=seller.business,
        seller_user=seller.user,
        status=Status.DRAFT,
        currency=wish.terms.currency,
        priority=wish.priority,
        context=dict(wish.context),
        expires_at=now,
        created_at=now,
    )
    offer.save(force_insert=True)
    offer.steps = []
    terms = _whole_terms(wish.terms, offer, membership, now)
    write_revision(offer, terms, side=Side.BUYER, author=actor, message=wish.message, now=now)
    step = Step(action=Action.DRAFTED, status=Status.DRAFT, side=Side.BUYER, actor=actor, message=wish.message)
    if wish.is_draft:
        return take_step(offer, step, now=now)
    check_sending(offer, Side.BUYER, actor, instead_of=0)
    return _send(offer, actor, terms, message=wish.message, now=now)


@transaction.atomic
def edit_draft(*, actor: User, offer_id: UUID, wish: OfferWish, seen: Seen = None) -> Offer:
    """Replace what a draft says, under a new number of its terms.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `OFFER_NOT_A_DRAFT`.
        DomainError: what `make_offer` raises.
    """
    offer, now = _draft(actor, offer_id, seen)
    seller = _seller(wish.seller_id)
    if seller.business_id == offer.buyer_id:
        raise invalid_seller("A business cannot make an offer to itself.")
    offer.title, offer.description = wish.title, wish.description
    offer.seller, offer.seller_user = seller.business, seller.user
    offer.priority, offer.context = wish.priority, dict(wish.context)
    membership = accounts_selectors.access_membership(actor=actor)
    terms = _whole_terms(wish.terms, offer, membership, now)
    write_revision(offer, terms, side=Side.BUYER, author=actor, message=wish.message, now=now)
    step = Step(action=Action.DRAFTED, status=Status.DRAFT, side=Side.BUYER, actor=actor, message=wish.message)
    return take_step(offer, step, now=now)


@transaction.atomic
def send_offer(*, actor: User, offer_id: UUID, seen: Seen = None) -> Offer:
    """Send a draft, with what the catalogue says by now; where that has changed, under a new number of its terms.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`; `BLOCKED`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        ValidationFailed: what `known_terms` raises.
        Conflict: `OFFER_NOT_A_DRAFT`, `OFFER_EXPIRED`, `APPROVAL_REQUIRED`.
    """
    offer, now = _draft(actor, offer_id, seen)
    if offer.expires_at <= now:
        raise refusal(Conflict, "OFFER_EXPIRED", "The draft ends in the past. Please give it a new end.", offer, now)
    check_sending(offer, Side.BUYER, actor, instead_of=number_of(offer))
    message, drafted = offer.on_the_table.message, wish_of(offer.on_the_table)
    terms = known_terms(drafted, seller_id=offer.seller_id)
    if terms != drafted:
        write_revision(offer, terms, side=Side.BUYER, author=actor, message=message, now=now)
    return _send(offer, actor, terms, message=message, now=now)


@transaction.atomic
def discard_draft(*, actor: User, offer_id: UUID, seen: Seen = None) -> None:
    """Give up a draft: it is withdrawn, and nobody but its own side has ever seen it.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `OFFER_NOT_A_DRAFT`.
    """
    offer, now = _draft(actor, offer_id, seen)
    step = Step(action=Action.WITHDRAWN, status=Status.WITHDRAWN, side=Side.BUYER, actor=actor)
    take_step(offer, step, now=now)


@transaction.atomic
def revise_offer(*, actor: User, offer_id: UUID, changes: TermChanges, message: str = "", seen: Seen = None) -> Offer:
    """Put an offer that has expired on the table again, with a new end; either side may, once.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `OFFER_NOT_EXPIRED`, `OFFER_REVISED_BEFORE`, `APPROVAL_REQUIRED`.
        ValidationFailed: without a new end; what `write_revision` raises.
    """
    seat = take_seat(actor=actor, offer_id=offer_id)
    offer, now = seat.offer, seat.now
    check_unchanged(offer, seen, now=now)
    if offer.status != Status.EXPIRED:
        raise refusal(Conflict, "OFFER_NOT_EXPIRED", "Only an offer that has expired is revised.", offer, now)
    if was_revived_by(offer, seat.side):
        raise refusal(Conflict, "OFFER_REVISED_BEFORE", "Your side has revised this offer before.", offer, now)
    if changes.valid_until is None:
        raise ValidationFailed.of_field("changes.validUntil", "Required")
    wish = known_terms(changed_wish(wish_of(offer.on_the_table), changes, now=now), seller_id=offer.seller_id)
    write_revision(offer, wish, side=seat.side, author=actor, message=message, now=now)
    check_sending(offer, seat.side, actor, instead_of=number_of(offer) - 1)
    if seat.side == Side.BUYER:
        offer.was_revived_by_buyer = True
    else:
        offer.was_revived_by_seller = True
    offer.closed_at = offer.closed_by = None
    set_timers(offer)
    step = Step(
        action=Action.REVISED,
        status=Status.COUNTERED,
        awaiting=seat.side.other,
        side=seat.side,
        actor=actor,
        message=message,
        changes=said_changes(changes),
    )
    return take_step(offer, step, now=now)


def set_timers(offer: Offer) -> None:
    """Have the terms on the table ended when their time is over, and their end announced before."""
    ends = {OfferTimer.Kind.EXPIRE: timedelta(0), **REMINDERS}
    OfferTimer.objects.bulk_create(
        [
            OfferTimer(offer=offer, revision=offer.on_the_table.number, kind=kind, run_at=offer.expires_at - before)
            for kind, before in ends.items()
            if not before or offer.expires_at - before > offer.on_the_table.created_at
        ]
    )
    nudge_on_commit()


def invalid_seller(text: str) -> ValidationFailed:
    """Build the refusal of a seller who is none."""
    return ValidationFailed("INVALID_SELLER", text, details=[FieldError(path="seller", msg=text)])


def _seller(seller_id: UUID) -> Membership:
    """Return who is to answer for a seller: the named person, or the owner of the named business.

    Raises:
        ValidationFailed: `INVALID_SELLER`.
    """
    known = Membership.objects.select_related("business", "user").filter(user__status__in=accounts_selectors.ACTIVE)
    if named := known.filter(user_id=seller_id).first():
        return named
    owners = known.filter(business_id=seller_id, role=Membership.Role.OWNER).order_by("created_at", "id")
    if owner := owners.first():
        return owner
    raise invalid_seller("There is no such seller.")


def _whole_terms(wish: TermsWish, offer: Offer, membership: Membership, now: datetime) -> TermsWish:
    """Return terms with moments, what the catalogue says, and the payment terms that hold where none are named."""
    wish = known_terms(timed(wish, time_zone=offer.seller.time_zone, now=now), seller_id=offer.seller_id)
    if wish.payment_terms:
        return wish
    usual = usual_payment_terms(buyer_id=membership.business_id, currency=wish.currency)
    return replace(wish, payment_terms=usual)


def _draft(actor: User, offer_id: UUID, seen: Seen) -> tuple[Offer, datetime]:
    """Lock a draft that is as the actor has seen it, and return it with the moment at which it was judged."""
    seat = take_seat(actor=actor, offer_id=offer_id)
    offer, now = seat.offer, seat.now
    check_unchanged(offer, seen, now=now)
    if offer.status != Status.DRAFT:
        raise refusal(Conflict, "OFFER_NOT_A_DRAFT", "This offer was sent.", offer, now)
    return offer, now


def _send(offer: Offer, actor: User, terms: TermsWish, *, message: str, now: datetime) -> Offer:
    """Send an offer: its conversation opens, and the seller is to answer, where their rules have not done so."""
    with people_remembered(), facts_together():
        return _send_and_answer(offer, actor, terms, message=message, now=now)


def _send_and_answer(offer: Offer, actor: User, terms: TermsWish, *, message: str, now: datetime) -> Offer:
    answer = prepare_answer(offer, terms, now=now)
    opened = chat_services.open_direct(
        actor=offer.buyer_user,
        user_id=offer.seller_user_id,
        context={"offerId": str(offer.id), "inquiryType": "quote_request"},
        is_business=True,
    )
    offer.conversation_id, offer.sent_at = opened.conversation.id, now
    set_timers(offer)
    step = Step(
        action=Action.SENT,
        status=Status.PENDING,
        awaiting=Side.SELLER,
        side=Side.BUYER,
        actor=actor,
        message=message or offer.description,
    )
    return give_answer(take_step(offer, step, now=now), answer, now=now)
