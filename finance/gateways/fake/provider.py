"""The provider as the marketplace talks to it: each method is a transaction of its own, under the key of the caller."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.db import transaction

from finance.gateways.fake import charges, payouts, refunds, webhooks
from finance.gateways.fake.books import answer_once, reference_of
from finance.gateways.fake.conduct import conduct_of
from finance.gateways.interface import Event, Order, PaidOut, Payment, Refunded
from finance.models import FakeCharge


class FakeGateway:
    """Takes no money, and behaves as providers do, on bad days too."""

    name = "fake"
    methods: tuple[str, ...] = ("credit_card", "debit_card", "upi", "net_banking", "wallet")
    is_by_hand = False
    pays_out = True

    def create(self, order: Order, *, key: str) -> Payment:
        """Open a payment; it waits to be confirmed."""
        reference = reference_of(key)
        if conduct_of(order.amount).dead_for:
            with transaction.atomic(durable=True):
                charge = charges.open_charge(order, reference)
            charges.play_dead(charge)
        asked = ("create", order.intent_id, order.amount, order.currency, order.is_captured_later)
        return answer_once(key, asked, partial(charges.create, order, reference), shape=Payment)

    def confirm(self, reference: str, *, token: str, key: str) -> Payment:
        """Collect, authorize, decline or ask the payer, as the amount says; any token is good."""
        is_lost = conduct_of(_answering(reference).amount).loses_reply
        effect = partial(charges.confirm, reference)
        return answer_once(key, ("confirm", reference), effect, shape=Payment, loses_reply=is_lost)

    def capture(self, reference: str, *, amount: int, key: str) -> Payment:
        """Take at most what was authorized; the rest is let go."""
        is_lost = conduct_of(_answering(reference).amount).loses_reply
        effect = partial(charges.capture, reference, amount)
        return answer_once(key, ("capture", reference, amount), effect, shape=Payment, loses_reply=is_lost)

    def cancel(self, reference: str, *, key: str) -> Payment:
        """Let go of what was not captured."""
        _answering(reference)
        return answer_once(key, ("cancel", reference), partial(charges.cancel, reference), shape=Payment)

    def refund(self, reference: str, *, refund_id: UUID, amount: int, key: str) -> Refunded:
        """Pay back a part of what was captured, or all of it."""
        is_lost = conduct_of(_answering(reference).amount).loses_refund_reply
        asked, effect = ("refund", reference, refund_id, amount), partial(refunds.refund, reference, refund_id, amount)
        return answer_once(key, asked, effect, shape=Refunded, loses_reply=is_lost)

    @transaction.atomic(durable=True)
    def find_refund(self, reference: str, *, refund_id: UUID) -> Refunded | None:
        """Look whether a refund was made."""
        return refunds.find_refund(reference, refund_id)

    def pay_out(self, *, payout_id: UUID, business_id: UUID, amount: int, currency: str, key: str) -> PaidOut:
        """Send money to a business: the provider knows its bank account."""
        asked = ("pay_out", payout_id, business_id, amount, currency)
        effect = partial(payouts.pay_out, payout_id, amount, currency)
        return answer_once(key, asked, effect, shape=PaidOut, loses_reply=conduct_of(amount).loses_reply)

    def retrieve(self, reference: str) -> Payment:
        """Say how a payment stands."""
        charge = _answering(reference)
        return charges.payment_of(charge, charges.known_state(charge))

    @transaction.atomic(durable=True)
    def retrieve_refund(self, reference: str) -> Refunded:
        """Say how a refund stands."""
        return refunds.retrieve_refund(reference)

    @transaction.atomic(durable=True)
    def retrieve_payout(self, reference: str) -> PaidOut:
        """Say how a payout stands."""
        return payouts.retrieve_payout(reference)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Read a webhook; see `webhooks.read_event`."""
        return webhooks.read_event(body, headers)


def _answering(reference: str) -> FakeCharge:
    """Return a charge about which somebody answers.

    Raises:
        Rejected: `unknown_payment`.
        Unavailable: it still plays dead.
    """
    with transaction.atomic(durable=True):
        charge = charges.find_charge(reference)
    charges.play_dead(charge)
    return charge
