"""What a business wants approved by whom, what was asked, and what stands. Nobody but the business reads any of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, When

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from offers.events import ApprovalTerms
from offers.models import (
    ApprovalAction,
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalPolicyChange,
    ApprovalRequest,
    Offer,
    OfferRevision,
    Side,
)
from offers.selectors.access import access_offer, offer_not_found
from offers.selectors.shapes import allowed_actions, approval_terms, on_the_table
from wholexale.common.clock import database_now
from wholexale.common.errors import NotFound
from wholexale.common.prepared import Prepared, read

ApprovalStatus = Literal["pending", "approved", "rejected", "void"]
VOID: ApprovalStatus = "void"
"""How a request is shown that nobody has decided, and nobody needs any more."""

_Status = ApprovalRequest.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a member is about to bind a business to: exactly these terms, while those of `revision` are on the table."""

    offer_id: UUID
    business_id: UUID
    action: ApprovalAction
    revision: int
    terms_hash: str


@dataclass(frozen=True, slots=True)
class Need:
    """A policy that is not met yet, and how many approvals count for it."""

    policy: ApprovalPolicy
    given: int


def matter_of(request: ApprovalRequest) -> Matter:
    """Return what a request asks for."""
    return Matter(
        offer_id=request.offer_id,
        business_id=request.business_id,
        action=ApprovalAction(request.action),
        revision=request.revision,
        terms_hash=request.terms_hash,
    )


def matter_about(offer: Offer, side: Side, action: ApprovalAction, terms: ApprovalTerms, *, revision: int) -> Matter:
    """Return what a side is about to do with terms, while those of a revision are on the table."""
    return Matter(
        offer_id=offer.id,
        business_id=offer.business_of(side),
        action=action,
        revision=revision,
        terms_hash=sha256(msgspec.json.encode(terms, order="deterministic")).hexdigest(),
    )


def applicable_policies(
    *, business_id: UUID, action: ApprovalAction, currency: str, total: int
) -> list[ApprovalPolicy]:
    """Return the policies of a business that want terms of a total approved, that of the highest first, in one query.

    Args:
        business_id: whose policies.
        action: what is to be done.
        currency: that of the terms.
        total: what the goods cost, before taxes, in minor units.
    """
    (known,) = read(_POLICIES(business_id, action, currency))
    return [policy for policy in known if policy.threshold <= total]


_POLICIES = Prepared(
    lambda business_id, action, currency: ApprovalPolicy.objects.filter(
        business_id=business_id, action=action, currency=currency, is_active=True
    ).order_by("-threshold"),
    *(UUID, str, str),
)


def unmet_need(matter: Matter, policies: Sequence[ApprovalPolicy], *, actor: User) -> Need | None:
    """Return the first of some policies that is not met where the actor is to act; None where all are.

    An approval counts where its giver is not the actor, and had a sufficient role when they gave it, and still has.
    One query, and none where there are no policies.
    """
    given = list(_approvals_of(matter).exclude(decided_by=actor)) if policies else []
    return _first_unmet(policies, given)


def _first_unmet(policies: Sequence[ApprovalPolicy], given: Collection[ApprovalDecision]) -> Need | None:
    for policy in policies:
        people = {approval.decided_by_id for approval in given if _counts(approval, policy)}
        if len(people) < policy.approvals_needed:
            return Need(policy, len(people))
    return None


def needing_approval(offers: Sequence[Offer], *, actor: User, now: datetime) -> set[UUID]:
    """Return the ids of those offers that the actor could accept, or send, had their colleagues approved the terms.

    At most two queries, however many offers from `offers()` there are, and none where none can be accepted or sent.
    """
    membership = accounts_selectors.membership_of(actor)
    acts = _acts(offers, membership.business_id, now) if membership else []
    policies = policies_that_hold(actor=actor) if acts else []
    wanted = {
        matter_about(offer, side, action, approval_terms(*on_the_table(offer)), revision=offer.on_the_table.number): met
        for offer, side, action in acts
        if (met := [one for one in policies if _applies(one, action, offer.on_the_table)])
    }
    if not wanted:
        return set()
    given = defaultdict(list)
    about = Q(request__business_id__in={one.business_id for one in wanted})
    about &= Q(request__offer_id__in={one.offer_id for one in wanted})
    for approval in _agreed().filter(about).exclude(decided_by=actor).select_related("request"):
        given[matter_of(approval.request)].append(approval)
    return {matter.offer_id for matter, wants in wanted.items() if _first_unmet(wants, given[matter])}


