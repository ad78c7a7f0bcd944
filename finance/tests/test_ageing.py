"""What is due by how long it has been: each invoice in one column, and all columns add up to what the ledger says."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import Business, User
from finance import selectors, services
from finance.models import Entry, Invoice, chart
from finance.models.chart import Place
from finance.selectors import Window
from finance.tests.payment_staging import begun, invoice, owed_by, owed_to
from finance.tests.staging import business_of, lender
from wholexale.common.testing import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

BORDERS = [
    (-5, "current"), (0, "current"), (1, "days1to30"), (30, "days1to30"), (31, "days31to60"), (60, "days31to60"),
    (61, "days61to90"), (90, "days61to90"), (91, "over90"), (400, "over90"),
]  # fmt: skip
TICK = timedelta(microseconds=1)
ANY_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def today(user: User) -> date:
    return selectors.today_for(business_of(user))


def due_since(buyer: User, seller: User, days: int, amount: int = 50_000) -> Invoice:
    """Issue an invoice that has been due for so many days; below zero, it will be."""
    day = today(seller) - timedelta(days=days)
    return invoice(buyer, seller, amount, issued_on=min(day, today(seller)), due_on=day)


def pay_by_hand(buyer: User, due: Invoice, amount: int) -> None:
    """Pay a part of an invoice, which staff sees come in."""
    payment = begun(buyer, due, amount, method="bank_transfer")
    services.receive_payment(actor=lender(), payment_id=payment.id, reason="Seen at the bank")


def columns(user: User, side: str) -> dict[str, int]:
    """Return what is due on one side of a person's business, by column; empty columns are left out."""
    found = [one for one in selectors.ageing(business=business_of(user)) if one.side == side]
    return {name: amount for one in found for name, amount in one.amounts.items() if amount}


