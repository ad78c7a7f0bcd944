"""What staff decides about credit lines: the limit, the status, and how creditworthy a business is."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import selectors as accounts_selectors
from accounts.models import Business, User
from finance.models import CreditLine, CreditRequest
from finance.services.checks import (
    CHANGE_CREDIT,
    PAYMENT_TERMS,
    check_choice,
    check_limit,
    check_staff,
    checked_reason,
)
from finance.services.lines import change_line, lock_line, lock_line_of, needs_second_person
from wholexale.common.errors import Conflict, ValidationFailed
from wholexale.common.money import check_currency

MAX_RISK = 100


@transaction.atomic
def set_credit_limit(
    *, actor: User, business_id: UUID, currency: str, limit_minor: int, reason: str, payment_terms: str = ""
) -> CreditRequest:
    """Give a business another limit, or its first one; a large increase waits for a second member of staff.

    Args:
        actor: a member of staff.
        business_id: whose limit it is.
        currency: in which it may owe.
        limit_minor: the whole limit, in minor units.
        reason: why.
        payment_terms: when it pays; "" leaves them as they are.

    Returns:
        What was decided: `approved`, or `under_review` where it waits.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `BUSINESS_NOT_FOUND`.
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_LARGE`, without a reason.
        Conflict: `CREDIT_LIMIT_UNCHANGED`, `CREDIT_REQUEST_OPEN`.
    """
    check_staff(actor, CHANGE_CREDIT)
    check_currency(currency)
    check_limit(limit_minor)
    reason = checked_reason(reason)
    check_choice("paymentTerms", payment_terms, ("", *PAYMENT_TERMS))
    if not Business.objects.filter(id=business_id).exists():
        raise accounts_selectors.business_not_found()
    line = lock_line_of(business_id=business_id, currency=currency)
    if line.version and line.limit_minor == limit_minor:
        raise Conflict("CREDIT_LIMIT_UNCHANGED", "This is the limit already.")
    decision = CreditRequest(
        business_id=business_id,
        currency=currency,
        limit_minor=limit_minor,
        purpose=reason,
        payment_terms=payment_terms,
        requested_by=actor,
        approved_by=actor,
    )
    if needs_second_person(line, limit_minor):
        decision.status = CreditRequest.Status.UNDER_REVIEW
        return open_request(decision)
    apply_limit(decision, line, actor=actor, reason=reason)
    decision.save(force_insert=True)
    return decision


@transaction.atomic
def set_credit_status(*, actor: User, line_id: UUID, status: str, reason: str) -> CreditLine:
    """Suspend, revoke, review or reactivate a credit line; what is owed can be repaid all the same.

    Args:
        actor: a member of staff.
        line_id: the line.
        status: one of `CreditLine.Status`.
        reason: why.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `CREDIT_LINE_NOT_FOUND`.
        ValidationFailed: for another status, or without a reason.
        Conflict: `CREDIT_STATUS_UNCHANGED`.
    """
    check_staff(actor, CHANGE_CREDIT)
    check_choice("status", status, CreditLine.Status.values)
    reason = checked_reason(reason)
    line = lock_line(line_id)
    if line.status == status:
        raise Conflict("CREDIT_STATUS_UNCHANGED", "This is the status already.")
    change_line(line, actor=actor, reason=reason, status=status)
    return line


@transaction.atomic
def review_credit(
    *,
    actor: User,
    line_id: UUID,
    rating: str,
    risk_score: int,
    reason: str,
    payment_terms: str = "",
    next_review_at: datetime | None = None,
) -> CreditLine:
    """Write down how creditworthy a business is; neither the limit nor the status changes by that.

    Args:
        actor: a member of staff.
        line_id: the line.
        rating: one of `CreditLine.Rating`.
        risk_score: 0 to 100; more is riskier.
        reason: why.
        payment_terms: when it pays; "" leaves them as they are.
        next_review_at: when somebody should look again.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `CREDIT_LINE_NOT_FOUND`.
        ValidationFailed: for another rating, a score out of range, a review in the past, or without a reason.
    """
    check_staff(actor, CHANGE_CREDIT)
    check_choice("rating", rating, CreditLine.Rating.values)
    check_choice("paymentTerms", payment_terms, ("", *PAYMENT_TERMS))
    reason = checked_reason(reason)
    now = timezone.now()
    if not 0 <= risk_score <= MAX_RISK:
        raise ValidationFailed.of_field("riskScore", f"0 to {MAX_RISK}")
    if next_review_at is not None and next_review_at <= now:
        raise ValidationFailed.of_field("nextReviewAt", "In the future")
    line = lock_line(line_id)
    change_line(
        line,
        actor=actor,
        reason=reason,
        rating=rating,
        risk_score=risk_score,
        payment_terms=payment_terms or line.payment_terms,
        reviewed_at=now,
        next_review_at=next_review_at,
    )
    return line


def open_request(request: CreditRequest) -> CreditRequest:
    """Store a request that waits for somebody; a business has one in each currency.

    Raises:
        Conflict: `CREDIT_REQUEST_OPEN`.
    """
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        raise Conflict("CREDIT_REQUEST_OPEN", "A request for this currency waits for a decision already.") from None
    return request


def apply_limit(
    request: CreditRequest, line: CreditLine, *, actor: User, reason: str, approver: User | None = None
) -> None:
    """Make a decided request true in its locked line, and mark it approved; the caller saves the request.

    Args:
        request: what was decided.
        line: as it is under the lock.
        actor: who decided first.
        reason: why.
        approver: the second person, where one was needed.
    """
    terms = {"payment_terms": request.payment_terms} if request.payment_terms else {}
    change_line(line, actor=actor, approver=approver, reason=reason, limit_minor=request.limit_minor, **terms)
    request.status = CreditRequest.Status.APPROVED
    request.decided_by = approver or actor
    request.decision_reason = reason
    request.decided_at = timezone.now()
