"""What the tests of the providers need."""

from collections.abc import Iterator

import pytest

from finance.gateways.fake import Delays, webhooks
from finance.gateways.stripe import StripeGateway
from finance.tests.gateways.fake_staging import Inbox
from finance.tests.gateways.stripe_staging import StripeServer, gateway_to, stripe_server


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Hear what the fake provider sends."""
    made = Inbox()
    monkeypatch.setattr(webhooks, "post", made.post)
    return made


@pytest.fixture(autouse=True)
def _short_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request that hangs end after a moment."""
    monkeypatch.setattr(Delays, "hang", 0.05)


@pytest.fixture
def server() -> Iterator[StripeServer]:
    """Run a server that answers like Stripe."""
    with stripe_server() as running:
        yield running


@pytest.fixture
def gateway(server: StripeServer) -> StripeGateway:
    """Talk to that server as to Stripe."""
    return gateway_to(server.address)