def _acts(offers: Sequence[Offer], business_id: UUID, now: datetime) -> list[tuple[Offer, Side, ApprovalAction]]:
    """Return what a business may now bind itself to by what is on the table: drafts are sent, the others accepted."""
    words = {"accept": ApprovalAction.ACCEPT, "send": ApprovalAction.SEND}
    return [
        (offer, side, words[word])
        for offer in offers
        if (side := offer.side_of(business_id)) is not None
        for word in allowed_actions(offer, side, now)
        if word in words
    ]


def _applies(policy: ApprovalPolicy, action: ApprovalAction, terms: OfferRevision) -> bool:
    return (policy.action, policy.currency) == (action, terms.currency) and policy.threshold <= terms.total


def pending_request(matter: Matter) -> ApprovalRequest | None:
    """Return the request that waits for decisions about a matter."""
    return ApprovalRequest.objects.filter(**asdict(matter), status=_Status.PENDING).first()


def approvers(policies: Collection[ApprovalPolicy]) -> list[UUID]:
    """Return the ids of those who may decide about what policies of one business want approved."""
    roles = {role for policy in policies for role in policy.approver_roles}
    businesses = {policy.business_id for policy in policies}
    people = Membership.objects.filter(
        business_id__in=businesses, role__in=roles, user__status__in=accounts_selectors.ACTIVE
    )
    return list(people.order_by("id").values_list("user_id", flat=True))


def most_approvals(*, business_id: UUID, roles: Collection[str]) -> int:
    """Return how many others with these roles may approve what somebody does, who deals and leaves most of them."""
    working = Membership.objects.filter(business_id=business_id, user__status__in=accounts_selectors.ACTIVE)
    held = list(working.values_list("role", flat=True))
    counted = sum(role in roles for role in held)
    return max((counted - (role in roles) for role in held if role in Permission.OFFERS_MANAGE.roles), default=0)


def approval_requests(now: datetime) -> "QuerySet[ApprovalRequest]":
    """Return every request with all that its shape needs, in two queries; `is_needed` is judged at a moment."""
    decisions = ApprovalDecision.objects.select_related("decided_by__membership__business").order_by("id")
    is_needed = Case(When(_is_needed(now), then=True), default=False, output_field=BooleanField())
    return (
        ApprovalRequest.objects.select_related("offer", "requested_by__membership__business")
        .prefetch_related(Prefetch("decisions", queryset=decisions, to_attr="in_order"))
        .annotate(is_needed=is_needed)
    )


def own_approvals(*, actor: User, status: ApprovalStatus | None = None) -> "QuerySet[ApprovalRequest]":
    """Return what was asked in the actor's business, newest first; nothing where they work for none."""
    membership = accounts_selectors.membership_of(actor)
    if membership is None:
        return ApprovalRequest.objects.none()
    now = database_now()
    chosen = approval_requests(now).filter(business_id=membership.business_id).order_by("-id")
    if status is None:
        return chosen
    if status == VOID:
        return chosen.filter(~_is_needed(now), status=_Status.PENDING)
    return chosen.filter(_is_needed(now) if status == "pending" else Q(), status=status)


def approvals_of_offer(*, actor: User, offer_id: UUID) -> "QuerySet[ApprovalRequest]":
    """Return what was asked in the actor's business about one of its offers, newest first.

    Raises:
        NotFound: `OFFER_NOT_FOUND`, also for that of others, and for staff, who read the admin.
    """
    offer = access_offer(actor=actor, offer_id=offer_id)
    membership = accounts_selectors.membership_of(actor)
    if membership is None or offer.side_of(membership.business_id) is None:
        raise offer_not_found()
    return own_approvals(actor=actor).filter(offer=offer)


