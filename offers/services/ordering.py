"""Orders after they were placed: confirm, fulfil in parts, deliver, settle, pay, cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from finance import services as finance_services
from finance.models import PaymentIntent
from finance.services import InvoiceDraft, LineDraft, Prepayment, Reckoning, Way
from offers.models import Offer, OfferEvent, OfferLine, OfferRevision, Order, OrderLine, Side
from offers.selectors import access_order, lock_offer, lock_order, take_order_seat
from offers.services.judging import check_staff
from offers.services.order_steps import OrderAction, OrderStatus, OrderStep, take_order_step
from offers.services.steps import Step, take_step
from wholexale.common.errors import Conflict, Forbidden, PreconditionFailed, ValidationFailed
from wholexale.common.measures import from_milli, to_milli
from wholexale.common.versions import Seen, is_stale

_TO_FULFIL = (OrderStatus.ACCEPTED, OrderStatus.CONFIRMED, OrderStatus.PARTLY_FULFILLED)
_TO_SETTLE = (OrderStatus.PARTLY_FULFILLED, OrderStatus.FULFILLED, OrderStatus.DELIVERED)
_TO_CANCEL = {
    Side.BUYER: (OrderStatus.ACCEPTED,),
    Side.SELLER: (OrderStatus.ACCEPTED, OrderStatus.CONFIRMED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What is sent: quantities by the position of the line, None for all that is left; and how."""

    quantities: Mapping[int, Decimal] | None = None
    carrier: str = ""
    tracking_number: str = ""
    note: str = ""


@transaction.atomic
def confirm_order(*, actor: User, order_id: UUID, note: str = "", seen: Seen = None) -> Order:
    """Say, as the seller, that an order will be fulfilled.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_THE_SELLER`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `ORDER_NOT_ACTIONABLE`.
    """
    order = _order_of_seller(actor, order_id)
    _check_status(order, (OrderStatus.ACCEPTED,), seen)
    step = OrderStep(
        action=OrderAction.CONFIRMED, status=OrderStatus.CONFIRMED, side=Side.SELLER, actor=actor, note=note
    )
    return take_order_step(order, step)


@transaction.atomic
def fulfil_order(*, actor: User, order_id: UUID, shipment: Shipment, seen: Seen = None) -> Order:
    """Send what was ordered, or a part of it; an order that is paid in advance once the money has come.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_THE_SELLER`.
        ValidationFailed: naming the line, for more than is left of it, or none that is known.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `ORDER_NOT_ACTIONABLE`, `ORDER_NOT_PAID`.
    """
    order = _order_of_seller(actor, order_id)
    _check_status(order, _TO_FULFIL, seen)
    if order.hold_id is None:
        raise Conflict("ORDER_NOT_PAID", "This order is paid in advance, and the money has not come yet.")
    lines = list(order.lines.order_by("position"))
    sent = _quantities(lines, shipment.quantities)
    for line in lines:
        line.fulfilled += sent.get(line.position, 0)
    OrderLine.objects.bulk_update(lines, ["fulfilled"])
    is_whole = all(line.fulfilled == line.quantity for line in lines)
    details = {
        "lines": {str(position): quantity for position, quantity in sent.items()},
        "carrier": shipment.carrier,
        "trackingNumber": shipment.tracking_number,
    }
    step = OrderStep(
        action=OrderAction.FULFILLED,
        status=OrderStatus.FULFILLED if is_whole else OrderStatus.PARTLY_FULFILLED,
        side=Side.SELLER,
        actor=actor,
        note=shipment.note,
        details={name: value for name, value in details.items() if value},
    )
    return take_order_step(order, step)


@transaction.atomic
def confirm_delivery(*, actor: User, order_id: UUID, note: str = "", seen: Seen = None) -> Order:
    """Say, as the buyer, that everything has come.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_THE_BUYER`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `ORDER_NOT_ACTIONABLE`.
    """
    seat = take_order_seat(actor=actor, order_id=order_id)
    if seat.side != Side.BUYER:
        raise Forbidden("NOT_THE_BUYER", "Only the buyer says what has come.")
    _check_status(seat.order, (OrderStatus.FULFILLED,), seen)
    step = OrderStep(
        action=OrderAction.DELIVERED, status=OrderStatus.DELIVERED, side=Side.BUYER, actor=actor, note=note
    )
    return take_order_step(seat.order, step)


