"""Who may see which order."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from offers.models import Order, OrderEvent, OrderLine, Side
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor


@dataclass(frozen=True, slots=True)
class OrderSeat:
    """An order, and the side on which the actor sits."""

    order: Order
    side: Side


def orders() -> "QuerySet[Order]":
    """Return every order with both sides, its lines and steps."""
    related = ("buyer", "seller", "offer", "hold", "payment", "invoice")
    return Order.objects.select_related(*related).prefetch_related(
        Prefetch("lines", queryset=OrderLine.objects.order_by("position"), to_attr="in_order"),
        Prefetch("events", queryset=OrderEvent.objects.order_by("seq"), to_attr="steps"),
    )


def own_orders(
    *, actor: Actor, role: Literal["buyer", "seller", "all"] = "all", status: str | None = None
) -> "QuerySet[Order]":
    """Return the orders of the actor's business, newest first; none where they work for none."""
    business_id = Membership.objects.filter(user_id=actor.id).values_list("business_id", flat=True).first()
    if business_id is None:
        return Order.objects.none()
    sides = {"buyer": Q(buyer_id=business_id), "seller": Q(seller_id=business_id)}
    chosen = orders().filter(sides.get(role, sides["buyer"] | sides["seller"])).order_by("-id")
    return chosen if status is None else chosen.filter(status=status)


def access_order(*, actor: User, order_id: UUID) -> Order:
    """Return an order of the actor's business, whichever side it is, or any for staff who may see orders.

    Raises:
        NotFound: `ORDER_NOT_FOUND`, also for that of others.
    """
    known = orders().filter(id=order_id)
    if not (actor.is_staff and actor.has_perm("offers.view_order")):
        own = Membership.objects.filter(user_id=actor.id).values("business_id")
        known = known.filter(Q(buyer_id__in=own) | Q(seller_id__in=own))
    if order := known.first():
        return order
    raise order_not_found()


def take_order_seat(*, actor: Actor, order_id: UUID) -> OrderSeat:
    """Lock an order of the actor's business, and return it as it is under the lock, with the actor's side.

    Raises:
        NotFound: `ORDER_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = Membership.objects.filter(user_id=actor.id).first()
    order = _locked().filter(id=order_id).first()
    if order is None or membership is None or membership.business_id not in {order.buyer_id, order.seller_id}:
        raise order_not_found()
    if not membership.may(Permission.ORDERS_MANAGE):
        raise accounts_selectors.insufficient_permissions(membership, Permission.ORDERS_MANAGE)
    return OrderSeat(order, Side.BUYER if membership.business_id == order.buyer_id else Side.SELLER)


def lock_order(order_id: UUID) -> Order:
    """Lock an order for the system or staff, and return it as it is under the lock.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
    """
    if order := _locked().filter(id=order_id).first():
        return order
    raise order_not_found()


def order_side(order: Order, business_id: UUID | None) -> Side | None:
    """Return the side of a business; None for staff and outsiders."""
    return {order.buyer_id: Side.BUYER, order.seller_id: Side.SELLER}.get(business_id) if business_id else None


def allowed_order_actions(order: Order, side: Side | None) -> list[str]:
    """Return what a side may do with an order now."""
    if side == Side.SELLER:
        can_send = ["fulfil"] if order.hold_id is not None else []
        return {
            Order.Status.ACCEPTED: ["confirm", *can_send, "cancel"],
            Order.Status.CONFIRMED: [*can_send, "cancel"],
            Order.Status.PARTLY_FULFILLED: ["fulfil", "settle"],
            Order.Status.FULFILLED: ["settle"],
            Order.Status.DELIVERED: ["settle"],
        }.get(Order.Status(order.status), [])
    if side == Side.BUYER:
        can_pay = ["pay"] if order.settlement == Order.Settlement.PREPAID and order.hold_id is None else []
        return {
            Order.Status.ACCEPTED: [*can_pay, "cancel"],
            Order.Status.CONFIRMED: can_pay,
            Order.Status.FULFILLED: ["confirm-delivery"],
        }.get(Order.Status(order.status), [])
    return []


def order_not_found() -> NotFound:
    """Build the refusal of an order that is not there for the caller."""
    return NotFound("ORDER_NOT_FOUND", "There is no such order.")


def _locked() -> "QuerySet[Order]":
    return Order.objects.select_for_update(of=("self",), no_key=True).select_related("seller", "buyer")
