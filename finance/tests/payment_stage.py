"""Payments beside their model: both take each step, and agree on the answer, on every paper and on every account."""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from unittest import mock
from uuid import UUID

import msgspec
from django.core.management import call_command
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from finance import services, tasks
from finance.gateways import Gateway, Rejected
from finance.gateways.fake import Delays, FakeGateway, act, close_dispute, webhooks
from finance.models import (
    Balance,
    FakeCharge,
    FakeDispute,
    FakeWebhook,
    InvoiceBalance,
    PaymentIntent,
    Payout,
    ProviderCall,
    Refund,
    chart,
)
from finance.models.chart import Place
from finance.services import PaymentWish
from finance.tests.ledger_audit import read_rows
from finance.tests.payment_audit import disagreements, platform_fee, problems
from finance.tests.payment_model import OK, WAITS_FOR_PAYER, Back, Bill, Paid, TakenOut, Trade
from finance.tests.payment_staging import CARD, deliver, draft, expire
from finance.tests.provider_staging import let_time_pass, signed
from finance.tests.racers import Call, perform
from finance.tests.staging import business_of, hold, open_line
from wholexale.common.models import WorkRow
from wholexale.common.testing import make_person
from wholexale.common.work import run_one

PATH = "/api/webhooks/in/fake"
PEOPLE = 2
ASKED = [
    name for name, one in vars(Gateway).items() if inspect.isfunction(one) and name[0] != "_" and name != "read_event"
]
"""Every question that a provider can be asked."""

PLENTY = 10**9
LATER = 3_600
CALLS, WEBHOOKS = (next(work for work in tasks.WORK if work.model is model) for model in (ProviderCall, FakeWebhook))
T = TypeVar("T")
M = TypeVar("M", bound=Model)


