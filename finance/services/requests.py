"""Requests for credit: made and withdrawn by the business, decided by staff."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from finance.models import CreditLine, CreditRequest
from finance.selectors.credit import credit_request_not_found, credit_requests
from finance.services.checks import (
    CHANGE_CREDIT,
    PAYMENT_TERMS,
    check_choice,
    check_limit,
    check_staff,
    checked_reason,
    checked_text,
)
from finance.services.credit import apply_limit, open_request
from finance.services.lines import lock_line_of, needs_second_person
from wholexale.common.errors import Conflict, Forbidden
from wholexale.common.money import check_currency
from wholexale.common.realtime import Actor

Status = CreditRequest.Status


@transaction.atomic
def request_credit(
    *, actor: Actor, limit_minor: int, currency: str, purpose: str = "", payment_terms: str = ""
) -> CreditRequest:
    """Ask for a higher limit for the actor's business, or for its first one.

    Args:
        actor: who asks.
        limit_minor: the whole limit that is wanted, in minor units.
        currency: in which the business wants to owe.
        purpose: what it is needed for.
        payment_terms: when the business wants to pay; "" as now.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_LARGE`.
        Conflict: `CREDIT_LIMIT_NOT_HIGHER`, `CREDIT_REQUEST_OPEN`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_REQUEST)
    check_currency(currency)
    check_limit(limit_minor, smallest=1, field="amount")
    purpose = checked_text("purpose", purpose)
    check_choice("paymentTerms", payment_terms, ("", *PAYMENT_TERMS))
    line = CreditLine.objects.filter(business_id=membership.business_id, currency=currency).first()
    _check_is_higher(limit_minor, line)
    request = CreditRequest(
        business_id=membership.business_id,
        currency=currency,
        limit_minor=limit_minor,
        purpose=purpose,
        payment_terms=payment_terms,
        requested_by_id=actor.id,
    )
    return open_request(request)


@transaction.atomic
def withdraw_credit_request(*, actor: Actor, request_id: UUID) -> CreditRequest:
    """Take back a request of the actor's business, whoever of it has made it.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`; `CREDIT_REQUEST_NOT_FOUND`, also for those of others and those of staff.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        Conflict: `CREDIT_REQUEST_CLOSED`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_REQUEST)
    request = credit_requests(business_id=membership.business_id).select_for_update().filter(id=request_id).first()
    request = _open(request)
    request.status = Status.WITHDRAWN
    request.decided_by_id, request.decided_at = actor.id, timezone.now()
    request.save()
    return request


@transaction.atomic
def approve_credit_request(*, actor: User, request_id: UUID, reason: str = "") -> CreditRequest:
    """Approve a request: it comes true at once, or waits for a second member of staff where the increase is large.

    The increase is judged against the limit at this moment. Nobody approves what they asked for, or approved before.

    Args:
        actor: a member of staff.
        request_id: the request.
        reason: why; "" is what the request says.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `SECOND_PERSON_REQUIRED`.
        NotFound: `CREDIT_REQUEST_NOT_FOUND`.
        ValidationFailed: where the reason is too long.
        Conflict: `CREDIT_REQUEST_CLOSED`, `CREDIT_LIMIT_NOT_HIGHER`.
    """
    check_staff(actor, CHANGE_CREDIT)
    reason = checked_text("reason", reason)
    request = _lock_request(request_id)
    if actor.id in {request.requested_by_id, request.approved_by_id}:
        raise Forbidden("SECOND_PERSON_REQUIRED", "This takes somebody else.")
    line = lock_line_of(business_id=request.business_id, currency=request.currency)
    _check_is_higher(request.limit_minor, line)
    reason = reason or request.decision_reason or request.purpose or "As requested"
    first = request.approved_by
    if first is None:
        request.approved_by = actor
        if needs_second_person(line, request.limit_minor):
            request.status, request.decision_reason = Status.UNDER_REVIEW, reason
            request.save()
            return request
    apply_limit(request, line, actor=first or actor, approver=actor if first else None, reason=reason)
    request.save()
    return request


@transaction.atomic
def reject_credit_request(*, actor: User, request_id: UUID, reason: str) -> CreditRequest:
    """Turn a request down.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `CREDIT_REQUEST_NOT_FOUND`.
        ValidationFailed: without a reason.
        Conflict: `CREDIT_REQUEST_CLOSED`.
    """
    check_staff(actor, CHANGE_CREDIT)
    reason = checked_reason(reason)
    request = _lock_request(request_id)
    request.status, request.decision_reason = Status.REJECTED, reason
    request.decided_by, request.decided_at = actor, timezone.now()
    request.save()
    return request


def _lock_request(request_id: UUID) -> CreditRequest:
    return _open(CreditRequest.objects.select_for_update().filter(id=request_id).first())


def _open(request: CreditRequest | None) -> CreditRequest:
    """Return a locked request that still waits."""
    if request is None:
        raise credit_request_not_found()
    if request.status not in CreditRequest.OPEN:
        raise Conflict("CREDIT_REQUEST_CLOSED", "This request does not wait any more.", status=request.status)
    return request


def _check_is_higher(limit_minor: int, line: CreditLine | None) -> None:
    if limit_minor <= (line.limit_minor if line else 0):
        raise Conflict("CREDIT_LIMIT_NOT_HIGHER", "The limit is as high as that already.")
