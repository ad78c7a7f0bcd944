"""Approvals, on the wire: policies, what is asked, and what was decided. Only the own business gets any of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts.selectors import UserRef, user_ref
from offers.events import ApprovalTerms
from offers.models import (
    ApprovalAction,
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalPolicyChange,
    ApprovalRequest,
)
from offers.selectors import ApprovalStatus, approval_status
from offers.serializers.fields import ChangesBody, Message, Reason
from offers.services import ApprovalWish, PolicyChanges
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.money import Amount, from_minor
from wholexale.common.wire import Resource, Wire, clean_text, optional_time, wire_time

Role = Literal["owner", "admin", "finance", "member"]
Action = Literal["send", "accept"]
Needed = Annotated[int, Meta(ge=1, le=10)]


class PolicyBody(Wire, kw_only=True):
    """What is to be approved from now on: totals of goods, before taxes, of `threshold` or more; 0 is always.

    `approvalsNeeded` others of `approverRole`, or of a higher role, must approve. Owners stand above admins, they above
    finance, and those above members.
    """

    action: Action
    currency: Annotated[str, Meta(max_length=8)]
    threshold: Amount
    approver_role: Role
    approvals_needed: Needed = 1


class PolicyChangesBody(Wire, kw_only=True):
    """What changes of a policy; what is not named stays."""

    threshold: Amount | None = None
    approver_role: Role | None = None
    approvals_needed: Needed | None = None

    def changes(self) -> PolicyChanges:
        """Return what the service needs."""
        return PolicyChanges(
            threshold=self.threshold, approver_role=self.approver_role, approvals_needed=self.approvals_needed
        )


class PolicyQuery(PageQuery, kw_only=True):
    """Which policies: those that hold, those that have ended, or both."""

    status: Literal["active", "ended", "all"] = "active"

    def is_active(self) -> bool | None:
        """Return what the selector needs."""
        return {"active": True, "ended": False, "all": None}[self.status]


class ApprovalBody(Wire, kw_only=True):
    """What colleagues are asked for: to `accept` what is on the table, or to `send` a draft, or other terms.

    `changes` are those of the counter-offer, or of the revival, that is to be sent; send exactly the same then.
    """

    action: Action
    message: Message = ""
    changes: ChangesBody | None = None

    def wish(self) -> ApprovalWish:
        """Return what the service needs.

        Raises:
            ValidationFailed: for an end that is no moment.
        """
        return ApprovalWish(
            action=ApprovalAction(self.action),
            changes=self.changes.changes() if self.changes else None,
            message=clean_text(self.message),
        )


class DecideBody(Wire, kw_only=True):
    """What a colleague says to a request."""

    decision: Literal["approve", "reject"]
    reason: Reason = ""

    def said(self) -> ApprovalDecision.Decision:
        """Return what the service needs."""
        return ApprovalDecision.Decision(self.decision)


class ApprovalQuery(PageQuery, kw_only=True):
    """Which requests. `void` are those that nobody has decided, and nobody needs any more."""

    status: ApprovalStatus | None = None


class PolicyChangeInfo(Wire, kw_only=True):
    """What a policy said from then on, and who has said so."""

    version: int
    threshold: Amount
    threshold_minor: int
    approver_role: str
    approvals_needed: int
    is_active: bool
    actor: UserRef
    timestamp: str


class PolicyInfo(Resource, kw_only=True):
    """A policy of the own business, with all that it has ever said, the oldest first."""

    action: str
    currency: str
    threshold: Amount
    threshold_minor: int
    approver_role: str
    approvals_needed: int
    is_active: bool
    version: int
    changes: list[PolicyChangeInfo] | UnsetType = UNSET
    created_at: str
    updated_at: str


class NeedInfo(Wire, kw_only=True):
    """What a policy wants of a request: so many approvals by people of this role, or of a higher one."""

    policy_id: str
    approver_role: str
    needed: int


class DecisionInfo(Resource, kw_only=True):
    """What one colleague has said; `role` is the one they had then."""

    decision: str
    decided_by: UserRef
    role: str
    reason: str
    timestamp: str


class ApprovalInfo(Resource, kw_only=True):
    """What colleagues were asked for, exactly, and what they have said; the total is that of the goods, before taxes.

    `revision` are the terms that were on the table then: it holds for them alone.
    """

    offer_id: str
    offer_number: str
    action: str
    revision: int
    currency: str
    total: Amount
    total_minor: int
    terms: ApprovalTerms
    needs: list[NeedInfo]
    status: str
    message: str
    requested_by: UserRef
    decisions: list[DecisionInfo]
    created_at: str
    decided_at: str | None


class PolicyPage(Wire, kw_only=True):
    """A page of policies."""

    policies: list[PolicyInfo]
    pagination: Pagination


class PolicyAnswer(Wire, kw_only=True):
    """A policy as it is now."""

    message: str
    policy: PolicyInfo


class ApprovalPage(Wire, kw_only=True):
    """A page of requests for approval, newest first."""

    approvals: list[ApprovalInfo]
    pagination: Pagination


class ApprovalFound(Wire, kw_only=True):
    """One request for approval."""

    approval: ApprovalInfo


class ApprovalAnswer(Wire, kw_only=True):
    """A request for approval as it is now."""

    message: str
    approval: ApprovalInfo


def policy_list(rows: Iterable[ApprovalPolicy]) -> list[PolicyInfo]:
    """Return a page of policies."""
    return [policy(row) for row in rows]


def policy(row: ApprovalPolicy) -> PolicyInfo:
    """Return a policy; with its history where it comes from `own_policies()`."""
    changes: Sequence[ApprovalPolicyChange] | None = getattr(row, "in_order", None)
    return PolicyInfo(
        id=str(row.id),
        action=row.action,
        currency=row.currency,
        threshold=from_minor(row.threshold, row.currency),
        threshold_minor=row.threshold,
        approver_role=row.approver_role,
        approvals_needed=row.approvals_needed,
        is_active=row.is_active,
        version=row.version,
        changes=UNSET if changes is None else [_change(one, row.currency) for one in changes],
        created_at=wire_time(row.created_at),
        updated_at=wire_time(row.updated_at),
    )


def approval_list(policies: Sequence[ApprovalPolicy]) -> Callable[[Iterable[ApprovalRequest]], list[ApprovalInfo]]:
    """Return what makes the shapes of a page of requests in a business whose policies these are."""
    return lambda rows: [approval(row, policies) for row in rows]


def approval(row: ApprovalRequest, policies: Sequence[ApprovalPolicy]) -> ApprovalInfo:
    """Return a request from `approval_requests()` in a business whose policies these are."""
    decisions: Sequence[ApprovalDecision] = getattr(row, "in_order", ())
    return ApprovalInfo(
        id=str(row.id),
        offer_id=str(row.offer_id),
        offer_number=row.offer.offer_number,
        action=row.action,
        revision=row.revision,
        currency=row.currency,
        total=from_minor(row.total, row.currency),
        total_minor=row.total,
        terms=msgspec.convert(row.terms, ApprovalTerms),
        needs=[_need(one) for one in policies if one.covers(row.action, row.currency, row.total)],
        status=approval_status(row),
        message=row.message,
        requested_by=user_ref(row.requested_by),
        decisions=[_decision(one) for one in decisions],
        created_at=wire_time(row.created_at),
        decided_at=optional_time(row.decided_at),
    )


def _change(row: ApprovalPolicyChange, currency: str) -> PolicyChangeInfo:
    return PolicyChangeInfo(
        version=row.number,
        threshold=from_minor(row.threshold, currency),
        threshold_minor=row.threshold,
        approver_role=row.approver_role,
        approvals_needed=row.approvals_needed,
        is_active=row.is_active,
        actor=user_ref(row.actor),
        timestamp=wire_time(row.created_at),
    )


def _need(row: ApprovalPolicy) -> NeedInfo:
    return NeedInfo(policy_id=str(row.id), approver_role=row.approver_role, needed=row.approvals_needed)


def _decision(row: ApprovalDecision) -> DecisionInfo:
    return DecisionInfo(
        id=str(row.id),
        decision=row.decision,
        decided_by=user_ref(row.decided_by),
        role=row.role,
        reason=row.reason,
        timestamp=wire_time(row.created_at),
    )