@dataclass
class PaymentStage:
    """Two who buy, two who sell, and a provider that tells nothing until it may; everything is really committed."""

    trade: Trade = field(default_factory=Trade)
    buyers: list[User] = field(default_factory=list)
    sellers: list[User] = field(default_factory=list)
    bills: dict[UUID, Bill] = field(default_factory=dict)
    payments: dict[UUID, Paid] = field(default_factory=dict)
    backs: dict[UUID, Back] = field(default_factory=dict)
    payouts: dict[UUID, TakenOut] = field(default_factory=dict)
    references: dict[str, Paid] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    is_dying: bool = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(call_command, "flush", verbosity=0, interactive=False)
            stack.enter_context(mock.patch.object(Delays, "later", LATER))
            stack.enter_context(mock.patch.object(webhooks, "post", self._post))
            for name in ASKED:
                stack.enter_context(mock.patch.object(FakeGateway, name, self._tapped(getattr(FakeGateway, name))))
            for number in range(PEOPLE):
                self.buyers.append(make_person(f"buyer{number}", owns=f"Shop {number}"))
                self.sellers.append(make_person(f"seller{number}", owns=f"Mill {number}"))
                open_line(business_of(self.buyers[number]), PLENTY)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        with self._stack:
            if raised[0] is None:
                self._come_to_an_end()

    # What people can do

    def issue(self, buyer: int, seller: int, amount: int) -> None:
        """Deliver on account."""
        held = hold(self.buyers[buyer], self.sellers[seller], amount).hold_id
        made = self._do(OK, "settle_purchase", actor=self.sellers[seller], hold_id=held, draft=draft(amount))
        self.bills[made.id] = Bill(buyer, seller, amount, sum(platform_fee(made)))
        self.trade.bills.append(self.bills[made.id])

    def start(self, number: int, amount: Callable[[int], int | None], *, is_captured_later: bool) -> bool:
        """Begin to pay a bill; return whether that was allowed."""
        bill_id, bill = pick(self.bills, number)
        wanted = amount(bill.due)
        code = self.trade.start(bill, wanted, is_captured_later=is_captured_later)
        wish = PaymentWish(invoice_id=bill_id, method=CARD, amount=wanted, is_captured_later=is_captured_later)
        made = self._do(code, "start_payment", actor=self.buyers[bill.buyer], wish=wish)
        if made:
            self.payments[made.id] = bill.payments[-1]
        return made is not None

    def confirm(self, number: int) -> None:
        """Have a payment collected."""
        payment_id, paid = pick(self.payments, number)
        self._do(self.trade.confirm(paid), "confirm_payment", actor=self._buyer(paid), payment_id=payment_id)

    def capture(self, number: int, amount: Callable[[int], int | None]) -> None:
        """Take what was authorized, or a part of it."""
        payment_id, paid = pick(self.payments, number, lambda one: one.state == "requires_capture")
        wanted = amount(paid.capturable)
        code = self.trade.capture(paid, wanted, is_busy=self._is_busy(payment_id))
        self._do(code, "capture_payment", actor=self._seller(paid), payment_id=payment_id, amount=wanted)

    def cancel(self, number: int) -> None:
        """Give up a payment."""
        payment_id, paid = pick(self.payments, number, lambda one: not one.captured)
        code = self.trade.cancel(paid, is_busy=self._is_busy(payment_id))
        self._do(code, "cancel_payment", actor=self._buyer(paid), payment_id=payment_id)

    def refund(self, number: int, amount: Callable[[int], int | None]) -> None:
        """Pay back a payment, or a part of it."""
        payment_id, paid = pick(self.payments, number, lambda one: one.captured > 0)
        wanted = amount(paid.refundable)
        code = self.trade.refund(paid, wanted)
        fields = {"actor": self._seller(paid), "payment_id": payment_id, "amount": wanted, "reason": "Returned"}
        if made := self._do(code, "refund_payment", **fields):
            self.backs[made.id] = paid.backs[-1]

    def credit(self, number: int, amount: Callable[[int], int | None]) -> None:
        """Take something off a bill."""
        bill_id, bill = pick(self.bills, number)
        wanted = amount(bill.creditable)
        fields = {"actor": self.sellers[bill.seller], "invoice_id": bill_id, "amount": wanted, "reason": "Damaged"}
        self._do(self.trade.credit(bill, wanted), "credit_invoice", **fields)

    def pay_out(self, seller: int, amount: Callable[[int], int | None]) -> None:
        """Take out what a seller is owed, or a part of it."""
        wanted = amount(self.trade.available_to(seller))
        code = self.trade.pay_out(seller, wanted)
        if made := self._do(code, "request_payout", actor=self.sellers[seller], currency="INR", amount=wanted):
            self.payouts[made.id] = self.trade.payouts[-1]

    def agree(self, number: int) -> None:
        """Let a payer agree to a payment that asks."""
        self._act(number, is_approved=True)

    def decline(self, number: int) -> None:
        """Let a payer not agree to a payment that asks."""
        self._act(number, is_approved=False)

    def win(self, number: int) -> None:
        """Let the bank decide a dispute for us."""
        self._decide(number, is_won=True)

    def lose_dispute(self, number: int) -> None:
        """Let the bank decide a dispute against us."""
        self._decide(number, is_won=False)

    # What happens, or does not

    def call(self, number: int) -> None:
        """Make a call that waits."""
        if row := at(self._calls(), number):
            self._run(row)

    def die(self, number: int) -> None:
        """Make a call that waits, and die before the answer is written down."""
        if row := at(self._calls(), number):
            self.is_dying = True
            with mock.patch("finance.services.provider_calls.take_news", side_effect=SystemError("died")):
                self._run(row)
            self.is_dying = False

    def tell(self, number: int, times: int = 1) -> None:
        """Deliver a webhook, which may have been delivered before, so many times."""
        if row := at(FakeWebhook.objects.order_by("id"), number):
            body = row.body.encode()
            if row.state == WorkRow.State.PENDING:
                self._run(row)
            for _ in range(times - 1):
                self._post(PATH, body, signed(body))

    def lose(self, number: int) -> None:
        """Let a webhook never come; of what nobody would ask about, one comes in the end."""
        pending = FakeWebhook.objects.filter(state="pending").order_by("id")
        unasked = Q(body__contains='"type":"dispute.') | Q(body__contains='"type":"refund.failed"')
        if row := at(pending.exclude(unasked), number):
            FakeWebhook.objects.filter(id=row.id).update(state="done")

    def pass_time(self, _number: int = 0) -> None:
        """Let everything be known that was not known at once."""
        let_time_pass(2 * LATER)

    def look(self, number: int) -> None:
        """Let something be looked after."""
        if row := at(ProviderCall.objects.filter(state="pending", kind="watch").order_by("id"), number):
            self._look(row)

    def expire(self, number: int) -> None:
        """Let the time of a payment be over, and have it looked after."""
        payment_id, _ = pick(self.payments, number, lambda one: one.state in WAITS_FOR_PAYER)
        expire(PaymentIntent(id=payment_id))
        if row := ProviderCall.objects.filter(intent_id=payment_id, state="pending", kind="watch").first():
            self._look(row)

    # How it is done

    def _do(self, code: str, verb: str, **fields: Any) -> Any:
        before = None if code == OK else read_rows()
        answer = perform(Call(verb, fields))
        assert answer.code == code, f"{verb} came to {answer.code}, not {code}"
        assert before is None or read_rows() == before, f"{verb} came to {code} and changed rows"
        return answer.result

    def _act(self, number: int, *, is_approved: bool) -> None:
        asking = FakeCharge.objects.filter(state="requires_action").order_by("created_at")
        if charge := at(asking, number):
            act(charge.reference, is_approved=is_approved)

    def _decide(self, number: int, *, is_won: bool) -> None:
        opened = FakeDispute.objects.filter(state="needs_response", opened_at__lte=timezone.now())
        if dispute := at(opened.order_by("opened_at"), number):
            close_dispute(dispute.reference, is_won=is_won)

    def _run(self, row: ProviderCall | FakeWebhook) -> None:
        """Have one row of work done now, as a runner does."""
        type(row).objects.filter(id=row.id).update(run_at=timezone.now())
        assert run_one(CALLS if isinstance(row, ProviderCall) else WEBHOOKS, row.id)

    def _look(self, row: ProviderCall) -> None:
        """Have something looked after; what the provider never heard of is given up without asking."""
        late = PaymentIntent.objects.filter(provider_ref="", expires_at__lte=timezone.now(), state__in=WAITS_FOR_PAYER)
        for payment in late.filter(calls=row):
            self.payments[payment.id].state = "canceled"
        self._run(row)

    def _tapped(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return what asks the provider, and lets the model hear the answer."""

        def ask(gateway: FakeGateway, *args: Any, **fields: Any) -> Any:
            try:
                news = method(gateway, *args, **fields)
            except Rejected:
                if not self.is_dying and "refund_id" in fields:
                    self.backs[fields["refund_id"]].hear("failed")
                raise
            if news is not None and (not self.is_dying or method.__name__ == "create"):
                self._hear(msgspec.to_builtins(news), is_answer=True)
            return news

        return ask

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Bring a webhook to our door, and let the model hear it where it was heard there."""
        notice = json.loads(body)
        is_early = notice["type"].startswith("dispute") and not self.references[notice["data"]["payment"]].captured
        status = deliver(url, body, headers)
        assert (status == 200) != is_early, "what was heard too early is sent again only where it was refused"
        if status == 200 and notice["id"] not in self.heard:
            self.heard.add(notice["id"])
            self._hear(notice["data"], is_answer=False)
        return status

    def _hear(self, told: Mapping[str, Any], *, is_answer: bool) -> None:
        state = told["state"]
        if "payout_id" in told:
            self.payouts[UUID(told["payout_id"])].hear(state)
        elif "refund_id" in told:
            self.backs[UUID(told["refund_id"])].hear(state)
        elif "respond_by" in told:
            self.trade.complain(self.references[told["payment"]], told["reference"], told["amount"], state)
        else:
            paid = self.references[told["reference"]] = self.payments[UUID(told["intent_id"])]
            paid.hear(state, told["captured"], told["fee"], is_answer=is_answer)

    # How the two are compared

    def compare(self) -> None:
        """Check that both say the same, and that the papers and the ledger add up."""
        for row in PaymentIntent.objects.all():
            paid = self.payments[row.id]
            here = (row.state, row.capturable, row.captured, row.refunded, row.refunding, row.disputed)
            there = (paid.state, paid.capturable, paid.captured, paid.refunded, paid.refunding, paid.disputed)
            assert here == there, f"{row} of {row.amount} is {here}, not {there}"
        for stands in InvoiceBalance.objects.all():
            bill = self.bills[stands.invoice_id]
            sums, model = (stands.credited, stands.paid, stands.refunded), (bill.credited, bill.paid, bill.refunded)
            assert sums == model, f"{stands} is {sums}, not {model}"
        for refund in Refund.objects.all():
            back = self.backs[refund.id]
            assert (refund.state, refund.origin == Refund.Origin.SELLER) == (back.state, back.is_sellers), refund
        for payout in Payout.objects.all():
            assert payout.state == self.payouts[payout.id].state, payout
        for place, expected in self._accounts():
            assert standing(place) == expected, f"{place.code} has {standing(place)}, not {expected}"
        assert not (found := problems()), found

    def _accounts(self) -> Iterable[tuple[Place, tuple[int, int]]]:
        for number in range(PEOPLE):
            buyer, seller = business_of(self.buyers[number]).id, business_of(self.sellers[number]).id
            yield chart.receivable(buyer, "INR"), self.trade.owed_by(number)
            yield chart.payable(seller, "INR"), self.trade.owed_to(number)
        yield chart.cash("fake", "INR"), self.trade.cash()
        yield chart.losses("INR"), (self.trade.lost(), 0)

    def _come_to_an_end(self) -> None:
        """Let everything happen that still can: then the provider's books and ours agree."""
        for _ in range(9):
            self.pass_time()
            rows: list[ProviderCall | FakeWebhook] = [
                *FakeWebhook.objects.filter(state="pending").order_by("id"),
                *self._calls(),
            ]
            for row in rows:
                self._run(row)
            for watch in ProviderCall.objects.filter(state="pending", kind="watch"):
                self._look(watch)
            if not rows:
                break
        self.compare()
        assert not (found := disagreements()), found
        assert not (drift := services.find_drift()), drift

    def _calls(self) -> "QuerySet[ProviderCall]":
        return ProviderCall.objects.filter(state="pending").exclude(kind="watch").order_by("id")

    def _is_busy(self, payment_id: UUID) -> bool:
        return ProviderCall.objects.filter(
            intent_id=payment_id, kind__in=["capture", "cancel"], state="pending"
        ).exists()

    def _buyer(self, paid: Paid) -> User:
        return self.buyers[paid.bill.buyer]

    def _seller(self, paid: Paid) -> User:
        return self.sellers[paid.bill.seller]


def pick(some: Mapping[UUID, T], number: int, is_wanted: Callable[[T], bool] = lambda _: True) -> tuple[UUID, T]:
    """Return one of them, counted from the newest, and of those that are wanted where there are any."""
    wanted = [one for one in some.items() if is_wanted(one[1])] or list(some.items())
    return wanted[-1 - number % len(wanted)]


def at(rows: "QuerySet[M]", number: int) -> M | None:
    """Return one of some rows; None where there are none."""
    found = list(rows)
    return found[number % len(found)] if found else None


def standing(place: Place) -> tuple[int, int]:
    """Return what an account has, and what of it is held."""
    row = Balance.objects.select_related("account").filter(account__code=place.code).first()
    return (row.posted, row.debits_pending + row.credits_pending) if row else (0, 0)
