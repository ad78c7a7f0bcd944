"""`GET finance/accounts/{id}/statement?format=csv`."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from accounts.models import User
from finance.models import Account
from finance.selectors import statements
from finance.serializers import sheets
from finance.tests.bookkeeping import enter, enter_many, payable_of
from wholexale.common.testing import Api, access_token

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(name="account")
def sellers_account(seller: User) -> Account:
    return payable_of(seller)


def download(user: User, account: Account, **query: Any) -> StreamingHttpResponse:
    response = Client().get(
        f"/api/finance/accounts/{account.id}/statement",
        {"format": "csv"} | query,
        headers={"Authorization": f"Bearer {access_token(user)}"},
    )
    assert response.status_code == 200
    streamed: Any = response
    return cast("StreamingHttpResponse", streamed)


def text_of(response: StreamingHttpResponse) -> str:
    return response.getvalue().decode()


def lines(user: User, account: Account, **query: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(download(user, account, **query)), newline="")))


def test_a_file_has_a_header_the_opening_balance_the_entries_and_the_closing_balance(
    seller: User, account: Account
) -> None:
    first = enter(account, 10_050, NOON - DAY, "Before")
    second = enter(account, 5_000, NOON, "Kurtas, 100 pieces")
    third = enter(account, -20_000, NOON + timedelta(minutes=1), 'The "blue" ones')

    text = text_of(download(seller, account, **{"from": "2026-03-10", "to": "2026-03-10"}))
    numbers = [entry.transfer.transaction.transaction_id for entry in (second, third)]

    assert text.split("\r\n") == [
        "seq,date,transactionId,description,debit,credit,balance",
        ",2026-03-10T00:00:00.000+05:30,,Opening balance,,,100.50",
        f'2,2026-03-10T17:30:00.000+05:30,{numbers[0]},"Kurtas, 100 pieces",,50.00,150.50',
        f'3,2026-03-10T17:31:00.000+05:30,{numbers[1]},"The ""blue"" ones",200.00,,-49.50',
        ",2026-03-11T00:00:00.000+05:30,,Closing balance,,,-49.50",
        "",
    ]
    assert first.seq == 1


def test_the_answer_says_what_it_is(seller: User, account: Account) -> None:
    response = download(seller, account, **{"from": "2026-03-01", "to": "2026-03-31"})

    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"] == 'attachment; filename="statement-payable-INR-20260301-20260331.csv"'
    assert response["Cache-Control"] == "private, no-store"
    assert "Content-Length" not in response


def test_a_moment_and_no_border_at_all_name_the_file_too(seller: User, account: Account) -> None:
    assert 'filename="statement-payable-INR.csv"' in download(seller, account)["Content-Disposition"]
    since = download(seller, account, **{"from": "2026-03-01T20:00:00Z"})["Content-Disposition"]
    assert 'filename="statement-payable-INR-20260302.csv"' in since


def test_an_empty_statement_is_a_file_too(seller: User, account: Account) -> None:
    assert lines(seller, account) == [
        list(sheets.HEADER),
        ["", "", "", "Opening balance", "", "", "0.00"],
        ["", "", "", "Closing balance", "", "", "0.00"],
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 500])
def test_the_file_holds_every_entry_whatever_the_size_of_a_batch(
    api: Api, seller: User, account: Account, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_many(account, [NOON + number * DAY for number in range(7)])
    monkeypatch.setattr(statements, "BATCH", size)
    body = api.as_(seller).get(f"finance/accounts/{account.id}/statement").body

    _, opening, *entries, closing = lines(seller, account)

    assert [(int(one[0]), one[2]) for one in entries] == [(one["seq"], one["transactionId"]) for one in body["entries"]]
    assert [one[-1] for one in entries] == [f"{one['balance']:.2f}" for one in body["entries"]]
    assert (opening[-1], closing[-1]) == (f"{body['opening']:.2f}", f"{body['closing']:.2f}")


def test_entries_that_arrive_while_it_is_sent_are_not_in_it(
    seller: User, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_many(account, [NOON] * 4)
    monkeypatch.setattr(statements, "BATCH", 2)
    parts = iter(download(seller, account))

    begun = [next(parts), next(parts)]
    enter(account, 777, NOON)
    found = list(csv.reader(io.StringIO(b"".join([*begun, *parts]).decode(), newline="")))

    assert [row[0] for row in found] == ["seq", "", "1", "2", "3", "4", ""]
    assert found[-1][-1] == found[-2][-1]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\nx", " =1+1", "\t=1", "  -x",
        '=HYPERLINK("http://x","y")', "\u00a0=1",
    ],
)  # fmt: skip
def test_a_text_that_looks_like_a_formula_becomes_a_text(seller: User, account: Account, text: str) -> None:
    enter(account, 5, NOON, text)

    (_, _, row, _) = lines(seller, account)

    assert row[3] == f"'{text}"


@pytest.mark.parametrize(
    "text", ["Kurtas", "", "1 = 1", "a-b", "'quoted'", "100 @ 5", "नमस्ते 💥", "a,b;c\td", 'say "x"']
)
def test_any_other_text_stays_as_it_is(seller: User, account: Account, text: str) -> None:
    enter(account, 5, NOON, text)

    (_, _, row, _) = lines(seller, account)

    assert row[3] == text


def test_lines_inside_a_text_stay_inside_their_cell(seller: User, account: Account) -> None:
    enter(account, 5, NOON, "one\r\n=two\nthree\rfour")

    (_, _, row, _) = lines(seller, account)

    assert row[3] == "one\r\n=two\nthree\rfour"


def test_negative_numbers_stay_numbers(seller: User, account: Account) -> None:
    enter(account, -12_345, NOON)

    (_, _, row, closing) = lines(seller, account)

    assert (row[4], row[5], row[6], closing[6]) == ("123.45", "", "-123.45", "-123.45")


@pytest.mark.parametrize(("currency", "expected"), [("JPY", "1234"), ("KWD", "1.234"), ("USD", "12.34")])
def test_amounts_have_the_digits_of_their_currency(seller: User, currency: str, expected: str) -> None:
    account = payable_of(seller, currency)
    enter(account, 1234, NOON)

    assert lines(seller, account)[2][5] == expected


def test_the_balance_of_a_time_is_a_file_without_entries(seller: User, account: Account) -> None:
    enter(account, 5_000, NOON)

    _, opening, closing = lines(seller, account, asOf="2026-03-10")

    assert opening[-1] == closing[-1] == "50.00"


def test_whoever_asks_for_csv_by_the_header_gets_what_the_parameter_says(
    api: Api, seller: User, account: Account
) -> None:
    path = f"finance/accounts/{account.id}/statement"

    assert api.as_(seller).with_headers(Accept="text/csv").get(path).body["closing"] == 0


def test_a_refusal_is_json_also_where_csv_was_asked_for(api: Api, outsider: User, account: Account) -> None:
    reply = (
        api.as_(outsider).with_headers(Accept="text/csv").get(f"finance/accounts/{account.id}/statement", format="csv")
    )

    assert (reply.status, reply.code) == (404, "ACCOUNT_NOT_FOUND")
