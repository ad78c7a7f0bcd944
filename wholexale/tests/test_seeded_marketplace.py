"""What the seed makes: seeded once for all of these tests."""

from collections.abc import Iterator

import pytest
from django.db.models import F
from pytest_django import DjangoDbBlocker

from accounts.models import Business, User
from finance import services as finance_services
from finance.models import CreditLine, CreditLineChange, CreditRequest, LedgerTransaction, SpendingLimit, Transfer
from finance.tests.racers import lasting
from finance.tests.staging import refused
from notifications.models import Delivery
from offers import services as offers_services
from offers.models import ApprovalPolicy, Offer, OfferRevision, Order
from offers.tests.audit import faults
from wholexale.tests.test_commands import marketplace, seed


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module read one marketplace."""
    with lasting(django_db_blocker):
        seed()
        yield


def test_the_fixed_logins_work_together_as_described(db: None) -> None:
    names = ("seller", "colleague", "finance")
    seller, colleague, accountant = (User.objects.get(email=f"{name}@example.com") for name in names)
    assert seller.membership.business_id == colleague.membership.business_id == accountant.membership.business_id
    assert (colleague.membership.role, accountant.membership.role) == ("member", "finance")
    assert User.objects.get(email="staff@example.com").is_staff
    assert User.objects.get(email="buyer@example.com").check_password("wholexale-demo")


def test_the_seeded_businesses_trade_on_account_and_their_books_are_sound(db: None) -> None:
    kinds = set(LedgerTransaction.objects.values_list("kind", flat=True))
    assert finance_services.find_drift() == []
    assert CreditLine.objects.filter(currency="INR").count() == Business.objects.count()
    assert set(CreditLine.objects.values_list("currency", flat=True)) == {"INR", "USD", "JPY"}
    assert kinds >= {"purchase", "capture", "release", "repayment", "penalty", "bonus"}
    assert Transfer.objects.filter(phase="pending", resolution=None).exists()
    assert Transfer.objects.filter(phase="post", amount__lt=F("hold__amount")).exists()


def test_the_seeded_businesses_negotiate_and_deliver(db: None) -> None:
    assert faults() == []
    statuses = set(Offer.objects.values_list("status", flat=True))
    assert statuses >= {"completed", "rejected", "expired", "withdrawn"}
    assert statuses & set(Offer.OPEN)
    assert set(Order.objects.values_list("settlement", flat=True)) == {"on_account", "prepaid"}
    assert Order.objects.filter(status="settled", invoice__isnull=False).exists()
    assert OfferRevision.objects.filter(number__gte=3).exists()


def test_the_seed_leaves_something_to_decide(db: None) -> None:
    request, limit = CreditRequest.objects.get(status="pending"), SpendingLimit.objects.get()
    assert request.requested_by.email == "buyer@example.com"
    assert limit.membership.user.email == "colleague@example.com"
    assert set(CreditLineChange.objects.exclude(approver=None).values_list("approver__email", flat=True)) == {
        "approver@example.com"
    }


def test_the_fixed_logins_have_mails_of_the_negotiation_waiting_and_nobody_else(db: None) -> None:
    verified = set(User.objects.filter(is_email_verified=True).values_list("email", flat=True))
    mails = Delivery.objects.filter(channel="email", status="pending")
    templates = set(mails.values_list("notification__template", flat=True))

    assert verified == {f"{name}@example.com" for name in ("buyer", "seller", "colleague", "finance", "approver")}
    assert set(mails.values_list("notification__recipient__email", flat=True)) == verified - {"approver@example.com"}
    assert templates >= {"offer-notification", "offer-response.accepted", "order-update.confirmed", "invoice-issued"}


def test_the_offer_that_waits_for_the_seller_needs_an_approval(db: None) -> None:
    policy, waiting = ApprovalPolicy.objects.get(), Offer.objects.earliest("number")
    assert policy.business_id == User.objects.get(email="seller@example.com").membership.business_id
    assert (waiting.seller_id, waiting.awaiting) == (policy.business_id, "seller")
    assert waiting.current is not None
    assert waiting.current.total >= policy.threshold
    with refused("APPROVAL_REQUIRED"):
        offers_services.accept_offer(actor=User.objects.get(email="colleague@example.com"), offer_id=waiting.id)


def test_a_second_seed_changes_nothing(db: None) -> None:
    before = marketplace()

    assert "seeded already" in seed(seed=9)
    assert marketplace() == before
