"""Payments, on the wire: the old backend's names, with ours beside them."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from accounts.models import Business
from finance.gateways import gateways
from finance.models import PaymentChange, PaymentIntent
from finance.selectors import payment_status
from finance.serializers.fields import amounts
from finance.serializers.refunds import DisputeInfo, Failure, RefundInfo, dispute, failure, refund
from finance.services import PaymentWish
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.money import Amount, to_minor
from wholexale.common.wire import Resource, Wire, optional_time, wire_time

PaymentStatus = Literal[
    "pending", "processing", "authorized", "captured", "failed", "cancelled", "refunded", "partially_refunded",
    "disputed", "timeout",
]  # fmt: skip
PaymentMethod = Literal[
    "bank_transfer", "upi", "credit_card", "debit_card", "net_banking", "wallet", "cash", "cheque",
]  # fmt: skip
Reason = Annotated[str, Meta(max_length=500)]


class PaymentQuery(PageQuery, kw_only=True):
    """Which payments: those that the caller's business has made, got, or both."""

    status: PaymentStatus | None = None
    role: Literal["payer", "payee"] | None = None
    invoice_id: UUID | None = None


class PaymentBody(Wire, kw_only=True):
    """What to pay and how: all that is due where `amount` is missing.

    With `capture: "manual"` the money is authorized first, and captured by the seller. With `confirm` it is collected
    at once; `token` stands for the card or account at the provider.
    """

    invoice_id: UUID
    method: PaymentMethod
    provider: Annotated[str, Meta(max_length=16)] = ""
    amount: Amount | UnsetType = UNSET
    capture: Literal["automatic", "manual"] = "automatic"
    confirm: bool = False
    token: Annotated[str, Meta(max_length=200)] = ""

    def wish(self, currency: str) -> PaymentWish:
        """Return what the service needs.

        Raises:
            ValidationFailed: `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`, `AMOUNT_TOO_LARGE`.
        """
        return PaymentWish(
            invoice_id=self.invoice_id,
            method=self.method,
            provider=self.provider,
            amount=None if self.amount is UNSET else to_minor(self.amount, currency),
            is_captured_later=self.capture == "manual",
            is_confirmed=self.confirm,
            token=self.token,
        )


class ConfirmBody(Wire, kw_only=True):
    """What stands for the payer's card or account at the provider."""

    token: Annotated[str, Meta(max_length=200)] = ""


class CancelBody(Wire, kw_only=True):
    """Why."""

    reason: Reason = ""


class Side(Resource, kw_only=True):
    """A business that pays or is paid."""

    business_name: str


class PaidFor(Wire, kw_only=True):
    """What a payment is for: an invoice, or an order that is paid in advance and not settled yet."""

    type: str
    id: str
    number: str


class GatewayInfo(Wire, kw_only=True):
    """The provider, and what it calls the payment."""

    name: str
    gateway_transaction_id: str | UnsetType = UNSET


class FeesInfo(Wire, kw_only=True):
    """What the provider keeps of a payment; the platform bears it."""

    gateway_fee: Amount
    gateway_fee_minor: int
    total_fees: Amount
    total_fees_minor: int


class PaymentInfo(Resource, kw_only=True):
    """A payment. `status` is in the old backend's words, `state` in ours; `version` grows with every change.

    `clientAction` is what the payer's client has to do next; only the payer gets it.
    """

    payment_id: str
    payer: Side
    payee: Side
    amount: Amount
    amount_minor: int
    currency: str
    reference: PaidFor
    payment_method: str
    payment_gateway: GatewayInfo
    status: str
    state: str
    capture: str
    capturable: Amount
    capturable_minor: int
    captured: Amount
    captured_minor: int
    refunded_amount: Amount
    refunded_amount_minor: int
    refundable: Amount
    refundable_minor: int
    disputed: Amount
    disputed_minor: int
    fees: FeesInfo
    failure: Failure | UnsetType = UNSET
    client_action: dict[str, Any] | UnsetType = UNSET
    refunds: list[RefundInfo]
    disputes: list[DisputeInfo]
    is_successful: bool
    is_failed: bool
    initiated_at: str
    authorized_at: str | None
    captured_at: str | None
    failed_at: str | None
    expires_at: str | None
    created_at: str
    updated_at: str
    version: int


class Step(Wire, kw_only=True):
    """One step of a payment: who told, and what it was then."""

    number: int
    old_state: str | None
    new_state: str
    source: str
    note: str
    at: str


class WholePayment(PaymentInfo, kw_only=True):
    """A payment with its history."""

    history: list[Step]


class PaymentPage(Wire, kw_only=True):
    """A page of payments, newest first."""

    payments: list[PaymentInfo]
    pagination: Pagination