@transaction.atomic
def settle_order(*, actor: User, order_id: UUID, notes: str = "", seen: Seen = None) -> Order:
    """Charge, as the seller, what was sent: the hold is posted, the rest let go, the invoice issued, the fee taken.

    Asked again, the first result is returned.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_THE_SELLER`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `ORDER_NOT_ACTIONABLE`, and what `settle_purchase` raises.
    """
    order = _order_of_seller(actor, order_id)
    if order.status == OrderStatus.SETTLED:
        return order
    _check_status(order, _TO_SETTLE, seen)
    return _settle(order, actor, Side.SELLER, notes)


@transaction.atomic
def pay_order(*, actor: User, order_id: UUID, way: Way) -> PaymentIntent:
    """Begin another payment of an order that is paid in advance, as the buyer; the order hears of it when it was made.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_THE_BUYER`.
        Conflict: `ORDER_NOT_ACTIONABLE`, `ORDER_NOT_PREPAID`, `ORDER_PAID`, and what `start_prepayment` raises.
    """
    accounts_selectors.access_membership(actor=actor, permission=Permission.PAYMENTS_MANAGE)
    order = lock_order(access_order(actor=actor, order_id=order_id).id)
    if order.buyer_id != accounts_selectors.access_membership(actor=actor).business_id:
        raise Forbidden("NOT_THE_BUYER", "Only the buyer pays.")
    _check_status(order, (OrderStatus.ACCEPTED, OrderStatus.CONFIRMED))
    if order.settlement != Order.Settlement.PREPAID:
        raise Conflict("ORDER_NOT_PREPAID", "This order is on account: its invoice is paid.")
    if order.hold_id is not None:
        raise Conflict("ORDER_PAID", "This order was paid.")
    return finance_services.start_prepayment(actor=actor, wish=prepayment_of(order), way=way)


@transaction.atomic
def cancel_order(*, actor: User, order_id: UUID, reason: str, seen: Seen = None) -> Order:
    """Give an order up, and what is held for it: the buyer before it is confirmed, the seller before anything is sent.

    Raises:
        NotFound: `ORDER_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: without a reason.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
        Conflict: `ORDER_NOT_ACTIONABLE`.
    """
    seat = take_order_seat(actor=actor, order_id=order_id)
    _check_status(seat.order, _TO_CANCEL[seat.side], seen)
    return _cancel(seat.order, actor, seat.side, checked_reason(reason))


@transaction.atomic
def cancel_order_as_staff(*, actor: User, order_id: UUID, reason: str) -> Order:
    """Cancel an order that is not settled, as staff.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `ORDER_NOT_FOUND`.
        ValidationFailed: without a reason.
        Conflict: `ORDER_NOT_ACTIONABLE`.
    """
    check_staff(actor)
    reason = checked_reason(reason)
    order = lock_order(order_id)
    _check_status(order, Order.OPEN)
    return _cancel(order, actor, None, reason)


@transaction.atomic
def end_order(*, order_id: UUID) -> None:
    """End an order whose time is over: what was sent is charged, else it is cancelled; nothing where it is over."""
    order = lock_order(order_id)
    if order.status in _TO_SETTLE:
        _settle(order, None, None, "")
    elif order.status in Order.OPEN:
        _cancel(order, None, None, "The order was not fulfilled in time.")


@transaction.atomic
def take_prepayment(*, order_id: UUID, hold_id: UUID) -> None:
    """Let an order stand on a hold of what was paid for it; what was paid for one that was cancelled goes back."""
    order = lock_order(order_id)
    if order.hold_id is not None:
        return
    if order.status not in Order.OPEN:
        finance_services.return_prepayments(actor=None, order_id=order.id, reason=f"{order} was cancelled")
        return
    order.hold_id = hold_id
    take_order_step(order, OrderStep(action=OrderAction.PAID, status=OrderStatus(order.status)))


def checked_reason(reason: str) -> str:
    """Return a reason without blanks around it.

    Raises:
        ValidationFailed: where it says nothing.
    """
    reason = reason.strip()[:500]
    if not reason:
        raise ValidationFailed.of_field("reason", "Required")
    return reason


def prepayment_of(order: Order) -> Prepayment:
    """Return what is to be paid for an order in advance."""
    return Prepayment(
        order_id=order.id,
        order_number=order.order_number,
        payer_id=order.buyer_id,
        payee_id=order.seller_id,
        amount=order.total,
        currency=order.currency,
    )


