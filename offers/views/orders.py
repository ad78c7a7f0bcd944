"""`/api/orders`."""

from http import HTTPStatus
from operator import attrgetter
from uuid import UUID

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import business_id, caller
from finance import selectors as finance_selectors
from finance.serializers.payments import PaymentAnswer, payment_answer
from offers import selectors, services
from offers.serializers import orders as shapes
from wholexale.common.api import endpoint, paginate
from wholexale.common.ids import id_from_path
from wholexale.common.versions import Seen

UNSEEN = "ORDER_NOT_FOUND"
REFUSED = "INSUFFICIENT_PERMISSIONS, NOT_THE_SELLER"
VERSION = attrgetter("order.version")


class OrdersView(APIView):
    """`orders`."""

    @endpoint(query=shapes.OrderQuery, returns=shapes.OrderPage, errors={400: "VALIDATION_FAILED"})
    def get(self, request: Request, query: shapes.OrderQuery) -> shapes.OrderPage:
        """List the orders of the caller's business, newest first."""
        rows = selectors.own_orders(actor=caller(request), role=query.role, status=query.status)
        orders, pagination = paginate(rows, query, shapes.order_list(business_id(request)))
        return shapes.OrderPage(orders=orders, pagination=pagination)


class OrderView(APIView):
    """`orders/:id`."""

    @endpoint(returns=shapes.OrderFound, errors={404: UNSEEN}, version=VERSION)
    def get(self, request: Request, order: str) -> shapes.OrderFound:
        """Read an order with its history."""
        found = selectors.access_order(actor=caller(request), order_id=_chosen(order))
        return shapes.OrderFound(order=shapes.whole_order(found, business_id(request)))


class ConfirmOrderView(APIView):
    """`orders/:id/confirm`."""

    @endpoint(
        body=shapes.NoteBody,
        returns=shapes.OrderAnswer,
        errors={403: REFUSED, 404: UNSEEN, 409: "ORDER_NOT_ACTIONABLE"},
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, order: str, body: shapes.NoteBody, seen: Seen) -> shapes.OrderAnswer:
        """Say, as the seller, that an order will be fulfilled."""
        services.confirm_order(actor=caller(request), order_id=_chosen(order), note=body.note.strip(), seen=seen)
        return _answer(request, order, "The order was confirmed.")


class FulfilOrderView(APIView):
    """`orders/:id/fulfil`."""

    @endpoint(
        body=shapes.FulfilBody,
        returns=shapes.OrderAnswer,
        errors={
            400: "VALIDATION_FAILED",
            403: REFUSED,
            404: UNSEEN,
            409: "ORDER_NOT_ACTIONABLE, ORDER_NOT_PAID",
        },
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, order: str, body: shapes.FulfilBody, seen: Seen) -> shapes.OrderAnswer:
        """Send what was ordered, as the seller, or a part of it."""
        services.fulfil_order(actor=caller(request), order_id=_chosen(order), shipment=body.shipment(), seen=seen)
        return _answer(request, order, "The goods were sent.")


class ConfirmDeliveryView(APIView):
    """`orders/:id/confirm-delivery`."""

    @endpoint(
        body=shapes.NoteBody,
        returns=shapes.OrderAnswer,
        errors={
            403: "INSUFFICIENT_PERMISSIONS, NOT_THE_BUYER",
            404: UNSEEN,
            409: "ORDER_NOT_ACTIONABLE",
        },
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, order: str, body: shapes.NoteBody, seen: Seen) -> shapes.OrderAnswer:
        """Say, as the buyer, that everything has come."""
        services.confirm_delivery(actor=caller(request), order_id=_chosen(order), note=body.note.strip(), seen=seen)
        return _answer(request, order, "The delivery was confirmed.")


class SettleOrderView(APIView):
    """`orders/:id/settle`."""

    @endpoint(
        body=shapes.SettleBody,
        returns=shapes.OrderAnswer,
        errors={403: REFUSED, 404: UNSEEN, 409: "ORDER_NOT_ACTIONABLE"},
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, order: str, body: shapes.SettleBody, seen: Seen) -> shapes.OrderAnswer:
        """Charge, as the seller, what was sent: the invoice is issued."""
        services.settle_order(actor=caller(request), order_id=_chosen(order), notes=body.notes.strip(), seen=seen)
        return _answer(request, order, "The order was settled.")


class CancelOrderView(APIView):
    """`orders/:id/cancel`."""

    @endpoint(
        body=shapes.CancelOrderBody,
        returns=shapes.OrderAnswer,
        errors={
            400: "VALIDATION_FAILED",
            403: "INSUFFICIENT_PERMISSIONS",
            404: UNSEEN,
            409: "ORDER_NOT_ACTIONABLE",
        },
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, order: str, body: shapes.CancelOrderBody, seen: Seen) -> shapes.OrderAnswer:
        """Give an order up: what is held for it is let go, what was paid goes back."""
        services.cancel_order(actor=caller(request), order_id=_chosen(order), reason=body.reason, seen=seen)
        return _answer(request, order, "The order was cancelled.")


class PayOrderView(APIView):
    """`orders/:id/payments`."""

    @endpoint(
        body=shapes.PayOrderBody,
        returns=PaymentAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: "PAYMENT_METHOD_NOT_SUPPORTED",
            403: "INSUFFICIENT_PERMISSIONS, NOT_THE_BUYER",
            404: UNSEEN,
            409: "ORDER_NOT_ACTIONABLE, ORDER_NOT_PREPAID, ORDER_PAID, PAYMENT_NOT_CONFIRMABLE",
        },
        idempotent=True,
    )
    def post(self, request: Request, order: str, body: shapes.PayOrderBody) -> PaymentAnswer:
        """Begin to pay an order in advance, another way than the first."""
        begun = services.pay_order(actor=caller(request), order_id=_chosen(order), way=body.way())
        found = finance_selectors.access_payment(actor=caller(request), payment_id=begun.id)
        return payment_answer("The payment has begun.", found, business_id(request))


def _chosen(order: str) -> UUID:
    return id_from_path(order, missing=selectors.order_not_found())


def _answer(request: Request, order: str, message: str) -> shapes.OrderAnswer:
    found = selectors.access_order(actor=caller(request), order_id=_chosen(order))
    return shapes.OrderAnswer(message=message, order=shapes.whole_order(found, business_id(request)))
