"""Orders: confirm, fulfil in part or whole, deliver, settle, cancel; and payment in advance, from end to end."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership, User
from finance import services as finance_services, tasks as finance_tasks
from finance.gateways.fake import Delays, webhooks as fake_webhooks
from finance.models import Balance, FakeWebhook, InvoiceBalance, PaymentIntent, ProviderCall, Refund, chart
from finance.services import Way
from finance.tests.payment_staging import deliver
from offers import services, tasks
from offers.models import Offer, Order, OrderTimer
from offers.services import Shipment
from offers.tests.audit import faults
from offers.tests.staging import accepted, business_of, employee, fresh, offered, refused
from wholexale.common.work import run_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


@pytest.fixture
def order(seller: User, offer: Offer) -> Order:
    """Let the seller accept."""
    return accepted(seller, offer)


def again(order: Order) -> Any:
    """Read an order again; untyped, as what may be missing of an order is there in each test that looks at it."""
    return Order.objects.select_related("hold", "invoice", "payment").get(id=order.id)


def send(seller: User, order: Order, **quantities: str) -> Order:
    chosen = {int(name[1:]): Decimal(quantity) for name, quantity in quantities.items()} or None
    return services.fulfil_order(actor=seller, order_id=order.id, shipment=Shipment(quantities=chosen))


def posted(buyer: User, seller: User) -> tuple[int, int, int]:
    """Return what the buyer owes, what is held of it, and what the seller is owed."""

    def balance(place: chart.Place) -> Balance:
        return Balance.objects.get(account__code=place.code, account__currency="INR")

    owed = balance(chart.receivable(business_of(buyer).id, "INR"))
    due = balance(chart.payable(business_of(seller).id, "INR"))
    return owed.debits_posted - owed.credits_posted, owed.debits_pending, due.credits_posted - due.debits_posted


def test_from_confirmation_to_settlement(buyer: User, seller: User, offer: Offer, order: Order) -> None:
    services.confirm_order(actor=seller, order_id=order.id)
    send(seller, order)
    services.confirm_delivery(actor=buyer, order_id=order.id)
    settled = services.settle_order(actor=seller, order_id=order.id)

    assert settled.invoice is not None
    assert (settled.status, settled.invoice.total, settled.invoice.reference) == (
        "settled",
        850_000,
        order.order_number,
    )
    assert fresh(offer).status == "completed"
    owed, held, due = posted(buyer, seller)
    assert (owed, held) == (850_000, 0)
    assert due == 850_000 - 17_000 - 3_060  # the fee of 2 %, and 18 % tax on it
    assert [step.action for step in order.events.order_by("seq")] == [
        "placed", "confirmed", "fulfilled", "delivered", "settled",
    ]  # fmt: skip
    assert faults() == []


def test_what_was_not_sent_is_let_go(buyer: User, seller: User, order: Order) -> None:
    send(seller, order, p1="40")
    assert again(order).status == "partly_fulfilled"
    send(seller, order, p1="20")
    services.settle_order(actor=seller, order_id=order.id)

    assert again(order).invoice.total == 510_000
    assert posted(buyer, seller)[:2] == (510_000, 0)
    assert faults() == []


def test_no_more_is_sent_than_was_agreed(seller: User, order: Order) -> None:
    send(seller, order, p1="99")
    for wrong in ({"p1": "2"}, {"p1": "0.5"}, {"p2": "1"}, {"p1": "0"}):
        with refused("VALIDATION_FAILED"):
            send(seller, order, **wrong)
    assert send(seller, order, p1="1").status == "fulfilled"


def test_each_step_is_for_its_side(buyer: User, seller: User, order: Order) -> None:
    for verb in (services.confirm_order, services.settle_order):
        with refused("NOT_THE_SELLER"):
            verb(actor=buyer, order_id=order.id)
    with refused("NOT_THE_SELLER"):
        send(buyer, order)
    send(seller, order)
    with refused("NOT_THE_BUYER"):
        services.confirm_delivery(actor=seller, order_id=order.id)


def test_each_step_has_its_time(buyer: User, seller: User, order: Order) -> None:
    with refused("ORDER_NOT_ACTIONABLE"):
        services.settle_order(actor=seller, order_id=order.id)
    with refused("ORDER_NOT_ACTIONABLE"):
        services.confirm_delivery(actor=buyer, order_id=order.id)
    send(seller, order)
    for who in (buyer, seller):
        with refused("ORDER_NOT_ACTIONABLE"):
            services.cancel_order(actor=who, order_id=order.id, reason="Too late")
    first = services.settle_order(actor=seller, order_id=order.id)
    assert services.settle_order(actor=seller, order_id=order.id).invoice_id == first.invoice_id


def test_outsiders_find_no_order(outsider: User, order: Order) -> None:
    for verb in (services.confirm_order, services.confirm_delivery, services.settle_order):
        with refused("ORDER_NOT_FOUND"):
            verb(actor=outsider, order_id=order.id)
    with refused("ORDER_NOT_FOUND"):
        services.cancel_order(actor=outsider, order_id=order.id, reason="None of mine")


def test_a_member_without_a_say_is_refused(seller: User, order: Order) -> None:
    accountant = employee("accountant", business_of(seller), Membership.Role.FINANCE)
    with refused("INSUFFICIENT_PERMISSIONS"):
        services.confirm_order(actor=accountant, order_id=order.id)


@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_a_cancelled_order_holds_nothing(buyer: User, seller: User, order: Order, side: str) -> None:
    who = buyer if side == "buyer" else seller
    with refused("VALIDATION_FAILED"):
        services.cancel_order(actor=who, order_id=order.id, reason=" ")
    services.cancel_order(actor=who, order_id=order.id, reason="Changed plans")

    assert (again(order).status, again(order).cancel_reason) == ("cancelled", "Changed plans")
    assert posted(buyer, seller)[:2] == (0, 0)
    assert faults() == []


def test_the_buyer_cancels_until_it_is_confirmed_the_seller_until_something_is_sent(
    buyer: User, seller: User, order: Order
) -> None:
    services.confirm_order(actor=seller, order_id=order.id)
    with refused("ORDER_NOT_ACTIONABLE"):
        services.cancel_order(actor=buyer, order_id=order.id, reason="Late")
    assert services.cancel_order(actor=seller, order_id=order.id, reason="Out of stock").status == "cancelled"


def test_an_order_that_nobody_fulfils_ends_by_itself(buyer: User, seller: User, order: Order) -> None:
    run_out(order)
    assert (again(order).status, posted(buyer, seller)[:2]) == ("cancelled", (0, 0))


def test_an_order_that_was_sent_is_charged_by_itself(buyer: User, seller: User, order: Order) -> None:
    send(seller, order, p1="10")
    run_out(order)
    assert again(order).status == "settled"
    assert posted(buyer, seller)[:2] == (85_000, 0)
    assert faults() == []


def run_out(order: Order) -> None:
    timer = OrderTimer.objects.get(order=order)
    OrderTimer.objects.filter(id=timer.id).update(run_at=timer.created_at - timedelta(seconds=1))
    run_due(*tasks.WORK)


# --- Paid in advance --------------------------------------------------------------------------------------------------


@pytest.fixture
def prepaid(buyer: User, seller: User, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Let the seller accept an offer of a buyer without credit."""
    monkeypatch.setattr(fake_webhooks, "post", deliver)
    monkeypatch.setattr(Delays, "hang", 0)
    return accepted(seller, offered(buyer, seller))


