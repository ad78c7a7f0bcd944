"""What the business of a person has asked for."""

from uuid import UUID

from django.db.models import QuerySet

from accounts import selectors as accounts_selectors
from accounts.models import Permission
from finance.models import CreditRequest
from finance.selectors.credit import credit_request_not_found, credit_requests
from wholexale.common.realtime import Actor


def own_credit_requests(*, actor: Actor) -> "QuerySet[CreditRequest]":
    """Return what the actor's business has asked for, newest first, with who asked.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
    requests = credit_requests(business_id=membership.business_id)
    return requests.select_related("requested_by__membership__business")


def access_credit_request(*, actor: Actor, request_id: UUID) -> CreditRequest:
    """Return one request of the actor's business.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`; `CREDIT_REQUEST_NOT_FOUND`, also for that of another business.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    if request := own_credit_requests(actor=actor).filter(id=request_id).first():
        return request
    raise credit_request_not_found()
