"""The provider that is no program: staff, or the bank's software, sees the money come in and says so."""

import hashlib
from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

import msgspec
from django.conf import settings

from finance.gateways.interface import Event, Gateway, News, Order, PaidOut, Payment, Refunded, Rejected
from finance.gateways.signing import verify_plain
from finance.models import PaymentIntent, Payout, Refund
from wholexale.common import wire

SIGNATURE = "x-webhook-signature"
_State = PaymentIntent.State


class _Data(msgspec.Struct, rename="camel"):
    payment_id: str = ""
    refund_id: str = ""
    amount_minor: int | None = None
    reason: str = ""


class _Notice(msgspec.Struct):
    """A webhook in the old backend's shape."""

    event: str
    data: _Data


class ManualGateway:
    """Money by bank transfer, cash or cheque: nobody can be asked, so nothing here talks to anybody."""

    name = "manual"
    methods: tuple[str, ...] = ("bank_transfer", "cash", "cheque")
    is_by_hand = True
    pays_out = False

    def create(self, order: Order, *, key: str) -> Payment:
        """Tell the payer what to write on the transfer."""
        action = {
            "type": order.method,
            "reference": order.number,
            "instructions": settings.MANUAL_PAYMENT_INSTRUCTIONS,
        }
        return Payment(reference=order.number, intent_id=order.intent_id, state=_State.REQUIRES_ACTION, action=action)

    def cancel(self, reference: str, *, key: str) -> Payment:
        """Stop waiting."""
        return Payment(reference=reference, state=_State.CANCELED)

    def refund(self, reference: str, *, refund_id: UUID, amount: int, key: str) -> Refunded:
        """Wait until staff has sent the money."""
        return Refunded(reference="", payment=reference, state=Refund.State.PENDING, refund_id=refund_id)

    def find_refund(self, reference: str, *, refund_id: UUID) -> Refunded | None:
        """Know nothing."""
        return None

    def pay_out(self, *, payout_id: UUID, business_id: UUID, amount: int, currency: str, key: str) -> PaidOut:
        """Wait until staff has sent the money."""
        return PaidOut(reference="", state=Payout.State.PENDING, payout_id=payout_id)

    def confirm(self, reference: str, *, token: str, key: str) -> NoReturn:
        """Refuse: the payer cannot say that the money has come."""
        raise _by_hand()

    def capture(self, reference: str, *, amount: int, key: str) -> NoReturn:
        """Refuse: nothing is authorized first."""
        raise _by_hand()

    def retrieve(self, reference: str) -> NoReturn:
        """Refuse: nobody can be asked."""
        raise _by_hand()

    def retrieve_refund(self, reference: str) -> NoReturn:
        """Refuse: nobody can be asked."""
        raise _by_hand()

    def retrieve_payout(self, reference: str) -> NoReturn:
        """Refuse: nobody can be asked."""
        raise _by_hand()

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Read a webhook in the old backend's shape, signed by `WEBHOOK_SECRET`; it has no id, so its bytes are it.

        Raises:
            Unverified: the signature is missing or wrong, or no secret is set.
            ValidationFailed: it is no such webhook.
        """
        verify_plain(body, headers.get(SIGNATURE, ""), settings.WEBHOOK_SECRETS)
        notice: Any = wire.decode(body, _Notice)
        return Event(id=hashlib.sha256(body).hexdigest(), type=notice.event, news=_news(notice))


def _news(notice: _Notice) -> News | None:
    data = notice.data
    if notice.event == "payment.success" and data.payment_id:
        return Payment(
            reference=data.payment_id,
            intent_id=_our_id(data.payment_id),
            state=_State.SUCCEEDED,
            captured=data.amount_minor,
        )
    if notice.event == "payment.failed" and data.payment_id:
        return Payment(
            reference=data.payment_id,
            intent_id=_our_id(data.payment_id),
            state=_State.FAILED,
            failure_code="payment_failed",
            failure_text=data.reason or "The payment has failed.",
        )
    if notice.event == "refund.success" and data.refund_id:
        return Refunded(
            reference=data.refund_id,
            payment=data.payment_id,
            refund_id=_our_id(data.refund_id),
            state=Refund.State.SUCCEEDED,
        )
    return None


def _our_id(text: str) -> UUID | None:
    """Return the id that a notice names; None where it names a number, such as PAY-2026-000123."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _by_hand() -> Rejected:
    return Rejected("by_hand", "Staff says what has become of it.")


def build() -> Gateway:
    """Return the adapter."""
    return ManualGateway()