@contextmanager
def undone() -> Iterator[None]:
    """Undo what one example does."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(("days", "column"), BORDERS)
def test_an_invoice_stands_in_the_column_of_its_days(buyer: User, seller: User, days: int, column: str) -> None:
    due_since(buyer, seller, days)

    assert columns(buyer, "buyer") == columns(seller, "seller") == {column: 50_000}
    assert columns(buyer, "seller") == columns(seller, "buyer") == {}


MIDNIGHTS = {
    "Asia/Kolkata": time(18, 30),
    "UTC": time(0),
    "Asia/Tokyo": time(15),
    "America/Bogota": time(5),
    "Asia/Kathmandu": time(18, 15),
}
"""When a day ends in zones whose clocks never change, by the clock of Greenwich."""


@pytest.mark.parametrize("zone", MIDNIGHTS)
@pytest.mark.parametrize("days", [0, 30, 60, 90])
def test_a_day_ends_at_midnight_of_the_business(buyer: User, seller: User, zone: str, days: int) -> None:
    Business.objects.filter(id=business_of(buyer).id).update(time_zone=zone)
    due = invoice(buyer, seller, due_on=today(seller) + timedelta(days=40))
    last, end = due.due_on + timedelta(days=days), MIDNIGHTS[zone]
    midnight = datetime.combine(last if end > time(12) else last + timedelta(days=1), end, tzinfo=UTC)

    with time_machine.travel(midnight - TICK, tick=False):
        assert columns(buyer, "buyer") == {column_of(days): 100_000}
    with time_machine.travel(midnight, tick=False):
        assert columns(buyer, "buyer") == {column_of(days + 1): 100_000}


def test_what_was_paid_too_much_counts_below_zero_and_is_not_late(buyer: User, seller: User) -> None:
    due, other = due_since(buyer, seller, 45), due_since(buyer, seller, 45, 30_000)
    payments = [begun(buyer, due, 50_000, method="bank_transfer") for _ in range(2)]

    for one in payments:
        services.receive_payment(actor=lender(), payment_id=one.id, reason="Seen at the bank")

    assert columns(buyer, "buyer") == columns(seller, "seller") == {"current": -50_000, "days31to60": other.total}
    assert owed_by(buyer) == -20_000


INVOICES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([days for days, _ in BORDERS]),
        st.integers(1, 90_000),
        st.lists(st.integers(1, 100), max_size=3),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=6,
)
"""Who buys, since when it has been due, how much, which percents of what is due are paid, and what percent credited."""


@pytest.mark.parametrize("examples", [5, pytest.param(150, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
def test_the_columns_add_up_to_what_is_due_and_that_is_what_the_ledger_says(seller: User, examples: int) -> None:
    invoice(make_person("debtor", owns="Debtor"), seller, 10**6)  # so that the seller can give something up
    buyers = [make_person(f"buyer{number}", owns=f"Shop {number}") for number in range(3)]

    @settings(ANY_TIME, max_examples=examples)
    @given(made=INVOICES)
    def check(made: list[tuple[int, int, int, list[int], int]]) -> None:
        with undone():
            for number, days, amount, percents, credited in made:
                due = due_since(buyers[number], seller, days, amount)
                settle(buyers[number], seller, due, percents, credited)
            for buyer in buyers:
                assert columns(buyer, "buyer") == expected(
                    Invoice.objects.filter(buyer=business_of(buyer)), today(buyer)
                )
                assert sum(columns(buyer, "buyer").values()) == owed_by(buyer)
            of_seller = Invoice.objects.filter(seller=business_of(seller))
            assert columns(seller, "seller") == expected(of_seller, today(seller))

    check()


def settle(buyer: User, seller: User, due: Invoice, percents: Sequence[int], credited: int) -> None:
    """Pay parts of an invoice, and take a part off it, as far as that goes."""
    for percent in percents:
        due.balance.refresh_from_db()
        if amount := due.balance.due * percent // 100:
            pay_by_hand(buyer, due, amount)
    if amount := due.total * credited // 100:
        services.credit_invoice(actor=seller, invoice_id=due.id, amount=amount, reason="Damaged")


def expected(made: "QuerySet[Invoice]", day: date) -> dict[str, int]:
    """Return what is due by column, counted one by one."""
    sums: Counter[str] = Counter()
    for one in made:
        still = one.balance.due
        sums["current" if still < 0 else column_of((day - one.due_on).days)] += still
    return {name: amount for name, amount in sums.items() if amount}


def column_of(days: int) -> str:
    """Return the column of what has been due for so many days."""
    last = [(0, "current"), (30, "days1to30"), (60, "days31to60"), (90, "days61to90")]
    return next((name for longest, name in last if days <= longest), "over90")


@pytest.mark.parametrize("examples", [60, pytest.param(2_000, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])
def test_a_statement_of_what_was_sold_and_paid_adds_up_in_any_window(buyer: User, seller: User, examples: int) -> None:
    for number in range(4):
        due = due_since(buyer, seller, 0, 40_000 + number)
        settle(buyer, seller, due, [30, 100], 10)
    services.request_payout(actor=seller, currency="INR", amount=1_000)
    places = [
        (buyer, chart.receivable(business_of(buyer).id, "INR"), owed_by(buyer)),
        (seller, chart.payable(business_of(seller).id, "INR"), owed_to(seller)),
    ]
    entries = Entry.objects.filter(account__code__in=[place.code for _, place, _ in places])
    times = entries.values_list("created_at", flat=True)
    moments = sorted({at + step for at in times for step in (-TICK, timedelta(), TICK)})

    @settings(ANY_TIME, max_examples=examples)
    @given(which=st.sampled_from(places), borders=st.lists(st.sampled_from(moments), max_size=3).map(sorted))
    def check(which: tuple[User, Place, int], borders: list[datetime]) -> None:
        actor, place, balance = which
        (account,) = services.open_accounts([place])
        before = 0
        for start, end in pairwise([None, *borders, None]):
            found = selectors.statement(actor=actor, account_id=account.id, window=Window(start, end))
            listed = selectors.entries(found, limit=1_000)
            moved = sum(one.amount if one.side == account.normal_side else -one.amount for one in listed)
            assert (found.opening, found.opening + moved) == (before, found.closing)
            before = found.closing
        assert before == balance

    check()
