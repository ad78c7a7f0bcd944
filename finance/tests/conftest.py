"""What most tests of finance need."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from finance import services
from finance.gateways.fake import Delays, webhooks as fake_webhooks
from finance.models import CreditLine
from finance.services import spending
from finance.tests.payment_staging import deliver
from finance.tests.staging import Clock, business_of, employee, open_line
from wholexale.common.testing import clock_query


@pytest.fixture
def line(buyer: User) -> CreditLine:
    """Let the buyer's business owe 1,000 rupees."""
    return open_line(business_of(buyer), 100_000)


@pytest.fixture
def member(buyer: User, line: CreditLine) -> User:
    """Work for the buyer's business, as a member who buys on its credit."""
    return employee("member", business_of(buyer))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the test say what time it is when spending is counted."""
    made = Clock()
    monkeypatch.setattr(spending, "now_query", clock_query(made))
    return made


@pytest.fixture
def sound(db: None) -> Iterator[None]:
    """Check after the test that the verifier finds nothing wrong."""
    yield
    assert services.find_drift() == []


@pytest.fixture
def webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what the fake provider sends reach our own door, and nothing that it does take long."""
    monkeypatch.setattr(fake_webhooks, "post", deliver)
    monkeypatch.setattr(Delays, "hang", 0)
