"""Payments and payouts: who may see which, and how they stand in the old backend's words."""

from collections import defaultdict
from typing import Literal
from uuid import UUID

from django.db.models import Case, Count, F, Prefetch, Q, QuerySet, Sum, Value, When

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from finance.models import CreditNote, Dispute, PaymentIntent, Payout, Refund
from finance.selectors.accounts import membership_for_reading
from finance.selectors.windows import Window
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor

State = PaymentIntent.State
EXPIRED = "expired"
"""The failure code of a payment that nobody has made in time."""

_STATUSES = {
    State.REQUIRES_PAYMENT_METHOD: "pending",
    State.REQUIRES_ACTION: "pending",
    State.PROCESSING: "processing",
    State.REQUIRES_CAPTURE: "authorized",
    State.FAILED: "failed",
}
_IS_DISPUTED = Q(state=State.SUCCEEDED, disputed__gt=0)
_IS_REFUNDED = Q(state=State.SUCCEEDED, disputed=0, refunded__gt=0)
_IS_WHOLLY = Q(refunded=F("captured"))
_CONDITIONS = {
    "pending": Q(state__in=[State.REQUIRES_PAYMENT_METHOD, State.REQUIRES_ACTION]),
    "processing": Q(state=State.PROCESSING),
    "authorized": Q(state=State.REQUIRES_CAPTURE),
    "captured": Q(state=State.SUCCEEDED, disputed=0, refunded=0),
    "failed": Q(state=State.FAILED),
    "cancelled": Q(state=State.CANCELED) & ~Q(failure_code=EXPIRED),
    "timeout": Q(state=State.CANCELED, failure_code=EXPIRED),
    "refunded": _IS_REFUNDED & _IS_WHOLLY,
    "partially_refunded": _IS_REFUNDED & ~_IS_WHOLLY,
    "disputed": _IS_DISPUTED,
}


def payment_status(intent: PaymentIntent) -> str:
    """Return how a payment stands, in the old backend's words."""
    if intent.state == State.CANCELED:
        return "timeout" if intent.failure_code == EXPIRED else "cancelled"
    if intent.state != State.SUCCEEDED:
        return _STATUSES[State(intent.state)]
    if intent.disputed:
        return "disputed"
    if not intent.refunded:
        return "captured"
    return "refunded" if intent.refunded == intent.captured else "partially_refunded"


def payment_totals(membership: Membership, window: Window) -> dict[str, list[tuple[str, int, int]]]:
    """Return (status, count, sum in minor units) of the payments that a business has begun or got, by currency."""
    start, end = window.moments(membership.business)
    begun = PaymentIntent.objects.filter(_of(membership.business_id))
    if start is not None:
        begun = begun.filter(created_at__gte=start)
    if end is not None:
        begun = begun.filter(created_at__lt=end)
    status = Case(*(When(condition, then=Value(name)) for name, condition in _CONDITIONS.items()))
    found = defaultdict[str, list[tuple[str, int, int]]](list)
    groups = begun.annotate(status=status).values_list("currency", "status").annotate(Count("id"), Sum("amount"))
    for currency, name, count, total in groups.order_by("currency", "status"):
        found[currency].append((name, count, int(total)))
    return dict(found)


def payments() -> "QuerySet[PaymentIntent]":
    """Return every payment with both sides, what it pays, its refunds and disputes, in three queries."""
    refunds = Refund.objects.order_by("id").prefetch_related(Prefetch("credit_note", queryset=CreditNote.objects.all()))
    return PaymentIntent.objects.select_related("payer", "payee", "invoice").prefetch_related(
        Prefetch("refunds", queryset=refunds), Prefetch("disputes", queryset=Dispute.objects.order_by("id"))
    )


def own_payments(
    *,
    actor: Actor,
    status: str | None = None,
    invoice_id: UUID | None = None,
    role: Literal["payer", "payee"] | None = None,
) -> "QuerySet[PaymentIntent]":
    """Return the payments of the actor's business, newest first; none where they work for none.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = membership_for_reading(actor)
    if membership is None:
        return PaymentIntent.objects.none()
    own = {None: _of(membership.business_id), "payer": Q(payer_id=membership.business_id)}
    chosen = payments().filter(own.get(role, Q(payee_id=membership.business_id))).order_by("-id")
    if status is not None:
        chosen = chosen.filter(_CONDITIONS[status])
    return chosen if invoice_id is None else chosen.filter(invoice_id=invoice_id)


def access_payment(*, actor: User, payment_id: UUID) -> PaymentIntent:
    """Return a payment of the actor's business, whichever side it is, or any for staff who may see payments.

    Raises:
        NotFound: `PAYMENT_NOT_FOUND`, also for that of others; `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    known = payments().filter(id=payment_id)
    if not (actor.is_staff and actor.has_perm("finance.view_paymentintent")):
        membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
        known = known.filter(_of(membership.business_id))
    if payment := known.first():
        return payment
    raise payment_not_found()


def own_payouts(*, actor: Actor) -> "QuerySet[Payout]":
    """Return the payouts of the actor's business, newest first; none where they work for none.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = membership_for_reading(actor)
    if membership is None:
        return Payout.objects.none()
    return Payout.objects.filter(business_id=membership.business_id).order_by("-id")


def payment_not_found() -> NotFound:
    """Build the refusal of a payment that is not there for the caller."""
    return NotFound("PAYMENT_NOT_FOUND", "There is no such payment.")


def _of(business_id: UUID) -> Q:
    return Q(payer_id=business_id) | Q(payee_id=business_id)
