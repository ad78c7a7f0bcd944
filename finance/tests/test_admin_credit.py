"""Staff gives credit in the admin: lines, repayments, corrections, and requests that two people decide."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Business, User
from finance import services
from finance.models import Account, CreditLine, CreditLineChange, CreditRequest, LedgerTransaction
from finance.selectors.credit import position_of
from finance.tests.admin_staging import REASON, Desk, clerk, complaints, said, token_of
from finance.tests.staging import business_of, every_row, hold, lender, open_line
from wholexale.common.admin import admin_url, list_url
from wholexale.common.errors import DomainError

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ADD = "admin:finance_creditline_add"


@pytest.fixture(autouse=True)
def _threshold(settings: Settings) -> None:
    settings.CREDIT_SECOND_APPROVAL = {"INR": 50_000_000, "USD": 600_000}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def wish(buyer: User) -> CreditRequest:
    """Ask for a limit of a million rupees, which takes two members of staff."""
    return services.request_credit(actor=buyer, limit_minor=100_000_000, currency="INR", purpose="Diwali stock")


def now(line: CreditLine) -> CreditLine:
    return CreditLine.objects.select_related("account__balance").get(id=line.id)


def open_by_page(desk: Desk, business: Business, /, **typed: Any) -> Any:
    url = f"{reverse(ADD)}?business={business.slug}"
    page = desk.client.get(url)
    fields = {"business": str(business.pk), "currency_code": "USD", "amount": "5000", "token": token_of(page)}
    return desk.send(url, **(fields | typed))


# Lines


def test_a_line_is_opened_from_the_page_of_a_business(desk: Desk, buyer: User) -> None:
    business = business_of(buyer)
    page = desk.client.get(reverse("admin:accounts_business_change", args=[business.pk]))
    accounts = f"{list_url(Account)}?business={business.pk}"
    assert f"{reverse(ADD)}?business={business.slug}" in page.content.decode()
    assert accounts in page.content.decode()
    assert desk.client.get(accounts).status_code == 200

    done = open_by_page(desk, business, payment_terms="net_60")

    line = CreditLine.objects.get()
    assert (line.business, line.currency, line.limit_minor, line.payment_terms) == (business, "USD", 500_000, "net_60")
    assert said(done) == ["Corner Shop: The limit is now 5,000.00 USD."]
    assert done.redirect_chain == [(admin_url(line), 302)]
    assert LogEntry.objects.get().change_message == f"Open a credit line: {REASON}"


def test_a_large_first_limit_waits_for_a_second_person(desk: Desk, buyer: User) -> None:
    done = open_by_page(desk, business_of(buyer), amount="6000.01")

    request = CreditRequest.objects.get()
    assert "waits for a second member of staff" in said(done)[0]
    assert done.redirect_chain == [(admin_url(request), 302)]
    assert not CreditLine.objects.exists()


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize("amount", ["", "ten", "1,000", "-1", "1.001", "1e400", "NaN", "1" * 40])
def test_what_is_no_amount_is_refused(desk: Desk, buyer: User, amount: str) -> None:
    before = every_row()

    page = open_by_page(desk, business_of(buyer), amount=amount)

    assert "amount" in complaints(page)
    assert f'value="{amount}"' in page.content.decode() or not amount
    assert every_row() == before


@pytest.mark.parametrize(
    ("field", "typed"),
    [("business", ""), ("business", "nobody"), ("currency_code", "XXX"), ("payment_terms", "net_7"), ("reason", " ")],
)
def test_what_is_missing_or_unknown_is_said_at_its_field(desk: Desk, buyer: User, field: str, typed: str) -> None:
    assert list(complaints(open_by_page(desk, business_of(buyer), **{field: typed}))) == [field]


def test_the_limit_is_changed(desk: Desk, line: CreditLine) -> None:
    page = desk.page(line, "limit")
    done = desk.do(line, "limit", amount="2500.50")

    assert "500,000.00 INR waits for a second member of staff" in page.content.decode()
    assert now(line).limit_minor == 250_050
    assert said(done) == ["The limit is now 2,500.50 INR."]
    assert CreditLineChange.objects.get(number=2).reason == REASON


def test_a_limit_of_nothing_is_one(desk: Desk, line: CreditLine) -> None:
    desk.do(line, "limit", amount="0")

    assert now(line).limit_minor == 0


def test_a_refused_limit_is_named(desk: Desk, line: CreditLine) -> None:
    page = desk.do(line, "limit", amount="1000")

    assert "(CREDIT_LIMIT_UNCHANGED)" in complaints(page)["__all__"][0]


def test_a_large_increase_waits_for_a_second_person(desk: Desk, line: CreditLine) -> None:
    done = desk.do(line, "limit", amount="900000")
    request = CreditRequest.objects.get(status="under_review")

    assert "waits for a second member of staff" in said(done)[0]
    assert now(line).limit_minor == line.limit_minor
    desk_of_second = Desk(lender("cashier"))
    desk_of_second.do(request, "approve")
    assert now(line).limit_minor == 90_000_000


def test_a_line_is_suspended_reactivated_and_revoked(desk: Desk, line: CreditLine) -> None:
    statuses = []
    for action in ("suspend", "reactivate", "revoke"):
        desk.do(line, action)
        statuses.append(now(line).status)

    assert statuses == ["suspended", "active", "revoked"]
    assert desk.offered(line) == ["Record a repayment", "Charge or credit", "Change limit", "Review", "Reactivate"]
    assert REASON in desk.row(line).content.decode()


def test_a_line_is_reviewed(desk: Desk, line: CreditLine) -> None:
    desk.do(line, "review", rating="AA", risk_score="12", payment_terms="net_90", next_review_at="2099-01-31")

    line = now(line)
    assert (line.rating, line.risk_score, line.payment_terms) == ("AA", 12, "net_90")
    assert line.next_review_at is not None
    assert line.next_review_at.isoformat() == "2099-01-31T00:00:00+00:00"
    assert "rating: B → AA" in desk.row(line).content.decode()


def test_a_review_in_the_past_is_refused_at_its_field(desk: Desk, line: CreditLine) -> None:
    page = desk.do(line, "review", rating="AA", risk_score="12", next_review_at="2001-01-31")

    assert complaints(page)["next_review_at"] == ["In the future"]
    assert now(line).rating == "B"


def test_a_repayment_is_recorded(desk: Desk, line: CreditLine, buyer: User, seller: User) -> None:
    services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 60_000).hold_id)

    page = desk.page(line, "repayment")
    done = desk.do(line, "repayment", amount="250.25", payment_method="upi")

    booked = LedgerTransaction.objects.get(kind="repayment")
    assert "<dt>Owed</dt><dd>600.00 INR</dd>" in page.content.decode()
    assert position_of(now(line)).outstanding == 34_975
    assert (booked.actor, booked.payment_method, booked.description) == (desk.user, "upi", REASON)
    assert "staff:" in booked.reference
    assert said(done) == [f"The repayment of 250.25 INR was recorded now, as {booked.transaction_id}."]


def test_a_payment_with_a_number_of_the_bank_is_booked_once_by_whomever(line: CreditLine) -> None:
    typed = {"amount": "10", "payment_method": "bank_transfer", "payment_reference": "UTR 4711"}

    Desk().do(line, "repayment", **typed)
    again = Desk(lender("cashier")).do(line, "repayment", **typed)
    other = Desk().do(line, "repayment", **(typed | {"amount": "11"}))

    assert position_of(now(line)).outstanding == -1000
    assert "was recorded before" in said(again)[0]
    assert "(REFERENCE_REUSED)" in complaints(other)["__all__"][0]


@pytest.mark.parametrize(
    ("direction", "kind", "owed"),
    [("charge", "penalty", 1500), ("credit", "bonus", -1500), ("charge", "adjustment", 1500)],
)
def test_a_correction_is_booked(desk: Desk, line: CreditLine, direction: str, kind: str, owed: int) -> None:
    desk.do(line, "adjust", amount="15", direction=direction, kind=kind)

    assert position_of(now(line)).outstanding == owed
    assert LedgerTransaction.objects.get().kind == kind


def test_a_charge_above_the_limit_is_refused_with_what_is_left(desk: Desk, line: CreditLine) -> None:
    before = every_row()

    page = desk.do(line, "adjust", amount="1000.01", direction="charge", kind="penalty")

    (text,) = complaints(page)["__all__"]
    assert "(CREDIT_LIMIT_EXCEEDED)" in text
    assert "Available: 1,000.00 INR." in text
    assert {name: rows for name, rows in every_row().items() if rows != before[name]} == {}


def test_a_bonus_is_no_charge(desk: Desk, line: CreditLine) -> None:
    page = desk.do(line, "adjust", amount="1", direction="charge", kind="bonus")

    assert complaints(page)["direction"] == ["One of credit"]


# Requests


def test_the_queue_shows_open_requests_first_and_the_oldest_of_them(
    desk: Desk, wish: CreditRequest, seller: User, outsider: User
) -> None:
    second = services.request_credit(actor=seller, limit_minor=100, currency="INR")
    closed = services.request_credit(actor=outsider, limit_minor=100, currency="INR")
    services.reject_credit_request(actor=desk.user, request_id=closed.id, reason="Too young")

    rows = desk.rows(CreditRequest).context["cl"].result_list

    assert list(rows) == [wish, second, closed]


def test_a_small_request_is_approved_by_one_person(desk: Desk, buyer: User) -> None:
    wish = services.request_credit(actor=buyer, limit_minor=100_000, currency="INR")

    page = desk.page(wish, "approve")
    done = desk.do(wish, "approve")

    assert "Nobody else needs to agree" in page.content.decode()
    assert said(done) == ["The limit is now 1,000.00 INR."]
    assert CreditLine.objects.get().limit_minor == 100_000
    assert desk.offered(wish) == []


def test_a_large_request_takes_two_people(desk: Desk, wish: CreditRequest) -> None:
    page = desk.page(wish, "approve")
    first = desk.do(wish, "approve")
    assert "a second member of staff must agree" in page.content.decode()
    assert said(first) == ["The limit of 1,000,000.00 INR waits for a second member of staff."]
    assert not CreditLine.objects.filter(limit_minor__gt=0).exists()

    second = Desk(lender("cashier"))
    page = second.page(wish, "approve")
    done = second.do(wish, "approve")

    wish.refresh_from_db()
    assert "You would be the second person" in page.content.decode()
    assert said(done) == ["The limit is now 1,000,000.00 INR."]
    assert (wish.status, wish.approved_by, wish.decided_by) == ("approved", desk.user, second.user)
    change = CreditLineChange.objects.get()
    assert (change.actor, change.approver) == (desk.user, second.user)
    assert LogEntry.objects.count() == 2


def test_the_same_person_is_not_the_second(desk: Desk, wish: CreditRequest) -> None:
    desk.do(wish, "approve")
    before = every_row()

    page = desk.page(wish, "approve")
    refused = desk.do(wish, "approve")

    assert "you cannot be both" in page.content.decode()
    assert "(SECOND_PERSON_REQUIRED)" in complaints(refused)["__all__"][0]
    assert every_row() == before


def test_who_asks_does_not_approve(line: CreditLine) -> None:
    owner = Desk(clerk("view_creditrequest", "change_creditline"))
    wish = CreditRequest.objects.create(
        business=line.business, currency="USD", limit_minor=100, requested_by=owner.user, status="pending"
    )

    assert "You asked for it yourself" in owner.page(wish, "approve").content.decode()
    assert "(SECOND_PERSON_REQUIRED)" in complaints(owner.do(wish, "approve"))["__all__"][0]


def test_a_request_is_rejected_with_a_reason(desk: Desk, wish: CreditRequest) -> None:
    refused = desk.do(wish, "reject", reason="")
    desk.do(wish, "reject", reason="No accounts filed")

    wish.refresh_from_db()
    assert "reason" in complaints(refused)
    assert (wish.status, wish.decision_reason, wish.decided_by) == ("rejected", "No accounts filed", desk.user)


def test_a_request_that_was_decided_meanwhile_is_refused(desk: Desk, wish: CreditRequest) -> None:
    page = desk.page(wish, "reject")
    services.reject_credit_request(actor=lender("cashier"), request_id=wish.id, reason="No")

    refused = desk.send(page.request["PATH_INFO"], token=token_of(page))

    assert "(CREDIT_REQUEST_CLOSED)" in complaints(refused)["__all__"][0]
    assert "does not wait any more" in desk.page(wish, "approve").content.decode()


def test_who_may_only_look_opens_and_decides_nothing(wish: CreditRequest, buyer: User) -> None:
    reader = Desk(clerk("view_creditrequest", "view_creditline"))
    business = reverse("admin:accounts_business_change", args=[business_of(buyer).pk])

    assert reader.offered(wish) == []
    assert reader.page(wish, "approve").status_code == 403
    assert reader.page(wish, "reject").status_code == 403
    assert reader.client.get(reverse(ADD)).status_code == 403
    assert reader.client.get(business).status_code == 403
    assert reverse(ADD) not in reader.rows(CreditLine).content.decode()


def test_the_service_refuses_who_slips_past_the_page(line: CreditLine) -> None:
    with pytest.raises(DomainError, match="INSUFFICIENT_PERMISSIONS"):
        services.set_credit_status(actor=clerk(), line_id=line.id, status="revoked", reason="x")


def test_all_businesses_are_offered_where_none_is_named(desk: Desk, buyer: User, seller: User) -> None:
    page = desk.client.get(reverse(ADD)).content.decode()

    assert "Corner Shop" in page
    assert "Cotton Mill" in page
    for nobody in ("nobody", "\x00nobody"):
        assert "Corner Shop" not in desk.client.get(reverse(ADD), {"business": nobody}).content.decode()
    assert open_line(business_of(seller), 100).limit_minor == 100
