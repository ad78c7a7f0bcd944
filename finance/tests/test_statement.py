"""`GET finance/accounts/{id}/statement` as JSON."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Membership, User
from finance import selectors, services
from finance.models import Account, CreditLine
from finance.selectors import Window
from finance.tests.bookkeeping import enter, enter_many, payable_of
from finance.tests.staging import business_of, employee, hold
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture(name="account")
def sellers_account(seller: User) -> Account:
    return payable_of(seller)


def read(api: Api, user: User, account: Account, **query: Any) -> dict[str, Any]:
    reply = api.as_(user).get(f"finance/accounts/{account.id}/statement", **query)
    assert reply.status == 200, reply.body
    body: dict[str, Any] = reply.body
    return body


def borders(body: dict[str, Any]) -> tuple[int, int]:
    return body["openingMinor"], body["closingMinor"]


def change(entries: list[dict[str, Any]], account: Account) -> int:
    """Return by how much entries change the balance on the normal side."""
    difference: int = sum((one["debitMinor"] or 0) - (one["creditMinor"] or 0) for one in entries)
    return difference if account.normal_side == Account.Side.DEBIT else -difference


def test_an_account_without_entries_has_an_empty_statement(api: Api, seller: User, account: Account) -> None:
    body = read(api, seller, account)

    assert (body["entries"], borders(body), body["opening"], body["closing"]) == ([], (0, 0), 0, 0)
    assert (body["account"], body["currency"], body["from"], body["to"]) == (str(account.id), "INR", None, None)
    assert body["pagination"]["totalCount"] == 0


def test_entries_are_listed_in_their_order_with_the_balance_after_each(
    api: Api, buyer: User, seller: User, line: CreditLine
) -> None:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 500).hold_id, description="Delivered")
    hold(buyer, seller, 900)
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 250).hold_id)

    body = read(api, buyer, line.account)

    first, second = body["entries"]
    assert (first["seq"], first["debit"], first["debitMinor"], first["credit"], first["creditMinor"]) == (
        1, 5, 500, None, None,
    )  # fmt: skip
    assert (first["balance"], first["balanceMinor"], first["description"]) == (5, 500, "Delivered")
    assert first["transactionId"].startswith("TXN-")
    assert (second["seq"], second["balanceMinor"], borders(body)) == (2, 750, (0, 750))
    assert read(api, seller, payable_of(seller))["entries"][0]["creditMinor"] == 500


def test_opening_entries_and_closing_agree_for_any_window(seller: User, account: Account) -> None:
    dice = random.Random(7)
    times = sorted(NOON + timedelta(hours=dice.randint(0, 100)) for _ in range(14))  # some of them equal
    entered = enter_many(account, times)
    moments = sorted({at + step for at in times for step in (-TICK, timedelta(), TICK)})
    choices: list[datetime | None] = [None, *dice.sample(moments, 14), NOON - DAY, NOON + 30 * DAY]

    for start in choices:
        for end in choices:
            if start and end and end < start:
                continue
            found = selectors.statement(actor=seller, account_id=account.id, window=Window(start, end))
            inside = [
                one for one in entered if (not start or one.created_at >= start) and (not end or one.created_at < end)
            ]
            listed = selectors.entries(found, limit=1000)
            assert [one.seq for one in listed] == [one.seq for one in inside]
            assert found.count == len(inside)
            moved = sum(one.amount if one.side == account.normal_side else -one.amount for one in inside)
            assert found.opening + moved == found.closing


def test_windows_that_meet_agree_where_they_meet(seller: User, account: Account) -> None:
    enter_many(account, [NOON + timedelta(hours=number) for number in range(8)])
    before = 0

    for hour in range(10):
        start = NOON + timedelta(hours=hour)
        found = selectors.statement(
            actor=seller, account_id=account.id, window=Window(start, start + timedelta(hours=1))
        )
        assert found.opening == before
        before = found.closing

    account.balance.refresh_from_db()
    assert before == account.balance.posted


@pytest.mark.parametrize("limit", [1, 3, 4, 7, 100])
def test_pages_together_are_the_statement(api: Api, seller: User, account: Account, limit: int) -> None:
    enter_many(account, [NOON + number * DAY for number in range(9)])
    window = {"from": "2026-03-11", "to": "2026-03-17"}
    whole, client = read(api, seller, account, **window), api.as_(seller)

    pages: list[dict[str, Any]] = []
    number = 1
    while not pages or pages[-1]["pagination"]["hasNext"]:
        query = window | {"limit": limit, "page": number}
        pages.append(client.get(f"finance/accounts/{account.id}/statement", **query).body)
        number += 1

    assert [one for page in pages for one in page["entries"]] == whole["entries"]
    assert {borders(page) for page in pages} == {borders(whole)}
    assert len(whole["entries"]) == whole["pagination"]["totalCount"] == 7
    assert whole["openingMinor"] + change(whole["entries"], account) == whole["closingMinor"]


def test_entries_that_arrive_while_somebody_reads_do_not_change_what_is_read(seller: User, account: Account) -> None:
    enter_many(account, [NOON] * 4)
    found = selectors.statement(actor=seller, account_id=account.id, window=Window())

    enter(account, 5, NOON)

    assert [one.seq for one in selectors.entries(found, limit=1000)] == [1, 2, 3, 4]
    assert selectors.entries(found, limit=1000)[-1].balance_after == found.closing


@pytest.mark.parametrize(("zone", "expected"), [("Asia/Kolkata", [1, 1]), ("UTC", [2, 0]), ("Asia/Tokyo", [0, 2])])
def test_a_day_ends_at_midnight_of_the_business(
    api: Api, seller: User, account: Account, zone: str, expected: list[int]
) -> None:
    business = business_of(seller)
    business.time_zone = zone
    business.save(update_fields=["time_zone"])
    enter(account, 5, datetime(2026, 3, 10, 18, 29, 59, 999_999, tzinfo=UTC))
    enter(account, 5, datetime(2026, 3, 10, 18, 30, tzinfo=UTC))  # midnight in India

    bodies = [read(api, seller, account, **{"from": day, "to": day}) for day in ("2026-03-10", "2026-03-11")]

    assert [len(body["entries"]) for body in bodies] == expected


def test_a_day_on_which_clocks_change_has_the_hours_it_has(api: Api, seller: User, account: Account) -> None:
    business = business_of(seller)
    business.time_zone = "Europe/Berlin"
    business.save(update_fields=["time_zone"])

    body = read(api, seller, account, **{"from": "2026-03-29", "to": "2026-03-29"})

    assert (body["from"], body["to"]) == ("2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z")


def test_the_balance_of_a_time_counts_what_happened_up_to_it(api: Api, seller: User, account: Account) -> None:
    for number in range(3):
        enter(account, 100, NOON + number * DAY + timedelta(microseconds=987_654))

    by_day = [read(api, seller, account, asOf=(NOON + number * DAY).date()) for number in (-1, 0, 1, 2, 9)]
    by_moment = [
        read(api, seller, account, asOf=text)["closingMinor"]
        for text in ("2026-03-11T12:00:00.986Z", "2026-03-11T12:00:00.987Z", "2026-03-11T17:30:00.987+05:30")
    ]

    assert [borders(body) for body in by_day] == [(0, 0), (100, 100), (200, 200), (300, 300), (300, 300)]
    assert {tuple(body["entries"]) for body in by_day} == {()}
    assert by_moment == [100, 200, 200]
    assert (by_day[1]["asOf"], by_day[1]["to"]) == ("2026-03-10", "2026-03-10T18:30:00.000Z")


def test_times_as_they_were_sent_choose_the_same_entry_again(api: Api, seller: User, account: Account) -> None:
    enter(account, 100, NOON + timedelta(microseconds=987_654))
    (entry,) = read(api, seller, account)["entries"]

    assert len(read(api, seller, account, **{"from": entry["date"]})["entries"]) == 1
    assert read(api, seller, account, to=entry["date"])["entries"] == []
    assert read(api, seller, account, asOf=entry["date"])["closingMinor"] == 100


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_amounts_have_the_digits_of_their_currency(api: Api, seller: User, currency: str) -> None:
    account = payable_of(seller, currency)
    enter(account, 1234, NOON)

    (entry,) = read(api, seller, account)["entries"]

    assert (entry["creditMinor"], entry["credit"]) == (1234, {"JPY": 1234, "KWD": 1.234}[currency])


def test_a_clock_that_was_set_back_does_not_tear_a_statement_apart(seller: User, account: Account) -> None:
    for hours in (5, 6, 3, 4, 8):
        enter(account, 10, NOON + timedelta(hours=hours))

    for first in range(10):
        for last in range(first, 10):
            window = Window(NOON + timedelta(hours=first), NOON + timedelta(hours=last))
            found = selectors.statement(actor=seller, account_id=account.id, window=window)
            assert found.opening + 10 * len(selectors.entries(found, limit=1000)) == found.closing


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "x"}, "from"), ({"to": "2026-02-29"}, "to"), ({"asOf": "x"}, "asOf"),
        ({"asOf": "2026-03-01", "from": "2026-03-01"}, "asOf"), ({"asOf": "2026-03-01", "to": "2026-03-01"}, "asOf"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"), ({"format": "xml"}, "format"),
        ({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T23:59:59Z"}, "to"), ({"page": 0}, "page"),
        ({"limit": 0}, "limit"), ({"asOf": "9999-12-31"}, "asOf"), ({"asOf": "0001-01-01T00:00:00+14:00"}, "asOf"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_and_named(
    api: Api, seller: User, account: Account, query: dict[str, Any], field: str
) -> None:
    reply = api.as_(seller).get(f"finance/accounts/{account.id}/statement", **query)

    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", [field])
    assert reply.body["details"][0]["location"] == "query"


def test_who_keeps_the_books_reads_it_and_a_member_does_not(
    api: Api, seller: User, colleague: User, account: Account
) -> None:
    enter(account, 5, NOON)
    accountant = employee("accountant", business_of(seller), Membership.Role.FINANCE)

    assert read(api, accountant, account) == read(api, seller, account)
    reply = api.as_(colleague).get(f"finance/accounts/{account.id}/statement")
    assert (reply.status, reply.code) == (403, "INSUFFICIENT_PERMISSIONS")
