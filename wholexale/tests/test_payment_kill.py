"""Payments against real processes: workers that are killed again and again, and a provider that is down or hangs."""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from wholexale.tests.live import Person, Server, Stores
from wholexale.tests.workers import Worker, query, run_code

pytestmark = pytest.mark.timeout(300)

HANGS, IS_DOWN = 6, 7
ENDINGS = [*range(HANGS), *range(HANGS + 1, 18)]
"""Every way in which the provider behaves, but for the one that takes half a minute."""

ENVIRONMENTS = {
    "runner": {"WORK_LEASE": "1s", "WORK_RUNNER": "off"},
    "celery": {"WORK_LEASE": "1s", "WORK_RUNNER": "celery", "REDIS_URL": os.environ.get("REDIS_URL", "")},
}

PATIENCE = 2.0
"""Seconds in which a request is answered, whatever the provider does."""

DUE = """
    from accounts.models import User
    from finance.tests.payment_staging import invoice

    print(invoice(*(User.objects.get(id=one) for one in ("{buyer.id}", "{seller.id}")), 10**8).id)
"""
AGREED = """
    from finance import services
    from finance.tests.payment_audit import disagreements

    found = disagreements() + services.find_drift()
    assert not found, found
"""
OPEN = """
    SELECT
        (SELECT count(*) FROM finance_fakewebhook WHERE state <> 'done')
        + (SELECT count(*) FROM finance_providercall WHERE state <> 'done' AND kind <> 'watch')
        + (SELECT count(*) FROM finance_paymentintent WHERE state IN ('requires_payment_method', 'processing'))
        + (SELECT count(*) FROM finance_refund WHERE state = 'pending')
        + (SELECT count(*) FROM finance_payout WHERE state = 'pending')
"""
COUNT = """
    SELECT
        (SELECT count(*) FROM finance_providercall WHERE state = '{state}')
        + (SELECT count(*) FROM finance_fakewebhook WHERE state = '{state}')
"""
DONE, LEFT = COUNT.format(state="done"), COUNT.format(state="leased")


def number(stores: Stores, statement: str) -> int:
    """Return the one number that a statement asks for."""
    [(found,)] = query(stores, statement)
    return int(found)


