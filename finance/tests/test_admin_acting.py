"""Staff acts in the admin through the services: once, with a reason, and only who may."""

from functools import partial
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection

from accounts.models import User
from finance import services
from finance.models import Account, CreditLine, LedgerTransaction
from finance.tests.admin_staging import (
    REASON,
    Desk,
    action_url,
    clerk,
    complaints,
    said,
    token_of,
)
from finance.tests.staging import business_of, every_row, hold, lender, open_line
from wholexale.common.admin import admin_url
from wholexale.common.models import IdempotencyKey
from wholexale.common.testing import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def account(line: CreditLine) -> Account:
    return line.account


@pytest.fixture
def captured(line: CreditLine, buyer: User, seller: User) -> LedgerTransaction:
    held = hold(buyer, seller, 60_000)
    return LedgerTransaction.objects.get(id=services.capture_hold(actor=seller, hold_id=held.hold_id).id)


def status_of(account: Account) -> str:
    return Account.objects.get(id=account.id).status


def owed(line: CreditLine) -> int:
    return Account.objects.get(id=line.account_id).balance.posted


# What is done


def test_an_account_is_frozen_reopened_and_closed(desk: Desk, account: Account) -> None:
    assert desk.offered(account) == ["Freeze", "Close"]
    frozen = desk.do(account, "freeze")
    assert status_of(account) == "frozen"
    assert desk.offered(account) == ["Reopen", "Close"]
    desk.do(account, "reopen")
    assert status_of(account) == "open"
    desk.do(account, "close")
    assert status_of(account) == "closed"

    assert said(frozen) == [f"{account} is frozen."]
    assert frozen.redirect_chain == [(admin_url(account), 302)]


def test_the_log_says_who_did_what_and_why(desk: Desk, account: Account) -> None:
    desk.do(account, "freeze", reason="Court order 12")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (desk.user, str(account.pk))
    assert entry.change_message == "Freeze: Court order 12"
    history = desk.client.get(admin_url(account).replace("/change/", "/history/"))
    assert b"Court order 12" in history.content


def test_a_transaction_is_reversed(desk: Desk, line: CreditLine, captured: LedgerTransaction) -> None:
    page = desk.page(captured, "reverse")
    done = desk.do(captured, "reverse")

    reversal = LedgerTransaction.objects.get(reverses=captured)
    assert b"600.00 INR" in page.content
    assert b"Cotton Mill" in page.content
    assert said(done) == [f"{captured} was reversed by {reversal.transaction_id}."]
    assert (reversal.actor, reversal.description) == (desk.user, REASON)
    assert owed(line) == 0


def test_only_what_can_be_reversed_offers_it(desk: Desk, captured: LedgerTransaction) -> None:
    placed = LedgerTransaction.objects.get(kind="purchase")
    assert desk.offered(captured) == ["Reverse"]

    desk.do(captured, "reverse")

    for row in (placed, captured, LedgerTransaction.objects.get(reverses=captured)):
        assert desk.offered(row) == []


# What is not


def test_opening_the_page_does_nothing(desk: Desk, account: Account) -> None:
    before = every_row()

    assert desk.page(account, "freeze").status_code == 200
    assert every_row() == before


def test_without_a_reason_nothing_is_done(desk: Desk, account: Account) -> None:
    before = every_row()

    for reason in ("", "   ", "x" * 501, "\x00"):
        assert "reason" in complaints(desk.do(account, "freeze", reason=reason))

    assert every_row() == before
    assert not LogEntry.objects.exists()


def test_without_a_token_nothing_is_done(desk: Desk, account: Account) -> None:
    for token in ("", "once", "1"):
        assert "token" in complaints(desk.send(action_url(account, "freeze"), token=token))

    assert status_of(account) == "open"


def test_a_refusal_is_named_and_what_was_typed_stays(desk: Desk, account: Account, captured: LedgerTransaction) -> None:
    before = every_row()

    page = desk.do(account, "close", reason="No longer needed")

    (text,) = complaints(page)["__all__"]
    assert "(ACCOUNT_NOT_EMPTY)" in text
    assert b"No longer needed" in page.content
    assert every_row() == before
    assert not LogEntry.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_a_refused_page_can_be_corrected_and_sent_again(desk: Desk, line: CreditLine) -> None:
    page = desk.page(line, "repayment")
    send = partial(desk.send, action_url(line, "repayment"), token=token_of(page), payment_method="cash")

    refused = send(amount="0.001")
    done = send(amount="10.50")

    assert "amount" in complaints(refused)
    assert owed(line) == -1050
    assert len(said(done)) == 1


