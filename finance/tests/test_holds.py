"""Buying on account: holding, capturing, releasing, and what ends by itself."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.models import User
from finance import services
from finance.models import Balance, CreditLine, HoldExpiry, LedgerTransaction, Spend, Transfer
from finance.services import Held, Purchase
from finance.sql import About
from finance.tests.ledger_clock import Clock
from finance.tests.staging import business_of, every_row, hold, refused
from wholexale.common.clock import database_now
from wholexale.common.models import WorkRow
from wholexale.common.realtime import Outgoing
from wholexale.common.testing import SentItems

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("line")]


def counters(line: CreditLine) -> tuple[int, int, int]:
    """Return what is owed, what is held, and what the seller is owed."""
    balance = Balance.objects.get(account=line.account)
    owed = Balance.objects.get(account__code__startswith="seller:", account__currency=line.currency)
    return balance.posted, balance.debits_pending, owed.posted


# Holding


def test_a_hold_takes_from_what_is_available_and_owes_nothing_yet(buyer: User, seller: User, line: CreditLine) -> None:
    held = hold(buyer, seller, 60_000)

    row = LedgerTransaction.objects.get(id=held.recorded.id)
    assert counters(line) == (0, 60_000, 0)
    assert (row.kind, row.category, row.payment_method, row.actor_id) == (
        "purchase",
        "offer_payment",
        "credit_balance",
        buyer.id,
    )
    assert Spend.objects.get(hold_id=held.hold_id).amount == 60_000


def test_a_hold_says_what_it_is_about(buyer: User, seller: User) -> None:
    about = About(LedgerTransaction.Subject.OFFER, str(uuid4()), "OFF-2026-000123")
    purchase = Purchase(
        buyer_id=business_of(buyer).id,
        seller_id=business_of(seller).id,
        amount=5,
        currency="INR",
        about=about,
        description="Hold for OFF-2026-000123",
    )

    held = services.hold_credit(actor=buyer, purchase=purchase, reference="offer:1")
    services.capture_hold(actor=seller, hold_id=held.hold_id)

    said = LedgerTransaction.objects.values_list("subject_type", "subject_id", "subject_number", "description")
    assert set(said) == {("offer", about.id, "OFF-2026-000123", "Hold for OFF-2026-000123")}


def test_the_same_purchase_again_returns_the_first_hold(buyer: User, seller: User, line: CreditLine) -> None:
    first = hold(buyer, seller, 60_000, reference="offer:1")
    before = every_row()

    again = hold(buyer, seller, 60_000, reference="offer:1")

    assert again.hold_id == first.hold_id
    assert again.recorded.is_replay
    assert every_row() == before
    with refused("REFERENCE_REUSED"):
        hold(buyer, seller, 60_001, reference="offer:1")


def test_a_hold_above_what_is_available_is_refused_whole(buyer: User, seller: User) -> None:
    hold(buyer, seller, 60_000)

    with refused("CREDIT_LIMIT_EXCEEDED"):
        hold(buyer, seller, 40_001)
    hold(buyer, seller, 40_000)


def test_what_makes_no_purchase_is_refused(buyer: User, seller: User, outsider: User, colleague: User) -> None:
    hold(buyer, seller, 1)
    with refused("AMOUNT_NOT_POSITIVE"):
        hold(buyer, seller, 0)
    with refused("AMOUNT_NOT_POSITIVE"):
        hold(buyer, seller, -1)
    with refused("AMOUNT_TOO_LARGE"):
        hold(buyer, seller, 10**13 + 1)
    with refused("CURRENCY_NOT_SUPPORTED"):
        hold(buyer, seller, 5, "XXX")
    with refused("SAME_ACCOUNT"):
        hold(seller, colleague, 5)


def test_nobody_buys_on_the_account_of_another_business(buyer: User, seller: User, outsider: User) -> None:
    hold(buyer, seller, 1)
    purchase = Purchase(buyer_id=business_of(buyer).id, seller_id=business_of(seller).id, amount=5, currency="INR")

    for stranger in (outsider, seller):
        with refused("BUSINESS_NOT_FOUND"):
            services.hold_credit(actor=stranger, purchase=purchase, reference="theirs")


def test_staff_hold_for_a_business_without_spending_for_it(buyer: User, seller: User, staff: User) -> None:
    purchase = Purchase(buyer_id=business_of(buyer).id, seller_id=business_of(seller).id, amount=5, currency="INR")

    held = services.hold_credit(actor=staff, purchase=purchase, reference="by staff")
    services.release_hold(actor=staff, hold_id=held.hold_id)

    assert not Spend.objects.exists()


# Resolving


@pytest.mark.parametrize(("amount", "owed"), [(None, 60_000), (60_000, 60_000), (45_000, 45_000), (1, 1)])
def test_a_capture_posts_its_part_and_releases_the_rest(
    amount: int | None, owed: int, buyer: User, seller: User, line: CreditLine
) -> None:
    held = hold(buyer, seller, 60_000)

    services.capture_hold(actor=seller, hold_id=held.hold_id, amount=amount)

    assert counters(line) == (owed, 0, owed)
    assert Spend.objects.get().amount == owed


def test_a_release_gives_everything_back(buyer: User, seller: User, line: CreditLine) -> None:
    held = hold(buyer, seller, 60_000)

    services.release_hold(actor=seller, hold_id=held.hold_id, description="Cancelled")

    assert counters(line) == (0, 0, 0)
    assert Spend.objects.get().amount == 0
    assert LedgerTransaction.objects.get(kind="release").description == "Cancelled"


def test_a_resolution_that_is_repeated_is_a_replay_and_another_comes_too_late(buyer: User, seller: User) -> None:
    held = hold(buyer, seller, 60_000)
    first = services.capture_hold(actor=seller, hold_id=held.hold_id, amount=5)
    before = every_row()

    again = services.capture_hold(actor=seller, hold_id=held.hold_id, amount=5)

    assert (again.id, again.is_replay) == (first.id, True)
    assert every_row() == before
    for resolve in (
        partial(services.capture_hold, amount=6),
        services.capture_hold,
        services.release_hold,
    ):
        with refused("HOLD_RESOLVED"):
            resolve(actor=seller, hold_id=held.hold_id)


def test_what_is_no_hold_is_not_resolved(buyer: User, seller: User) -> None:
    held = hold(buyer, seller, 60_000)
    services.capture_hold(actor=seller, hold_id=held.hold_id)
    posted = Transfer.objects.get(phase="post")

    for stranger in (uuid4(), posted.id):
        with refused("HOLD_NOT_FOUND"):
            services.release_hold(actor=seller, hold_id=stranger)
    another = hold(buyer, seller, 10)
    with refused("AMOUNT_EXCEEDS_HOLD"):
        services.capture_hold(actor=seller, hold_id=another.hold_id, amount=11)
    with refused("AMOUNT_NOT_POSITIVE"):
        services.capture_hold(actor=seller, hold_id=another.hold_id, amount=0)


def test_a_rolled_back_capture_leaves_the_hold(buyer: User, seller: User) -> None:
    held = hold(buyer, seller, 60_000)
    before = every_row()

    with transaction.atomic():
        services.capture_hold(actor=seller, hold_id=held.hold_id)
        transaction.set_rollback(True)

    assert every_row() == before


# Ending by itself


def timed(buyer: User, seller: User) -> Held:
    return hold(buyer, seller, 60_000, expires_at=database_now() + timedelta(days=45))


def test_a_hold_with_an_end_makes_the_work_of_ending_it(buyer: User, seller: User) -> None:
    held = timed(buyer, seller)
    hold(buyer, seller, 1)

    work = HoldExpiry.objects.get()
    assert (work.hold_id, work.state) == (held.hold_id, WorkRow.State.PENDING)
    assert work.run_at == Transfer.objects.get(id=held.hold_id).timeout_at


def test_a_hold_does_not_end_before_its_time(buyer: User, seller: User) -> None:
    held = timed(buyer, seller)

    with refused("HOLD_NOT_EXPIRED"):
        services.expire_hold(hold_id=held.hold_id)
    with refused("HOLD_NOT_FOUND"):
        services.expire_hold(hold_id=uuid4())


def test_what_was_resolved_before_does_not_end_again(buyer: User, seller: User) -> None:
    held = timed(buyer, seller)
    services.capture_hold(actor=seller, hold_id=held.hold_id)
    before = every_row()

    services.expire_hold(hold_id=held.hold_id)

    assert every_row() == before


def test_a_hold_that_is_over_ends_once_and_is_captured_no_more(buyer: User, seller: User, line: CreditLine) -> None:
    with Clock.standing() as clock:
        held = hold(buyer, seller, 60_000, expires_at=clock.now + timedelta(days=45))
        clock.move(45 * 86_400)
        with refused("HOLD_EXPIRED"):
            services.capture_hold(actor=seller, hold_id=held.hold_id)
        services.expire_hold(hold_id=held.hold_id)
        after = every_row()
        services.expire_hold(hold_id=held.hold_id)

    assert every_row() == after
    assert counters(line) == (0, 0, 0)
    assert Spend.objects.get().amount == 0
    assert LedgerTransaction.objects.get(kind="expiry").actor_id is None


# Telling


def test_each_step_tells_the_business_what_is_available(buyer: User, seller: User, sent: SentItems) -> None:
    with sent() as items:
        held = hold(buyer, seller, 60_000)
        services.capture_hold(actor=seller, hold_id=held.hold_id, amount=20_000)

    pushes = [item.push for item in items if isinstance(item, Outgoing)]
    assert [push.event for push in pushes] == ["finance:credit_changed"] * 2
    assert [getattr(push, "available_credit_minor", None) for push in pushes] == [40_000, 80_000]
    assert all(item.to == (f"u:{buyer.id}",) for item in items if isinstance(item, Outgoing))


def test_a_refused_step_tells_nothing(buyer: User, seller: User, sent: SentItems) -> None:
    with sent() as items, refused("CREDIT_LIMIT_EXCEEDED"):
        hold(buyer, seller, 100_001)

    assert items == []
