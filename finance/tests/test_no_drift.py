"""What looks like drift and is none: the verifier is quiet about it."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Business, User
from finance import services
from finance.models import Account, CreditLine, Entry, HoldExpiry, LedgerTransaction, Transfer, chart
from finance.sql import About, Category, Kind, Leg, Movement, Phase
from finance.tests.staging import business_of, hold, lender, limit_spending, open_line
from finance.tests.tampering import change, rolled_back, unguarded
from wholexale.common.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


def record(*legs: Leg, about: About | None = None) -> None:
    """Record a movement of these legs."""
    services.record(
        Movement(
            kind=Kind.TRANSFER,
            category=Category.TRANSFER,
            reference=str(new_id()),
            legs=legs,
            about=about or About(),
        )
    )


def single(debit: Account, credit: Account, amount: int) -> Leg:
    return Leg(phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=amount, currency="INR")


def payable(user: User) -> Account:
    (account,) = services.open_accounts([chart.payable(business_of(user).id, "INR")])
    return account


def test_an_account_that_a_reversal_has_taken_below_zero(buyer: User, seller: User, line: CreditLine) -> None:
    captured = services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 500).hold_id)
    (cash,) = services.open_accounts([chart.cash("bank", "INR")])
    record(single(payable(seller), cash, 500))

    services.reverse_transaction(actor=lender(), transaction_id=captured.id, reason="Returned goods.")

    assert payable(seller).balance.posted == -500


def test_a_debt_above_the_limit_after_a_payment_was_reversed(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 1_000)
    services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 1_000).hold_id)
    paid = services.record_repayment(
        actor=lender(), business_id=business_of(buyer).id, amount=1_000, currency="INR", reference="1", reason="Cheque"
    )
    hold(buyer, seller, 1_000)

    services.reverse_transaction(actor=lender(), transaction_id=paid.id, reason="The cheque bounced.")


def test_a_limit_that_was_lowered_below_what_is_owed(buyer: User, seller: User, line: CreditLine) -> None:
    hold(buyer, seller, 90_000)

    open_line(business_of(buyer), 10)


def test_credit_that_was_paid_in_advance(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 0)
    services.record_repayment(
        actor=lender(), business_id=business_of(buyer).id, amount=700, currency="INR", reference="1", reason="Advance"
    )

    hold(buyer, seller, 700)


def test_a_business_that_moved_to_another_time_zone(buyer: User, member: User, seller: User) -> None:
    limit_spending(buyer, member, 5_000, "day")
    hold(member, seller, 100)

    Business.objects.filter(id=business_of(buyer).id).update(time_zone="Pacific/Kiritimati")

    services.release_hold(actor=seller, hold_id=hold(member, seller, 200).hold_id)


def test_a_member_who_left_and_took_the_spends_along(buyer: User, member: User, seller: User) -> None:
    hold(member, seller, 100)

    member.membership.delete()


def test_a_hold_by_staff_is_nobodys_spend(buyer: User, seller: User, line: CreditLine) -> None:
    purchase = services.Purchase(
        buyer_id=business_of(buyer).id, seller_id=business_of(seller).id, amount=5, currency="INR"
    )

    services.hold_credit(actor=lender(), purchase=purchase, reference="staff")


def test_a_hold_that_has_just_ended_and_waits_for_its_work(buyer: User, seller: User, line: CreditLine) -> None:
    held = hold(buyer, seller, 10, expires_at=timezone.now() + timedelta(days=1))
    with rolled_back():
        with unguarded():
            an_hour_ago = timezone.now() - timedelta(hours=1)
            change(LedgerTransaction, held.recorded.id, created_at=an_hour_ago)
            change(Transfer, held.hold_id, created_at=an_hour_ago, timeout_at=timezone.now() - timedelta(minutes=9))
            HoldExpiry.objects.update(run_at=timezone.now() + timedelta(minutes=9), attempts=4)

        assert services.find_drift() == []


def test_a_clock_that_was_set_back_a_little(buyer: User, seller: User, line: CreditLine) -> None:
    for _ in range(3):
        services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 10).hold_id)
    last = LedgerTransaction.objects.order_by("-number")[0]
    with rolled_back():
        with unguarded():
            back = timedelta(seconds=8)
            change(LedgerTransaction, last.id, created_at=F("created_at") - back)
            Transfer.objects.filter(transaction=last).update(created_at=F("created_at") - back)
            Entry.objects.filter(transfer__transaction=last).update(created_at=F("created_at") - back)

        assert services.find_drift() == []


@pytest.mark.parametrize("count", [3, 12])
def test_holds_that_were_posted_together_with_and_without_their_amounts(
    buyer: User, seller: User, line: CreditLine, count: int
) -> None:
    receivable = line.account
    legs = [
        Leg(phase=Phase.PENDING, debit_id=receivable.id, credit_id=payable(seller).id, amount=10, currency="INR")
        for _ in range(count)
    ]
    record(*legs)

    record(*(Leg(phase=Phase.POST, hold_id=leg.id, amount=10 if count > 10 else None) for leg in legs))

    assert Entry.objects.count() == 2 * count


def test_a_transaction_of_many_transfers_between_the_same_accounts(buyer: User, seller: User) -> None:
    first, second, third = services.open_accounts([chart.fees("INR"), chart.losses("INR"), chart.cash("bank", "INR")])

    record(single(first, second, 5), single(second, first, 5), single(third, first, 1), single(third, second, 2))


def test_a_subject_with_letters_that_need_care(buyer: User, seller: User) -> None:
    first, second = services.open_accounts([chart.fees("INR"), chart.losses("INR")])

    record(single(first, second, 5), about=About(id='"it\'s" \\ ü 🧵 \u2028 \x7f %s'))
