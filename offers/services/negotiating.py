"""Answering an offer: counter, reject, withdraw; looking at it; and what the clock and staff do with it."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from offers.models import Offer, OfferTimer, Side
from offers.selectors import Seat, access_offer, lock_offer, shown_status, side_of, take_seat
from offers.services.approvals import check_sending
from offers.services.judging import (
    check_may_counter,
    check_open,
    check_staff,
    check_turn,
    check_unchanged,
    closed,
    number_of,
    refusal,
)
from offers.services.making import REMINDERS, set_timers
from offers.services.products import known_terms
from offers.services.steps import Action, Status, Step, take_step
from offers.services.terms import TermChanges, changed_wish, fingerprint, said_changes, wish_of, write_revision
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict, Forbidden, ValidationFailed
from wholexale.common.versions import Seen


@transaction.atomic
def counter_offer(
    *,
    actor: User,
    offer_id: UUID,
    changes: TermChanges,
    message: str = "",
    revision: int | None = None,
    seen: Seen = None,
) -> Offer:
    """Answer with other terms: they replace those on the table, and the other side is to answer.

    Args:
        actor: a member of the side whose turn it is.
        offer_id: the offer.
        changes: what differs from the terms on the table.
        message: what the other side reads.
        revision: the number of the terms that the actor has seen; None is whatever is on the table.
        seen: the versions of the offer that the actor has seen; None is whatever there is.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `INITIAL_COUNTER_SELLER_ONLY`.
        PreconditionFailed: `PRECONDITION_FAILED`.
        ValidationFailed: `COUNTER_UNCHANGED`; what `write_revision` raises.
        Conflict: `OFFER_CLOSED`, `OFFER_EXPIRED`, `REVISION_CONFLICT`, `WAIT_FOR_COUNTER_RESPONSE`,
            `VENDOR_COUNTER_LIMIT_REACHED`, `COUNTER_LIMIT_REACHED`, `APPROVAL_REQUIRED`.
    """
    seat = take_seat(actor=actor, offer_id=offer_id)
    offer, now = seat.offer, seat.now
    check_open(seat, now=now, revision=revision, seen=seen)
    check_may_counter(seat, now=now)
    wish = known_terms(changed_wish(wish_of(offer.on_the_table), changes, now=now), seller_id=offer.seller_id)
    if fingerprint(wish) == offer.on_the_table.terms_hash:
        raise ValidationFailed("COUNTER_UNCHANGED", "A counter-offer differs from what is on the table.")
    write_revision(offer, wish, side=seat.side, author=actor, message=message, now=now)
    check_sending(offer, seat.side, actor, instead_of=number_of(offer) - 1)
    offer.description = offer.description if changes.description is None else changes.description
    if seat.side == Side.BUYER:
        offer.buyer_counters += 1
    else:
        offer.seller_counters += 1
    _note_answer(seat)
    set_timers(offer)
    step = Step(
        action=Action.COUNTERED,
        status=Status.COUNTERED,
        awaiting=seat.side.other,
        side=seat.side,
        actor=actor,
        message=message,
        changes=said_changes(changes),
    )
    return take_step(offer, step, now=now)


@transaction.atomic
def reject_offer(
    *, actor: User, offer_id: UUID, message: str = "", revision: int | None = None, seen: Seen = None
) -> Offer:
    """Say no to the terms on the table, which ends the negotiation.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_YOUR_TURN`.
        PreconditionFailed: `PRECONDITION_FAILED`.
        Conflict: `OFFER_CLOSED`, `OFFER_EXPIRED`, `REVISION_CONFLICT`.
    """
    seat = take_seat(actor=actor, offer_id=offer_id)
    offer, now = seat.offer, seat.now
    check_open(seat, now=now, revision=revision, seen=seen)
    check_turn(seat, now=now)
    _note_answer(seat)
    offer.close_reason = message[:500]
    step = Step(action=Action.REJECTED, status=Status.REJECTED, side=seat.side, actor=actor, message=message)
    return take_step(offer, step, now=now)


@transaction.atomic
def withdraw_offer(*, actor: User, offer_id: UUID, reason: str = "", seen: Seen = None) -> Offer:
    """Take back an offer: the buyer may while it is open, the seller may take back the own counter.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`; `UNAUTHORIZED`, for the seller whose turn it is.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `CANNOT_WITHDRAW`, where it is closed or has expired.
    """
    seat = take_seat(actor=actor, offer_id=offer_id)
    offer, now = seat.offer, seat.now
    check_unchanged(offer, seen, now=now)
    if shown_status(offer, now) not in {*Offer.OPEN, Status.DRAFT}:
        text = f"This offer is {shown_status(offer, now)}, and cannot be withdrawn."
        raise refusal(Conflict, "CANNOT_WITHDRAW", text, offer, now)
    if seat.side != Side.BUYER and offer.awaiting == seat.side:
        raise refusal(Forbidden, "UNAUTHORIZED", "The other side's terms are theirs to withdraw.", offer, now)
    offer.close_reason = reason[:500]
    step = Step(action=Action.WITHDRAWN, status=Status.WITHDRAWN, side=seat.side, actor=actor, message=reason)
    return take_step(offer, step, now=now)


def view_offer(*, actor: User, offer_id: UUID) -> Offer:
    """Return an offer, and note that the recipient has looked at it, the first time; a reader without a say may look.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
    """
    offer = access_offer(actor=actor, offer_id=offer_id)
    if offer.status != Status.PENDING or side_of(actor, offer) != Side.SELLER:
        return offer
    return _note_view(actor, offer.id) or access_offer(actor=actor, offer_id=offer_id)


@transaction.atomic
def _note_view(actor: User, offer_id: UUID) -> Offer | None:
    offer, now = lock_offer(offer_id), database_now()
    if offer.status != Status.PENDING or offer.expires_at <= now:
        return None
    offer.first_viewed_at = now
    step = Step(action=Action.VIEWED, status=Status.VIEWED, awaiting=Side.SELLER, side=Side.SELLER, actor=actor)
    return take_step(offer, step, now=now)


@transaction.atomic
def expire_offer(*, offer_id: UUID, revision: int) -> None:
    """End the terms of a revision whose time is over; do nothing where they are no longer on the table.

    Raises:
        Conflict: `OFFER_NOT_EXPIRED`.
    """
    offer, now = lock_offer(offer_id), database_now()
    if not offer.is_open or number_of(offer) != revision:
        return
    if offer.expires_at > now:
        raise Conflict("OFFER_NOT_EXPIRED", "The time of these terms is not over.")
    take_step(offer, Step(action=Action.EXPIRED, status=Status.EXPIRED), now=now)


@transaction.atomic
def remind_of_offer(*, offer_id: UUID, revision: int, kind: OfferTimer.Kind) -> None:
    """Say that terms end soon to the side that is to answer; do nothing where they are no longer on the table."""
    offer, now = lock_offer(offer_id), database_now()
    if not offer.is_open or number_of(offer) != revision or offer.expires_at <= now:
        return
    hours = int(REMINDERS[kind].total_seconds()) // 3600
    step = Step(
        action=Action.REMINDED,
        status=Status(offer.status),
        awaiting=Side(offer.awaiting),
        changes={"hours": hours},
    )
    take_step(offer, step, now=now)


@transaction.atomic
def cancel_offer(*, actor: User, offer_id: UUID, reason: str) -> Offer:
    """Cancel an open offer, as staff.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: without a reason.
        NotFound: `OFFER_NOT_FOUND`.
        Conflict: `OFFER_CLOSED`.
    """
    check_staff(actor)
    reason = reason.strip()
    if not reason:
        raise ValidationFailed.of_field("reason", "Required")
    offer, now = lock_offer(offer_id), database_now()
    if not offer.is_open:
        raise closed(offer, now)
    offer.close_reason = reason[:500]
    step = Step(action=Action.CANCELLED, status=Status.CANCELLED, actor=actor, message=reason)
    return take_step(offer, step, now=now)


def _note_answer(seat: Seat) -> None:
    """Remember when the recipient first answered, for how long sellers take."""
    if seat.side == Side.SELLER and seat.offer.first_answered_at is None:
        seat.offer.first_answered_at = seat.now