def pay(buyer: User, order: Order) -> None:
    """Let the buyer confirm the payment, and everybody do what follows."""
    finance_services.confirm_payment(actor=buyer, payment_id=again(order).payment_id)
    settle_down()


def settle_down() -> None:
    """Run the work that is due, also what providers are asked later."""
    for _ in range(4):
        ProviderCall.objects.filter(state="pending").exclude(kind="watch").update(run_at=timezone.now())
        FakeWebhook.objects.filter(state="pending").update(run_at=timezone.now())
        run_due(*finance_tasks.WORK, *tasks.WORK)


def test_an_order_paid_in_advance_stands_on_a_hold_and_is_settled_with_a_paid_invoice(
    buyer: User, seller: User, prepaid: Order
) -> None:
    pay(buyer, prepaid)
    paid = again(prepaid)
    assert paid.hold is not None
    assert (paid.hold.amount, posted(buyer, seller)) == (850_000, (-850_000, 850_000, 0))
    assert finance_services.find_drift() == []

    send(seller, prepaid)
    services.settle_order(actor=seller, order_id=prepaid.id)

    balance = InvoiceBalance.objects.get(invoice_id=again(prepaid).invoice_id)
    assert (balance.paid, balance.due) == (850_000, 0)
    assert posted(buyer, seller)[:2] == (0, 0)
    assert again(prepaid).payment.invoice_id == again(prepaid).invoice_id
    assert faults() == []


