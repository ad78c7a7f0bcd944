"""The front page of the admin says how the ledger is; staff verify it, and replay what failed for good."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance import services
from finance.models import Balance, CreditLine, CreditRequest, HoldExpiry, LedgerCheck
from finance.sql import guards
from finance.tests.admin_staging import Desk, clerk, said
from finance.tests.staging import hold, lender
from wholexale.common.admin import admin_url, list_url
from wholexale.common.errors import Conflict
from wholexale.common.models import PeriodicRun, WorkRow

pytestmark = pytest.mark.django_db

INDEX = "admin:index"
VERIFY = reverse("admin:finance_ledgercheck_verify")
WELL = {
    "Ledger": "clean",
    "Guards": "in place",
    "Holds": "none open",
    "Work": "in time",
    "Requests": "none open",
    "Providers": "all asked",
    "Payments": "in time",
    "Disputes": "none to answer",
    "Refunds": "in time",
    "Overdue": "nothing",
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def tiles(desk: Desk) -> dict[str, Any]:
    page = desk.client.get(reverse(INDEX))
    assert page.status_code == 200
    return {tile.name: tile for tile in page.context["tiles"]}


def check(*, hours_ago: int = 0, **fields: Any) -> LedgerCheck:
    when = timezone.now() - timedelta(hours=hours_ago)
    return LedgerCheck.objects.create(**({"started_at": when, "finished_at": when, "is_clean": True} | fields))


def drift(line: CreditLine) -> None:
    Balance.objects.filter(account_id=line.account_id).update(debits_posted=5)


# The ledger


def test_a_ledger_that_was_never_verified_is_grey(desk: Desk) -> None:
    check(finished_at=None)

    tile = tiles(desk)["Ledger"]

    assert (tile.colour, tile.word) == ("grey", "never verified")


@pytest.mark.usefixtures("line")
def test_a_clean_ledger_is_green(desk: Desk) -> None:
    found = services.verify_ledger(actor=desk.user)

    tile = tiles(desk)["Ledger"]

    assert {name: tile.word for name, tile in tiles(desk).items()} == WELL
    assert {tile.colour for tile in tiles(desk).values()} == {"green"}
    assert (tile.text, tile.url) == ("0 entries, verified 0\xa0minutes ago.", admin_url(found))


def test_a_ledger_with_drift_is_red(desk: Desk, line: CreditLine) -> None:
    drift(line)
    found = services.verify_ledger(actor=desk.user)

    tile = tiles(desk)["Ledger"]

    assert (tile.colour, tile.url) == ("red", admin_url(found))
    assert tile.word == f"{len(found.findings)} findings"


@pytest.mark.parametrize(("hours", "colour"), [(0, "green"), (24, "green"), (26, "red"), (1000, "red")])
def test_an_old_check_says_nothing_about_today(desk: Desk, hours: int, colour: str) -> None:
    check(hours_ago=hours)

    assert tiles(desk)["Ledger"].colour == colour


def test_only_the_newest_check_that_ended_counts(desk: Desk) -> None:
    check(hours_ago=3, is_clean=False, findings=[{"code": "X"}])
    newest = check(hours_ago=2)
    check(hours_ago=1, finished_at=None, is_clean=False)

    assert tiles(desk)["Ledger"].url == admin_url(newest)
    assert tiles(desk)["Ledger"].colour == "green"


def test_a_ledger_without_a_guard_is_red(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    monkeypatch.setattr(guards, "missing", lambda _connection: ["finance_entry_keep"])

    assert tiles(desk)["Ledger"].colour == "red"
    assert tiles(desk)["Guards"].colour == "red"
    assert "finance_entry_keep" in tiles(desk)["Guards"].text


# What surrounds it


def test_the_hold_that_ends_first_is_named(desk: Desk, line: CreditLine, buyer: User, seller: User) -> None:
    ends = timezone.now() + timedelta(days=3, minutes=1)
    resolved = hold(buyer, seller, 100, expires_at=ends - timedelta(days=1))
    services.release_hold(actor=None, hold_id=resolved.hold_id)
    first = hold(buyer, seller, 100, expires_at=ends)
    hold(buyer, seller, 100, expires_at=ends + timedelta(days=1))

    tile = tiles(desk)["Holds"]

    assert (tile.colour, tile.word) == ("green", "in time")
    assert first.recorded.transaction_id in tile.text
    assert "ends in 3\xa0days" in tile.text


def test_a_hold_that_should_have_ended_is_red(desk: Desk, line: CreditLine, buyer: User, seller: User) -> None:
    hold(buyer, seller, 100, expires_at=timezone.now() + timedelta(days=1))
    HoldExpiry.objects.update(run_at=timezone.now() - timedelta(hours=2))

    assert (tiles(desk)["Holds"].colour, tiles(desk)["Holds"].word) == ("red", "overdue")
    assert (tiles(desk)["Work"].colour, tiles(desk)["Work"].word) == ("red", "late")
    assert "1 hold expiry" in tiles(desk)["Work"].text


def test_dead_work_is_red_and_leads_to_it(desk: Desk) -> None:
    for number in range(2):
        due = timezone.now() - timedelta(days=number)
        PeriodicRun.objects.create(name="finance.verify", due_at=due, state=WorkRow.State.DEAD)

    tile = tiles(desk)["Work"]

    assert (tile.colour, tile.word) == ("red", "dead")
    assert tile.text.startswith("2 periodic runs.")
    assert tile.url == list_url(PeriodicRun, state__exact="dead")


@pytest.mark.usefixtures("line")
def test_requests_that_wait_are_counted(desk: Desk, buyer: User, seller: User) -> None:
    services.request_credit(actor=buyer, limit_minor=100_000_000, currency="USD")
    large = services.request_credit(actor=seller, limit_minor=100_000_000, currency="INR")
    services.approve_credit_request(actor=lender("cashier"), request_id=large.id)

    tile = tiles(desk)["Requests"]

    assert (tile.colour, tile.word) == ("amber", "2 open")
    assert tile.text == "1 to be decided, 1 waiting for a second person."
    assert tile.url == list_url(CreditRequest)


def test_the_front_page_costs_few_queries(desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    services.verify_ledger(actor=desk.user)

    with django_assert_max_num_queries(31):  # two for each kind of work
        desk.client.get(reverse(INDEX))


def test_the_health_stands_on_the_page_of_the_app_as_well(desk: Desk) -> None:
    assert desk.client.get(reverse("admin:app_list", args=["finance"])).context["tiles"]


def test_who_may_not_see_checks_sees_no_health() -> None:
    page = Desk(clerk("view_account")).client.get(reverse(INDEX))

    assert page.context["tiles"] == []
    assert b"ledger-health" not in page.content


# Verifying


def test_staff_verify_the_ledger(desk: Desk, line: CreditLine) -> None:
    clean = desk.client.post(VERIFY, follow=True)
    drift(line)
    red = desk.client.post(VERIFY, follow=True)

    first, second = LedgerCheck.objects.order_by("started_at")
    assert (first.is_clean, first.actor) == (True, desk.user)
    assert not second.is_clean
    assert clean.redirect_chain == [(admin_url(first), 302)]
    assert said(clean) == ["The ledger is clean: 0 entries."]
    assert said(red) == [f"{len(second.findings)} findings."]


def test_findings_are_shown_with_their_rows(desk: Desk, line: CreditLine) -> None:
    drift(line)
    found = services.verify_ledger(actor=None)

    page = desk.row(found).content.decode()

    assert found.findings
    for finding in found.findings:
        assert finding["code"] in page
        assert finding["wrong"] in page.replace("&#x27;", "'")
    assert str(line.account_id) in page


def test_what_is_found_is_shown_as_text(desk: Desk) -> None:
    row = {"id": "1", "code": "<script>alert(1)</script>"}
    found = check(is_clean=False, findings=[{"code": "X", "wrong": "<b>", "advice": "", "count": 1, "rows": [row]}])

    page = desk.row(found).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_verifying_takes_a_post_and_the_permission(desk: Desk) -> None:
    reader = Desk(clerk("view_ledgercheck"))

    assert desk.client.get(VERIFY).status_code == 405
    assert reader.client.post(VERIFY).status_code == 403
    assert b"Verify now" not in reader.client.get(reverse(INDEX)).content
    assert b"Verify now" not in reader.rows(LedgerCheck).content
    assert b"Verify now" in desk.rows(LedgerCheck).content
    assert b"Verify now" in desk.client.get(reverse(INDEX)).content
    assert not LedgerCheck.objects.exists()


def test_a_refusal_to_verify_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_fields: object) -> None:
        raise Conflict("CHECK_RUNS", "A check runs already.")

    monkeypatch.setattr(services, "verify_ledger", refuse)

    assert said(desk.client.post(VERIFY, follow=True)) == ["A check runs already. (CHECK_RUNS)"]


def test_verifying_needs_the_token_of_a_page(desk: Desk) -> None:
    desk.client.handler.enforce_csrf_checks = True

    assert desk.client.post(VERIFY).status_code == 403
    assert not LedgerCheck.objects.exists()


# Replaying


def test_a_dead_expiry_is_replayed(desk: Desk, line: CreditLine, buyer: User, seller: User) -> None:
    hold(buyer, seller, 100, expires_at=timezone.now() + timedelta(days=1))
    HoldExpiry.objects.update(state=WorkRow.State.DEAD, attempts=5, last_error="Timeout")
    row = HoldExpiry.objects.get()
    asked = {"action": "replay", "_selected_action": [str(row.pk)]}

    reader = Desk(clerk("view_holdexpiry"))
    reader.client.post(list_url(HoldExpiry), asked)
    row.refresh_from_db()
    assert row.state == "dead"

    done = desk.client.post(list_url(HoldExpiry), asked, follow=True)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("pending", 0)
    assert said(done) == ["1 rows are due again."]


def test_the_guards_of_this_database_stand() -> None:
    assert guards.missing(connection) == []
