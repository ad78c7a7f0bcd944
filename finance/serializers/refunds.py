"""Refunds and disputes of payments, on the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from finance.models import Dispute, Refund
from finance.serializers.fields import amounts
from wholexale.common.money import Amount, to_minor
from wholexale.common.wire import Resource, Wire, clean_text, optional_time, wire_time

_OLD_STATUSES = {Refund.State.PENDING: "pending", Refund.State.SUCCEEDED: "processed", Refund.State.FAILED: "failed"}


class PartBody(Wire, kw_only=True):
    """A part of a payment; all of it where `amount` is missing."""

    amount: Amount | UnsetType = UNSET

    def minor(self, currency: str) -> int | None:
        """Return the amount in minor units.

        Raises:
            ValidationFailed: `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`, `AMOUNT_TOO_LARGE`.
        """
        return None if self.amount is UNSET else to_minor(self.amount, currency)


class RefundBody(PartBody, kw_only=True):
    """A part of a payment that goes back, and why."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]

    def text(self) -> str:
        """Return the reason."""
        return clean_text(self.reason)


class Failure(Wire, kw_only=True):
    """Why a payment failed."""

    code: str
    description: str


class RefundInfo(Resource, kw_only=True):
    """Money that goes back, or went: `status` in the old backend's words."""

    refund_id: str
    amount: Amount
    amount_minor: int
    reason: str
    status: str
    origin: str
    failure: Failure | UnsetType = UNSET
    credit_note_id: str | UnsetType = UNSET
    gateway_refund_id: str | UnsetType = UNSET
    processed_at: str | None
    created_at: str


class DisputeInfo(Resource, kw_only=True):
    """A payer's complaint to the bank."""

    amount: Amount
    amount_minor: int
    status: str
    reason: str
    respond_by: str | None
    opened_at: str
    closed_at: str | None


def refund(one: Refund, currency: str) -> RefundInfo:
    """Return a refund."""
    note = getattr(one, "credit_note", None)
    return RefundInfo(
        id=str(one.id),
        refund_id=one.refund_id,
        **amounts(currency, amount=one.amount),
        reason=one.reason,
        status=_OLD_STATUSES[Refund.State(one.state)],
        origin=one.origin,
        failure=failure(one.failure_code, one.failure_text),
        credit_note_id=str(note.id) if note else UNSET,
        gateway_refund_id=one.provider_ref or UNSET,
        processed_at=optional_time(one.settled_at),
        created_at=wire_time(one.created_at),
    )


def dispute(one: Dispute, currency: str) -> DisputeInfo:
    """Return a dispute."""
    return DisputeInfo(
        id=str(one.id),
        **amounts(currency, amount=one.amount),
        status=one.state,
        reason=one.reason,
        respond_by=optional_time(one.respond_by),
        opened_at=wire_time(one.opened_at),
        closed_at=optional_time(one.closed_at),
    )


def failure(code: str, text: str) -> Failure | UnsetType:
    """Return why something failed; nothing where it did not."""
    return Failure(code=code, description=text) if code else UNSET
