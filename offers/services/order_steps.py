"""The one place where an order changes: under its lock, with an event that says what was done, and word to both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from chat import services as chat_services
from chat.services import Draft
from offers import events
from offers.models import Order, OrderEvent, Side
from offers.services.wording import ORDER_LINES, order_line_of
from wholexale.common.clock import database_now
from wholexale.common.events import publish
from wholexale.common.logging import current_request
from wholexale.common.prepared import write
from wholexale.common.realtime import push_on_commit, user_group

OrderAction = OrderEvent.Action
OrderStatus = Order.Status
_STAMPS = {
    OrderStatus.CONFIRMED: "confirmed_at",
    OrderStatus.FULFILLED: "fulfilled_at",
    OrderStatus.DELIVERED: "delivered_at",
    OrderStatus.SETTLED: "settled_at",
    OrderStatus.CANCELLED: "cancelled_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """What somebody does with an order. Without `side` and `actor` it is the system that does it."""

    action: OrderAction
    status: OrderStatus
    side: Side | None = None
    actor: User | None = None
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def take_order_step(order: Order, step: OrderStep) -> Order:
    """Save a locked order with what has changed of it, write the step down, and tell both sides."""
    event = order_event(order, step, now=database_now())
    write(new=[event], changed=[order])
    tell_order_step(event)
    line = line_of_step(order, step)
    if line is not None:
        chat_services.post_messages([line])
    _announce(order, step)
    return order


def order_event(order: Order, step: OrderStep, *, now: datetime) -> OrderEvent:
    """Move a new or locked order, and return the event that says so; the caller writes both."""
    old = order.status if order.version else ""
    order.status = step.status
    order.version += 1
    order.updated_at = now
    if (stamp := _STAMPS.get(step.status)) and getattr(order, stamp) is None:
        setattr(order, stamp, now)
    return OrderEvent(
        order=order,
        seq=order.version,
        action=step.action,
        side=step.side or "",
        actor=step.actor,
        old_status=old,
        new_status=step.status,
        details=dict(step.details),
        note=step.note,
        request_id=current_request(),
        created_at=now,
    )


def tell_order_step(event: OrderEvent) -> None:
    """Tell other apps of a step that is written down."""
    order = event.order
    fact = events.OrderStepTaken(
        order_id=order.id,
        seq=event.seq,
        action=event.action,
        side=event.side,
        actor_id=event.actor_id,
        buyer_id=order.buyer_id,
        seller_id=order.seller_id,
    )
    publish(fact)


def line_of_step(order: Order, step: OrderStep) -> Draft | None:
    """Return the line for the conversation of the offer; None where a step needs none."""
    if order.offer.conversation_id is None or step.action not in ORDER_LINES:
        return None
    return Draft(
        conversation_id=order.offer.conversation_id,
        sender_id=None,
        content=order_line_of(order, step.action, step.actor, step.note),
        message_type="system",
        system_message_type=ORDER_LINES[step.action],
    )


def _announce(order: Order, step: OrderStep) -> None:
    """Push `order:updated` to those of both sides who deal with orders."""
    sides = (order.buyer_id, order.seller_id)
    allowed = accounts_selectors.people_allowed(business_ids=sides, permission=Permission.ORDERS_MANAGE)
    people = [user_id for of_side in allowed.values() for user_id in of_side]
    if not people:
        return
    push = events.OrderUpdated(
        id=str(order.id),
        order_id=order.order_number,
        offer_id=str(order.offer_id),
        status=order.status,
        action=step.action,
        version=order.version,
    )
    push_on_commit(push, to=[user_group(user_id) for user_id in sorted(people)])
