"""Orders, on the wire."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from accounts.models import Business
from finance.selectors import payment_status
from finance.services import Way
from offers import selectors
from offers.models import Order, OrderEvent, OrderLine
from offers.serializers.fields import Reason, Short
from offers.services import Shipment
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.errors import ValidationFailed
from wholexale.common.measures import from_micro, from_milli
from wholexale.common.money import Amount, from_minor
from wholexale.common.wire import Resource, Wire, clean_text, optional_time, wire_time

OrderStatus = Literal["accepted", "confirmed", "partly_fulfilled", "fulfilled", "delivered", "settled", "cancelled"]


class OrderQuery(PageQuery, kw_only=True):
    """Which orders."""

    role: Literal["buyer", "seller", "all"] = "all"
    status: OrderStatus | None = None


class NoteBody(Wire, kw_only=True):
    """What the other side reads."""

    note: Reason = ""


class CancelOrderBody(Wire, kw_only=True):
    """Why an order is given up."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class SettleBody(Wire, kw_only=True):
    """What is printed on the invoice beside what was sent."""

    notes: Reason = ""


class SentLine(Wire, kw_only=True):
    """How much of a line is sent."""

    position: Annotated[int, Meta(ge=1)]
    quantity: Amount


class FulfilBody(Wire, kw_only=True):
    """What is sent, and how: all that is left where no lines are named."""

    lines: Annotated[list[SentLine], Meta(max_length=50)] | None = None
    carrier: Short = ""
    tracking_number: Short = ""
    note: Reason = ""

    def shipment(self) -> Shipment:
        """Return what the service needs.

        Raises:
            ValidationFailed: for a line that is named twice.
        """
        quantities: dict[int, Decimal] | None = None
        if self.lines is not None:
            quantities = {line.position: line.quantity for line in self.lines}
            if len(quantities) < len(self.lines):
                raise ValidationFailed.of_field("lines", "Each line once")
        return Shipment(
            quantities=quantities,
            carrier=clean_text(self.carrier),
            tracking_number=clean_text(self.tracking_number),
            note=clean_text(self.note),
        )


class PayOrderBody(Wire, kw_only=True):
    """How an order is paid in advance; with `confirm` it is collected at once."""

    method: Annotated[str, Meta(max_length=16)]
    provider: Annotated[str, Meta(max_length=16)] = ""
    confirm: bool = False
    token: Annotated[str, Meta(max_length=200)] = ""

    def way(self) -> Way:
        """Return what the service needs."""
        return Way(method=self.method, provider=self.provider, is_confirmed=self.confirm, token=self.token)


class OrderSide(Resource, kw_only=True):
    """A business that buys or sells."""

    business_name: str


class OrderProduct(Wire, kw_only=True):
    """What was bought."""

    product_id: str
    name: str
    sku: str | UnsetType = UNSET


class OrderLineInfo(Wire, kw_only=True):
    """One line: how much was agreed, and how much was sent."""

    position: int
    product: OrderProduct
    unit: str
    quantity: Amount
    fulfilled: Amount
    unit_price: Amount
    tax_rate: Amount
    total: Amount
    total_minor: int


class OrderMoney(Wire, kw_only=True):
    """What holds the money for an order: credit, or a payment in advance."""

    id: str
    number: str
    status: str


class OrderInfo(Resource, kw_only=True):
    """An order. `total` is with taxes; `hold` is there once money is held, `payment` where it is paid in advance."""

    order_id: str
    offer_id: str
    offer_number: str
    buyer: OrderSide
    seller: OrderSide
    lines: list[OrderLineInfo]
    currency: str
    subtotal: Amount
    subtotal_minor: int
    tax: Amount
    tax_minor: int
    total: Amount
    total_minor: int
    payment_terms: str
    delivery_terms: str
    settlement: str
    status: str
    allowed_actions: list[str]
    hold: OrderMoney | UnsetType = UNSET
    payment: OrderMoney | UnsetType = UNSET
    invoice: OrderMoney | UnsetType = UNSET
    conversation_id: str | UnsetType = UNSET
    cancel_reason: str | UnsetType = UNSET
    version: int
    created_at: str
    updated_at: str
    confirmed_at: str | None
    fulfilled_at: str | None
    delivered_at: str | None
    settled_at: str | None
    cancelled_at: str | None


class OrderStepInfo(Wire, kw_only=True):
    """One step of an order; `sent` is how much of which line."""

    seq: int
    action: str
    side: str | None
    old_status: str | None
    new_status: str
    sent: list[SentLine] | UnsetType = UNSET
    carrier: str | UnsetType = UNSET
    tracking_number: str | UnsetType = UNSET
    note: str
    timestamp: str