class PaymentFound(Wire, kw_only=True):
    """One payment."""

    payment: WholePayment


class PaymentAnswer(Wire, kw_only=True):
    """A payment as it is now, and what the payer's client has to do next."""

    message: str
    payment: PaymentInfo
    client_action: dict[str, Any] | None


class RefundMade(Wire, kw_only=True):
    """A refund that was asked for, and the payment as it is now."""

    message: str
    refund: RefundInfo
    payment: PaymentInfo


class WayToPay(Wire, kw_only=True):
    """A provider, and how one may pay through it."""

    provider: str
    methods: list[str]
    captures_later: bool
    needs_staff: bool


class WaysToPay(Wire, kw_only=True):
    """How invoices may be paid, the default first."""

    providers: list[WayToPay]


class Received(Wire, kw_only=True):
    """A webhook was heard."""

    received: bool = True


def ways_to_pay() -> WaysToPay:
    """Return how invoices may be paid."""
    return WaysToPay(
        providers=[
            WayToPay(
                provider=one.name,
                methods=list(one.methods),
                captures_later=not one.is_by_hand,
                needs_staff=one.is_by_hand,
            )
            for one in gateways()
        ]
    )


def payment_list(viewer_id: UUID | None) -> Any:
    """Return what makes the shapes of a page of payments, for a viewer of one business."""

    def shapes(intents: Iterable[PaymentIntent]) -> list[PaymentInfo]:
        return [payment(one, viewer_id) for one in intents]

    return shapes


def payment(intent: PaymentIntent, viewer_id: UUID | None) -> PaymentInfo:
    """Return a payment, for a viewer of one business."""
    return PaymentInfo(**_fields(intent, viewer_id))


def whole_payment(intent: PaymentIntent, viewer_id: UUID | None) -> WholePayment:
    """Return a payment with its history."""
    return WholePayment(**_fields(intent, viewer_id), history=[_step(one) for one in intent.changes.order_by("number")])


def payment_answer(message: str, intent: PaymentIntent, viewer_id: UUID | None) -> PaymentAnswer:
    """Return a payment as it is now."""
    shape = payment(intent, viewer_id)
    return PaymentAnswer(message=message, payment=shape, client_action=shape.client_action or None)


def _fields(intent: PaymentIntent, viewer_id: UUID | None) -> dict[str, Any]:
    currency = intent.currency
    is_payer = intent.payer_id == viewer_id
    return {
        "id": str(intent.id),
        "payment_id": intent.payment_id,
        "payer": _side(intent.payer),
        "payee": _side(intent.payee),
        "currency": currency,
        **amounts(
            currency,
            amount=intent.amount,
            capturable=intent.capturable,
            captured=intent.captured,
            refunded_amount=intent.refunded,
            refundable=max(0, intent.refundable),
            disputed=intent.disputed,
        ),
        "reference": _paid_for(intent),
        "payment_method": intent.method,
        "payment_gateway": GatewayInfo(name=intent.provider, gateway_transaction_id=intent.provider_ref or UNSET),
        "status": payment_status(intent),
        "state": intent.state,
        "capture": "manual" if intent.is_captured_later else "automatic",
        "fees": FeesInfo(**amounts(currency, gateway_fee=intent.provider_fee, total_fees=intent.provider_fee)),
        "failure": failure(intent.failure_code, intent.failure_text),
        "client_action": intent.action if is_payer and intent.action else UNSET,
        "refunds": [refund(one, currency) for one in intent.refunds.all()],
        "disputes": [dispute(one, currency) for one in intent.disputes.all()],
        "is_successful": intent.state == PaymentIntent.State.SUCCEEDED,
        "is_failed": intent.state == PaymentIntent.State.FAILED,
        "initiated_at": wire_time(intent.created_at),
        "authorized_at": optional_time(intent.authorized_at),
        "captured_at": optional_time(intent.captured_at),
        "failed_at": optional_time(intent.failed_at),
        "expires_at": optional_time(intent.expires_at),
        "created_at": wire_time(intent.created_at),
        "updated_at": wire_time(intent.updated_at),
        "version": intent.version,
    }


def _paid_for(intent: PaymentIntent) -> PaidFor:
    if intent.invoice is None:
        return PaidFor(type="order", id=str(intent.order_id), number=intent.order_number)
    return PaidFor(type="invoice", id=str(intent.invoice_id), number=intent.paper)


def _side(business: Business) -> Side:
    return Side(id=str(business.id), business_name=business.name)


def _step(change: PaymentChange) -> Step:
    return Step(
        number=change.number,
        old_state=change.old_state or None,
        new_state=change.new_state,
        source=change.source,
        note=change.note,
        at=wire_time(change.created_at),
    )
