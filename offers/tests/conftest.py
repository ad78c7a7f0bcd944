"""What most tests of offers need."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from finance import services as finance_services
from finance.models import CreditLine
from offers.models import Offer
from offers.tests.staging import business_of, offered, open_line


@pytest.fixture
def line(buyer: User) -> CreditLine:
    """Let the buyer's business owe a lakh of rupees."""
    return open_line(business_of(buyer), 10_000_000)


@pytest.fixture
def offer(buyer: User, seller: User, line: CreditLine) -> Offer:
    """Let the buyer offer 85 rupees apiece for 100 pieces, on account; the seller is to answer."""
    return offered(buyer, seller)


@pytest.fixture
def sound(db: None) -> Iterator[None]:
    """Check after the test that the verifier finds nothing wrong with the money."""
    yield
    assert finance_services.find_drift() == []
