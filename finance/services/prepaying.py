"""Paying an order in advance: begin, and give back what was paid for an order that does not stand any more."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from finance.models import PaymentIntent, Transfer
from finance.services.holds import release_hold
from finance.services.intents import State, lock_intent
from finance.services.payments import CANCELLABLE, Way, begin_payment, give_up_payment, provider_for
from finance.services.prepaid import lock_for_prepayment
from finance.services.refunds import make_refund
from wholexale.common.errors import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepayment:
    """What is to be paid in advance, by whom and to whom, and the order that it is for. `amount` in minor units."""

    order_id: UUID
    order_number: str
    payer_id: UUID
    payee_id: UUID
    amount: int
    currency: str


@transaction.atomic
def start_prepayment(*, actor: User, wish: Prepayment, way: Way | None = None) -> PaymentIntent:
    """Begin to pay an order in advance; the caller has judged who may.

    Args:
        actor: a member of the buyer's business.
        wish: what is to be paid.
        way: how; None is the first way of the first provider.

    Raises:
        ValidationFailed: `PAYMENT_METHOD_NOT_SUPPORTED`.
        Conflict: `ORDER_PAID`; `PAYMENT_NOT_CONFIRMABLE`: the provider does not collect by itself.
    """
    if PaymentIntent.objects.filter(order_id=wish.order_id, state=State.SUCCEEDED).exists():
        raise Conflict("ORDER_PAID", "This order was paid.")
    provider, way = provider_for(way)
    intent = PaymentIntent(
        order_id=wish.order_id,
        order_number=wish.order_number,
        payer_id=wish.payer_id,
        payee_id=wish.payee_id,
        amount=wish.amount,
        currency=wish.currency,
        method=way.method,
    )
    return begin_payment(intent, provider, way, actor)


@transaction.atomic
def return_prepayments(*, actor: User | None, order_id: UUID, reason: str) -> None:
    """Give up every payment of an order that does not stand any more, and pay back what was captured.

    What a provider still collects comes back by the next call, for each capture is told (`PrepaymentMade`).

    Args:
        actor: who has given the order up; None is the system.
        order_id: the order.
        reason: what people read.
    """
    ids = PaymentIntent.objects.filter(order_id=order_id).order_by("id").values_list("id", flat=True)
    for intent in [lock_intent(one) for one in ids]:
        lock_for_prepayment(intent)
        if intent.hold_id is not None and not Transfer.objects.filter(hold_id=intent.hold_id).exists():
            release_hold(actor=actor, hold_id=intent.hold_id, description=reason)
        if intent.state == State.SUCCEEDED and intent.refundable > 0:
            make_refund(intent, intent.refundable, reason=reason, actor=actor or intent.created_by)
        elif intent.state in CANCELLABLE:
            give_up_payment(intent, actor=actor, note=reason)
