"""What staff do about credit: limits, standing, reviews, repayments, corrections, and decisions on requests."""

from collections.abc import Callable

from django.conf import settings

from accounts.models import Business, User
from finance import services
from finance.admin.credit_forms import AdjustmentForm, LimitForm, OpeningForm, RepaymentForm, ReviewForm
from finance.models import CreditLine, CreditRequest
from finance.services.checks import BOOK, CHANGE_CREDIT
from finance.services.lines import needs_second_person
from wholexale.common.admin import Command, Done, StaffAction, say_amount

Status = CreditLine.Status


def _limit_said(request: CreditRequest) -> str:
    """Return what came of setting a limit."""
    amount = say_amount(request.limit_minor, request.currency)
    if request.status == CreditRequest.Status.UNDER_REVIEW:
        return f"The limit of {amount} waits for a second member of staff."
    return f"The limit is now {amount}."


def _set_limit(command: Command) -> Done:
    line: CreditLine = command.row
    request = services.set_credit_limit(
        actor=command.actor,
        business_id=line.business_id,
        currency=line.currency,
        limit_minor=command.said["amount"],
        reason=command.reason,
        payment_terms=command.said["payment_terms"],
    )
    return Done(text=_limit_said(request), row=line)


def _open_line(command: Command) -> Done:
    business: Business = command.said["business"]
    currency: str = command.said["currency_code"]
    request = services.set_credit_limit(
        actor=command.actor,
        business_id=business.id,
        currency=currency,
        limit_minor=command.said["amount"],
        reason=command.reason,
        payment_terms=command.said["payment_terms"],
    )
    line = CreditLine.objects.filter(business=business, currency=currency).first()
    return Done(text=f"{business}: {_limit_said(request)}", row=line or request)


def _set_status(status: Status) -> Callable[[Command], Done]:
    """Return what sets a status."""

    def do(command: Command) -> Done:
        line = services.set_credit_status(
            actor=command.actor, line_id=command.row.id, status=status, reason=command.reason
        )
        return Done(text=f"The {line} is now {Status(line.status).label.lower()}.", row=line)

    return do


def _review(command: Command) -> Done:
    said = command.said
    line = services.review_credit(
        actor=command.actor,
        line_id=command.row.id,
        rating=said["rating"],
        risk_score=said["risk_score"],
        payment_terms=said["payment_terms"],
        next_review_at=said["next_review_at"],
        reason=command.reason,
    )
    return Done(text=f"The {line} was reviewed.", row=line)


def _record_repayment(command: Command) -> Done:
    line: CreditLine = command.row
    recorded = services.record_repayment(
        actor=command.actor,
        business_id=line.business_id,
        amount=command.said["amount"],
        currency=line.currency,
        reference=command.said["payment_reference"] or command.reference,
        reason=command.reason,
        payment_method=command.said["payment_method"],
    )
    amount = say_amount(command.said["amount"], line.currency)
    when = "before" if recorded.is_replay else "now"
    return Done(text=f"The repayment of {amount} was recorded {when}, as {recorded.transaction_id}.", row=line)


def _adjust(command: Command) -> Done:
    line: CreditLine = command.row
    recorded = services.adjust_credit(
        actor=command.actor,
        business_id=line.business_id,
        amount=command.said["amount"],
        currency=line.currency,
        direction=command.said["direction"],
        reference=command.reference,
        reason=command.reason,
        kind=command.said["kind"],
    )
    amount = say_amount(command.said["amount"], line.currency)
    return Done(text=f"{amount} was booked as {recorded.transaction_id}.", row=line)


def _tell_limit(line: CreditLine, _actor: User) -> str:
    most = say_amount(settings.CREDIT_SECOND_APPROVAL.get(line.currency, 0), line.currency)
    return (
        f"The business may owe up to the new limit. An increase of more than {most} waits for a second member of "
        "staff. A limit below what is used stops new purchases, and never a repayment."
    )


def _tell_opening(_row: None, _actor: User) -> str:
    return (
        "The business may buy on account, up to the limit. A large one waits for a second member of staff, and nothing "
        "is open until then."
    )


def _tell_status(text: str) -> Callable[[CreditLine, User], str]:
    return lambda _line, _actor: text


def _tell_repayment(_line: CreditLine, _actor: User) -> str:
    return (
        "The amount is booked as received, and the business owes so much less; more than it owes stays to its credit. "
        "It can be undone by reversing the transaction."
    )


