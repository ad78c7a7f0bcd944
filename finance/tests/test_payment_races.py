"""Payments between processes: nothing is taken, paid back or numbered twice, whoever asks at the same time."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from uuid import UUID

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import User
from finance import services
from finance.models import CreditNote, FakeCharge, FakeWebhook, Invoice, PaymentIntent, Payout, ProviderCall, Refund
from finance.services import PaymentWish
from finance.tests.payment_audit import disagreements, problems
from finance.tests.payment_staging import (
    CARD,
    begun,
    confirmed,
    draft,
    fresh,
    invoice,
    look_after,
    owed_by,
    owed_to,
    paid,
    settle_down,
)
from finance.tests.provider_staging import charged, let_time_pass, repaid, signed, webhooks_of
from finance.tests.racers import Call, Crew, codes, crew_of, lasting, turns
from finance.tests.staging import business_of, hold, open_line
from wholexale.common.testing import make_person

K = 8
_numbers = count()

pytestmark = pytest.mark.usefixtures("webhooks")


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with people of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def crew(db: None) -> Iterator[Crew]:
    with crew_of(K) as crew:
        yield crew


@pytest.fixture(autouse=True)
def _agreed(db: None, webhooks: None) -> Iterator[None]:
    """Audit every row after each race, and once more when all that it has set in motion has ended."""
    yield
    assert problems() == []
    settle_down()
    let_time_pass()
    settle_down()
    look_after()
    assert disagreements() == []
    assert services.find_drift() == []


@pytest.fixture
def buyer(db: None) -> User:
    """Buy for a business that no other test knows."""
    return make_person(f"buyer{next(_numbers)}", owns="Corner Shop")


@pytest.fixture
def seller(db: None) -> User:
    """Sell for a business that no other test knows, and which is owed plenty."""
    seller = make_person(f"seller{next(_numbers)}", owns="Cotton Mill")
    invoice(make_person(f"debtor{next(_numbers)}", owns="Debtor"), seller, 1_000_000)
    return seller


def refund(seller: User, payment: PaymentIntent, amount: int | None) -> Call:
    return Call("refund_payment", {"actor": seller, "payment_id": payment.id, "amount": amount, "reason": "Returned"})


def credit(seller: User, due: Invoice, amount: int | None) -> Call:
    return Call("credit_invoice", {"actor": seller, "invoice_id": due.id, "amount": amount, "reason": "Damaged"})


def hear(webhook: FakeWebhook) -> Call:
    body = webhook.body.encode()
    return Call("hear_provider", {"provider": "fake", "body": body, "headers": signed(body)})


def make(call: ProviderCall) -> Call:
    return Call("make_call", {"call_id": call.id})


def call_of(payment: PaymentIntent, kind: str) -> ProviderCall:
    return ProviderCall.objects.get(intent=payment, kind=kind)


@pytest.mark.parametrize("number", [3, 8, pytest.param(32, marks=pytest.mark.proof)])
def test_of_many_refunds_exactly_as_many_are_made_as_fit(buyer: User, seller: User, number: int) -> None:
    fit = number + number // 2
    payment = paid(buyer, invoice(buyer, seller, 70 * fit + 60))

    with crew_of(number) as crew:
        answers = crew.race(*([refund(seller, payment, 70) for _ in range(2)] for _ in range(number)))

    assert codes(answers) == {"ok": fit, "REFUND_EXCEEDS_CAPTURED": 2 * number - fit}
    assert fresh(payment).refunding == 70 * fit
    settle_down()
    assert (fresh(payment).refunded, fresh(payment).refundable) == (70 * fit, 60)


def test_one_of_many_who_refund_all_that_is_left_does(crew: Crew, buyer: User, seller: User) -> None:
    payment = paid(buyer, invoice(buyer, seller))

    answers = crew.race(*([refund(seller, payment, None)] for _ in range(K)))

    assert codes(answers) == {"ok": 1, "PAYMENT_NOT_REFUNDABLE": K - 1}
    assert fresh(payment).refunding == payment.captured


def test_refunds_credit_notes_and_a_dispute_never_give_away_more_than_there_is(
    crew: Crew, buyer: User, seller: User
) -> None:
    payment = charged(buyer, invoice(buyer, seller, 100_012))
    let_time_pass()
    (opened,) = webhooks_of("dispute.opened")

    assert payment.invoice is not None
    answers = crew.race(
        *([refund(seller, payment, 20_000)] * 3 for _ in range(3)),
        *([credit(seller, payment.invoice, 15_000)] * 3 for _ in range(3)),
        *([hear(opened)] * 3 for _ in range(2)),
    )

    *asked, one, other = answers
    assert set(codes(asked)) <= {
        "ok", "REFUND_EXCEEDS_CAPTURED", "PAYMENT_NOT_REFUNDABLE", "OVERPAYMENT_FIRST", "CREDIT_EXCEEDS_INVOICE",
    }  # fmt: skip
    assert codes([one, other]) == {"ok": 6}
    assert Counter(answer.result for heard in (one, other) for answer in heard) == {True: 1, False: 5}
    assert fresh(payment).disputed == 100_012
    assert fresh(payment).refundable <= 0


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.proof)])
def test_refunds_arrive_while_other_invoices_of_the_seller_are_credited(
    crew: Crew, buyer: User, seller: User, rounds: int
) -> None:
    payment, other = paid(buyer, invoice(buyer, seller)), invoice(buyer, seller)
    for _ in range(rounds * K // 2):
        services.make_call(call_id=repaid(seller, payment, 100).id)
    arrived = [hear(one) for one in webhooks_of("refund.succeeded")]

    heard = [arrived[at :: K // 2] for at in range(K // 2)]
    answers = crew.race(*heard, *([credit(seller, other, 100)] * rounds for _ in range(K // 2)))

    assert codes(answers) == {"ok": rounds * K}
    assert CreditNote.objects.filter(seller=business_of(seller)).count() == rounds * K


@pytest.mark.parametrize("ending", [0, 5, 8])
def test_a_payment_that_many_confirm_is_made_once(crew: Crew, buyer: User, seller: User, ending: int) -> None:
    payment = begun(buyer, invoice(buyer, seller, 100_000 + ending))
    confirm = Call("confirm_payment", {"actor": buyer, "payment_id": payment.id})

    answers = crew.race(*([confirm] for _ in range(K)))

    assert codes(answers) == {"ok": 1, "PAYMENT_NOT_CONFIRMABLE": K - 1}
    answers = crew.race(*([make(call_of(payment, "create")), make(call_of(payment, "confirm"))] for _ in range(K)))
    assert set(codes(answers)) <= {"ok", "Unavailable: The reply was lost."}
    assert FakeCharge.objects.get(intent_id=payment.id).charges == 1


@pytest.mark.parametrize("is_asked_at_once", [False, True])
def test_a_payment_is_captured_or_canceled(crew: Crew, buyer: User, seller: User, is_asked_at_once: bool) -> None:
    payment = paid(buyer, invoice(buyer, seller), is_captured_later=True)
    capture = Call("capture_payment", {"actor": seller, "payment_id": payment.id, "amount": 60_000})
    cancel = Call("cancel_payment", {"actor": buyer, "payment_id": payment.id})

    answers = crew.race(*([capture] if at % 2 else [cancel] for at in range(K)))

    assert codes(answers) == {"ok": 1, "PAYMENT_BUSY": K - 1}
    (wish,) = ProviderCall.objects.filter(intent=payment, kind__in=["capture", "cancel"])
    if is_asked_at_once:
        assert codes(crew.race(*([make(wish)] for _ in range(K)))) == {"ok": K}
    settle_down()
    ended = {"capture": ("succeeded", 60_000, 1), "cancel": ("canceled", 0, 0)}[wish.kind]
    assert (
        fresh(payment).state,
        fresh(payment).captured,
        FakeCharge.objects.get(intent_id=payment.id).charges,
    ) == ended


def test_an_invoice_that_many_pay_at_once_is_paid_too_much_and_all_of_that_goes_back(
    crew: Crew, buyer: User, seller: User
) -> None:
    due = invoice(buyer, seller, 10_000)
    start = Call("start_payment", {"actor": buyer, "wish": PaymentWish(invoice_id=due.id, method=CARD)})
    started = crew.race(*([start] for _ in range(K)))
    assert codes(started) == {"ok": K}
    payments = [answer.result for (answer,) in started]

    confirms = ([Call("confirm_payment", {"actor": buyer, "payment_id": one.id})] for one in payments)
    assert codes(crew.race(*confirms)) == {"ok": K}
    assert codes(crew.race(*([make(call_of(one, "confirm"))] for one in payments))) == {"ok": K}

    due.balance.refresh_from_db()
    assert due.balance.due == -10_000 * (K - 1)
    assert codes(crew.race(*([refund(seller, one, None)] for one in payments))) == {"ok": K}
    assert Counter(Refund.objects.filter(intent__invoice=due).values_list("origin", flat=True)) == {
        "overpayment": K - 1,
        "seller": 1,
    }
    settle_down()
    due.balance.refresh_from_db()
    assert (due.balance.due, due.balance.credited) == (0, 10_000)


def held(buyer: User, seller: User, number: int) -> list[UUID]:
    """Let a buyer buy on account so many times."""
    open_line(business_of(buyer), 10**7)
    return [hold(buyer, seller, 500).hold_id for _ in range(number)]


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.proof)])
def test_invoices_of_one_seller_that_are_issued_at_once_have_numbers_without_gaps(
    crew: Crew, seller: User, rounds: int
) -> None:
    buyers = [make_person(f"customer{next(_numbers)}", owns="Customer") for _ in range(K)]
    plans = [
        [
            Call("settle_purchase", {"actor": seller, "hold_id": one, "draft": draft(600 if at % 4 == 3 else 500)})
            for at, one in enumerate(held(buyer, seller, rounds))
        ]
        for buyer in buyers
    ]

    answers = crew.race(*plans)

    refused = rounds // 4 * K
    assert codes(answers) == {"ok": rounds * K - refused, "AMOUNT_EXCEEDS_HOLD": refused}
    serials = Invoice.objects.filter(seller=business_of(seller)).values_list("serial", flat=True)
    assert sorted(serials) == list(range(1, rounds * K - refused + 2))


def test_a_purchase_that_many_settle_has_one_invoice(crew: Crew, buyer: User, seller: User) -> None:
    holds = held(buyer, seller, 3)

    answers = crew.race(
        *(
            [Call("settle_purchase", {"actor": seller, "hold_id": one, "draft": draft(500)}) for one in holds]
            for _ in range(K)
        )
    )

    assert codes(answers) == {"ok": 3 * K}
    assert [len({answer.result.id for answer in turn}) for turn in turns(answers)] == [1, 1, 1]


def test_a_purchase_that_is_settled_and_captured_at_once_is_taken_once(crew: Crew, buyer: User, seller: User) -> None:
    ways = [
        lambda one: Call("settle_purchase", {"actor": seller, "hold_id": one, "draft": draft(500)}),
        lambda one: Call("capture_hold", {"actor": seller, "hold_id": one, "amount": 500}),
    ]
    holds = held(buyer, seller, 5)

    answers = crew.race(*([ways[at % 2](one) for one in holds] for at in range(K)))

    assert set(codes(answers)) <= {"ok", "replay", "HOLD_RESOLVED"}
    assert owed_by(buyer) == 5 * 500


def test_payouts_refunds_and_credit_notes_share_what_the_seller_is_owed(crew: Crew, buyer: User) -> None:
    seller = make_person(f"seller{next(_numbers)}", owns="Cotton Mill")
    payment, other = paid(buyer, invoice(buyer, seller, 10_000)), invoice(buyer, seller, 10_000)
    there = owed_to(seller)
    payout = Call("request_payout", {"actor": seller, "currency": "INR", "amount": 1_500})

    answers = crew.race(
        *([payout] * 3 for _ in range(4)),
        *([refund(seller, payment, 1_500)] * 3 for _ in range(2)),
        *([credit(seller, other, 1_500)] * 3 for _ in range(2)),
    )

    assert set(codes(answers)) == {"ok", "INSUFFICIENT_PAYABLE", "INSUFFICIENT_FUNDS"}
    assert codes(answers)["ok"] == there // 1_500
    settle_down()
    assert owed_to(seller) == there % 1_500
    assert Payout.objects.filter(business=business_of(seller), state="paid").count() == codes(answers[:4])["ok"]


@pytest.mark.parametrize("ending", [0, 5, 9, 15])
def test_what_several_workers_ask_a_provider_at_once_happens_once(
    crew: Crew, buyer: User, seller: User, ending: int
) -> None:
    payment = confirmed(buyer, invoice(buyer, seller, 100_000 + ending))
    answers = crew.race(*([make(call_of(payment, "confirm"))] * 2 for _ in range(K)))
    let_time_pass()
    look_after()
    paid_out = services.request_payout(actor=seller, currency="INR", amount=100 + ending)
    asked = [make(repaid(seller, payment, 100)), make(paid_out.calls.get(kind="payout"))]

    answers += crew.race(*(asked * 2 for _ in range(K)))

    lost = {"Unavailable: The reply was lost.": 2 if ending == 5 else ending == 15}
    assert codes(answers) == Counter({"ok": 6 * K}) + Counter(lost) - Counter(ok=sum(lost.values()))
