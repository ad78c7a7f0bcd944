"""Webhooks in every order, in many copies at once, and from people who are not the provider."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import permutations

import httpx
import pytest

from accounts.models import User
from finance import services
from finance.gateways import gateway
from finance.gateways.fake import act, close_dispute
from finance.models import FakeDispute, FakeWebhook, LedgerTransaction, PaymentEvent
from finance.tests.payment_audit import disagreements, problems
from finance.tests.payment_staging import confirmed, deliver, expire, fresh, invoice, look_after, settle_down
from finance.tests.provider_staging import ask, asked, charged, let_time_pass, repaid, signed, webhooks_of
from finance.tests.racers import Call, codes, crew_of
from finance.tests.staging import every_row
from wholexale.common.testing import make_person
from wholexale.tests.live import Server, Stores
from wholexale.tests.workers import query, run_code

K = 8
PATH = "/api/webhooks/in/fake"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("webhooks")]


@pytest.fixture
def seller(seller: User) -> User:
    """Sell for a business that is owed plenty."""
    invoice(make_person("debtor", owns="Debtor"), seller, 1_000_000)
    return seller


def hear(webhook: FakeWebhook) -> Call:
    body = webhook.body.encode()
    return Call("hear_provider", {"provider": "fake", "body": body, "headers": signed(body)})


# What has happened at the provider, of which nobody has told us yet


def slow(buyer: User, seller: User) -> None:
    asked(confirmed(buyer, invoice(buyer, seller, 100_008)))


def agreed_to(buyer: User, seller: User) -> None:
    payment = asked(confirmed(buyer, invoice(buyer, seller, 100_002)))
    act(payment.provider_ref, is_approved=True)


def captured(buyer: User, seller: User) -> None:
    payment = asked(confirmed(buyer, invoice(buyer, seller), is_captured_later=True))
    gateway("fake").capture(payment.provider_ref, amount=60_000, key=f"{payment.id}:by the provider")


def let_go(buyer: User, seller: User) -> None:
    payment = asked(confirmed(buyer, invoice(buyer, seller), is_captured_later=True))
    gateway("fake").cancel(payment.provider_ref, key=f"{payment.id}:by the provider")


def bounced(buyer: User, seller: User) -> None:
    ask(repaid(seller, charged(buyer, invoice(buyer, seller, 100_014)), 100))


def disputed(buyer: User, seller: User, *, is_won: bool) -> None:
    asked(confirmed(buyer, invoice(buyer, seller, 100_012)))
    let_time_pass()
    close_dispute(FakeDispute.objects.latest("opened_at").reference, is_won=is_won)


LIVES: Mapping[str, tuple[Callable[[User, User], None], int]] = {
    "processing and succeeded": (slow, 2),
    "asked, agreed to and succeeded": (agreed_to, 2),
    "authorized and captured": (captured, 2),
    "authorized and let go": (let_go, 2),
    "refunded, and sent back": (bounced, 2),
    "paid, disputed and won": (lambda buyer, seller: disputed(buyer, seller, is_won=True), 3),
    "paid, disputed and lost": (lambda buyer, seller: disputed(buyer, seller, is_won=False), 3),
}
ORDERS = [(life, order) for life, (_, number) in LIVES.items() for order in permutations(range(number))]


@pytest.mark.parametrize(("life", "order"), ORDERS)
def test_webhooks_end_right_in_every_order_and_before_the_reply(
    buyer: User, seller: User, life: str, order: Sequence[int]
) -> None:
    live, number = LIVES[life]
    live(buyer, seller)
    told = list(FakeWebhook.objects.filter(state="pending").order_by("id"))[-number:]

    for place in order:
        for _ in range(2):
            status = deliver(PATH, told[place].body.encode(), signed(told[place].body.encode()))
            assert status == 200 or (status == 409 and '"dispute.' in told[place].body)  # too early: it is told again
        assert problems() == []

    let_time_pass()
    settle_down()
    look_after()
    settle_down()
    assert disagreements() == []
    assert services.find_drift() == []


def test_a_payment_that_was_agreed_to_is_found_also_when_its_time_is_over(buyer: User, seller: User) -> None:
    payment = asked(confirmed(buyer, invoice(buyer, seller, 100_002)))
    settle_down()
    act(payment.provider_ref, is_approved=True)
    FakeWebhook.objects.filter(state="pending").update(state="done")  # and it is never told

    expire(payment)
    look_after()

    assert fresh(payment).state == "succeeded"
    assert disagreements() == []


def succeeded(buyer: User, seller: User) -> FakeWebhook:
    asked(confirmed(buyer, invoice(buyer, seller)))
    return webhooks_of("payment.succeeded")[0]


def paid_back(buyer: User, seller: User) -> FakeWebhook:
    ask(repaid(seller, charged(buyer, invoice(buyer, seller)), 40_000))
    return webhooks_of("refund.succeeded")[0]


def complained(buyer: User, seller: User) -> FakeWebhook:
    charged(buyer, invoice(buyer, seller, 100_012))
    let_time_pass()
    return webhooks_of("dispute.opened")[0]


def paid_out(buyer: User, seller: User) -> FakeWebhook:
    ask(services.request_payout(actor=seller, currency="INR", amount=500).calls.get(kind="payout"))
    return webhooks_of("payout.paid")[0]


@pytest.mark.parametrize("happened", [succeeded, paid_back, complained, paid_out])
def test_many_copies_of_a_webhook_that_come_at_once_have_the_effect_of_one(
    buyer: User, seller: User, happened: Callable[[User, User], FakeWebhook]
) -> None:
    webhook = happened(buyer, seller)
    before = LedgerTransaction.objects.count()

    with crew_of(K) as crew:
        answers = crew.race(*([hear(webhook)] * 3 for _ in range(K)))

    assert codes(answers) == {"ok": 3 * K}
    assert Counter(answer.result for one in answers for answer in one) == {True: 1, False: 3 * K - 1}
    assert PaymentEvent.objects.filter(event_id=webhook.event_id).count() == 1
    assert LedgerTransaction.objects.count() == before + 1
    settle_down()
    look_after()
    assert disagreements() == []


Sent = tuple[bytes, Mapping[str, str]]


def altered(body: bytes) -> bytes:
    return body.replace(b'"captured":100000', b'"captured":100001')


def seconds_ago(seconds: int) -> int:
    return int(time.time()) - seconds


def now_it_says(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a signature that claims to be of this moment."""
    return {name: f"t={seconds_ago(0)},{one.partition(',')[2]}" for name, one in headers.items()}


