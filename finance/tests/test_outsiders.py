"""Every endpoint of the app, for people who have no business there."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.urls import resolve
from rest_framework.views import APIView

from accounts.models import Membership, User
from finance import services, urls
from finance.models import CreditLine, chart
from finance.tests.payment_staging import begun, invoice
from finance.tests.staging import business_of, employee, every_row, hold, limit_spending
from wholexale.common.testing import Api, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Call = tuple[str, str, dict[str, Any] | None, str]
LIMIT = {"currency": "INR", "window": "day", "amount": 1}
ASKED = {"amount": 9999, "currency": "INR"}
UNKNOWN = "0198f000-0000-7000-8000-000000000000"

# Objects of a business: what others find is the code.
GUARDED: list[Call] = [
    ("GET", "finance/transactions/{row}", None, "TRANSACTION_NOT_FOUND"),
    ("GET", "finance/accounts/{account}/statement", None, "ACCOUNT_NOT_FOUND"),
    ("GET", "finance/accounts/{account}/statement?format=csv", None, "ACCOUNT_NOT_FOUND"),
    ("GET", "finance/accounts/{account}/statement?asOf=2026-03-01", None, "ACCOUNT_NOT_FOUND"),
    ("GET", "finance/credit/requests/{asked}", None, "CREDIT_REQUEST_NOT_FOUND"),
    ("POST", "finance/credit/requests/{asked}/withdraw", None, "CREDIT_REQUEST_NOT_FOUND"),
    ("PUT", "finance/spending-limits/{member}", LIMIT, "MEMBER_NOT_FOUND"),
    ("DELETE", "finance/spending-limits/{member}?currency=INR", None, "MEMBER_NOT_FOUND"),
    ("GET", "finance/invoices/{invoice}", None, "INVOICE_NOT_FOUND"),
    ("GET", "finance/invoices/{invoice}/pdf", None, "INVOICE_NOT_FOUND"),
    ("POST", "finance/invoices/{invoice}/credit-notes", {"reason": "Broken"}, "INVOICE_NOT_FOUND"),
    ("GET", "finance/credit-notes/{note}/pdf", None, "CREDIT_NOTE_NOT_FOUND"),
    ("GET", "finance/payments/{payment}", None, "PAYMENT_NOT_FOUND"),
    ("POST", "finance/payments/{payment}/confirm", None, "PAYMENT_NOT_FOUND"),
    ("POST", "finance/payments/{payment}/capture", None, "PAYMENT_NOT_FOUND"),
    ("POST", "finance/payments/{payment}/cancel", None, "PAYMENT_NOT_FOUND"),
    ("POST", "finance/payments/{payment}/refunds", {"reason": "Broken"}, "PAYMENT_NOT_FOUND"),
]
NAMES = ("row", "account", "asked", "member", "invoice", "note", "payment")
OF_BOTH = ("{row}", "{invoice}", "{note}", "{payment}")
# What everybody has of their own: the old backend's endpoints answer also who works for no business.
OPEN: list[Call] = [
    ("GET", "finance/credits", None, ""),
    ("GET", "finance/transactions", None, ""),
    ("GET", "finance/analytics/summary", None, ""),
    ("GET", "finance/accounts", None, "BUSINESS_NOT_FOUND"),
    ("GET", "finance/credit/requests", None, "BUSINESS_NOT_FOUND"),
    ("POST", "finance/credit/requests", ASKED, "BUSINESS_NOT_FOUND"),
    ("GET", "finance/spending-limits", None, "BUSINESS_NOT_FOUND"),
    ("GET", "finance/invoices", None, ""),
    ("GET", "finance/payment-methods", None, ""),
    ("GET", "finance/payments", None, ""),
    ("POST", "finance/payments", {"invoiceId": UNKNOWN, "method": "cash"}, "BUSINESS_NOT_FOUND"),
    ("GET", "finance/payouts", None, ""),
    ("POST", "finance/payouts", {"currency": "INR"}, "BUSINESS_NOT_FOUND"),
]
FOR_ALL_MEMBERS = {("GET", "finance/spending-limits"), ("GET", "finance/payment-methods")}


def named(call: Call) -> str:
    return f"{call[0]} {call[1]}"


@pytest.fixture
def names(buyer: User, seller: User, line: CreditLine) -> dict[str, str]:
    services.capture_hold(actor=None, hold_id=hold(buyer, seller, 31_337).hold_id, description="secret")
    row = hold(buyer, seller, 31_337).hold_id
    asked = services.request_credit(actor=buyer, limit_minor=31_337_000, currency="INR", purpose="secret")
    limit_spending(buyer, buyer, 31_337_000)
    member = Membership.objects.get(user=buyer)
    due = invoice(buyer, seller, 31_337, notes="secret")
    note = services.credit_invoice(actor=seller, invoice_id=due.id, amount=100, reason="secret")
    payment = begun(buyer, due)
    found = (row, line.account_id, asked.id, member.id, due.id, note.id, payment.id)
    return dict(zip(NAMES, map(str, found), strict=True))


def says_nothing(raw: bytes) -> bool:
    return all(word not in raw for word in (b"secret", b"31337", b"313.37", b"Corner", b"Cotton"))


def refuse(client: Api, call: Call, names: Mapping[str, str], expected: tuple[int, str | None]) -> None:
    """Call, and expect this answer, not a word of anybody's data in it, and no row changed."""
    method, path, body, _ = call
    before = every_row()

    reply = client.send(method, path.format(**names), body)

    assert (reply.status, reply.code) == expected
    assert says_nothing(reply.raw)
    assert every_row() == before


