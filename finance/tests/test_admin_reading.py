"""The admin shows every row of money, exactly and cheaply, and lets nobody write one."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.apps import apps
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Membership, User
from finance import services
from finance.models import (
    Account,
    Balance,
    CreditLine,
    CreditLineChange,
    CreditRequest,
    Entry,
    HoldExpiry,
    LedgerCheck,
    LedgerTransaction,
    Spend,
    SpendingLimit,
    SpendingWindow,
    Transfer,
)
from finance.tests.admin_staging import Desk, assert_list_opens, assert_only_shown, assert_readers_only, complaints
from finance.tests.staging import business_of, every_row, hold, lender, open_line
from finance.tests.test_admin_payments import SHOWN as SHOWN_OF_PAYMENTS
from wholexale.common.admin import CappedPaginator, admin_url, list_url, say_amount
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db

SHOWN: list[type[Model]] = [
    Account,
    CreditLine,
    CreditLineChange,
    CreditRequest,
    Entry,
    HoldExpiry,
    LedgerCheck,
    LedgerTransaction,
    Spend,
    SpendingLimit,
    SpendingWindow,
    Transfer,
]
READ_ONLY = [model for model in SHOWN if model is not CreditLine]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def trade(buyer: User, seller: User) -> LedgerTransaction:
    """Leave a row of every kind, and return the transaction that captured a hold."""
    open_line(business_of(buyer), 10_000_000)
    membership = Membership.objects.get(user=buyer)
    month = SpendingLimit.Window.MONTH
    SpendingLimit.objects.create(membership=membership, currency="INR", window=month, limit_minor=9_000_000)
    ends = timezone.now() + timedelta(days=30)
    held = hold(buyer, seller, 1_234_560, reference="order-1", expires_at=ends)
    hold(buyer, seller, 500, reference="order-2", expires_at=ends)
    captured = services.capture_hold(actor=seller, hold_id=held.hold_id, amount=1_000_000)
    services.verify_ledger(actor=None)
    return LedgerTransaction.objects.get(id=captured.id)


def test_every_model_of_finance_is_shown() -> None:
    others = set(apps.get_app_config("finance").get_models()) - {*SHOWN, *SHOWN_OF_PAYMENTS}

    assert {model.__name__ for model in others if not model.__name__.startswith("Fake")} == {
        "Balance",
        "DocumentCounter",
        "InvoiceBalance",
        "InvoiceLine",
        "PaymentChange",
        "StoredDocument",
    }


@pytest.mark.usefixtures("trade")
def test_every_list_opens_searches_and_filters(desk: Desk, subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        with subtests.test(model=model.__name__):
            assert_list_opens(desk, model, "TXN-2026-000001")


@pytest.mark.once
@pytest.mark.usefixtures("trade")
def test_every_row_opens_and_nothing_is_written(desk: Desk, subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        row = model._default_manager.first()
        assert row is not None
        with subtests.test(model=model.__name__):
            assert_only_shown(desk, row)


@pytest.mark.once
def test_nothing_is_added(desk: Desk, subtests: pytest.Subtests) -> None:
    before = every_row()
    for model in READ_ONLY:
        url = reverse(f"admin:finance_{model._meta.model_name}_add")
        with subtests.test(model=model.__name__):
            assert desk.client.get(url).status_code == 403
            assert desk.client.post(url, {"amount": "1"}).status_code == 403
    assert every_row() == before


@pytest.mark.once
@pytest.mark.usefixtures("trade")
def test_staff_see_only_what_they_may(subtests: pytest.Subtests) -> None:
    for model in SHOWN:
        row = model._default_manager.first()
        assert row is not None
        with subtests.test(model=model.__name__):
            assert_readers_only(model, row)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1_234_560, "INR", "12,345.60 INR"),
        (-5, "EUR", "-0.05 EUR"),
        (1_234_567, "JPY", "1,234,567 JPY"),
        (1_234_567, "KWD", "1,234.567 KWD"),
        (9_007_199_254_740_993, "USD", "90,071,992,547,409.93 USD"),
        (0, "INR", "0.00 INR"),
    ],
)
def test_amounts_are_exact_and_grouped(minor: int, currency: str, text: str) -> None:
    assert say_amount(minor, currency) == text


@pytest.mark.usefixtures("trade")
def test_an_account_shows_its_balance_and_leads_to_its_book(desk: Desk, buyer: User) -> None:
    account = Account.objects.get(business=business_of(buyer))

    page = desk.row(account).content.decode()
    book = desk.rows(Entry, account=str(account.pk))

    for amount in ("10,000.00 INR", "5.00 INR", "89,995.00 INR"):  # owed, still held, available
        assert f'<span class="money">{amount}</span>' in page
    assert list_url(Entry, account=str(account.pk)) in page
    assert [entry.seq for entry in book.context["cl"].result_list] == [1]


@pytest.mark.usefixtures("trade")
def test_what_is_available_to_a_seller_leaves_out_what_is_held(desk: Desk, seller: User) -> None:
    account = Account.objects.get(business=business_of(seller))

    (row,) = desk.rows(Account, q="Cotton Mill").context["cl"].result_list

    assert row == account
    assert "10,000.00 INR" in desk.row(account).content.decode()


def test_a_transaction_is_found_by_number_reference_subject_and_id(desk: Desk, trade: LedgerTransaction) -> None:
    for text in (trade.transaction_id, str(trade.number), trade.transaction_id.lower(), trade.reference, str(trade.id)):
        assert list(desk.rows(LedgerTransaction, q=text).context["cl"].result_list) == [trade]
        assert desk.rows(Entry, q=text).context["cl"].result_count == 2
        assert desk.rows(Transfer, q=text).context["cl"].result_count == 1


def test_a_transaction_shows_its_transfers_and_how_its_hold_ended(desk: Desk, trade: LedgerTransaction) -> None:
    placed = LedgerTransaction.objects.get(reference="order-1")

    of_hold = desk.row(placed).content.decode()
    of_capture = desk.row(trade).content.decode()

    assert f'captured by <a href="{admin_url(trade)}">' in of_hold
    assert f'ends <a href="{admin_url(placed)}">' in of_capture
    assert "Corner Shop" in of_capture
    assert "10,000.00 INR" in of_capture


@pytest.mark.usefixtures("trade")
def test_holds_are_found_by_whether_they_are_open(desk: Desk) -> None:
    found = {
        state: [row.transaction.reference for row in desk.rows(Transfer, hold=state).context["cl"].result_list]
        for state in ("open", "resolved")
    }

    assert found == {"open": ["order-2"], "resolved": ["order-1"]}


def test_reversals_are_linked_both_ways(desk: Desk, trade: LedgerTransaction) -> None:
    recorded = services.reverse_transaction(actor=lender(), transaction_id=trade.id, reason="Wrong")
    reversal = LedgerTransaction.objects.get(id=recorded.id)

    assert admin_url(reversal) in desk.row(trade).content.decode()
    assert admin_url(trade) in desk.row(reversal).content.decode()


@pytest.mark.once
@pytest.mark.parametrize("count", [1, 12])
def test_lists_cost_the_same_queries_for_any_number(
    desk: Desk, seller: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ends = timezone.now() + timedelta(days=1)
    for number in range(count):
        person = make_person(f"person{number}", owns=f"Business {number}")
        open_line(business_of(person), 1000)
        membership = Membership.objects.get(user=person)
        SpendingLimit.objects.create(membership=membership, currency="INR", window="day", limit_minor=1000)
        services.capture_hold(actor=None, hold_id=hold(person, seller, 500).hold_id)
        hold(person, seller, 500, expires_at=ends)
        services.verify_ledger(actor=desk.user)

    for model in SHOWN:
        with django_assert_max_num_queries(8, info=model.__name__):
            assert desk.rows(model).context["cl"].result_count >= count


@pytest.mark.parametrize("count", [1, 12])
def test_pages_of_rows_cost_the_same_queries_for_any_number(
    desk: Desk, buyer: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    line = open_line(business_of(buyer), 1000)
    for number in range(count):
        services.set_credit_limit(
            actor=make_person(f"staff{number}", role=User.Role.SUPER_ADMIN),
            business_id=line.business_id,
            currency="INR",
            limit_minor=2000 + number,
            reason="Again",
        )

    with django_assert_max_num_queries(9):
        assert desk.row(line).status_code == 200


def test_long_lists_count_no_further_than_they_page(desk: Desk, monkeypatch: Any, trade: LedgerTransaction) -> None:
    monkeypatch.setattr(CappedPaginator, "most", 2)

    page = desk.rows(LedgerTransaction)

    assert LedgerTransaction.objects.count() == 3
    assert page.context["cl"].result_count == 2
    assert "2 or more" in " ".join(page.content.decode().split())


def test_the_currencies_of_the_marketplace_are_offered(desk: Desk, settings: Settings) -> None:
    settings.CURRENCIES = ["INR", "JPY"]

    (currencies, *_) = desk.rows(Account).context["cl"].filter_specs

    assert currencies.lookup_choices == [("INR", "INR"), ("JPY", "JPY")]


def test_transactions_are_found_by_year_month_and_day(desk: Desk, trade: LedgerTransaction) -> None:
    made = trade.created_at
    parts = {f"created_at__{unit}": str(getattr(made, unit)) for unit in ("year", "month", "day")}

    for depth in range(4):
        page = desk.rows(LedgerTransaction, **dict(list(parts.items())[:depth]))
        links = [dict(parse_qsl(choice.get("link", "")[1:])) for choice in page.context["choices"]]
        assert page.context["cl"].result_count == 3
        assert (dict(list(parts.items())[: depth + 1]) in links) == (depth < 3)
    assert desk.rows(LedgerTransaction, created_at__year=str(made.year - 1)).context["cl"].result_count == 0


@pytest.mark.usefixtures("trade")
@pytest.mark.parametrize("query", [{"created_at__month": "3"}, {"created_at__day": "3"}])
def test_half_a_date_is_asked_for_the_year(desk: Desk, query: dict[str, str]) -> None:
    choices = desk.rows(LedgerTransaction, **query).context["choices"]

    assert [choice["title"] for choice in choices] == [str(timezone.now().year)]


@pytest.mark.usefixtures("trade")
@pytest.mark.parametrize("year", ["x", "0", "99999", "-1"])
def test_what_is_no_date_is_refused(desk: Desk, year: str) -> None:
    page = desk.client.get(list_url(LedgerTransaction), {"created_at__year": year}, follow=True)

    assert page.status_code == 200


def test_what_the_verifier_complains_of_opens_all_the_same(desk: Desk, line: CreditLine) -> None:
    Balance.objects.all().delete()
    Account.objects.update(currency="ZZZ")
    CreditLine.objects.update(currency="ZZZ")
    account = Account.objects.get()

    for model in (Account, CreditLine):
        assert desk.rows(model).status_code == 200
    for row in (account, line):
        assert desk.row(row).status_code == 200
    for row, action in ((account, "freeze"), (line, "repayment"), (line, "suspend")):
        assert desk.page(row, action).status_code == 200
    assert "(ACCOUNT_NOT_FOUND)" in complaints(desk.do(account, "freeze"))["__all__"][0]


def test_an_amount_without_a_currency_is_shown_as_it_is() -> None:
    assert say_amount(1_234_560, "ZZZ") == "1,234,560 of the smallest unit of 'ZZZ'"