def in_another_scheme(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: one.replace("v1=", "v0=") for name, one in headers.items()}


FORGERIES: Mapping[str, Callable[[bytes, str], Sent]] = {
    "unsigned": lambda body, key: (body, {}),
    "signed by somebody else": lambda body, key: (body, signed(body, secret_key="x" * 50)),
    "signed over another body": lambda body, key: (body, signed(body + b" ", secret_key=key)),
    "altered": lambda body, key: (altered(body), signed(body, secret_key=key)),
    "cut off": lambda body, key: (body[:-1], signed(body, secret_key=key)),
    "older than five minutes": lambda body, key: (body, signed(body, secret_key=key, at=seconds_ago(302))),
    "from the future": lambda body, key: (body, signed(body, secret_key=key, at=seconds_ago(-900))),
    "old and dated anew": lambda body, key: (body, now_it_says(signed(body, secret_key=key, at=seconds_ago(900)))),
    "signed in another scheme": lambda body, key: (body, in_another_scheme(signed(body, secret_key=key))),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_webhook_that_does_not_prove_itself_changes_nothing(buyer: User, seller: User, forgery: str) -> None:
    body = succeeded(buyer, seller).body.encode()
    assert altered(body) != body
    before = every_row()

    assert deliver(PATH, *FORGERIES[forgery](body, "")) == 401

    assert every_row() == before
    assert deliver(PATH, body, signed(body)) == 200


@pytest.mark.parametrize("path", ["/api/webhooks/in/nobody", "/api/webhooks/in/fake2", "/api/webhooks/in/interface"])
def test_a_webhook_of_a_provider_that_there_is_not_changes_nothing(buyer: User, seller: User, path: str) -> None:
    body = succeeded(buyer, seller).body.encode()
    before = every_row()

    assert deliver(path, body, signed(body)) == 404

    assert every_row() == before


@pytest.mark.parametrize("path", ["/api/webhooks/in/manual", "/api/webhooks/payment", "/api/webhooks/in/stripe"])
def test_a_webhook_of_one_provider_is_not_believed_at_the_door_of_another(buyer: User, seller: User, path: str) -> None:
    body = succeeded(buyer, seller).body.encode()
    before = every_row()

    assert deliver(path, body, signed(body)) == 401

    assert every_row() == before


PAID_BUT_NOT_TOLD = """
    from finance.tests.payment_staging import confirmed, invoice
    from finance.tests.provider_staging import asked
    from wholexale.common.testing import make_person

    buyer, seller = make_person("buyer", owns="Corner Shop"), make_person("seller", owns="Cotton Mill")
    asked(confirmed(buyer, invoice(buyer, seller)))
"""
SOUND = """
    from finance import services
    from finance.tests.payment_audit import problems

    found = problems() + services.find_drift()
    assert not found, found
"""


async def flood(server: Server, requests: Sequence[Sent]) -> Counter[int]:
    """Send every request at the same time, each on a connection of its own; count the answers by their status."""
    limits = httpx.Limits(max_connections=len(requests), max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=server.url, timeout=200, limits=limits, trust_env=False) as client:
        sent = (client.post(PATH, content=body, headers=dict(headers)) for body, headers in requests)
        try:
            answers = await asyncio.gather(*sent)
        except httpx.HTTPError as error:
            raise AssertionError(f"{error!r}; the server says:\n{server.log.read_text()}") from error
    return Counter(answer.status_code for answer in answers)


@pytest.mark.live
@pytest.mark.any_server
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(50, marks=pytest.mark.once),
        pytest.param(1_000, marks=[pytest.mark.proof, pytest.mark.timeout(300)]),
    ],
)
async def test_a_flood_of_copies_of_a_webhook_has_one_effect_and_each_is_answered(number: int) -> None:
    with Stores.fresh(REDIS_URL="") as stores, Server.run(stores, WORK_RUNNER="off") as server:
        await asyncio.to_thread(run_code, stores, PAID_BUT_NOT_TOLD)
        [(text,)] = query(stores, "SELECT body FROM finance_fakewebhook")
        body, key = text.encode(), stores.environment["SECRET_KEY"]
        forged = [forge(body, key) for forge in FORGERIES.values()]
        requests = [(body, signed(body, secret_key=key))] * number + forged * (number // 50)
        random.shuffle(requests)
        began = time.monotonic()

        answers = await flood(server, requests)

        print(f"{len(requests)} webhooks at once, answered in {time.monotonic() - began:.1f} s: {dict(answers)}")
        assert answers == {200: number, 401: len(requests) - number}
        assert query(stores, "SELECT count(*) FROM finance_paymentevent") == [(1,)]
        assert query(stores, "SELECT state, captured FROM finance_paymentintent") == [("succeeded", 100_000)]
        assert query(stores, "SELECT count(*) FROM finance_paymentchange WHERE new_state = 'succeeded'") == [(1,)]
        await asyncio.to_thread(run_code, stores, SOUND)
