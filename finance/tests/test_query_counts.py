"""How many queries a list costs: the same for any number of rows."""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance import services
from finance.models import CreditLine
from finance.tests.bookkeeping import enter_many, payable_of
from finance.tests.payment_staging import invoice, paid, settle_down
from finance.tests.staging import business_of, employee, hold, lender, limit_spending, open_line
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
Count = DjangoAssertNumQueries
MANY = pytest.mark.parametrize("count", [1, 12])


class Trade(NamedTuple):
    """Who buys on account, and from whom."""

    buyer: User
    seller: User


@pytest.fixture(name="trade")
def trade_on_account(buyer: User, seller: User, line: CreditLine) -> Trade:
    return Trade(buyer, seller)


@MANY
@pytest.mark.parametrize(
    "query", [{}, {"status": "refunded"}, {"type": "adjustment"}, {"reference": "TXN-2026-000001"}]
)
def test_transactions(
    api: Api, trade: Trade, count: int, query: dict[str, str], django_assert_max_num_queries: Count
) -> None:
    buyer, seller = trade
    for _ in range(count):
        hold(buyer, seller, 1)
        services.release_hold(actor=None, hold_id=hold(buyer, seller, 1).hold_id)
        captured = services.capture_hold(actor=None, hold_id=hold(buyer, seller, 1).hold_id)
        services.reverse_transaction(actor=lender(), transaction_id=captured.id, reason="A mistake")
    client = api.as_(buyer)

    with django_assert_max_num_queries(6):
        assert client.get("finance/transactions", **query, limit=5).status == 200


@MANY
def test_a_page_with_more_behind_it(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    for currency in ("USD", "EUR", "JPY"):
        open_line(business_of(buyer), 100, currency)
    made = [str(hold(buyer, seller, 1).hold_id) for _ in range(count + 2)]
    client = api.as_(buyer)

    with django_assert_num_queries(6):  # the session, the membership, the accounts, the ids, the count, the rows
        reply = client.get("finance/transactions", limit=count, before=made[-1])

    assert [row["id"] for row in reply.body["transactions"]] == made[1:-1][::-1]


@MANY
def test_one_transaction(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    made = [hold(buyer, seller, 1) for _ in range(count)]
    client = api.as_(buyer)

    with django_assert_num_queries(5):
        assert client.get(f"finance/transactions/{made[0].hold_id}").status == 200


@MANY
def test_credits(api: Api, buyer: User, count: int, django_assert_num_queries: Count) -> None:
    currencies = ("INR", "USD", "EUR", "GBP", "AED", "JPY", "KWD")[:count]
    for currency in currencies:
        open_line(business_of(buyer), 100, currency)
    client = api.as_(buyer)

    with django_assert_num_queries(3):
        assert len(client.get("finance/credits").body["credits"]) == len(currencies)


@MANY
def test_accounts(api: Api, buyer: User, count: int, django_assert_num_queries: Count) -> None:
    currencies = ("INR", "USD", "EUR", "GBP", "AED", "JPY", "KWD")[:count]
    for currency in currencies:
        open_line(business_of(buyer), 100, currency)
    client = api.as_(buyer)

    with django_assert_num_queries(3):
        assert len(client.get("finance/accounts").body["accounts"]) == len(currencies)


@MANY
def test_a_statement(api: Api, seller: User, count: int, django_assert_num_queries: Count) -> None:
    account = payable_of(seller)
    enter_many(account, [NOON] * (count + 1))
    client = api.as_(seller)

    with django_assert_num_queries(7):  # and: the account, both borders, the two balances, the entries
        reply = client.get(f"finance/accounts/{account.id}/statement", **{"from": "2026-03-01", "to": "2026-03-31"})

    assert len(reply.body["entries"]) == count + 1


@MANY
def test_a_summary(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    for _ in range(count):
        services.capture_hold(actor=None, hold_id=hold(buyer, seller, 1).hold_id)
    client = api.as_(buyer)

    with django_assert_num_queries(8):
        assert client.get("finance/analytics/summary").body["transactions"][0]["count"] == count


@MANY
def test_invoices(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    for _ in range(count):
        invoice(buyer, seller)
    client = api.as_(buyer)

    with django_assert_num_queries(4):
        assert len(client.get("finance/invoices").body["invoices"]) == count


@MANY
@pytest.mark.usefixtures("webhooks")
def test_payments(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    for _ in range(count):
        payment = paid(buyer, invoice(buyer, seller))
        for _ in range(2):
            services.refund_payment(actor=seller, payment_id=payment.id, amount=1, reason="Broken")
    settle_down()
    client = api.as_(buyer)

    with django_assert_num_queries(7):
        assert len(client.get("finance/payments").body["payments"]) == count


@MANY
def test_payouts(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    invoice(buyer, seller)
    for _ in range(count):
        services.request_payout(actor=seller, currency="INR", amount=1)
    client = api.as_(seller)

    with django_assert_num_queries(4):
        assert len(client.get("finance/payouts").body["payouts"]) == count


@MANY
def test_credit_requests(api: Api, buyer: User, count: int, django_assert_num_queries: Count) -> None:
    for _ in range(count):
        made = services.request_credit(actor=buyer, limit_minor=100, currency="INR")
        services.withdraw_credit_request(actor=buyer, request_id=made.id)
    client = api.as_(buyer)

    with django_assert_num_queries(4):
        assert len(client.get("finance/credit/requests").body["requests"]) == count


@MANY
def test_spending_limits(api: Api, trade: Trade, count: int, django_assert_num_queries: Count) -> None:
    buyer, seller = trade
    for number in range(count):
        clerk = employee(f"clerk{number}", business_of(buyer))
        hold(clerk, seller, 5)
        limit_spending(buyer, clerk, 500, window=("day", "month", "year", "none")[number % 4])
        if number % 2:
            hold(clerk, seller, 5)
    client = api.as_(buyer)

    with django_assert_num_queries(3):
        assert len(client.get("finance/spending-limits").body["limits"]) == count


def test_postgresql_does_not_compile_short_statements(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone compiles statements")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