def test_another_tenant_finds_nothing(
    api: Api, outsider: User, names: dict[str, str], subtests: pytest.Subtests
) -> None:
    for call in GUARDED:
        with subtests.test(named(call)):
            refuse(api.as_(outsider), call, names, (404, call[3]))


def test_the_other_side_of_a_purchase_finds_nothing_of_the_buyer(
    api: Api, seller: User, names: dict[str, str], subtests: pytest.Subtests
) -> None:
    for call in GUARDED:
        if not any(name in call[1] for name in OF_BOTH):
            with subtests.test(named(call)):
                refuse(api.as_(seller), call, names, (404, call[3]))


def test_who_works_for_no_business_finds_none(api: Api, names: dict[str, str], subtests: pytest.Subtests) -> None:
    loner = make_person("loner")
    for call in GUARDED:
        with subtests.test(named(call)):
            refuse(api.as_(loner), call, names, (404, "BUSINESS_NOT_FOUND"))


def test_a_member_without_the_permission_is_refused(
    api: Api, buyer: User, names: dict[str, str], subtests: pytest.Subtests
) -> None:
    clerk = employee("clerk", business_of(buyer))
    for call in (*GUARDED, *OPEN):
        if call[:2] not in FOR_ALL_MEMBERS:
            with subtests.test(named(call)):
                refuse(api.as_(clerk), call, names, (403, "INSUFFICIENT_PERMISSIONS"))


def test_who_keeps_the_books_does_not_manage_spending(
    api: Api, buyer: User, names: dict[str, str], subtests: pytest.Subtests
) -> None:
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)
    for call in GUARDED:
        if "spending" in call[1]:
            with subtests.test(named(call)):
                refuse(api.as_(accountant), call, names, (403, "INSUFFICIENT_PERMISSIONS"))


def test_others_read_their_own_and_nothing_else(
    api: Api, outsider: User, names: dict[str, str], subtests: pytest.Subtests
) -> None:
    for call in OPEN:
        if call[0] == "GET":
            with subtests.test(named(call)):
                refuse(api.as_(outsider), call, names, (200, None))


def test_who_works_for_no_business_has_nothing(api: Api, names: dict[str, str], subtests: pytest.Subtests) -> None:
    loner = make_person("loner")
    for call in OPEN:
        with subtests.test(named(call)):
            refuse(api.as_(loner), call, names, (404, call[3]) if call[3] else (200, None))


def test_what_does_not_exist_is_not_found(api: Api, buyer: User, subtests: pytest.Subtests) -> None:
    for call in GUARDED:
        with subtests.test(named(call)):
            refuse(api.as_(buyer), call, dict.fromkeys(NAMES, UNKNOWN), (404, call[3]))


@pytest.mark.parametrize("wrong", ["id", "1", "507f1f77bcf86cd799439011", "%00", "..", "x" * 300, "💥"])
def test_what_is_no_id_is_not_found(api: Api, buyer: User, wrong: str, subtests: pytest.Subtests) -> None:
    names = dict.fromkeys(NAMES, wrong)
    for call in GUARDED:
        with subtests.test(named(call)):
            assert api.as_(buyer).send(call[0], call[1].format(**names), call[2]).status == 404


def test_nobody_does_anything_without_a_token(api: Api, subtests: pytest.Subtests) -> None:
    names = dict.fromkeys(NAMES, UNKNOWN)
    for call in (*GUARDED, *OPEN):
        with subtests.test(named(call)):
            refuse(api, call, names, (401, "NO_TOKEN"))


def test_the_account_of_the_platform_belongs_to_nobody(api: Api, buyer: User, names: dict[str, str]) -> None:
    services.record_repayment(
        actor=make_person("teller", role=User.Role.SUPER_ADMIN),
        business_id=business_of(buyer).id,
        amount=5,
        currency="INR",
        reference="1",
        reason="Paid",
    )
    [platform] = services.open_accounts([chart.cash("manual", "INR")])

    assert api.as_(buyer).get(f"finance/accounts/{platform.id}/statement").code == "ACCOUNT_NOT_FOUND"


def test_nobody_pays_an_invoice_of_others(api: Api, outsider: User, seller: User, names: dict[str, str]) -> None:
    body = {"invoiceId": names["invoice"], "method": "credit_card"}

    refuse(api.as_(outsider), ("POST", "finance/payments", body, ""), names, (404, "INVOICE_NOT_FOUND"))
    refuse(api.as_(seller), ("POST", "finance/payments", body, ""), names, (403, "NOT_THE_PAYER"))


def test_only_the_seller_credits_captures_and_refunds(api: Api, buyer: User, names: dict[str, str]) -> None:
    for path in ("invoices/{invoice}/credit-notes", "payments/{payment}/refunds", "payments/{payment}/capture"):
        call = ("POST", f"finance/{path}", {"reason": "Broken"}, "")
        refuse(api.as_(buyer), call, names, (403, "INSUFFICIENT_PERMISSIONS"))


def view_of(callback: Any) -> type[APIView]:
    view: type[APIView] = callback.view_class
    return view


def test_every_endpoint_is_in_these_tables() -> None:
    names = dict.fromkeys(NAMES, UNKNOWN)
    covered = {
        (call[0], view_of(resolve("/api/" + call[1].partition("?")[0].format(**names)).func))
        for call in [*GUARDED, *OPEN]
    }
    known = {
        (method.upper(), view_of(pattern.callback))
        for pattern in urls.urlpatterns
        if not str(pattern.pattern).startswith("webhooks/")  # a signature lets in, and nobody is signed in
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view_of(pattern.callback), method)
    }

    assert known == covered
