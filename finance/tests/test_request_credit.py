"""A business asks for credit, and takes it back."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Membership, User
from finance import services
from finance.models import CreditLine, CreditRequest
from finance.selectors.credit import credit_requests
from finance.tests.staging import business_of, employee, every_row, lender, open_line, refused
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT
from wholexale.common.testing import SentItems, at_once, make_person

pytestmark = pytest.mark.django_db


def ask(actor: User, limit_minor: int = 200_000, currency: str = "INR", **fields: Any) -> CreditRequest:
    return services.request_credit(actor=actor, limit_minor=limit_minor, currency=currency, **fields)


def withdraw(actor: User, request: CreditRequest) -> CreditRequest:
    return services.withdraw_credit_request(actor=actor, request_id=request.id)


# Asking


def test_a_request_waits_and_changes_nothing(buyer: User, line: CreditLine, sent: SentItems) -> None:
    with sent() as items:
        request = ask(buyer, purpose="  Winter stock ", payment_terms="net_60")

    assert (request.status, request.limit_minor, request.currency) == ("pending", 200_000, "INR")
    assert (request.purpose, request.payment_terms) == ("Winter stock", "net_60")
    assert (request.business, request.requested_by_id) == (business_of(buyer), buyer.id)
    assert (request.approved_by, request.decided_by) == (None, None)
    line.refresh_from_db()
    assert line.limit_minor == 100_000
    assert items == []


def test_a_business_without_credit_asks_for_its_first_line(buyer: User) -> None:
    assert ask(buyer, 1, "JPY").status == "pending"
    assert not CreditLine.objects.exists()


@pytest.mark.parametrize("role", [Membership.Role.ADMIN, Membership.Role.FINANCE])
def test_admins_and_finance_may_ask(buyer: User, role: Membership.Role) -> None:
    assert ask(employee("other", business_of(buyer), role)).status == "pending"


def test_a_plain_member_and_somebody_without_business_may_not(seller: User, colleague: User) -> None:
    with refused("INSUFFICIENT_PERMISSIONS"):
        ask(colleague)
    with refused("BUSINESS_NOT_FOUND"):
        ask(make_person("nobody"))


@pytest.mark.parametrize(
    ("code", "field", "fields"),
    [
        ("CURRENCY_NOT_SUPPORTED", "currency", {"currency": "CHF"}),
        ("AMOUNT_NOT_POSITIVE", "amount", {"limit_minor": 0}),
        ("AMOUNT_TOO_LARGE", "amount", {"limit_minor": MAX_AMOUNT + 1}),
        ("VALIDATION_FAILED", "purpose", {"purpose": "x" * 501}),
        ("VALIDATION_FAILED", "paymentTerms", {"payment_terms": "whenever"}),
    ],
)
def test_what_is_no_request_is_refused_by_field(buyer: User, code: str, field: str, fields: dict[str, Any]) -> None:
    with refused(code) as caught:
        ask(buyer, **fields)

    assert [detail.path for detail in caught.value.details] == [field]


def test_only_more_than_the_present_limit_is_asked_for(buyer: User, line: CreditLine) -> None:
    for amount in (line.limit_minor - 1, line.limit_minor):
        with refused("CREDIT_LIMIT_NOT_HIGHER"):
            ask(buyer, amount)

    ask(buyer, line.limit_minor + 1)


def test_one_request_for_a_currency_waits_at_a_time(buyer: User, seller: User) -> None:
    ask(buyer)

    with refused("CREDIT_REQUEST_OPEN"):
        ask(buyer, 300_000)
    ask(buyer, 300_000, "USD")
    ask(seller)


def test_a_request_that_is_rolled_back_was_never_made(buyer: User) -> None:
    before = every_row()

    with transaction.atomic():
        ask(buyer)
        transaction.set_rollback(True)

    assert every_row() == before


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_one_waits(buyer: User) -> None:
    outcomes = at_once([partial(ask, buyer, 100 + number) for number in range(8)])

    assert sorted(getattr(one, "code", "made") for one in outcomes) == ["CREDIT_REQUEST_OPEN"] * 7 + ["made"]
    assert CreditRequest.objects.count() == 1


# Taking it back


def test_a_withdrawn_request_makes_room_for_another(buyer: User) -> None:
    other = employee("other", business_of(buyer), Membership.Role.FINANCE)

    request = withdraw(other, ask(buyer))

    assert (request.status, request.decided_by) == ("withdrawn", other)
    assert request.decided_at is not None
    ask(buyer)


def test_a_request_that_staff_looks_at_can_still_be_withdrawn(buyer: User) -> None:
    request = ask(buyer, MAX_AMOUNT)
    services.approve_credit_request(actor=lender(), request_id=request.id)

    assert withdraw(buyer, request).status == "withdrawn"
    with refused("CREDIT_REQUEST_CLOSED"):
        services.approve_credit_request(actor=lender("cashier"), request_id=request.id)


def test_a_closed_request_stays_closed(buyer: User) -> None:
    request = ask(buyer)
    services.reject_credit_request(actor=lender(), request_id=request.id, reason="Too soon")

    with refused("CREDIT_REQUEST_CLOSED") as caught:
        withdraw(buyer, request)
    assert caught.value.context == {"status": "rejected"}


def test_a_request_of_others_is_not_there(buyer: User, outsider: User, colleague: User) -> None:
    request = ask(buyer)

    with refused("CREDIT_REQUEST_NOT_FOUND"):
        withdraw(outsider, request)
    with refused("CREDIT_REQUEST_NOT_FOUND"):
        services.withdraw_credit_request(actor=buyer, request_id=new_id())
    with refused("INSUFFICIENT_PERMISSIONS"):
        withdraw(colleague, request)


def test_what_staff_proposes_by_itself_is_not_the_business_of_the_business(buyer: User) -> None:
    proposed = services.set_credit_limit(
        actor=lender(), business_id=business_of(buyer).id, currency="INR", limit_minor=MAX_AMOUNT, reason="Big plans"
    )
    own = ask(buyer, 100, "USD")

    assert proposed.status == "under_review"
    assert list(credit_requests(business_id=business_of(buyer).id)) == [own]
    with refused("CREDIT_REQUEST_NOT_FOUND"):
        withdraw(buyer, proposed)


def test_a_withdrawal_that_is_rolled_back_did_not_happen(buyer: User) -> None:
    request = ask(buyer)
    before = every_row()

    with transaction.atomic():
        withdraw(buyer, request)
        transaction.set_rollback(True)

    assert every_row() == before


@pytest.mark.django_db(transaction=True)
def test_of_a_withdrawal_and_an_approval_at_once_one_wins(buyer: User) -> None:
    open_line(business_of(buyer), 1_000)
    request = ask(buyer)
    approve = partial(services.approve_credit_request, actor=lender(), request_id=request.id)

    outcomes = at_once([approve, partial(withdraw, buyer, request)])

    request.refresh_from_db()
    assert [getattr(one, "code", "") for one in outcomes if isinstance(one, Exception)] == ["CREDIT_REQUEST_CLOSED"]
    assert CreditLine.objects.get().limit_minor == {"approved": 200_000, "withdrawn": 1_000}[request.status]
