"""What clients see of money while it moves, and what other apps are told of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from wholexale.common.events import Fact
from wholexale.common.realtime import Push


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaymentMade(Fact):
    """An order was paid in advance, and the money is held for it."""

    type: ClassVar[str] = "payment.prepaid"
    payment_id: UUID
    order_id: UUID
    hold_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStateChanged(Fact):
    """A payment has gone from one state of `PaymentIntent.State` to another; the first has no old one."""

    type: ClassVar[str] = "payment.state_changed"
    intent_id: UUID
    version: int
    state: str
    old_state: str
    payer_id: UUID
    payee_id: UUID
    actor_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSettled(Fact):
    """A refund was paid or has failed; `was_paid` says that the payer's bank has sent back what was paid before.

    `state` is one of `Refund.State`, `amount` in minor units.
    """

    type: ClassVar[str] = "refund.settled"
    refund_id: UUID
    intent_id: UUID
    state: str
    was_paid: bool
    payer_id: UUID
    payee_id: UUID
    amount: int
    currency: str
    reason: str
    actor_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditMoved(Fact):
    """A transaction has touched what a business owes on a credit line, or what is held of it.

    `kind` is that of the transaction in the ledger (`purchase`, `repayment`, ...), `amount` in minor units; `is_more`
    says whether the business may buy more for it.
    """

    type: ClassVar[str] = "credit.moved"
    line_id: UUID
    business_id: UUID
    transaction_id: UUID
    actor_id: UUID | None
    kind: str
    amount: int
    currency: str
    is_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLineChanged(Fact):
    """Staff has changed the limit or the status of a credit line; limits are in minor units."""

    type: ClassVar[str] = "credit.line_changed"
    line_id: UUID
    version: int
    business_id: UUID
    currency: str
    old_limit: int
    new_limit: int
    old_status: str
    new_status: str
    actor_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Fact):
    """A seller has issued an invoice to a buyer."""

    type: ClassVar[str] = "invoice.issued"
    invoice_id: UUID
    seller_id: UUID
    buyer_id: UUID
    actor_id: UUID | None


class CreditChanged(Push, kw_only=True):
    """What a business may still buy on account has changed: by a transaction, or by a decision of staff.

    `type` is that of the transaction, seen from the business; `amount` its amount. A decision of staff is an
    `adjustment` without a `transactionId`; its amount is the difference of the limits. Each amount comes in whole
    units of the currency, and as integer of minor units.
    """

    event: ClassVar[str] = "finance:credit_changed"
    available_credit: Decimal
    available_credit_minor: int
    used_credit: Decimal
    used_credit_minor: int
    credit_limit: Decimal
    credit_limit_minor: int
    currency: str
    status: str
    type: str
    amount: Decimal
    amount_minor: int
    transaction_id: str | None


class PaymentUpdated(Push, kw_only=True):
    """A payment has changed: its state, or what was captured, refunded or disputed of it.

    `status` is in the old backend's words, `state` in ours. `version` only grows: what comes with a smaller one is old.
    """

    event: ClassVar[str] = "payment:updated"
    id: str
    payment_id: str
    invoice_id: str | None
    order_id: str | None
    status: str
    state: str
    amount: Decimal
    amount_minor: int
    captured: Decimal
    captured_minor: int
    refunded: Decimal
    refunded_minor: int
    currency: str
    failure_code: str | None
    version: int
