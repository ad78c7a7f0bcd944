"""Opening, freezing and closing accounts."""

import threading

import pytest
from django.db import connection

from accounts.models import User
from finance import services
from finance.models import Account, Balance, chart
from finance.models.chart import Place
from finance.sql import Category, Kind, Leg, Movement, Phase
from wholexale.common.errors import DomainError
from wholexale.common.ids import new_id

pytestmark = pytest.mark.django_db

Status = Account.Status
PLACES = [Place(f"place:{number}", "INR", Account.Kind.LIABILITY) for number in range(4)]


def move(debit: Account, credit: Account, phase: Phase = Phase.SINGLE) -> None:
    leg = Leg(phase=phase, debit_id=debit.id, credit_id=credit.id, amount=5, currency="INR")
    movement = Movement(kind=Kind.TRANSFER, category=Category.TRANSFER, reference=str(new_id()), legs=(leg,))
    services.record(movement)


def test_an_account_is_opened_with_its_balance_and_found_again() -> None:
    opened = services.open_accounts(PLACES[:2])

    again = services.open_accounts([PLACES[1], PLACES[0], PLACES[2]])

    assert [again[1].id, again[0].id] == [account.id for account in opened]
    assert Balance.objects.count() == Account.objects.count() == 3
    assert {account.normal_side for account in opened} == {"credit"}


def test_one_code_in_two_currencies_is_two_accounts() -> None:
    rupees, yen = services.open_accounts([PLACES[0], Place("place:0", "JPY", Account.Kind.LIABILITY)])

    assert (rupees.code, rupees.currency, yen.code, yen.currency) == ("place:0", "INR", "place:0", "JPY")


@pytest.mark.django_db(transaction=True)
def test_accounts_that_many_open_at_once_are_opened_once() -> None:
    ids: list[list[str]] = []

    def open_all() -> None:
        ids.append([str(account.id) for account in services.open_accounts(PLACES)])
        connection.close()

    threads = [threading.Thread(target=open_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 6
    assert len({tuple(found) for found in ids}) == 1
    assert Balance.objects.count() == Account.objects.count() == 4


def test_a_frozen_account_can_be_opened_again(staff: User) -> None:
    first, second, *_ = services.open_accounts(PLACES)

    services.set_account_status(actor=staff, account_id=second.id, status=Status.FROZEN, reason="Odd")
    with pytest.raises(DomainError, match="ACCOUNT_FROZEN"):
        move(second, first)
    move(first, second)
    services.set_account_status(actor=staff, account_id=second.id, status=Status.OPEN, reason="Fine")

    move(second, first)


def test_only_an_empty_account_is_closed(staff: User) -> None:
    first, second, third, fourth = services.open_accounts(PLACES)
    move(first, second)
    move(third, fourth, Phase.PENDING)

    for account in (first, second, third, fourth):
        with pytest.raises(DomainError, match="ACCOUNT_NOT_EMPTY"):
            services.set_account_status(actor=staff, account_id=account.id, status=Status.CLOSED, reason="Done")
    move(second, first)
    services.set_account_status(actor=staff, account_id=second.id, status=Status.CLOSED, reason="Done")

    with pytest.raises(DomainError, match="ACCOUNT_CLOSED"):
        move(first, second)
    assert list(Account.objects.exclude(status="open").values_list("id", flat=True)) == [second.id]


def test_a_status_needs_a_reason_and_an_account(staff: User) -> None:
    (account,) = services.open_accounts(PLACES[:1])

    with pytest.raises(DomainError) as caught:
        services.set_account_status(actor=staff, account_id=account.id, status=Status.FROZEN, reason=" ")
    assert [one.path for one in caught.value.details] == ["reason"]
    with pytest.raises(DomainError, match="ACCOUNT_NOT_FOUND"):
        services.set_account_status(actor=staff, account_id=new_id(), status=Status.FROZEN, reason="Odd")
    account.refresh_from_db()
    assert account.status == Status.OPEN


def test_only_staff_who_may_change_accounts_do(buyer: User) -> None:
    (account,) = services.open_accounts(PLACES[:1])

    with pytest.raises(DomainError, match="INSUFFICIENT_PERMISSIONS"):
        services.set_account_status(actor=buyer, account_id=account.id, status=Status.FROZEN, reason="Odd")


def test_accounts_of_unknown_businesses_are_not_opened() -> None:
    with pytest.raises(DomainError, match="BUSINESS_NOT_FOUND"):
        services.open_accounts([chart.payable(new_id(), "INR")])

    assert not Account.objects.exists()


@pytest.mark.parametrize("kind", Account.Kind)
def test_a_frozen_account_takes_what_comes_in_and_gives_nothing_away(staff: User, kind: Account.Kind) -> None:
    frozen, other = services.open_accounts([Place("frozen", "INR", kind), Place("other", "INR", Account.Kind.ASSET)])
    services.set_account_status(actor=staff, account_id=frozen.id, status=Status.FROZEN, reason="Odd")
    grows = (frozen, other) if frozen.normal_side == "debit" else (other, frozen)

    move(*grows)
    with pytest.raises(DomainError, match="ACCOUNT_FROZEN"):
        move(grows[1], grows[0])
