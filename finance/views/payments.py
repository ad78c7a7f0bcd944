"""`/api/finance/payments`, `/api/finance/payment-methods` and `/api/finance/payouts`."""

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import business_id, caller
from finance import selectors, services
from finance.models import PaymentIntent
from finance.serializers import payments as shapes, payouts, refunds
from wholexale.common.api import PageQuery, endpoint, paginate
from wholexale.common.ids import id_from_path

AMOUNT = "VALIDATION_FAILED, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE"


class PaymentMethodsView(APIView):
    """`finance/payment-methods`."""

    @endpoint(returns=shapes.WaysToPay)
    def get(self, request: Request) -> shapes.WaysToPay:
        """List how invoices may be paid."""
        return shapes.ways_to_pay()


class PaymentsView(APIView):
    """`finance/payments`."""

    @endpoint(
        query=shapes.PaymentQuery,
        returns=shapes.PaymentPage,
        errors={400: "VALIDATION_FAILED", 403: "INSUFFICIENT_PERMISSIONS"},
    )
    def get(self, request: Request, query: shapes.PaymentQuery) -> shapes.PaymentPage:
        """List the payments that the caller's business has made or got, newest first."""
        rows = selectors.own_payments(
            actor=caller(request), status=query.status, invoice_id=query.invoice_id, role=query.role
        )
        payments, pagination = paginate(rows, query, shapes.payment_list(business_id(request)))
        return shapes.PaymentPage(payments=payments, pagination=pagination)

    @endpoint(
        body=shapes.PaymentBody,
        returns=shapes.PaymentAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: f"{AMOUNT}, AMOUNT_EXCEEDS_DUE, PAYMENT_METHOD_NOT_SUPPORTED",
            403: "INSUFFICIENT_PERMISSIONS, NOT_THE_PAYER",
            404: "BUSINESS_NOT_FOUND, INVOICE_NOT_FOUND",
            409: "INVOICE_NOT_DUE, PAYMENT_NOT_CONFIRMABLE",
        },
        idempotent=True,
    )
    def post(self, request: Request, body: shapes.PaymentBody) -> shapes.PaymentAnswer:
        """Begin to pay an invoice; the provider is asked right after, and its answer comes by `payment:updated`."""
        actor = caller(request)
        currency = selectors.access_invoice(actor=actor, invoice_id=body.invoice_id).currency
        started = services.start_payment(actor=actor, wish=body.wish(currency))
        return _answer(request, "The payment has begun.", started)


class PaymentView(APIView):
    """`finance/payments/:id`."""

    @endpoint(
        returns=shapes.PaymentFound,
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, PAYMENT_NOT_FOUND"},
    )
    def get(self, request: Request, payment: str) -> shapes.PaymentFound:
        """Read a payment with its refunds, disputes and history."""
        chosen = id_from_path(payment, missing=selectors.payment_not_found())
        found = selectors.access_payment(actor=caller(request), payment_id=chosen)
        return shapes.PaymentFound(payment=shapes.whole_payment(found, business_id(request)))


class ConfirmPaymentView(APIView):
    """`finance/payments/:id/confirm`."""

    @endpoint(
        body=shapes.ConfirmBody,
        returns=shapes.PaymentAnswer,
        errors={
            400: "VALIDATION_FAILED",
            403: "INSUFFICIENT_PERMISSIONS, NOT_THE_PAYER",
            404: "BUSINESS_NOT_FOUND, PAYMENT_NOT_FOUND",
            409: "PAYMENT_NOT_CONFIRMABLE",
        },
        idempotent=True,
    )
    def post(self, request: Request, payment: str, body: shapes.ConfirmBody) -> shapes.PaymentAnswer:
        """Have a payment collected."""
        chosen = id_from_path(payment, missing=selectors.payment_not_found())
        confirmed = services.confirm_payment(actor=caller(request), payment_id=chosen, token=body.token)
        return _answer(request, "The payment is being made.", confirmed)


