"""Stripe as the marketplace talks to it: a payment is a PaymentIntent of theirs, and its metadata names ours.

The library sends nothing twice by itself: work that is due asks again, by the same key.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import msgspec
import stripe

from finance.gateways.interface import (
    TIMEOUT_SECONDS,
    Event,
    Order,
    Payment,
    Refunded,
    Rejected,
    Unavailable,
    Unverified,
)
from finance.gateways.signing import TOLERANCE_SECONDS
from finance.gateways.stripe.objects import Intent, RefundObject, RefundObjects, State, news_of, payment_of, refunded_of
from wholexale.common import wire
from wholexale.common.errors import ValidationFailed
from wholexale.common.money import exponent

stripe.enable_telemetry = False  # else the library writes an id into the home folder, and tells how long calls took

SIGNATURE = "stripe-signature"

T = TypeVar("T")

_REFUSALS = (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError)
_RIDDLES = (stripe.StripeError, msgspec.ValidationError, AttributeError)
"""All other errors; the last one is what the library makes of JSON from somebody else, such as a proxy."""

_WITH_FEE = ["latest_charge.balance_transaction"]
_COUNTED_OTHERWISE = {"ISK", "MGA", "UGX"}
_THOUSANDTHS = 3


class _Data(msgspec.Struct):
    object: dict[str, Any]


class _Notice(msgspec.Struct):
    """A webhook; its data hold the object as it was after what has happened."""

    id: str
    type: str
    data: _Data


class StripeGateway:
    """Cards by Stripe. Money for businesses does not go through it: staff sends it."""

    name = "stripe"
    methods: tuple[str, ...] = ("credit_card", "debit_card")
    is_by_hand = False
    pays_out = False

    def __init__(
        self,
        api_key: str,
        webhook_secrets: Sequence[str],
        *,
        address: str = stripe.DEFAULT_API_BASE,
        timeout: int = TIMEOUT_SECONDS,
    ) -> None:
        """Take the secret key, the secrets of webhooks, and how long an answer may take, in seconds."""
        self._secrets = webhook_secrets
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": address},
            http_client=stripe.RequestsClient(timeout=timeout),
            max_network_retries=0,
        )
        self._intents, self._refunds = client.v1.payment_intents, client.v1.refunds

    def create(self, order: Order, *, key: str) -> Payment:
        """Open a PaymentIntent; the payer's client may confirm it by itself, with the secret in `action`."""
        _check_amount(order.amount, order.currency)
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": order.amount,
            "currency": order.currency.lower(),
            "capture_method": "manual" if order.is_captured_later else "automatic",
            "allowed_payment_method_types": ["card"],
            "description": order.description,
            "metadata": {"intent_id": str(order.intent_id), "number": order.number},
        }
        return payment_of(_asked(Intent, lambda: self._intents.create(params, {"idempotency_key": key})))

    def confirm(self, reference: str, *, token: str, key: str) -> Payment:
        """Collect from a payment method of theirs (`pm_...`); without one, see what the payer's client has done."""
        if not token:
            return self.retrieve(reference)
        params: stripe.params.PaymentIntentConfirmParams = {
            "payment_method": token,
            "use_stripe_sdk": True,
            "expand": _WITH_FEE,
        }
        try:
            return payment_of(
                _asked(Intent, lambda: self._intents.confirm(reference, params, {"idempotency_key": key}))
            )
        except Rejected as refusal:
            if not isinstance(refusal.__cause__, stripe.CardError):
                raise
            code, text = refusal.code, refusal.text
            return Payment(reference=reference, state=State.FAILED, failure_code=code, failure_text=text)

    def capture(self, reference: str, *, amount: int, key: str) -> Payment:
        """Take at most what was authorized; the rest is let go."""
        params: stripe.params.PaymentIntentCaptureParams = {"amount_to_capture": amount, "expand": _WITH_FEE}
        return payment_of(_asked(Intent, lambda: self._intents.capture(reference, params, {"idempotency_key": key})))

    def cancel(self, reference: str, *, key: str) -> Payment:
        """Let go of what was not captured."""
        return payment_of(_asked(Intent, lambda: self._intents.cancel(reference, {}, {"idempotency_key": key})))

    def refund(self, reference: str, *, refund_id: UUID, amount: int, key: str) -> Refunded:
        """Pay back a part of what was captured, or all of it."""
        params: stripe.params.RefundCreateParams = {
            "payment_intent": reference,
            "amount": amount,
            "metadata": {"refund_id": str(refund_id)},
        }
        return refunded_of(_asked(RefundObject, lambda: self._refunds.create(params, {"idempotency_key": key})))

    def find_refund(self, reference: str, *, refund_id: UUID) -> Refunded | None:
        """Look for a refund among those of its payment, by our id in its metadata; the newest hundred are looked at."""
        params: stripe.params.RefundListParams = {"payment_intent": reference, "limit": 100}
        listed = _asked(RefundObjects, lambda: self._refunds.list(params))
        own = (one for one in listed.data if (one.metadata or {}).get("refund_id") == str(refund_id))
        return next((refunded_of(one) for one in own), None)

    def pay_out(self, *, payout_id: UUID, business_id: UUID, amount: int, currency: str, key: str) -> NoReturn:
        """Refuse: staff sends the money."""
        raise _no_payouts()

    def retrieve(self, reference: str) -> Payment:
        """Ask how a payment stands."""
        return payment_of(_asked(Intent, lambda: self._intents.retrieve(reference, {"expand": _WITH_FEE})))

    def retrieve_refund(self, reference: str) -> Refunded:
        """Ask how a refund stands."""
        return refunded_of(_asked(RefundObject, lambda: self._refunds.retrieve(reference)))

    def retrieve_payout(self, reference: str) -> NoReturn:
        """Refuse: there are none."""
        raise _no_payouts()

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Read a webhook.

        Raises:
            Unverified: the signature is missing, wrong or older than five minutes.
            ValidationFailed: it is signed, but has another shape than we know.
        """
        _verify(body, headers.get(SIGNATURE, ""), self._secrets)
        notice = wire.decode(body, _Notice)
        try:
            news = news_of(notice.type, notice.data.object)
        except msgspec.ValidationError as error:
            raise ValidationFailed.of_field("data.object", str(error)) from None
        return Event(id=notice.id, type=notice.type, news=news)


def _asked(shape: type[T], call: Callable[[], stripe.StripeObject]) -> T:
    """Call the library and return what is read of the answer.

    These are not final: 401 and 403, for the key can be set right; 409, while the first request with a key runs; 429;
    5xx; and what nobody understands.

    Raises:
        Rejected: for a request that is refused; the library's error is its cause.
        Unavailable: for everything else.
    """
    try:
        return msgspec.convert(call().to_dict(), shape)
    except _REFUSALS as error:
        kind = error.error.type if error.error else None
        raise Rejected(error.code or kind or "invalid_request", error.user_message or "") from error
    except _RIDDLES as error:
        raise Unavailable(str(error)) from error


def _check_amount(amount: int, currency: str) -> None:
    """Refuse what Stripe counts in other units than ISO 4217: https://docs.stripe.com/currencies#special-cases.

    Raises:
        Rejected: `currency_not_supported`; `amount_too_precise`, where the thousandths of a unit are not 0.
    """
    if currency in _COUNTED_OTHERWISE:
        raise Rejected("currency_not_supported", f"Cards are not charged in {currency}.")
    if exponent(currency) == _THOUSANDTHS and amount % 10:
        raise Rejected("amount_too_precise", f"Cards are charged in hundredths of {currency}.")


def _verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """Refuse a body that was not signed by one of the secrets in the last five minutes.

    Raises:
        Unverified: and it says no more.
    """
    if header.isascii():  # the library compares texts, which can only be done for these
        for secret in secrets:
            with suppress(stripe.SignatureVerificationError, UnicodeDecodeError):
                stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
                return
    raise Unverified


def _no_payouts() -> Rejected:
    return Rejected("no_payouts", "Staff sends the money.")
