"""`finance:credit_changed`: who hears of what, and with which numbers."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, User
from finance import services
from finance.events import CreditChanged
from finance.models import Account, CreditLine, chart
from finance.services.announcing import announce_credit
from finance.services.holds import Held
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from finance.tests.staging import business_of, credit_pushes, employee, hold, lender, open_line, refused
from wholexale.common.clock import database_now
from wholexale.common.ids import new_id
from wholexale.common.realtime import user_group
from wholexale.common.testing import SentItems
from wholexale.common.wire import encode

pytestmark = pytest.mark.django_db

Role = Membership.Role


def move(*legs: Leg, kind: Kind = Kind.TRANSFER) -> Recorded:
    return services.record(Movement(kind=kind, category=Category.TRANSFER, reference=str(new_id()), legs=legs))


def single(debit: Account, credit: Account, amount: int) -> Leg:
    return Leg(phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=amount, currency="INR")


def test_a_push_has_the_old_fields_and_exact_amounts(
    buyer: User, seller: User, line: CreditLine, sent: SentItems
) -> None:
    with sent() as items:
        held = hold(buyer, seller, 12_345)

    ((_, push),) = credit_pushes(items)
    assert encode(push) == (
        b'{"availableCredit":876.55,"availableCreditMinor":87655,"usedCredit":123.45,"usedCreditMinor":12345,'
        b'"creditLimit":1000.00,"creditLimitMinor":100000,"currency":"INR","status":"active",'
        b'"type":"credit_deduction","amount":123.45,"amountMinor":12345,"transactionId":"%b"}'
        % held.recorded.transaction_id.encode()
    )


@pytest.mark.parametrize(("currency", "amount"), [("JPY", Decimal(700)), ("KWD", Decimal("0.700"))])
def test_amounts_have_the_digits_of_their_currency(
    buyer: User, seller: User, sent: SentItems, currency: str, amount: Decimal
) -> None:
    open_line(business_of(buyer), 900, currency)

    with sent() as items:
        hold(buyer, seller, 700, currency)

    ((_, push),) = credit_pushes(items)
    assert (push.amount, push.amount_minor, push.currency) == (amount, 700, currency)


def test_only_those_of_the_business_who_see_finance_hear_of_it(
    buyer: User, seller: User, outsider: User, line: CreditLine, sent: SentItems
) -> None:
    business = business_of(buyer)
    seeing = [buyer, employee("admin", business, Role.ADMIN), employee("accountant", business, Role.FINANCE)]
    member = employee("member", business)

    with sent() as items:
        hold(member, seller, 5)

    ((groups, _),) = credit_pushes(items)
    assert groups == {user_group(user.id) for user in seeing}


def test_a_business_without_anybody_who_sees_it_hears_nothing(
    buyer: User, seller: User, line: CreditLine, sent: SentItems
) -> None:
    held = hold(buyer, seller, 5)
    Membership.objects.filter(business=line.business).update(role=Role.MEMBER)

    with sent() as items:
        services.release_hold(actor=seller, hold_id=held.hold_id)

    assert items == []


def _capture(held: Held) -> Recorded:
    return services.capture_hold(actor=None, hold_id=held.hold_id, amount=300)


def _release(held: Held) -> Recorded:
    return services.release_hold(actor=None, hold_id=held.hold_id)


@pytest.mark.parametrize(("end", "used", "amount"), [(_capture, 300, 300), (_release, 0, 500)])
def test_the_end_of_a_hold_is_still_that_purchase(  # noqa: PLR0917 - a table of cases
    buyer: User,
    seller: User,
    line: CreditLine,
    sent: SentItems,
    end: Callable[[Held], Recorded],
    used: int,
    amount: int,
) -> None:
    held = hold(buyer, seller, 500)

    with sent() as items:
        recorded = end(held)

    ((_, push),) = credit_pushes(items)
    assert (push.type, push.amount_minor, push.used_credit_minor) == ("credit_deduction", amount, used)
    assert push.transaction_id == recorded.transaction_id


def test_a_hold_that_ends_by_itself_is_pushed(buyer: User, seller: User, line: CreditLine, sent: SentItems) -> None:
    ends_at = database_now() + timedelta(milliseconds=300)
    held = hold(buyer, seller, 500, expires_at=ends_at)
    while database_now() <= ends_at:
        pass

    with sent() as items:
        services.expire_hold(hold_id=held.hold_id)

    ((_, push),) = credit_pushes(items)
    assert (push.type, push.available_credit_minor) == ("credit_deduction", line.limit_minor)


def test_the_seller_hears_only_where_their_own_credit_is_touched(
    buyer: User, seller: User, line: CreditLine, sent: SentItems
) -> None:
    theirs = open_line(business_of(seller), 500)

    with sent() as items:
        hold(buyer, seller, 5)
        recorded = move(single(line.account, theirs.account, 20))
        announce_credit(recorded)

    first, *both = credit_pushes(items)
    assert first[0] == {user_group(buyer.id)}
    assert sorted((push.type, push.amount_minor, push.used_credit_minor) for _, push in both) == [
        ("payment_made", 20, 25),
        ("payment_received", 20, -20),
    ]
    assert {group for groups, _ in both for group in groups} == {user_group(buyer.id), user_group(seller.id)}


def test_several_legs_of_one_transaction_are_one_push_of_their_sum(
    buyer: User, line: CreditLine, sent: SentItems
) -> None:
    (cash,) = services.open_accounts([chart.cash("manual", "INR")])

    with sent() as items:
        legs = (single(cash, line.account, 50), single(line.account, cash, 20), single(cash, line.account, 5))
        announce_credit(move(*legs, kind=Kind.REPAYMENT))

    ((_, push),) = credit_pushes(items)
    assert (push.type, push.amount_minor) == ("payment_made", 35)


def test_a_refused_purchase_is_not_pushed(buyer: User, seller: User, line: CreditLine, sent: SentItems) -> None:
    with sent() as items, refused("CREDIT_LIMIT_EXCEEDED"):
        hold(buyer, seller, line.limit_minor + 1)

    assert items == []


def test_a_replay_and_a_rollback_push_nothing(buyer: User, seller: User, line: CreditLine, sent: SentItems) -> None:
    hold(buyer, seller, 5, reference="once")

    with sent() as items:
        hold(buyer, seller, 5, reference="once")
        with transaction.atomic():
            hold(buyer, seller, 5)
            transaction.set_rollback(True)

    assert items == []


def test_telling_costs_one_round_trip(
    buyer: User, sent: SentItems, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cash, fees = services.open_accounts([chart.cash("manual", "INR"), chart.fees("INR")])
    recorded = move(single(cash, fees, 5))

    with sent() as items, django_assert_num_queries(1 if connection.vendor == "postgresql" else 3):
        announce_credit(recorded)

    assert items == []


def test_a_push_is_complete_for_a_line_of_staff(buyer: User, sent: SentItems) -> None:
    with sent() as items:
        open_line(business_of(buyer), 4_000)

    ((_, push),) = credit_pushes(items)
    assert push == CreditChanged(
        available_credit=Decimal(40),
        available_credit_minor=4_000,
        used_credit=Decimal(0),
        used_credit_minor=0,
        credit_limit=Decimal(40),
        credit_limit_minor=4_000,
        currency="INR",
        status="active",
        type="adjustment",
        amount=Decimal(40),
        amount_minor=4_000,
        transaction_id=None,
    )


def test_somebody_whose_account_is_suspended_hears_nothing(
    buyer: User, seller: User, line: CreditLine, sent: SentItems
) -> None:
    accountant = employee("accountant", business_of(buyer), Role.FINANCE)
    User.objects.filter(id=accountant.id).update(status=User.Status.SUSPENDED)

    with sent() as items:
        services.adjust_credit(
            actor=lender(),
            business_id=line.business_id,
            amount=5,
            currency="INR",
            direction="charge",
            reference="C1",
            reason="Agreed",
        )

    ((groups, _),) = credit_pushes(items)
    assert groups == {user_group(buyer.id)}
