"""What the tests of approvals stage: policies, what is asked under them, and what is decided."""

from decimal import Decimal
from typing import Any

from accounts.models import User
from offers import services
from offers.models import ApprovalAction, ApprovalDecision, ApprovalPolicy, ApprovalRequest, Offer
from offers.services import ApprovalWish, TermChanges

ACCEPT, SEND = ApprovalAction.ACCEPT, ApprovalAction.SEND
APPROVE, REJECT = ApprovalDecision.Decision.APPROVE, ApprovalDecision.Decision.REJECT


def policy_of(owner: User, threshold: str = "8500", action: ApprovalAction = ACCEPT, **fields: Any) -> ApprovalPolicy:
    """Let somebody have one admin approve from a total on; that of the example offer where none is named."""
    rule: dict[str, Any] = {"currency": "INR", "approver_role": "admin", "approvals_needed": 1} | fields
    return services.add_approval_policy(actor=owner, action=action, threshold=Decimal(threshold), **rule)


def asked(
    who: User, offer: Offer, action: ApprovalAction = ACCEPT, changes: TermChanges | None = None
) -> ApprovalRequest:
    """Let somebody ask colleagues."""
    wish = ApprovalWish(action=action, changes=changes, message="Please")
    return services.request_approval(actor=who, offer_id=offer.id, wish=wish)


def decided(
    who: User, request: ApprovalRequest, decision: ApprovalDecision.Decision = APPROVE, reason: str = ""
) -> ApprovalRequest:
    """Let a colleague decide."""
    return services.decide_approval(actor=who, approval_id=request.id, decision=decision, reason=reason)
