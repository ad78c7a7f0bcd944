"""What the tests of the fake provider share: orders, whoever hears its webhooks, and time that passes for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import F

from finance.gateways import Disputed, Event, News, Order, PaidOut, Payment, Refunded
from finance.gateways.fake import FakeGateway
from finance.gateways.fake.webhooks import WORK
from finance.models import FakeCharge, FakeDispute, FakeEntry, FakePayout, FakeRefund, FakeWebhook
from wholexale.common.ids import new_id
from wholexale.common.work import run_due

FAKE = FakeGateway()
URL = "/api/webhooks/in/fake"


def order(amount: int = 100_00, **fields: Any) -> Order:
    """Return an order of so many paise."""
    usual: dict[str, Any] = {
        "intent_id": new_id(),
        "number": "PAY-2026-000001",
        "currency": "INR",
        "method": "credit_card",
        "is_captured_later": False,
        "description": "INV-2026-000001 of Cotton Mill",
    }
    return Order(amount=amount, **(usual | fields))


def created(amount: int = 100_00, **fields: Any) -> str:
    """Create a payment and return its reference."""
    return FAKE.create(order(amount, **fields), key=key_of("create")).reference


def confirmed(amount: int = 100_00, **fields: Any) -> Payment:
    """Create a payment and confirm it."""
    return FAKE.confirm(created(amount, **fields), token="", key=key_of("confirm"))


def refunded(payment: Payment, amount: int) -> Refunded:
    """Refund a part of a payment."""
    return FAKE.refund(payment.reference, refund_id=new_id(), amount=amount, key=key_of("refund"))


def paid_out(amount: int = 100_00, *, key: str = "") -> PaidOut:
    """Pay an amount out."""
    return FAKE.pay_out(
        payout_id=new_id(), business_id=new_id(), amount=amount, currency="INR", key=key or key_of("payout")
    )


def key_of(operation: str) -> str:
    """Return a key that nobody has used."""
    return f"{new_id()}:{operation}"


def charge_of(payment: Payment | str) -> FakeCharge:
    """Return a payment as it stands in the provider's books."""
    return FakeCharge.objects.get(reference=payment if isinstance(payment, str) else payment.reference)


def let_time_pass() -> None:
    """Let ten seconds pass for the provider: all that it has to come comes nearer."""
    passed = timedelta(seconds=10)
    FakeCharge.objects.update(known_at=F("known_at") - passed)
    FakeRefund.objects.update(known_at=F("known_at") - passed)
    FakePayout.objects.update(created_at=F("created_at") - passed)
    FakeDispute.objects.update(opened_at=F("opened_at") - passed)
    FakeEntry.objects.update(at=F("at") - passed)
    FakeWebhook.objects.update(run_at=F("run_at") - passed)


@dataclass
class Inbox:
    """Hears the webhooks that are sent, and believes those that are signed; `status` is what it answers."""

    events: list[Event] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    status: int = 200

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Take a webhook, in place of the network."""
        self.urls.append(url)
        self.events.append(FAKE.read_event(body, {name.lower(): value for name, value in headers.items()}))
        return self.status

    def fetch(self) -> list[str]:
        """Send what is due, and return the types of what has come since the last time."""
        known = len(self.events)
        run_due(WORK)
        return [event.type for event in self.events[known:]]

    @property
    def news(self) -> News | None:
        """Return what the last webhook has told."""
        return self.events[-1].news

    @property
    def dispute(self) -> Disputed:
        """Return the dispute that the last webhook has told of."""
        assert isinstance(self.news, Disputed)
        return self.news
