"""What most tests of offers need."""

from collections.abc import Iterator

import pytest

from accounts.models import Membership, User
from finance import services as finance_services
from finance.models import CreditLine
from offers.models import Offer
from offers.tests.audit import faults
from offers.tests.staging import business_of, employee, offered, open_line


@pytest.fixture
def line(buyer: User) -> CreditLine:
    """Let the buyer's business owe a lakh of rupees."""
    return open_line(business_of(buyer), 10_000_000)


@pytest.fixture
def offer(buyer: User, seller: User, line: CreditLine) -> Offer:
    """Let the buyer offer 85 rupees apiece for 100 pieces, on account; the seller is to answer."""
    return offered(buyer, seller)


@pytest.fixture
def manager(seller: User) -> User:
    """Work for the seller's business, as an admin."""
    return employee("manager", business_of(seller), Membership.Role.ADMIN)


@pytest.fixture
def audited(db: None) -> Iterator[None]:
    """Check after the test that every offer and order is as it must be."""
    yield
    assert faults() == []


@pytest.fixture
def sound(db: None) -> Iterator[None]:
    """Check after the test that the verifier finds nothing wrong with the money."""
    yield
    assert finance_services.find_drift() == []