def test_what_was_paid_and_not_sent_goes_back(buyer: User, seller: User, prepaid: Order) -> None:
    pay(buyer, prepaid)
    send(seller, prepaid, p1="60")
    services.settle_order(actor=seller, order_id=prepaid.id)
    settle_down()

    refund = Refund.objects.get()
    assert (refund.amount, refund.origin, refund.state) == (340_000, "overpayment", "succeeded")
    assert InvoiceBalance.objects.get(invoice_id=again(prepaid).invoice_id).due == 0
    assert posted(buyer, seller)[:2] == (0, 0)


def test_cancelling_gives_back_what_was_paid(buyer: User, seller: User, prepaid: Order) -> None:
    pay(buyer, prepaid)
    with refused("ORDER_OPEN"):
        finance_services.refund_payment(actor=seller, payment_id=again(prepaid).payment_id, reason="Kind")
    services.cancel_order(actor=seller, order_id=prepaid.id, reason="Out of stock")
    settle_down()

    assert (Refund.objects.get().state, again(prepaid).status) == ("succeeded", "cancelled")
    assert posted(buyer, seller) == (0, 0, 0)
    assert faults() == []


def test_what_is_paid_for_a_cancelled_order_goes_back(buyer: User, seller: User, prepaid: Order) -> None:
    finance_services.confirm_payment(actor=buyer, payment_id=again(prepaid).payment_id)
    services.cancel_order(actor=buyer, order_id=prepaid.id, reason="Changed plans")
    settle_down()

    assert PaymentIntent.objects.get().state == "succeeded"
    assert Refund.objects.get().state == "succeeded"
    assert posted(buyer, seller) == (0, 0, 0)
    assert faults() == []


def test_a_declined_payment_is_tried_another_way(buyer: User, seller: User, prepaid: Order) -> None:
    way = Way(method="upi", is_confirmed=True)
    with refused("NOT_THE_BUYER"):
        services.pay_order(actor=seller, order_id=prepaid.id, way=way)
    second = services.pay_order(actor=buyer, order_id=prepaid.id, way=way)
    settle_down()

    assert PaymentIntent.objects.get(id=second.id).hold_id == again(prepaid).hold_id
    with refused("ORDER_PAID"):
        services.pay_order(actor=buyer, order_id=prepaid.id, way=way)


def test_an_order_that_is_paid_twice_holds_once(buyer: User, seller: User, prepaid: Order) -> None:
    services.pay_order(actor=buyer, order_id=prepaid.id, way=Way(method="upi", is_confirmed=True))
    pay(buyer, prepaid)

    assert posted(buyer, seller)[:2] == (-1_700_000, 850_000)
    send(seller, prepaid)
    services.settle_order(actor=seller, order_id=prepaid.id)
    assert posted(buyer, seller)[:2] == (-850_000, 0)
    assert faults() == []
