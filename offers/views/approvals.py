"""`/api/approval-policies`, `/api/approvals` and `/api/offers/:id/approvals`."""

from http import HTTPStatus
from operator import attrgetter
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from offers import selectors, services
from offers.serializers import approvals as shapes
from wholexale.common.api import PageQuery, endpoint, paginate
from wholexale.common.ids import id_from_path
from wholexale.common.versions import Seen

AMOUNTS = "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE"
REFUSED = "INSUFFICIENT_PERMISSIONS"
NO_OFFER = "OFFER_NOT_FOUND"
NO_POLICY = "BUSINESS_NOT_FOUND, APPROVAL_POLICY_NOT_FOUND"
NO_REQUEST = "APPROVAL_NOT_FOUND"
VERSION = attrgetter("policy.version")
approvals = extend_schema(tags=["approvals"])


@approvals
class PoliciesView(APIView):
    """`approval-policies`."""

    @endpoint(
        query=shapes.PolicyQuery,
        returns=shapes.PolicyPage,
        errors={400: "VALIDATION_FAILED", 404: "BUSINESS_NOT_FOUND"},
    )
    def get(self, request: Request, query: shapes.PolicyQuery) -> shapes.PolicyPage:
        """List what the caller's business wants approved, and by whom."""
        rows = selectors.own_policies(actor=caller(request), is_active=query.is_active())
        policies, pagination = paginate(rows, query, shapes.policy_list)
        return shapes.PolicyPage(policies=policies, pagination=pagination)

    @endpoint(
        body=shapes.PolicyBody,
        returns=shapes.PolicyAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: AMOUNTS,
            403: REFUSED,
            404: "BUSINESS_NOT_FOUND",
            409: "APPROVAL_POLICY_EXISTS, TOO_FEW_APPROVERS",
        },
        idempotent=True,
    )
    def post(self, request: Request, body: shapes.PolicyBody) -> shapes.PolicyAnswer:
        """Have colleagues approve what members send, or accept, from a total on."""
        added = services.add_approval_policy(
            actor=caller(request),
            action=body.action,
            currency=body.currency,
            threshold=body.threshold,
            approver_role=body.approver_role,
            approvals_needed=body.approvals_needed,
        )
        return shapes.PolicyAnswer(message="The policy was added.", policy=shapes.policy(added))


@approvals
class PolicyView(APIView):
    """`approval-policies/:id`."""

    @endpoint(
        body=shapes.PolicyChangesBody,
        returns=shapes.PolicyAnswer,
        errors={
            400: AMOUNTS,
            403: REFUSED,
            404: NO_POLICY,
            409: "APPROVAL_POLICY_EXISTS, APPROVAL_POLICY_ENDED, TOO_FEW_APPROVERS",
        },
        version=VERSION,
    )
    def patch(self, request: Request, policy: str, body: shapes.PolicyChangesBody, seen: Seen) -> shapes.PolicyAnswer:
        """Change a policy: from which total on, how many, or of which role."""
        changed = services.change_approval_policy(
            actor=caller(request), policy_id=_policy_id(policy), changes=body.changes(), seen=seen
        )
        return shapes.PolicyAnswer(message="The policy was changed.", policy=shapes.policy(changed))

    @endpoint(returns=shapes.PolicyAnswer, errors={403: REFUSED, 404: NO_POLICY}, version=VERSION)
    def delete(self, request: Request, policy: str, seen: Seen) -> shapes.PolicyAnswer:
        """Let a policy hold no longer; it stays to be read."""
        ended = services.end_approval_policy(actor=caller(request), policy_id=_policy_id(policy), seen=seen)
        return shapes.PolicyAnswer(message="The policy has ended.", policy=shapes.policy(ended))


@approvals
class ApprovalsView(APIView):
    """`approvals`."""

    @endpoint(query=shapes.ApprovalQuery, returns=shapes.ApprovalPage, errors={400: "VALIDATION_FAILED"})
    def get(self, request: Request, query: shapes.ApprovalQuery) -> shapes.ApprovalPage:
        """List what was asked in the caller's business, newest first."""
        actor = caller(request)
        shape = shapes.approval_list(selectors.policies_that_hold(actor=actor))
        found, pagination = paginate(selectors.own_approvals(actor=actor, status=query.status), query, shape)
        return shapes.ApprovalPage(approvals=found, pagination=pagination)


