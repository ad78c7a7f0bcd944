"""What is asked about payments, and what a worker does about them: staged anew each time, to be crashed."""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from accounts.models import User
from finance import services
from finance.gateways.fake import close_dispute
from finance.models import FakeDispute, FakeWebhook, PaymentIntent, Payout, ProviderCall, Refund
from finance.services import PaymentWish
from finance.tests.payment_staging import CARD, begun, confirmed, draft, expire, invoice
from finance.tests.provider_staging import ask, asked, charged, let_time_pass, repaid, signed, webhooks_of
from finance.tests.racers import Call
from finance.tests.staging import hold
from wholexale.common.models import WorkRow
from wholexale.common.testing import make_person

WHOLE, PART = 100_000_000, 10_000
_numbers = count()


class Market:
    """A buyer, a seller, and an invoice that is large enough for many payments."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.buyer = make_person(f"buyer{number}", owns=f"Shop {number}")
        self.seller = make_person(f"seller{number}", owns=f"Mill {number}")
        self.due = invoice(self.buyer, self.seller, WHOLE)
        self.large: dict[int, PaymentIntent] = {}

    def confirmed(self, ending: int = 0, **fields: bool) -> PaymentIntent:
        """Confirm a payment; the provider was not asked yet."""
        return confirmed(self.buyer, self.due, PART + ending, **fields)

    def charged(self, ending: int = 0, **fields: bool) -> PaymentIntent:
        """Make a payment; none of the webhooks has come."""
        return charged(self.buyer, self.due, PART + ending, **fields)

    def repaid(self, ending: int = 0) -> ProviderCall:
        """Refund a part of a large payment."""
        if ending not in self.large:
            self.large[ending] = charged(self.buyer, self.due, 1_000_000 + ending)
        return repaid(self.seller, self.large[ending], 100)

    def paid_out(self, ending: int = 0) -> Payout:
        """Take out a part of what the seller is owed."""
        return services.request_payout(actor=self.seller, currency="INR", amount=PART + ending)


def hear(webhook: FakeWebhook) -> Call:
    """Return the call that takes a webhook."""
    body = webhook.body.encode()
    return Call("hear_provider", {"provider": "fake", "body": body, "headers": signed(body)})


def of_payment(verb: str, actor: User, payment: PaymentIntent, **fields: object) -> Call:
    return Call(verb, {"actor": actor, "payment_id": payment.id} | fields)


def start(market: Market) -> Call:
    return Call("start_payment", {"actor": market.buyer, "wish": PaymentWish(invoice_id=market.due.id, method=CARD)})


def confirm(market: Market) -> Call:
    return of_payment("confirm_payment", market.buyer, begun(market.buyer, market.due, PART))


def capture(market: Market) -> Call:
    return of_payment("capture_payment", market.seller, market.charged(is_captured_later=True), amount=6_000)


def cancel(market: Market) -> Call:
    return of_payment("cancel_payment", market.buyer, market.charged(is_captured_later=True))


def refund(market: Market) -> Call:
    return of_payment("refund_payment", market.seller, market.charged(), reason="Returned")


def settle(market: Market) -> Call:
    held = hold(market.buyer, market.seller, 500).hold_id
    return Call("settle_purchase", {"actor": market.seller, "hold_id": held, "draft": draft(500)})


def credit(market: Market) -> Call:
    due = invoice(market.buyer, market.seller, 500)
    return Call("credit_invoice", {"actor": market.seller, "invoice_id": due.id, "amount": None, "reason": "Damaged"})


def pay_out(market: Market) -> Call:
    return Call("request_payout", {"actor": market.seller, "currency": "INR", "amount": PART})


# What is heard: the provider has done it, and nobody here knows yet


def of_success(market: Market) -> Call:
    asked(market.confirmed())
    return hear(webhooks_of("payment.succeeded")[-1])


def of_refund(market: Market) -> Call:
    ask(market.repaid())
    return hear(webhooks_of("refund.succeeded")[-1])


def of_bounce(market: Market) -> Call:
    services.make_call(call_id=market.repaid(14).id)
    return hear(webhooks_of("refund.failed")[-1])


def of_dispute(market: Market) -> Call:
    market.charged(12)
    return hear(webhooks_of("dispute.opened")[-1])


def of_end(market: Market) -> Call:
    services.hear_provider(**of_dispute(market).fields)
    let_time_pass()
    close_dispute(FakeDispute.objects.latest("opened_at").reference, is_won=True)
    return hear(webhooks_of("dispute.won")[-1])


def of_payout(market: Market) -> Call:
    ask(market.paid_out().calls.get(kind="payout"))
    return hear(webhooks_of("payout.paid")[-1])


DONE = "ok"
VERBS: dict[str, tuple[Callable[[Market], Call], str]] = {
    "begin to pay": (start, DONE),
    "confirm a payment": (confirm, "PAYMENT_NOT_CONFIRMABLE"),
    "capture a payment": (capture, "PAYMENT_BUSY"),
    "cancel a payment": (cancel, "PAYMENT_BUSY"),
    "refund a payment": (refund, "PAYMENT_NOT_REFUNDABLE"),
    "settle a purchase": (settle, DONE),
    "credit an invoice": (credit, "AMOUNT_NOT_POSITIVE"),
    "take out what is owed": (pay_out, DONE),
    "hear that a payment was made": (of_success, DONE),
    "hear that a refund was paid": (of_refund, DONE),
    "hear that a refund came back": (of_bounce, DONE),
    "hear of a dispute": (of_dispute, DONE),
    "hear that a dispute was won": (of_end, DONE),
    "hear that a payout has arrived": (of_payout, DONE),
}
"""How to stage what is asked, and what it comes to when it is asked for once more."""


class Errand(NamedTuple):
    """A row of work, what it is about, and the state in which that ends."""

    row: WorkRow
    about: PaymentIntent | Refund | Payout
    end: str


def call_of(payment: PaymentIntent, kind: str, end: str) -> Errand:
    return Errand(payment.calls.get(kind=kind), payment, end)


def creating(market: Market) -> Errand:
    return call_of(begun(market.buyer, market.due, PART), "create", "requires_payment_method")


def confirming(ending: int, end: str = "succeeded") -> Callable[[Market], Errand]:
    return lambda market: call_of(market.confirmed(ending), "confirm", end)


def capturing(market: Market) -> Errand:
    payment = market.charged(is_captured_later=True)
    services.capture_payment(actor=market.seller, payment_id=payment.id, amount=6_000)
    return call_of(payment, "capture", "succeeded")


def canceling(market: Market) -> Errand:
    payment = market.charged(is_captured_later=True)
    services.cancel_payment(actor=market.buyer, payment_id=payment.id)
    return call_of(payment, "cancel", "canceled")


def refunding(ending: int, end: str = "succeeded") -> Callable[[Market], Errand]:
    def stage(market: Market) -> Errand:
        call = market.repaid(ending)
        assert call.refund is not None
        return Errand(call, call.refund, end)

    return stage


def paying_out(ending: int, end: str = "paid") -> Callable[[Market], Errand]:
    def stage(market: Market) -> Errand:
        payout = market.paid_out(ending)
        return Errand(payout.calls.get(kind="payout"), payout, end)

    return stage


def finding_out(market: Market) -> Errand:
    """Look after a payment of which no webhook comes."""
    payment = asked(market.confirmed(9))
    let_time_pass()
    return call_of(payment, "watch", "succeeded")


def giving_up(market: Market) -> Errand:
    payment = begun(market.buyer, market.due, PART)
    services.make_call(call_id=payment.calls.get(kind="create").id)
    expire(payment)
    return call_of(payment, "watch", "canceled")


def telling(market: Market) -> Errand:
    """Deliver a webhook that nobody has heard yet."""
    payment = asked(market.confirmed())
    return Errand(webhooks_of("payment.succeeded")[-1], payment, "succeeded")


ERRANDS: dict[str, Callable[[Market], Errand]] = {
    "open a payment": creating,
    "collect a payment": confirming(0),
    "collect a payment whose webhook comes first": confirming(4),
    "collect a payment whose reply is lost": confirming(5),
    "collect a payment that takes a while": confirming(8),
    "collect a payment that is declined": confirming(1, "failed"),
    "collect a payment to which the payer must agree": confirming(2, "requires_action"),
    "capture a payment": capturing,
    "cancel a payment": canceling,
    "find out about a payment": finding_out,
    "give a payment up": giving_up,
    "pay a refund": refunding(0),
    "pay a refund whose reply is lost": refunding(15),
    "pay a refund that fails": refunding(13, "failed"),
    "pay a refund that comes back": refunding(14, "failed"),
    "pay out": paying_out(0),
    "pay out, and the reply is lost": paying_out(5),
    "pay out what fails": paying_out(16, "failed"),
    "pay out what comes back": paying_out(17, "failed"),
    "tell of a payment": telling,
}
"""How to stage what a worker does."""
