"""What we read of Stripe's objects, in replies and webhooks alike, and what it means in our words.

Their unknown fields are ignored. Their minor units are those of ISO 4217, because `provider.py` refuses the currencies
for which they are not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from finance.gateways.interface import Disputed, News, Payment, Refunded
from finance.models import Dispute, PaymentIntent, Refund

State = PaymentIntent.State

_STATES = {
    "requires_payment_method": State.REQUIRES_PAYMENT_METHOD,
    "requires_confirmation": State.REQUIRES_PAYMENT_METHOD,
    "requires_action": State.REQUIRES_ACTION,
    "processing": State.PROCESSING,
    "requires_capture": State.REQUIRES_CAPTURE,
    "succeeded": State.SUCCEEDED,
    "canceled": State.CANCELED,
}
_REFUND_STATES = {
    "succeeded": Refund.State.SUCCEEDED,
    "failed": Refund.State.FAILED,
    "canceled": Refund.State.FAILED,
}
_DISPUTE_STATES = {
    "needs_response": Dispute.State.NEEDS_RESPONSE,
    "under_review": Dispute.State.UNDER_REVIEW,
    "won": Dispute.State.WON,
    "lost": Dispute.State.LOST,
}
"""Of inquiries (`warning_*`, `prevented`) no bank has taken money; appeals (`appeal_*`) give none back yet."""


class Failure(msgspec.Struct):
    """Why the last try to pay has failed."""

    code: str | None = None
    message: str | None = None


class Page(msgspec.Struct):
    """Where the payer has to go."""

    url: str


class Step(msgspec.Struct):
    """What the payer has to do; without a page, Stripe's own library in the client does it."""

    redirect_to_url: Page | None = None


class BalanceChange(msgspec.Struct):
    """What a charge has brought us; the currency is that of our account at Stripe."""

    fee: int
    currency: str


class Charge(msgspec.Struct):
    """The charge of a payment, where it was asked for with it."""

    balance_transaction: BalanceChange | str | None = None


class Intent(msgspec.Struct):
    """A PaymentIntent of theirs."""

    id: str
    status: str
    currency: str
    metadata: dict[str, str] = {}
    amount_capturable: int = 0
    amount_received: int = 0
    client_secret: str | None = None
    last_payment_error: Failure | None = None
    next_action: Step | None = None
    latest_charge: Charge | str | None = None

    def __post_init__(self) -> None:
        """Refuse a state that we do not know."""
        if self.status not in _STATES:
            raise ValueError(f"unknown status {self.status}")


class RefundObject(msgspec.Struct):
    """A Refund of theirs."""

    id: str
    status: str | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None
    failure_reason: str | None = None


class RefundObjects(msgspec.Struct):
    """Refunds of theirs, the newest first."""

    data: list[RefundObject]


class Evidence(msgspec.Struct):
    """Until when we may answer a dispute, in seconds since 1970; 0 or None where we may not."""

    due_by: int | None = None


class DisputeObject(msgspec.Struct):
    """A Dispute of theirs."""

    id: str
    status: str
    amount: int
    reason: str = ""
    payment_intent: str | None = None
    evidence_details: Evidence | None = None


def payment_of(intent: Intent) -> Payment:
    """Return how a payment stands; it has failed where the last try did and the payer has to choose anew."""
    state = _STATES[intent.status]
    failure = intent.last_payment_error if state == State.REQUIRES_PAYMENT_METHOD else None
    if failure:
        state = State.FAILED
    return Payment(
        reference=intent.id,
        state=state,
        intent_id=_own_id(intent.metadata, "intent_id"),
        capturable=intent.amount_capturable,
        captured=intent.amount_received,
        failure_code=(failure.code or "payment_failed") if failure else "",
        failure_text=(failure.message or "") if failure else "",
        action=_action(intent, state),
        fee=_fee(intent),
    )


def refunded_of(refund: RefundObject) -> Refunded:
    """Return how a refund stands."""
    state = _REFUND_STATES.get(refund.status or "", Refund.State.PENDING)
    reason = refund.failure_reason or refund.status or ""
    is_failed = state == Refund.State.FAILED
    return Refunded(
        reference=refund.id,
        payment=refund.payment_intent or "",
        state=state,
        refund_id=_own_id(refund.metadata or {}, "refund_id"),
        failure_code=reason if is_failed else "",
        failure_text=f"The refund has failed: {reason.replace('_', ' ')}." if is_failed else "",
    )


def disputed_of(dispute: DisputeObject) -> Disputed | None:
    """Return how a dispute stands; None where no money has moved."""
    state = _DISPUTE_STATES.get(dispute.status)
    if state is None or dispute.payment_intent is None:
        return None
    due_by = dispute.evidence_details.due_by if dispute.evidence_details else None
    return Disputed(
        reference=dispute.id,
        payment=dispute.payment_intent,
        state=state,
        amount=dispute.amount,
        reason=dispute.reason,
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def news_of(kind: str, told: dict[str, Any]) -> News | None:
    """Return what a webhook of this type tells by its object; None where that is nothing for us.

    Raises:
        msgspec.ValidationError: the object has another shape than we know.
    """
    if kind.startswith("payment_intent."):
        return payment_of(msgspec.convert(told, Intent))
    if kind.startswith(("refund.", "charge.refund.")):
        return refunded_of(msgspec.convert(told, RefundObject))
    if kind.startswith("charge.dispute."):
        return disputed_of(msgspec.convert(told, DisputeObject))
    return None


def _action(intent: Intent, state: State) -> Mapping[str, Any] | None:
    """Return what the payer's client has to do: go to a page of the bank, or go on with Stripe's own library."""
    if state not in {State.REQUIRES_PAYMENT_METHOD, State.REQUIRES_ACTION}:
        return None
    page = intent.next_action.redirect_to_url if intent.next_action else None
    return {"type": "redirect", "url": page.url} if page else {"type": "stripe", "clientSecret": intent.client_secret}


def _fee(intent: Intent) -> int:
    """Return what Stripe keeps, where it says so in the currency of the payment."""
    change = intent.latest_charge.balance_transaction if isinstance(intent.latest_charge, Charge) else None
    return change.fee if isinstance(change, BalanceChange) and change.currency == intent.currency else 0


def _own_id(metadata: Mapping[str, str], name: str) -> UUID | None:
    """Return our id; None for what somebody else has made in the same account."""
    try:
        return UUID(metadata[name])
    except (KeyError, ValueError):
        return None
