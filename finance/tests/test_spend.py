"""What members spend is counted, limited, and given back where it is released."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from finance import services
from finance.models import CreditLine, Spend, SpendingWindow
from finance.tests.staging import (
    Clock,
    business_of,
    employee,
    every_row,
    hold,
    lender,
    limit_spending,
    open_line,
    refused,
)
from wholexale.common.testing import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


def spent(member: User) -> int:
    return Spend.objects.filter(membership=member.membership).aggregate(sum=Sum("amount"))["sum"] or 0


# What is counted


def test_every_hold_of_a_member_is_counted_with_or_without_a_limit(member: User, seller: User) -> None:
    held = hold(member, seller, 300)

    spend = Spend.objects.get()
    assert (spend.hold_id, spend.membership, spend.currency, spend.amount) == (
        held.hold_id,
        member.membership,
        "INR",
        300,
    )
    assert not SpendingWindow.objects.exists()


def test_purchases_that_staff_makes_are_nobodys_spending(buyer: User, seller: User, line: CreditLine) -> None:
    purchase = services.Purchase(buyer_id=line.business_id, seller_id=business_of(seller).id, amount=5, currency="INR")

    held = services.hold_credit(actor=lender(), purchase=purchase, reference="once")
    services.release_hold(actor=None, hold_id=held.hold_id)

    assert not Spend.objects.exists()


def test_nobody_spends_for_a_business_of_others(seller: User, line: CreditLine, outsider: User) -> None:
    purchase = services.Purchase(buyer_id=line.business_id, seller_id=business_of(seller).id, amount=5, currency="INR")

    with refused("BUSINESS_NOT_FOUND"):
        services.hold_credit(actor=outsider, purchase=purchase, reference="once")


def test_the_same_hold_again_is_counted_once(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500)

    for _ in range(3):
        hold(member, seller, 300, reference="once")

    assert spent(member) == SpendingWindow.objects.get().spent_minor == 300


# Limits


def test_a_limit_stops_what_goes_beyond_it_and_says_what_is_left(
    buyer: User, member: User, seller: User, clock: Clock
) -> None:
    limit_spending(buyer, member, 1_000)
    hold(member, seller, 700)

    with refused("SPENDING_LIMIT_EXCEEDED") as caught:
        hold(member, seller, 301)

    assert caught.value.status == 409
    assert caught.value.context == {
        "available": Decimal("3.00"),
        "availableMinor": 300,
        "currency": "INR",
        "window": "month",
    }
    hold(member, seller, 300)


def test_a_limit_on_each_purchase_forgets_the_others(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500, "none")

    hold(member, seller, 500)
    hold(member, seller, 500)
    with refused("SPENDING_LIMIT_EXCEEDED") as caught:
        hold(member, seller, 501)
    assert caught.value.context["availableMinor"] == 500


def test_a_limit_of_nothing_lets_nothing_through(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 0)

    with refused("SPENDING_LIMIT_EXCEEDED"):
        hold(member, seller, 1)


def test_a_limit_is_one_of_many_rules(buyer: User, member: User, seller: User, line: CreditLine) -> None:
    limit_spending(buyer, member, line.limit_minor * 2)

    with refused("CREDIT_LIMIT_EXCEEDED"):
        hold(member, seller, line.limit_minor + 1)


def test_a_limit_in_one_currency_leaves_the_others_alone(buyer: User, member: User, seller: User) -> None:
    open_line(business_of(buyer), 900, "JPY")
    limit_spending(buyer, member, 0)

    hold(member, seller, 900, "JPY")


def test_other_members_are_not_affected(buyer: User, member: User, seller: User) -> None:
    other = employee("other", business_of(buyer))
    limit_spending(buyer, member, 100)
    limit_spending(buyer, other, 100)
    hold(member, seller, 100)

    hold(other, seller, 100)
    hold(buyer, seller, 5_000)

    assert (spent(member), spent(other), spent(buyer)) == (100, 100, 5_000)


def test_what_was_spent_before_the_limit_counts(buyer: User, member: User, seller: User, clock: Clock) -> None:
    clock.now = Clock.NOON - timedelta(days=10)
    hold(member, seller, 400)
    clock.now = Clock.NOON
    hold(member, seller, 50)

    limit_spending(buyer, member, 500)

    with refused("SPENDING_LIMIT_EXCEEDED") as caught:
        hold(member, seller, 51)
    assert caught.value.context["availableMinor"] == 50


def test_a_limit_below_what_was_spent_leaves_nothing(buyer: User, member: User, seller: User) -> None:
    hold(member, seller, 400)
    limit_spending(buyer, member, 100)

    with refused("SPENDING_LIMIT_EXCEEDED") as caught:
        hold(member, seller, 1)
    assert caught.value.context["availableMinor"] == 0


def test_another_window_counts_what_was_spent_in_it(buyer: User, member: User, seller: User, clock: Clock) -> None:
    limit_spending(buyer, member, 1_000, "month")
    clock.now = Clock.NOON - timedelta(days=3)  # Sunday, the week before
    hold(member, seller, 600)
    clock.now = Clock.NOON - timedelta(days=1)
    hold(member, seller, 200)
    clock.now = Clock.NOON
    hold(member, seller, 10)

    left = {}
    for window in ("day", "week", "month", "year"):
        limit_spending(buyer, member, 1_000, window)
        with refused("SPENDING_LIMIT_EXCEEDED") as caught:
            hold(member, seller, 1_001)
        left[window] = caught.value.context["availableMinor"]

    assert left == {"day": 990, "week": 790, "month": 190, "year": 190}


def test_changing_to_and_fro_loses_nothing(buyer: User, member: User, seller: User, clock: Clock) -> None:
    limit_spending(buyer, member, 1_000, "month")
    first = hold(member, seller, 100)
    limit_spending(buyer, member, 1_000, "day")
    hold(member, seller, 200)
    services.release_hold(actor=buyer, hold_id=first.hold_id)
    limit_spending(buyer, member, 1_000, "month")

    with refused("SPENDING_LIMIT_EXCEEDED") as caught:
        hold(member, seller, 801)
    assert caught.value.context["availableMinor"] == 800
    hold(member, seller, 800)


# What is given back


def test_a_released_hold_was_not_spent(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500)
    held = hold(member, seller, 500)

    services.release_hold(actor=seller, hold_id=held.hold_id)

    assert spent(member) == SpendingWindow.objects.get().spent_minor == 0
    hold(member, seller, 500)


def test_what_a_partial_capture_leaves_was_not_spent(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500)
    held = hold(member, seller, 500)

    services.capture_hold(actor=seller, hold_id=held.hold_id, amount=120)
    services.capture_hold(actor=seller, hold_id=held.hold_id, amount=120)

    assert spent(member) == SpendingWindow.objects.get().spent_minor == 120
    hold(member, seller, 380)


def test_a_full_capture_gives_nothing_back(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500)

    services.capture_hold(actor=seller, hold_id=hold(member, seller, 500).hold_id)

    assert spent(member) == 500
    with refused("SPENDING_LIMIT_EXCEEDED"):
        hold(member, seller, 1)


def test_a_hold_of_an_earlier_window_is_given_back_to_that_one(
    buyer: User, member: User, seller: User, clock: Clock
) -> None:
    limit_spending(buyer, member, 500, "day")
    clock.now = Clock.NOON - timedelta(days=1)
    held = hold(member, seller, 400)
    clock.now = Clock.NOON
    hold(member, seller, 300)

    services.release_hold(actor=seller, hold_id=held.hold_id)

    by_day = SpendingWindow.objects.order_by("starts_at").values_list("spent_minor", flat=True)
    assert list(by_day) == [0, 300]


def test_a_member_who_left_owes_nobody_their_spends(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500)
    held = hold(member, seller, 500)
    member.membership.delete()

    services.release_hold(actor=seller, hold_id=held.hold_id)

    assert not Spend.objects.exists()


# Together with others


def test_a_purchase_that_is_rolled_back_was_not_spent(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 500)
    held = hold(member, seller, 300)
    before = every_row()

    for change in (
        partial(hold, member, seller, 200),
        partial(services.release_hold, actor=seller, hold_id=held.hold_id),
        partial(services.capture_hold, actor=seller, hold_id=held.hold_id, amount=1),
    ):
        with transaction.atomic():
            change()
            transaction.set_rollback(True)
        assert every_row() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", ["day", "month"])
def test_purchases_at_once_never_exceed_the_limit(buyer: User, member: User, seller: User, window: str) -> None:
    limit_spending(buyer, member, 500, window)

    outcomes = at_once([partial(hold, member, seller, 100) for _ in range(12)])

    refusals = [one for one in outcomes if isinstance(one, Exception)]
    assert [getattr(one, "code", repr(one)) for one in refusals] == ["SPENDING_LIMIT_EXCEEDED"] * 7
    assert spent(member) == SpendingWindow.objects.get().spent_minor == 500


@pytest.mark.django_db(transaction=True)
def test_purchases_releases_and_limits_at_once_add_up(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 2_000)
    held = [hold(member, seller, 100) for _ in range(6)]
    calls: list[Callable[[], object]] = [
        *(partial(services.release_hold, actor=seller, hold_id=one.hold_id) for one in held[:3]),
        *(partial(services.capture_hold, actor=seller, hold_id=one.hold_id, amount=40) for one in held[3:]),
        *(partial(hold, member, seller, 10) for _ in range(4)),
        partial(limit_spending, buyer, member, 1_500, "day"),
        partial(limit_spending, buyer, member, 1_600, "week"),
    ]

    outcomes = at_once(calls)

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert spent(member) == 3 * 40 + 4 * 10
    assert line_held(buyer) == 4 * 10


def line_held(buyer: User) -> int:
    line = CreditLine.objects.select_related("account__balance").get(business=business_of(buyer))
    return line.account.balance.debits_pending
