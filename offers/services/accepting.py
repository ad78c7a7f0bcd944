"""Accepting an offer: one transaction that judges it, makes one order, and holds the money for it."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from accounts.selectors import people_remembered
from chat.services import Draft
from finance import services as finance_services
from finance.services import About, Purchase, Subject
from offers.models import Offer, OfferLine, Order, OrderEvent, OrderLine, OrderTimer, Side
from offers.selectors import Seat, offers, on_the_table, orders, take_seat
from offers.services.approvals import check_approved
from offers.services.judging import check_open, check_turn
from offers.services.order_steps import OrderAction, OrderStep, line_of_step, order_event, tell_order_step
from offers.services.ordering import prepayment_of, reckon_terms
from offers.services.shortfall import CreditShort
from offers.services.steps import Action, Status, Step, take_step
from offers.services.terms import PREPAID
from wholexale.common.errors import DomainError
from wholexale.common.events import facts_together
from wholexale.common.ids import new_id
from wholexale.common.numbers import next_number
from wholexale.common.versions import Seen

_REFUSED_CREDIT = {
    "ACCOUNT_CLOSED",
    "ACCOUNT_FROZEN",
    "BUSINESS_NOT_FOUND",
    "CREDIT_LIMIT_EXCEEDED",
    "CREDIT_NOT_ACTIVE",
    "SPENDING_LIMIT_EXCEEDED",
}
_COPIED = (
    "product_ref", "name", "category", "sku", "brand", "details", "tax_code", "tax_rate", "unit", "quantity",
    "unit_price", "total", "position",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Accepted:
    """An offer that is accepted, and its order; `is_replay` where that had been done before."""

    offer: Offer
    order: Order
    is_replay: bool = False


@transaction.atomic
def accept_offer(
    *, actor: User, offer_id: UUID, message: str = "", revision: int | None = None, seen: Seen = None
) -> Accepted:
    """Agree to the terms on the table: the order is placed and the money held, or nothing happens at all.

    Who has accepted before gets the same order again, also after the terms have ended.

    Args:
        actor: a member of the side whose turn it is.
        offer_id: the offer.
        message: what the other side reads.
        revision: the number of the terms that the actor has seen; None is whatever is on the table.
        seen: the versions of the offer that the actor has seen; None is whatever there is.

    Raises:
        NotFound: `OFFER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_YOUR_TURN`.
        PreconditionFailed: `PRECONDITION_FAILED`.
        Conflict: `OFFER_CLOSED`, `OFFER_EXPIRED`, `REVISION_CONFLICT`; `APPROVAL_REQUIRED`, `CREDIT_LIMIT_EXCEEDED`,
            `CREDIT_NOT_ACTIVE`, `SPENDING_LIMIT_EXCEEDED`, `ACCOUNT_FROZEN`: the offer stays open.
    """
    with people_remembered(), facts_together():
        return _accept(take_seat(actor=actor, offer_id=offer_id), actor, message, revision, seen)


def _accept(seat: Seat, actor: User, message: str, revision: int | None, seen: Seen) -> Accepted:
    if (first := _accepted_before(seat)) is not None:
        return first
    offer, now = seat.offer, seat.now
    check_open(seat, now=now, revision=revision, seen=seen)
    check_turn(seat, now=now)
    check_approved(seat, actor)
    if seat.side == Side.SELLER and offer.first_answered_at is None:
        offer.first_answered_at = now
    placed = place_order(seat, actor)
    step = Step(
        action=Action.ACCEPTED,
        status=Status.ACCEPTED,
        side=seat.side,
        actor=actor,
        message=message,
        further=placed.line,
        rows=placed.rows,
    )
    accepted = Accepted(take_step(offer, step, now=now), placed.order)
    tell_order_step(placed.event)
    return accepted


def _accepted_before(seat: Seat) -> Accepted | None:
    """Return the order of an offer that the actor's side has accepted before."""
    if seat.offer.status not in Offer.DEALT:
        return None
    order = orders().get(offer_id=seat.offer.id)
    return (
        Accepted(offers().get(id=seat.offer.id), order, is_replay=True) if order.accepting_side == seat.side else None
    )


class Placed(NamedTuple):
    """An order with all that its shape needs, its first event, the rows to be written, and the conversation's line."""

    order: Order
    event: OrderEvent
    rows: list[Model]
    line: Draft | None


def place_order(seat: Seat, actor: User) -> Placed:
    """Make the order of an offer's current terms, with the hold or the payment that it stands on.

    The caller has judged that the seat's side may accept them, writes the rows, and tells what was done.

    Raises:
        DomainError: what `accept_offer` raises for want of money.
    """
    offer = seat.offer
    terms, lines = on_the_table(offer)
    sums = reckon_terms(offer, terms, lines)
    order = Order(
        id=new_id(),
        number=next_number(Order),
        offer=offer,
        revision=terms,
        buyer=offer.buyer,
        seller=offer.seller,
        accepted_by=actor,
        accepting_side=seat.side,
        currency=terms.currency,
        subtotal=sums.subtotal,
        tax=sums.tax,
        total=sums.total,
        payment_terms=terms.payment_terms,
        delivery_terms=terms.delivery_terms,
        settlement=Order.Settlement.PREPAID if terms.payment_terms == PREPAID else Order.Settlement.ON_ACCOUNT,
    )
    _secure(order, buyer=actor if seat.side == Side.BUYER else terms.author, is_buyer=seat.side == Side.BUYER)
    step = OrderStep(action=OrderAction.PLACED, status=Order.Status.ACCEPTED, side=seat.side, actor=actor)
    placed = order_event(order, step, now=seat.now)
    copied = [_order_line(order, line) for line in lines]
    timer = OrderTimer(order=order, run_at=order.created_at + settings.ORDER_ENDS_AFTER)
    order.in_order, order.steps = copied, [placed]  # type: ignore[attr-defined] # what `orders()` attaches
    return Placed(order, placed, [order, placed, *copied, timer], line_of_step(order, step))


def _secure(order: Order, *, buyer: User, is_buyer: bool) -> None:
    """Hold the buyer's credit for an order, or begin the payment in advance; nobody but the buyer learns of limits.

    Args:
        order: what it is for.
        buyer: the member of the buyer's business who has agreed to these terms, and whose spending it is.
        is_buyer: whether it is the buyer who accepts.

    Raises:
        Conflict: for the buyer, what `hold_credit` raises.
        CreditShort: for the seller, in place of it.
    """
    if order.settlement == Order.Settlement.PREPAID:
        order.payment = finance_services.start_prepayment(actor=buyer, wish=prepayment_of(order))
        return
    purchase = Purchase(
        buyer_id=order.buyer_id,
        seller_id=order.seller_id,
        amount=order.total,
        currency=order.currency,
        about=About(Subject.OFFER, str(order.offer_id), order.offer.offer_number),
        description=f"Hold for {order.offer.offer_number}",
    )
    try:
        held = finance_services.hold_credit(actor=buyer, purchase=purchase, reference=f"order:{order.id}")
    except DomainError as refused:
        if is_buyer or refused.code not in _REFUSED_CREDIT:
            raise
        raise CreditShort from None
    order.hold_id = held.hold_id


def _order_line(order: Order, line: OfferLine) -> OrderLine:
    return OrderLine(order=order, **{name: getattr(line, name) for name in _COPIED})