class CapturePaymentView(APIView):
    """`finance/payments/:id/capture`."""

    @endpoint(
        body=refunds.PartBody,
        returns=shapes.PaymentAnswer,
        errors={
            400: f"{AMOUNT}, CAPTURE_EXCEEDS_AUTHORIZED",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, PAYMENT_NOT_FOUND",
            409: "PAYMENT_NOT_CAPTURABLE, PAYMENT_BUSY",
        },
        idempotent=True,
    )
    def post(self, request: Request, payment: str, body: refunds.PartBody) -> shapes.PaymentAnswer:
        """Take what was authorized, or a part of it; the rest is let go."""
        actor, chosen = caller(request), id_from_path(payment, missing=selectors.payment_not_found())
        currency = selectors.access_payment(actor=actor, payment_id=chosen).currency
        captured = services.capture_payment(actor=actor, payment_id=chosen, amount=body.minor(currency))
        return _answer(request, "The payment is being captured.", captured)


class CancelPaymentView(APIView):
    """`finance/payments/:id/cancel`."""

    @endpoint(
        body=shapes.CancelBody,
        returns=shapes.PaymentAnswer,
        errors={
            400: "VALIDATION_FAILED",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, PAYMENT_NOT_FOUND",
            409: "PAYMENT_NOT_CANCELLABLE, PAYMENT_BUSY",
        },
        idempotent=True,
    )
    def post(self, request: Request, payment: str, body: shapes.CancelBody) -> shapes.PaymentAnswer:
        """Give up a payment that was not captured."""
        chosen = id_from_path(payment, missing=selectors.payment_not_found())
        canceled = services.cancel_payment(actor=caller(request), payment_id=chosen, reason=body.reason)
        return _answer(request, "The payment is being canceled.", canceled)


class RefundsView(APIView):
    """`finance/payments/:id/refunds`."""

    @endpoint(
        body=refunds.RefundBody,
        returns=shapes.RefundMade,
        status=HTTPStatus.CREATED,
        errors={
            400: f"{AMOUNT}, REFUND_EXCEEDS_CAPTURED",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, PAYMENT_NOT_FOUND",
            409: "PAYMENT_NOT_REFUNDABLE, OVERPAYMENT_FIRST, INSUFFICIENT_FUNDS",
        },
        idempotent=True,
    )
    def post(self, request: Request, payment: str, body: refunds.RefundBody) -> shapes.RefundMade:
        """Pay back a part of a payment, or all that is left of it."""
        actor, chosen = caller(request), id_from_path(payment, missing=selectors.payment_not_found())
        currency = selectors.access_payment(actor=actor, payment_id=chosen).currency
        made = services.refund_payment(actor=actor, payment_id=chosen, amount=body.minor(currency), reason=body.text())
        found = selectors.access_payment(actor=actor, payment_id=chosen)
        return shapes.RefundMade(
            message="The refund is being made.",
            refund=refunds.refund(made, currency),
            payment=shapes.payment(found, business_id(request)),
        )


class PayoutsView(APIView):
    """`finance/payouts`."""

    @endpoint(query=PageQuery, returns=payouts.PayoutPage, errors={403: "INSUFFICIENT_PERMISSIONS"})
    def get(self, request: Request, query: PageQuery) -> payouts.PayoutPage:
        """List what the caller's business has taken out, newest first."""
        page, pagination = paginate(selectors.own_payouts(actor=caller(request)), query, payouts.payout_list)
        return payouts.PayoutPage(payouts=page, pagination=pagination)

    @endpoint(
        body=payouts.PayoutBody,
        returns=payouts.PayoutMade,
        status=HTTPStatus.CREATED,
        errors={
            400: f"{AMOUNT}, CURRENCY_NOT_SUPPORTED",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND",
            409: "INSUFFICIENT_PAYABLE, ACCOUNT_FROZEN",
        },
        idempotent=True,
    )
    def post(self, request: Request, body: payouts.PayoutBody) -> payouts.PayoutMade:
        """Take out what the caller's business is owed, or a part of it."""
        made = services.request_payout(actor=caller(request), currency=body.currency, amount=body.minor())
        return payouts.PayoutMade(message="The payout was asked for.", payout=payouts.payout(made))


def _answer(request: Request, message: str, intent: PaymentIntent) -> shapes.PaymentAnswer:
    found = selectors.access_payment(actor=caller(request), payment_id=intent.id)
    return shapes.payment_answer(message, found, business_id(request))