def let_time_pass(stores: Stores) -> None:
    """Let everything that waits for a later time be due: what is looked after now and then, and what is tried again."""
    due = "UPDATE {} SET run_at = '2020-01-01 00:00:00' WHERE state = 'pending'"
    statements = [due.format(table) for table in ("finance_providercall", "finance_fakewebhook")]
    if uri := stores.environment.get("POSTGRES_URI"):
        with psycopg.connect(uri, autocommit=True) as server:
            for statement in statements:
                server.execute(statement.encode())
    else:
        path = Path(stores.environment["DATA_DIR"]) / "wholexale.sqlite3"
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as file:
            for statement in statements:
                file.execute(statement)


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Wait for something, and fail where it takes longer."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass
class Market:
    """A running server, a buyer and a seller, and an invoice that is large enough for many payments."""

    server: Server
    buyer: Person
    seller: Person
    invoice_id: str
    refunded: set[str] = field(default_factory=set)

    @classmethod
    @contextmanager
    def opened(cls, **extra: str) -> Iterator["Market"]:
        """Start the server, by itself without Redis; what the provider tells comes to it, whoever sends it."""
        with Stores.fresh(**{"REDIS_URL": "", **extra}) as stores, Server.run(stores) as server:
            stores.environment["BASE_URL"] = server.url
            buyer, seller = (Person.register(server, one, businessName=f"{one} Trading") for one in ("Buyer", "Seller"))
            run_code(stores, DUE.format(buyer=buyer, seller=seller))
            [(invoice_id,)] = query(stores, "SELECT id FROM finance_invoice")
            yield cls(server, buyer, seller, str(invoice_id))

    @property
    def stores(self) -> Stores:
        return self.server.stores

    def pay(self, amount: int) -> tuple[str, float]:
        """Pay so many paise at once; return the payment's id, and how many seconds the answer took."""
        body = {"invoiceId": self.invoice_id, "method": "credit_card", "amount": amount / 100, "confirm": True}
        began = time.monotonic()
        answer = self.buyer.request("POST", "/api/finance/payments", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["payment"]["id"], time.monotonic() - began

    def state_of(self, payment_id: str) -> str:
        return str(self.buyer.request("GET", f"/api/finance/payments/{payment_id}").json()["payment"]["state"])

    def refund_what_came(self) -> None:
        """Refund two parts of every payment that was made since the last time."""
        listed = self.seller.request("GET", "/api/finance/payments?status=captured&limit=100").json()["payments"]
        for one in listed:
            if one["id"] not in self.refunded:
                self.refunded.add(one["id"])
                for amount in (3, 4):
                    body = {"amount": amount, "reason": "Returned"}
                    answer = self.seller.request("POST", f"/api/finance/payments/{one['id']}/refunds", body)
                    assert answer.status_code == 201, answer.text

    def take_out(self, ending: int) -> None:
        body = {"currency": "INR", "amount": 5 + ending / 100}
        answer = self.seller.request("POST", "/api/finance/payouts", body)
        assert answer.status_code == 201, answer.text


FEW, MANY = [0, 2, 4, 5, 8, 12], [*ENDINGS * 6, HANGS, HANGS]
LONG = (pytest.mark.proof, pytest.mark.timeout(1_800))


@pytest.mark.parametrize(
    ("engine", "endings", "rows"),
    [
        pytest.param("runner", FEW, 20, marks=pytest.mark.once),
        pytest.param("runner", MANY, 100, marks=LONG),
        pytest.param("celery", FEW, 20, marks=pytest.mark.servers),
        pytest.param("celery", MANY, 100, marks=[*LONG, pytest.mark.servers]),
    ],
)
def test_workers_that_are_killed_while_people_pay_charge_and_refund_once(
    engine: str, endings: list[int], rows: int
) -> None:
    chance, left = random.Random(7), []
    with Market.opened(**ENVIRONMENTS[engine]) as market, Worker.clock(market.stores, engine):
        stores = market.stores
        for at, ending in enumerate(endings):
            market.pay(10_000 + 100 * at + ending)
        for ending in (0, 5, 16, 17):
            market.take_out(ending)

        while number(stores, OPEN):
            before = number(stores, DONE)
            worker = Worker.start(stores, engine)
            wanted, deadline = before + rows * chance.uniform(0.5, 1.5), time.monotonic() + 4
            while number(stores, OPEN) and time.monotonic() < deadline:
                if number(stores, DONE) >= wanted and number(stores, LEFT):
                    break
                time.sleep(0.01)
            worker.kill()
            left.append(number(stores, LEFT))
            market.refund_what_came()
            let_time_pass(stores)

        again = number(stores, "SELECT count(*) FROM finance_providercall WHERE attempts > 1")
        print(f"killed {len(left)} workers, which left {left}; {again} calls were made again")
        assert any(left)  # they were killed while something ran
        run_code(stores, AGREED)
        assert number(stores, "SELECT max(charges) FROM finance_fakecharge") == 1
        ends = set(query(stores, "SELECT DISTINCT amount % 100, state FROM finance_paymentintent"))
        others = {1: "failed", 2: "requires_action", 11: "failed"}
        assert ends == {(one, others.get(one, "succeeded")) for one in endings}
        assert number(stores, "SELECT count(*) FROM finance_refund") == 2 * len(market.refunded) > 0


@pytest.mark.live
@pytest.mark.any_server
@pytest.mark.parametrize(
    "is_whole", [pytest.param(False, marks=pytest.mark.once), pytest.param(True, marks=pytest.mark.proof)]
)
def test_a_provider_that_is_down_or_hangs_keeps_nobody_waiting(is_whole: bool) -> None:
    with Market.opened() as market:
        payments = [market.pay(10_000 + IS_DOWN)]
        wait_until(lambda: market.state_of(payments[0][0]) == "succeeded", 40)

        payments.append(market.pay(10_000 + HANGS))
        wait_until(lambda: number(market.stores, "SELECT sum(visits) FROM finance_fakecharge") == 4, 10)
        payments += [market.pay(10_000 + ending) for ending in (0, HANGS, IS_DOWN, 3)]

        longest = max(took for _, took in payments)
        print(f"while the provider is down or hangs, a payment is answered within {longest:.2f} s")
        assert longest < PATIENCE
        if is_whole:
            wait_until(lambda: number(market.stores, OPEN) == 0, 120)
            assert {market.state_of(one) for one, _ in payments} == {"succeeded"}
            run_code(market.stores, AGREED)
        market.server.kill()  # to stop it would take as long as the provider hangs
