"""What colleagues must approve before a member binds the business, how that is asked for, and how it is decided.

All of it happens under the lock of the offer, and policies are read after it was taken. What is approved only becomes
possible: a person still does it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from accounts import selectors as accounts_selectors
from accounts.models import Membership, User
from offers import events
from offers.models import (
    ApprovalAction,
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalRequest,
    Offer,
    OfferLine,
    OfferRevision,
    Side,
)
from offers.selectors import (
    Matter,
    Need,
    Seat,
    access_approval,
    applicable_policies,
    approval_status,
    approval_terms,
    approvers,
    lock_offer,
    matter_about,
    matter_of,
    on_the_table,
    pending_request,
    take_seat,
    unmet_need,
)
from offers.services.judging import check_may_counter, check_open, check_turn, number_of, refusal
from offers.services.products import known_terms
from offers.services.terms import TermChanges, changed_wish, drawn_up, wish_of
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict, Forbidden, ValidationFailed
from wholexale.common.money import from_minor
from wholexale.common.realtime import Push, push_on_commit, user_group

Decision = ApprovalDecision.Decision
Status = ApprovalRequest.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWish:
    """What colleagues are asked to approve: accepting what is on the table, sending a draft, or sending other terms.

    `changes` are those of the counter-offer, or of the revival, that is to be sent.
    """

    action: ApprovalAction
    changes: TermChanges | None = None
    message: str = ""


def check_approved(seat: Seat, actor: User) -> None:
    """Refuse to accept what the actor's colleagues must approve, and have not. One query where nobody must.

    Raises:
        Conflict: `APPROVAL_REQUIRED`, with the first policy that is not met.
    """
    _check(seat.offer, seat.side, ApprovalAction.ACCEPT, actor, revision=number_of(seat.offer))


def check_sending(offer: Offer, side: Side, actor: User, *, instead_of: int) -> None:
    """Refuse to send the terms of an offer's current revision that the actor's colleagues must approve, and have not.

    Args:
        offer: with the terms as they would be sent.
        side: the actor's.
        actor: who sends them.
        instead_of: the number of the terms that were on the table when approval was asked for: a draft's own, that
            which a counter-offer replaces, and 0 for an offer that nobody has seen before.

    Raises:
        Conflict: `APPROVAL_REQUIRED`, with the first policy that is not met.
    """
    _check(offer, side, ApprovalAction.SEND, actor, revision=instead_of)


def must_be_asked(offer: Offer) -> bool:
    """Return whether the seller's people want to approve what is on the table before it is accepted."""
    return bool(_policies(offer, Side.SELLER, ApprovalAction.ACCEPT, offer.on_the_table))


@transaction.atomic
def request_approval(*, actor: User, offer_id: UUID, wish: ApprovalWish) -> ApprovalRequest:
    """Ask colleagues to approve what the actor wants to do; what is asked already is returned as it is.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_YOUR_TURN`, `INITIAL_COUNTER_SELLER_ONLY`.
        ValidationFailed: what `counter_offer` raises for terms; for changes to what is accepted, or to a draft.
        Conflict: `OFFER_CLOSED`, `OFFER_EXPIRED`, `OFFER_NOT_A_DRAFT`, `WAIT_FOR_COUNTER_RESPONSE`,
            `VENDOR_COUNTER_LIMIT_REACHED`, `COUNTER_LIMIT_REACHED`; `APPROVAL_NOT_REQUIRED`: it may be done now;
            `TOO_FEW_APPROVERS`: nobody could approve it to the actor.
    """
    seat = take_seat(actor=actor, offer_id=offer_id)
    now = seat.now
    revision, lines = _asked(seat, wish, now)
    terms = approval_terms(revision, lines)
    matter = matter_about(seat.offer, seat.side, wish.action, terms, revision=number_of(seat.offer))
    policies = _policies(seat.offer, seat.side, wish.action, revision)
    if unmet_need(matter, policies, actor=actor) is None:
        raise Conflict("APPROVAL_NOT_REQUIRED", "You may do this without further approval.")
    if (waiting := pending_request(matter)) is not None:
        return access_approval(actor=actor, approval_id=waiting.id)
    _check_possible(policies, actor)
    made = ApprovalRequest.objects.create(
        **asdict(matter),
        currency=revision.currency,
        total=revision.total,
        terms=msgspec.to_builtins(terms),
        message=wish.message,
        requested_by=actor,
        created_at=now,
    )
    push = events.ApprovalRequested(
        approval_id=str(made.id), offer_id=str(made.offer_id), action=made.action, revision=made.revision
    )
    _tell(push, {*approvers(policies)} - {actor.id})
    return access_approval(actor=actor, approval_id=made.id)