@approvals
class ApprovalView(APIView):
    """`approvals/:id`."""

    @endpoint(returns=shapes.ApprovalFound, errors={404: NO_REQUEST})
    def get(self, request: Request, approval: str) -> shapes.ApprovalFound:
        """Read a request for approval."""
        actor = caller(request)
        found = selectors.access_approval(actor=actor, approval_id=_approval_id(approval))
        return shapes.ApprovalFound(approval=shapes.approval(found, selectors.policies_that_hold(actor=actor)))


@approvals
class DecideView(APIView):
    """`approvals/:id/decide`."""

    @endpoint(
        body=shapes.DecideBody,
        returns=shapes.ApprovalAnswer,
        errors={
            400: "VALIDATION_FAILED",
            403: "SECOND_PERSON_REQUIRED, INSUFFICIENT_PERMISSIONS",
            404: NO_REQUEST,
            409: "APPROVAL_CLOSED, APPROVAL_DECIDED_BEFORE",
        },
        idempotent=True,
    )
    def post(self, request: Request, approval: str, body: shapes.DecideBody) -> shapes.ApprovalAnswer:
        """Approve what a colleague wants to do, or reject it."""
        actor = caller(request)
        decided = services.decide_approval(
            actor=actor, approval_id=_approval_id(approval), decision=body.said(), reason=body.reason.strip()
        )
        shape = shapes.approval(decided, selectors.policies_that_hold(actor=actor))
        return shapes.ApprovalAnswer(message="The decision was noted.", approval=shape)


@approvals
class OfferApprovalsView(APIView):
    """`offers/:id/approvals`."""

    @endpoint(query=PageQuery, returns=shapes.ApprovalPage, errors={400: "VALIDATION_FAILED", 404: NO_OFFER})
    def get(self, request: Request, offer: str, query: PageQuery) -> shapes.ApprovalPage:
        """List what was asked in the caller's business about an offer, newest first."""
        actor = caller(request)
        rows = selectors.approvals_of_offer(actor=actor, offer_id=_offer_id(offer))
        shape = shapes.approval_list(selectors.policies_that_hold(actor=actor))
        found, pagination = paginate(rows, query, shape)
        return shapes.ApprovalPage(approvals=found, pagination=pagination)

    @endpoint(
        body=shapes.ApprovalBody,
        returns=shapes.ApprovalAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: "VALIDATION_FAILED, AMOUNT_TOO_LARGE, AMOUNT_TOO_PRECISE, VALIDITY_IN_PAST",
            403: "INSUFFICIENT_PERMISSIONS, NOT_YOUR_TURN, INITIAL_COUNTER_SELLER_ONLY",
            404: NO_OFFER,
            409: "APPROVAL_NOT_REQUIRED, TOO_FEW_APPROVERS, OFFER_CLOSED, OFFER_EXPIRED, OFFER_NOT_A_DRAFT,"
            " WAIT_FOR_COUNTER_RESPONSE, VENDOR_COUNTER_LIMIT_REACHED, COUNTER_LIMIT_REACHED",
        },
        idempotent=True,
    )
    def post(self, request: Request, offer: str, body: shapes.ApprovalBody) -> shapes.ApprovalAnswer:
        """Ask colleagues to approve what the caller wants to accept, or to send."""
        actor = caller(request)
        asked = services.request_approval(actor=actor, offer_id=_offer_id(offer), wish=body.wish())
        shape = shapes.approval(asked, selectors.policies_that_hold(actor=actor))
        return shapes.ApprovalAnswer(message="Your colleagues were asked.", approval=shape)


def _policy_id(policy: str) -> UUID:
    return id_from_path(policy, missing=selectors.policy_not_found())


def _approval_id(approval: str) -> UUID:
    return id_from_path(approval, missing=selectors.approval_not_found())


def _offer_id(offer: str) -> UUID:
    return id_from_path(offer, missing=selectors.offer_not_found())