def _tell_adjustment(_line: CreditLine, _actor: User) -> str:
    return (
        "The amount is booked between the business and the platform. A charge needs an active line with so much left "
        "of it. It can be undone by reversing the transaction."
    )


def _is_open(request: CreditRequest) -> bool:
    return request.status in CreditRequest.OPEN


def present_line(request: CreditRequest) -> CreditLine:
    """Return the line that a request is about, or one without a limit that is not stored."""
    known = CreditLine.objects.filter(business_id=request.business_id, currency=request.currency).first()
    return known or CreditLine(business_id=request.business_id, currency=request.currency, limit_minor=0)


def _tell_approval(request: CreditRequest, actor: User) -> str:
    """Say whether a second person is needed, and whether this is one."""
    if not _is_open(request):
        return f"This request is {request.get_status_display().lower()}, and does not wait any more."
    if actor.id == request.approved_by_id:
        return "You have agreed to it before: a second member of staff must, and you cannot be both."
    if actor.id == request.requested_by_id:
        return "You asked for it yourself: somebody else must agree to it."
    limit = say_amount(request.limit_minor, request.currency)
    if request.approved_by is not None:
        first = request.approved_by.full_name
        return f"{first} has agreed to it. You would be the second person, and the limit becomes {limit} at once."
    if needs_second_person(present_line(request), request.limit_minor):
        return f"The increase is large: after you, a second member of staff must agree. The limit then becomes {limit}."
    return f"The limit becomes {limit} at once. Nobody else needs to agree."


def _approve(command: Command) -> Done:
    request = services.approve_credit_request(actor=command.actor, request_id=command.row.id, reason=command.reason)
    return Done(text=_limit_said(request), row=request)


def _reject(command: Command) -> Done:
    request = services.reject_credit_request(actor=command.actor, request_id=command.row.id, reason=command.reason)
    return Done(text="The request was turned down.", row=request)


OPEN_LINE = StaffAction(
    name="open",
    label="Open a credit line",
    permission=CHANGE_CREDIT,
    form=OpeningForm,
    do=_open_line,
    tell=_tell_opening,
)

LINE_ACTIONS = (
    StaffAction(
        name="repayment",
        label="Record a repayment",
        permission=BOOK,
        form=RepaymentForm,
        do=_record_repayment,
        tell=_tell_repayment,
    ),
    StaffAction(
        name="adjust",
        label="Charge or credit",
        permission=BOOK,
        form=AdjustmentForm,
        do=_adjust,
        tell=_tell_adjustment,
    ),
    StaffAction(
        name="limit",
        label="Change limit",
        permission=CHANGE_CREDIT,
        form=LimitForm,
        do=_set_limit,
        tell=_tell_limit,
    ),
    StaffAction(
        name="review",
        label="Review",
        permission=CHANGE_CREDIT,
        form=ReviewForm,
        do=_review,
        tell=_tell_status("Neither the limit nor the status changes by a review."),
        initial=lambda line: {"rating": line.rating, "risk_score": line.risk_score},
    ),
    StaffAction(
        name="suspend",
        label="Suspend",
        permission=CHANGE_CREDIT,
        do=_set_status(Status.SUSPENDED),
        tell=_tell_status(
            "Nothing more can be bought on account until the line is reactivated. What is held can still be settled, "
            "and what is owed repaid."
        ),
        is_offered=lambda line: line.status in {Status.ACTIVE, Status.UNDER_REVIEW},
    ),
    StaffAction(
        name="reactivate",
        label="Reactivate",
        permission=CHANGE_CREDIT,
        do=_set_status(Status.ACTIVE),
        tell=_tell_status("The business can buy on account again, up to its limit."),
        is_offered=lambda line: line.status != Status.ACTIVE,
    ),
    StaffAction(
        name="revoke",
        label="Revoke",
        permission=CHANGE_CREDIT,
        do=_set_status(Status.REVOKED),
        tell=_tell_status("The business loses its credit. What is held can still be settled, and what is owed repaid."),
        is_offered=lambda line: line.status != Status.REVOKED,
        is_grave=True,
    ),
)

REQUEST_ACTIONS = (
    StaffAction(
        name="approve",
        label="Approve",
        permission=CHANGE_CREDIT,
        do=_approve,
        tell=_tell_approval,
        is_offered=_is_open,
    ),
    StaffAction(
        name="reject",
        label="Reject",
        permission=CHANGE_CREDIT,
        do=_reject,
        tell=lambda _request, _actor: "The business reads the reason. It may ask again.",
        is_offered=_is_open,
        is_grave=True,
    ),
)