@transaction.atomic
def decide_approval(*, actor: User, approval_id: UUID, decision: Decision, reason: str = "") -> ApprovalRequest:
    """Approve or reject what a colleague has asked for. One rejection is enough; who has asked is told.

    Who has asked takes the request back by rejecting it.

    Raises:
        NotFound: `APPROVAL_NOT_FOUND`, also for that of others.
        Forbidden: `SECOND_PERSON_REQUIRED`, to approve what one has asked for; `INSUFFICIENT_PERMISSIONS`, for a role
            too low.
        Conflict: `APPROVAL_CLOSED`, where it is decided, its terms were replaced, the offer is closed, or nobody needs
            it any more; `APPROVAL_DECIDED_BEFORE`, by the actor.
    """
    lock_offer(access_approval(actor=actor, approval_id=approval_id).offer_id)
    request = access_approval(actor=actor, approval_id=approval_id)
    matter, now = matter_of(request), database_now()
    policies = applicable_policies(
        business_id=matter.business_id, action=matter.action, currency=request.currency, total=request.total
    )
    role = _judge_decider(actor, request, policies, decision)
    ApprovalDecision.objects.create(
        request=request, decision=decision, decided_by=actor, role=role, reason=reason, created_at=now
    )
    if decision == Decision.REJECT:
        request.status, request.decided_at = Status.REJECTED, now
    elif unmet_need(matter, policies, actor=request.requested_by) is None:
        request.status, request.decided_at = Status.APPROVED, now
    request.save(update_fields=["status", "decided_at"])
    push = events.ApprovalDecided(
        approval_id=str(request.id),
        offer_id=str(request.offer_id),
        action=request.action,
        revision=request.revision,
        decision=decision,
        status=request.status,
    )
    _tell(push, {*approvers(policies), request.requested_by_id})
    return access_approval(actor=actor, approval_id=approval_id)


def _check_possible(policies: list[ApprovalPolicy], actor: User) -> None:
    """Refuse to ask for what nobody could approve to the actor."""
    for policy in policies:
        others = len({*approvers([policy])} - {actor.id})
        if others < policy.approvals_needed:
            text = "Too few colleagues could approve this to you. Somebody else may ask for it."
            raise Conflict("TOO_FEW_APPROVERS", text, available=others)


def _judge_decider(actor: User, request: ApprovalRequest, policies: list[ApprovalPolicy], decision: Decision) -> str:
    """Return the role in which somebody decides about a request under the lock of its offer, or refuse them."""
    is_own = actor.id == request.requested_by_id
    if is_own and decision == Decision.APPROVE:
        raise Forbidden("SECOND_PERSON_REQUIRED", "This takes somebody else.")
    status = approval_status(request)
    if status != Status.PENDING:
        raise Conflict("APPROVAL_CLOSED", f"This request is {status}.", status=status)
    role = accounts_selectors.access_membership(actor=actor).role
    enough = {one for policy in policies for one in policy.approver_roles}
    if role not in enough and not is_own:
        text = "Your role in the business does not allow this."
        required = [one for one in Membership.Role.values if one in enough]
        raise Forbidden("INSUFFICIENT_PERMISSIONS", text, required=required, current=role)
    if request.decisions.filter(decided_by=actor).exists():
        raise Conflict("APPROVAL_DECIDED_BEFORE", "You have decided about this before.")
    return role


def _asked(seat: Seat, wish: ApprovalWish, now: datetime) -> tuple[OfferRevision, list[OfferLine]]:
    """Return the terms that are to be approved, with their lines, where the actor might act on them now."""
    offer, changes = seat.offer, wish.changes
    if changes is not None and (wish.action == ApprovalAction.ACCEPT or offer.status == Offer.Status.DRAFT):
        raise ValidationFailed.of_field("changes", "Only for a counter-offer, or for an offer that has expired")
    if wish.action == ApprovalAction.ACCEPT:
        check_open(seat, now=now, revision=None)
        check_turn(seat, now=now)
        return on_the_table(offer)
    if changes is None:
        _check_draft(offer, now)
        return on_the_table(offer)
    if offer.status != Offer.Status.EXPIRED:
        check_open(seat, now=now, revision=None)
        check_may_counter(seat, now=now)
    proposed = changed_wish(wish_of(offer.on_the_table), changes, now=now)
    return drawn_up(known_terms(proposed, seller_id=offer.seller_id), now=now)


def _check_draft(offer: Offer, now: datetime) -> None:
    if offer.status != Offer.Status.DRAFT:
        raise refusal(Conflict, "OFFER_NOT_A_DRAFT", "This offer was sent. Other terms need changes.", offer, now)
    if offer.expires_at <= now:
        raise refusal(Conflict, "OFFER_EXPIRED", "The draft ends in the past. Please give it a new end.", offer, now)


def _check(offer: Offer, side: Side, action: ApprovalAction, actor: User, *, revision: int) -> None:
    policies = _policies(offer, side, action, offer.on_the_table)
    if not policies:
        return
    matter = matter_about(offer, side, action, approval_terms(*on_the_table(offer)), revision=revision)
    if (need := unmet_need(matter, policies, actor=actor)) is not None:
        raise _approval_required(matter, need)


def _policies(offer: Offer, side: Side, action: ApprovalAction, terms: OfferRevision) -> list[ApprovalPolicy]:
    """Return the policies of a side that want it to do nothing with these terms before they are approved."""
    return applicable_policies(
        business_id=offer.business_of(side), action=action, currency=terms.currency, total=terms.total
    )


def _approval_required(matter: Matter, need: Need) -> Conflict:
    policy, waiting = need.policy, pending_request(matter)
    missing = {
        "action": policy.action,
        "policyId": str(policy.id),
        "threshold": from_minor(policy.threshold, policy.currency),
        "thresholdMinor": policy.threshold,
        "currency": policy.currency,
        "approverRole": policy.approver_role,
        "needed": policy.approvals_needed,
        "given": need.given,
    }
    text = "Your business wants colleagues to approve this first."
    return Conflict("APPROVAL_REQUIRED", text, approval=missing | ({"pendingId": str(waiting.id)} if waiting else {}))


def _tell(push: Push, people: set[UUID]) -> None:
    if groups := [user_group(user_id) for user_id in sorted(people)]:
        push_on_commit(push, to=groups)