def access_approval(*, actor: User, approval_id: UUID) -> ApprovalRequest:
    """Return a request of the actor's business.

    Raises:
        NotFound: `APPROVAL_NOT_FOUND`, also for that of others.
    """
    if found := own_approvals(actor=actor).filter(id=approval_id).first():
        return found
    raise approval_not_found()


def approval_status(request: ApprovalRequest) -> str:
    """Return how a request from `approval_requests()` stands."""
    is_needed: bool = getattr(request, "is_needed", True)
    return VOID if request.status == _Status.PENDING and not is_needed else request.status


def own_policies(*, actor: User, is_active: bool | None = None) -> "QuerySet[ApprovalPolicy]":
    """Return the policies of the actor's business with their history, in two queries.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where the actor works for none.
    """
    membership = accounts_selectors.access_membership(actor=actor)
    changes = ApprovalPolicyChange.objects.select_related("actor__membership__business").order_by("number")
    known = ApprovalPolicy.objects.filter(business_id=membership.business_id)
    if is_active is not None:
        known = known.filter(is_active=is_active)
    return known.prefetch_related(Prefetch("changes", queryset=changes, to_attr="in_order")).order_by(
        "action", "currency", "threshold", "id"
    )


def policies_that_hold(*, actor: User) -> list[ApprovalPolicy]:
    """Return the policies of the actor's business that hold, in one query; none where they work for none."""
    membership = accounts_selectors.membership_of(actor)
    if membership is None:
        return []
    return list(
        ApprovalPolicy.objects.filter(business_id=membership.business_id, is_active=True).order_by("-threshold")
    )


def approval_not_found() -> NotFound:
    """Build the refusal of a request that is not there for the caller."""
    return NotFound("APPROVAL_NOT_FOUND", "There is no such request for approval.")


def policy_not_found() -> NotFound:
    """Build the refusal of a policy that is not there for the caller."""
    return NotFound("APPROVAL_POLICY_NOT_FOUND", "There is no such approval policy.")


def _is_needed(now: datetime) -> Q:
    """Return the condition that a decision about a request could still change anything.

    Not once its terms were replaced, the offer was closed or has ended, or no policy wants it any more.
    """
    may_accept = Q(action=ApprovalAction.ACCEPT, offer__status__in=Offer.OPEN, offer__expires_at__gt=now)
    replaceable = [Offer.Status.DRAFT, *Offer.OPEN, Offer.Status.EXPIRED]
    may_send = Q(action=ApprovalAction.SEND, offer__status__in=replaceable)
    wanted = ApprovalPolicy.objects.filter(
        business_id=OuterRef("business_id"),
        action=OuterRef("action"),
        currency=OuterRef("currency"),
        threshold__lte=OuterRef("total"),
        is_active=True,
    )
    return Q(Exists(wanted), may_accept | may_send, revision=F("offer__current__number"))


def _approvals_of(matter: Matter) -> "QuerySet[ApprovalDecision]":
    return _agreed().filter(**{f"request__{name}": value for name, value in asdict(matter).items()})


def _agreed() -> "QuerySet[ApprovalDecision]":
    """Return who has agreed, with their roles of today; where a request was rejected in the end, that is nobody."""
    agreed = ApprovalDecision.objects.filter(decision=ApprovalDecision.Decision.APPROVE)
    return agreed.exclude(request__status=_Status.REJECTED).select_related("decided_by__membership")


def _counts(approval: ApprovalDecision, policy: ApprovalPolicy) -> bool:
    """Return whether an approval counts for a policy: by the role of its giver, then and now."""
    giver = approval.decided_by
    membership = accounts_selectors.membership_of(giver)
    if membership is None or membership.business_id != policy.business_id or not giver.is_active:
        return False
    return approval.role in policy.approver_roles and membership.role in policy.approver_roles
