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