def charge(line: OfferLine | OrderLine, quantity: Decimal) -> LineDraft:
    """Return what is charged for a quantity of a line."""
    return LineDraft(
        description=line.name,
        quantity=quantity,
        unit=line.unit,
        unit_price=Decimal(line.unit_price).scaleb(-6),
        tax_rate=Decimal(line.tax_rate).scaleb(-2),
        code=line.tax_code,
    )


def reckon_terms(offer: Offer, terms: OfferRevision, lines: Sequence[OfferLine]) -> Reckoning:
    """Return what terms come to with taxes, as an order of now would have it."""
    draft = InvoiceDraft(lines=[charge(line, Decimal(line.quantity).scaleb(-3)) for line in lines])
    return finance_services.reckon(draft, seller=offer.seller, buyer=offer.buyer, currency=terms.currency)


def _settle(order: Order, actor: User | None, side: Side | None, notes: str) -> Order:
    assert order.hold_id is not None  # noqa: S101 - nothing is sent before there is one
    offer = lock_offer(order.offer_id)  # before the balances, as when it is accepted
    sent = [line for line in order.lines.order_by("position") if line.fulfilled]
    draft = InvoiceDraft(
        lines=[charge(line, Decimal(line.fulfilled).scaleb(-3)) for line in sent],
        payment_terms=order.payment_terms,
        reference=order.order_number,
        notes=notes,
    )
    order.invoice = finance_services.settle_purchase(actor=actor, hold_id=order.hold_id, draft=draft)
    step = OrderStep(
        action=OrderAction.SETTLED,
        status=OrderStatus.SETTLED,
        side=side,
        actor=actor,
        details={"invoice": order.invoice.invoice_number},
    )
    settled = take_order_step(order, step)
    if offer.status == Offer.Status.ACCEPTED:
        take_step(offer, Step(action=OfferEvent.Action.COMPLETED, status=Offer.Status.COMPLETED))
    return settled


def _cancel(order: Order, actor: User | None, side: Side | None, reason: str) -> Order:
    if order.settlement == Order.Settlement.PREPAID:
        finance_services.return_prepayments(actor=actor, order_id=order.id, reason=f"{order} was cancelled: {reason}")
    elif order.hold_id is not None:
        finance_services.release_hold(actor=actor, hold_id=order.hold_id, description=f"{order} was cancelled")
    order.cancel_reason = reason
    step = OrderStep(action=OrderAction.CANCELLED, status=OrderStatus.CANCELLED, side=side, actor=actor, note=reason)
    return take_order_step(order, step)


def _order_of_seller(actor: User, order_id: UUID) -> Order:
    seat = take_order_seat(actor=actor, order_id=order_id)
    if seat.side != Side.SELLER:
        raise Forbidden("NOT_THE_SELLER", "Only the seller does this.")
    return seat.order


def _check_status(order: Order, allowed: tuple[OrderStatus, ...], seen: Seen = None) -> None:
    """Refuse what an order's status does not allow, or what was changed since the caller has seen it.

    Raises:
        PreconditionFailed: `PRECONDITION_FAILED`, and
        Conflict: `ORDER_NOT_ACTIONABLE`, both with the status.
    """
    stand = {"id": str(order.id), "status": order.status, "version": order.version}
    if is_stale(seen, order.version):
        raise PreconditionFailed(order=stand)
    if order.status not in allowed:
        raise Conflict("ORDER_NOT_ACTIONABLE", f"This order is {order.get_status_display().lower()}.", order=stand)


def _quantities(lines: list[OrderLine], wanted: Mapping[int, Decimal] | None) -> dict[int, int]:
    """Return what is sent of which line, in thousandths: all that is left where nothing is named.

    Raises:
        ValidationFailed: naming the line.
    """
    left = {line.position: line.quantity - line.fulfilled for line in lines}
    if wanted is None:
        return {position: quantity for position, quantity in left.items() if quantity}
    units = {line.position: line.unit for line in lines}
    sent: dict[int, int] = {}
    for position, quantity in wanted.items():
        if position not in left:
            raise ValidationFailed.of_field("lines", f"There is no line {position}")
        path = f"lines.{position}.quantity"
        sent[position] = to_milli(quantity, units[position], field=path)
        if sent[position] > left[position]:
            raise ValidationFailed.of_field(path, f"At most {from_milli(left[position]):f} are left")
    if not sent:
        raise ValidationFailed.of_field("lines", "At least one")
    return sent