class WholeOrder(OrderInfo, kw_only=True):
    """An order with its history."""

    history: list[OrderStepInfo]


class OrderPage(Wire, kw_only=True):
    """A page of orders, newest first."""

    orders: list[OrderInfo]
    pagination: Pagination


class OrderFound(Wire, kw_only=True):
    """One order."""

    order: WholeOrder


class OrderAnswer(Wire, kw_only=True):
    """An order as it is now."""

    message: str
    order: WholeOrder


def order_list(business_id: UUID | None) -> Any:
    """Return what makes the shapes of a page of orders, for a viewer of one business."""

    def shapes(rows: Iterable[Order]) -> list[OrderInfo]:
        return [order(row, business_id) for row in rows]

    return shapes


def order(row: Order, business_id: UUID | None) -> OrderInfo:
    """Return an order from `orders()`, for a viewer of one business."""
    return OrderInfo(**_fields(row, business_id))


def whole_order(row: Order, business_id: UUID | None) -> WholeOrder:
    """Return an order with its history."""
    steps: list[OrderEvent] = getattr(row, "steps", [])
    return WholeOrder(**_fields(row, business_id), history=[_step(one) for one in steps])


def _fields(row: Order, business_id: UUID | None) -> dict[str, Any]:
    money = {"subtotal": row.subtotal, "tax": row.tax, "total": row.total}
    lines: list[OrderLine] = getattr(row, "in_order", [])
    return {
        "id": str(row.id),
        "order_id": row.order_number,
        "offer_id": str(row.offer_id),
        "offer_number": row.offer.offer_number,
        "buyer": _side(row.buyer),
        "seller": _side(row.seller),
        "lines": [_line(one, row.currency) for one in lines],
        "currency": row.currency,
        **{name: from_minor(amount, row.currency) for name, amount in money.items()},
        **{f"{name}_minor": amount for name, amount in money.items()},
        "payment_terms": row.payment_terms,
        "delivery_terms": row.delivery_terms,
        "settlement": row.settlement,
        "status": row.status,
        "allowed_actions": selectors.allowed_order_actions(row, selectors.order_side(row, business_id)),
        **_stands_on(row),
        "conversation_id": str(row.offer.conversation_id) if row.offer.conversation_id else UNSET,
        "cancel_reason": row.cancel_reason or UNSET,
        "version": row.version,
        "created_at": wire_time(row.created_at),
        "updated_at": wire_time(row.updated_at),
        "confirmed_at": optional_time(row.confirmed_at),
        "fulfilled_at": optional_time(row.fulfilled_at),
        "delivered_at": optional_time(row.delivered_at),
        "settled_at": optional_time(row.settled_at),
        "cancelled_at": optional_time(row.cancelled_at),
    }


def _stands_on(row: Order) -> dict[str, OrderMoney]:
    found: dict[str, OrderMoney] = {}
    if row.hold_id is not None:
        ended = {Order.Status.SETTLED: "posted", Order.Status.CANCELLED: "released"}
        status = ended.get(Order.Status(row.status), "held")
        found["hold"] = OrderMoney(id=str(row.hold_id), number=row.order_number, status=status)
    if row.payment is not None:
        status = payment_status(row.payment)
        found["payment"] = OrderMoney(id=str(row.payment_id), number=row.payment.payment_id, status=status)
    if row.invoice is not None:
        found["invoice"] = OrderMoney(id=str(row.invoice_id), number=row.invoice.invoice_number, status="issued")
    return found


def _side(business: Business) -> OrderSide:
    return OrderSide(id=str(business.id), business_name=business.name)


def _line(line: OrderLine, currency: str) -> OrderLineInfo:
    return OrderLineInfo(
        position=line.position,
        product=OrderProduct(product_id=line.product_ref, name=line.name, sku=line.sku or UNSET),
        unit=line.unit,
        quantity=from_milli(line.quantity),
        fulfilled=from_milli(line.fulfilled),
        unit_price=from_micro(line.unit_price, currency),
        tax_rate=Decimal(line.tax_rate).scaleb(-2),
        total=from_minor(line.total, currency),
        total_minor=line.total,
    )


def _step(row: OrderEvent) -> OrderStepInfo:
    sent = row.details.get("lines")
    lines = [SentLine(position=int(one), quantity=from_milli(quantity)) for one, quantity in (sent or {}).items()]
    return OrderStepInfo(
        seq=row.seq,
        action=row.action,
        side=row.side or None,
        old_status=row.old_status or None,
        new_status=row.new_status,
        sent=lines or UNSET,
        carrier=row.details.get("carrier", UNSET),
        tracking_number=row.details.get("trackingNumber", UNSET),
        note=row.note,
        timestamp=wire_time(row.created_at),
    )
