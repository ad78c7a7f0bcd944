"""What a business wants approved by colleagues before a member sends or accepts it; every change is kept."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from offers.models import ApprovalAction, ApprovalPolicy, ApprovalPolicyChange
from offers.selectors import most_approvals, policy_not_found
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict, PreconditionFailed, ValidationFailed
from wholexale.common.money import check_currency, to_minor
from wholexale.common.versions import Seen, is_stale

MAX_NEEDED = 10
"""More approvals than that nobody waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanges:
    """From which total on (whole units, before taxes; 0 is always) how many of which role approve; None leaves it."""

    threshold: Decimal | None = None
    approver_role: str | None = None
    approvals_needed: int | None = None


@transaction.atomic
def add_approval_policy(
    *, actor: User, action: str, currency: str, threshold: Decimal, approver_role: str, approvals_needed: int
) -> ApprovalPolicy:
    """Have colleagues approve what members of the actor's business send, or accept, from a total on.

    Args:
        actor: who manages the policies of the business.
        action: one of `ApprovalAction`.
        currency: totals in it are judged, and no others.
        threshold: the total, in whole units, before taxes; 0 is always.
        approver_role: who may approve: this role, or a higher one.
        approvals_needed: how many of them must.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where the actor works for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: naming the field; `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`,
            `AMOUNT_TOO_LARGE`.
        Conflict: `APPROVAL_POLICY_EXISTS`: one from this total on; `TOO_FEW_APPROVERS`: it could never be met.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.APPROVALS_MANAGE)
    check_currency(currency)
    if action not in ApprovalAction.values:
        raise ValidationFailed.of_field("action", f"One of {', '.join(ApprovalAction.values)}")
    policy = ApprovalPolicy(business_id=membership.business_id, action=action, currency=currency, created_by=actor)
    rule = PolicyChanges(threshold=threshold, approver_role=approver_role, approvals_needed=approvals_needed)
    _apply(policy, rule)
    return _save(policy, actor)


@transaction.atomic
def change_approval_policy(
    *, actor: User, policy_id: UUID, changes: PolicyChanges, seen: Seen = None
) -> ApprovalPolicy:
    """Change a policy of the actor's business; what was asked for before is judged by what it says then.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`; `APPROVAL_POLICY_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        ValidationFailed: what `add_approval_policy` raises.
        Conflict: `APPROVAL_POLICY_EXISTS`, `TOO_FEW_APPROVERS`; `APPROVAL_POLICY_ENDED`.
    """
    policy = _take_policy(actor, policy_id)
    _check_unchanged(policy, seen)
    if not policy.is_active:
        raise Conflict("APPROVAL_POLICY_ENDED", "This policy does not hold any more. Please make a new one.")
    return _save(policy, actor) if _apply(policy, changes) else policy


@transaction.atomic
def end_approval_policy(*, actor: User, policy_id: UUID, seen: Seen = None) -> ApprovalPolicy:
    """Let a policy of the actor's business hold no longer; it stays to be read. Nothing happens where it has ended.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`; `APPROVAL_POLICY_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
    """
    policy = _take_policy(actor, policy_id)
    if not policy.is_active:
        return policy
    _check_unchanged(policy, seen)
    policy.is_active = False
    return _save(policy, actor)


def _take_policy(actor: User, policy_id: UUID) -> ApprovalPolicy:
    """Lock a policy of the actor's business."""
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.APPROVALS_MANAGE)
    locked = ApprovalPolicy.objects.select_for_update(no_key=True)
    if policy := locked.filter(id=policy_id, business_id=membership.business_id).first():
        return policy
    raise policy_not_found()


def _check_unchanged(policy: ApprovalPolicy, seen: Seen) -> None:
    if is_stale(seen, policy.version):
        raise PreconditionFailed(policy={"id": str(policy.id), "version": policy.version})


def _apply(policy: ApprovalPolicy, changes: PolicyChanges) -> bool:
    """Have a policy say something else, where that can be met; return whether it is something else.

    Raises:
        ValidationFailed: naming the field.
        Conflict: `TOO_FEW_APPROVERS`.
    """
    before = (policy.threshold, policy.approver_role, policy.approvals_needed)
    if changes.threshold is not None:
        policy.threshold = _threshold(changes.threshold, policy.currency)
    policy.approver_role = changes.approver_role or policy.approver_role
    if changes.approvals_needed is not None:
        policy.approvals_needed = changes.approvals_needed
    if before == (policy.threshold, policy.approver_role, policy.approvals_needed):
        return False
    if policy.approver_role not in Membership.Role.values:
        raise ValidationFailed.of_field("approverRole", f"One of {', '.join(Membership.Role.values)}")
    if not 1 <= policy.approvals_needed <= MAX_NEEDED:
        raise ValidationFailed.of_field("approvalsNeeded", f"1 to {MAX_NEEDED}")
    most = most_approvals(business_id=policy.business_id, roles=policy.approver_roles)
    if most < policy.approvals_needed:
        text = "Too few colleagues have this role: nothing could ever be approved."
        raise Conflict("TOO_FEW_APPROVERS", text, available=most)
    return True


def _threshold(amount: Decimal, currency: str) -> int:
    return 0 if amount.is_zero() else to_minor(amount, currency, field="threshold")


def _save(policy: ApprovalPolicy, actor: User) -> ApprovalPolicy:
    """Write a policy, and write down what it says from now on and who has said so.

    Raises:
        Conflict: `APPROVAL_POLICY_EXISTS`.
    """
    policy.version += 1
    policy.updated_at = database_now()
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError:
        text = "There is a policy from this total on. Please change that one."
        raise Conflict("APPROVAL_POLICY_EXISTS", text) from None
    ApprovalPolicyChange.objects.create(
        policy=policy,
        number=policy.version,
        actor=actor,
        threshold=policy.threshold,
        approver_role=policy.approver_role,
        approvals_needed=policy.approvals_needed,
        is_active=policy.is_active,
        created_at=policy.updated_at,
    )
    return policy