def test_a_busy_ledger_says_so(desk: Desk, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(**_fields: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(services, "set_account_status", wait)

    (text,) = complaints(desk.do(account, "freeze"))["__all__"]

    assert "Send this page again" in text


def test_a_transaction_is_not_reversed_twice_by_two_pages(desk: Desk, captured: LedgerTransaction) -> None:
    first, second = desk.page(captured, "reverse"), desk.page(captured, "reverse")

    desk.send(action_url(captured, "reverse"), token=token_of(first))
    refused = desk.send(action_url(captured, "reverse"), token=token_of(second))

    assert "(TRANSACTION_REVERSED)" in complaints(refused)["__all__"][0]
    assert LedgerTransaction.objects.filter(kind="reversal").count() == 1


# Twice


def test_a_page_that_is_sent_twice_has_one_effect(desk: Desk, line: CreditLine) -> None:
    send = partial(desk.send, action_url(line, "repayment"), token=str(uuid4()), payment_method="cash", amount="10")

    first, second = send(), send()

    assert owed(line) == -1000
    assert LogEntry.objects.count() == 1
    assert said(second) == [f"This was done before, and not again: {said(first)[0]}"]
    assert second.redirect_chain == first.redirect_chain


def test_a_page_that_is_sent_again_with_something_else_is_refused(desk: Desk, line: CreditLine) -> None:
    send = partial(desk.send, action_url(line, "repayment"), token=str(uuid4()), payment_method="cash")

    send(amount="10")
    refused = send(amount="20")

    assert "Please open it again" in complaints(refused)["__all__"][0]
    assert owed(line) == -1000


def test_the_ledger_knows_a_page_that_is_sent_after_its_key_was_forgotten(desk: Desk, line: CreditLine) -> None:
    send = partial(desk.send, action_url(line, "repayment"), token=str(uuid4()), payment_method="cash", amount="10")

    send()
    IdempotencyKey.objects.all().delete()
    again = send()

    assert owed(line) == -1000
    assert "was recorded before" in said(again)[0]


def test_pages_of_two_people_with_the_same_token_are_two(line: CreditLine) -> None:
    token = str(uuid4())

    for desk in (Desk(), Desk(lender("cashier"))):
        desk.send(action_url(line, "suspend"), token=token)
        desk.send(action_url(line, "reactivate"), token=str(uuid4()))

    assert line.changes.count() == 5


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_a_double_click_has_one_effect(buyer: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    line = open_line(business_of(buyer), 1000)
    desk, token = Desk(), str(uuid4())
    typed = {"token": token, "payment_method": "cash", "amount": "10"}

    at_once([partial(desk.send, action_url(line, "repayment"), **typed)] * 4)

    assert owed(line) == -1000
    assert LogEntry.objects.count() == 1


# Who


@pytest.mark.parametrize(
    ("permission", "labels"),
    [
        ("view_creditline", []),
        (
            "change_creditline",
            ["Change limit", "Review", "Suspend", "Revoke"],
        ),
        ("add_ledgertransaction", ["Record a repayment", "Charge or credit"]),
    ],
)
def test_staff_are_offered_what_they_may_do(line: CreditLine, permission: str, labels: list[str]) -> None:
    assert Desk(clerk("view_creditline", *({permission} - {"view_creditline"}))).offered(line) == labels


def test_who_may_not_act_is_refused(line: CreditLine, captured: LedgerTransaction) -> None:
    rows = [(line.account, "freeze"), (line, "limit"), (line, "repayment"), (captured, "reverse")]
    reader = Desk(clerk("view_account", "view_creditline", "view_ledgertransaction"))
    before = every_row()

    for row, action in rows:
        assert reader.offered(row) == []
        assert reader.page(row, action).status_code == 403
        assert reader.send(action_url(row, action), token=str(uuid4()), amount="1").status_code == 403
    assert every_row() == before


def test_who_is_no_staff_is_sent_to_the_login(account: Account, buyer: User) -> None:
    page = Desk(buyer).page(account, "freeze")

    assert page.status_code == 302
    assert "/admin/login/" in page.url


def test_a_row_that_is_not_there_is_not_found(desk: Desk, account: Account) -> None:
    url = action_url(account, "freeze").replace(str(account.pk), str(uuid4()))

    assert desk.client.get(url).status_code == 404
