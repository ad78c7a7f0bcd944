"""Staff approves or rejects what a business has asked for."""

from functools import partial

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts import services as accounts_services
from accounts.models import Membership, User
from finance import services
from finance.models import CreditLine, CreditLineChange, CreditRequest
from finance.tests.staging import business_of, credit_pushes, every_row, lender, open_line, refused
from wholexale.common.ids import new_id
from wholexale.common.testing import SentItems, at_once, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

THRESHOLD = 50_000


@pytest.fixture(autouse=True)
def _threshold(settings: Settings) -> None:
    settings.CREDIT_SECOND_APPROVAL = {"INR": THRESHOLD}


def ask(buyer: User, limit_minor: int) -> CreditRequest:
    return services.request_credit(
        actor=buyer, limit_minor=limit_minor, currency="INR", purpose="Winter stock", payment_terms="net_60"
    )


def approve(request: CreditRequest, by: str = "lender", reason: str = "") -> CreditRequest:
    return services.approve_credit_request(actor=lender(by), request_id=request.id, reason=reason)


# Approving


def test_a_small_increase_comes_true_at_once(buyer: User) -> None:
    open_line(business_of(buyer), 10_000)

    request = approve(ask(buyer, THRESHOLD), reason="Pays early")

    line, change = CreditLine.objects.get(), CreditLineChange.objects.get(number=2)
    assert (request.status, request.approved_by, request.decided_by) == ("approved", lender(), lender())
    assert (line.limit_minor, line.payment_terms, line.version) == (THRESHOLD, "net_60", 2)
    assert (change.actor, change.approver, change.reason) == (lender(), None, "Pays early")
    assert change.details == {"payment_terms": ["net_30", "net_60"]}


def test_without_a_reason_the_purpose_is_the_reason(buyer: User) -> None:
    approve(ask(buyer, 1_000))

    assert CreditLineChange.objects.get().reason == "Winter stock"


def test_a_large_increase_comes_true_with_the_second_person(buyer: User) -> None:
    request = approve(ask(buyer, THRESHOLD + 1), reason="Looks fine")

    assert (request.status, request.approved_by, request.decided_by) == ("under_review", lender(), None)
    assert not CreditLine.objects.exists()
    with refused("SECOND_PERSON_REQUIRED"):
        approve(request)

    request = approve(request, by="cashier")

    change = CreditLineChange.objects.get()
    assert (request.status, request.approved_by, request.decided_by) == ("approved", lender(), lender("cashier"))
    assert (change.actor, change.approver, change.reason) == (lender(), lender("cashier"), "Looks fine")
    assert CreditLine.objects.get().limit_minor == THRESHOLD + 1


def test_what_staff_proposes_takes_another_of_them(buyer: User) -> None:
    proposed = services.set_credit_limit(
        actor=lender(), business_id=business_of(buyer).id, currency="INR", limit_minor=THRESHOLD + 1, reason="Growth"
    )

    with refused("SECOND_PERSON_REQUIRED"):
        approve(proposed)
    assert approve(proposed, by="cashier").status == "approved"

    change = CreditLineChange.objects.get()
    assert (change.actor, change.approver, change.reason) == (lender(), lender("cashier"), "Growth")


def test_nobody_approves_what_they_asked_for(buyer: User) -> None:
    both = lender("both")
    accounts_services.add_member(business=business_of(buyer), user=both, role=Membership.Role.ADMIN)
    request = ask(both, 1_000)

    with refused("SECOND_PERSON_REQUIRED"):
        approve(request, by="both")
    assert approve(request).status == "approved"


def test_the_increase_is_judged_against_the_limit_at_this_moment(buyer: User) -> None:
    open_line(business_of(buyer), 2 * THRESHOLD)
    request = ask(buyer, 3 * THRESHOLD)
    services.set_credit_limit(
        actor=lender(), business_id=business_of(buyer).id, currency="INR", limit_minor=THRESHOLD, reason="Pays late"
    )

    assert approve(request).status == "under_review"


def test_an_approval_never_lowers_a_limit(buyer: User) -> None:
    request = ask(buyer, 1_000)
    open_line(business_of(buyer), 2_000)

    with refused("CREDIT_LIMIT_NOT_HIGHER"):
        approve(request)


def test_a_request_that_comes_true_is_pushed(buyer: User, sent: SentItems) -> None:
    request = ask(buyer, THRESHOLD + 1)

    with sent() as first:
        approve(request)
    with sent() as second:
        approve(request, by="cashier")

    ((_, push),) = credit_pushes(second)
    assert first == []
    assert (push.type, push.amount_minor, push.available_credit_minor) == (
        "adjustment",
        THRESHOLD + 1,
        THRESHOLD + 1,
    )


# Rejecting


def test_a_rejected_request_says_why(buyer: User) -> None:
    request = ask(buyer, 1_000)

    services.reject_credit_request(actor=lender(), request_id=request.id, reason=" Too soon ")

    request.refresh_from_db()
    assert (request.status, request.decided_by, request.decision_reason) == ("rejected", lender(), "Too soon")
    assert request.decided_at is not None
    assert not CreditLine.objects.exists()
    ask(buyer, 1_000)


def test_a_rejection_needs_a_reason(buyer: User) -> None:
    request = ask(buyer, 1_000)

    with refused("VALIDATION_FAILED") as caught:
        services.reject_credit_request(actor=lender(), request_id=request.id, reason=" ")
    assert [detail.path for detail in caught.value.details] == ["reason"]


# Both


def test_only_staff_with_the_permission_may(buyer: User) -> None:
    request = ask(buyer, 1_000)
    clerk = make_person("clerk", role=User.Role.ADMIN)

    for actor in (buyer, clerk):
        with refused("INSUFFICIENT_PERMISSIONS"):
            services.approve_credit_request(actor=actor, request_id=request.id)
        with refused("INSUFFICIENT_PERMISSIONS"):
            services.reject_credit_request(actor=actor, request_id=request.id, reason="No")


def test_what_is_closed_or_not_there_is_not_decided(buyer: User) -> None:
    request = approve(ask(buyer, 1_000))

    for code, request_id in (("CREDIT_REQUEST_CLOSED", request.id), ("CREDIT_REQUEST_NOT_FOUND", new_id())):
        with refused(code):
            services.approve_credit_request(actor=lender("cashier"), request_id=request_id)
        with refused(code):
            services.reject_credit_request(actor=lender(), request_id=request_id, reason="No")


def test_a_long_reason_is_refused(buyer: User) -> None:
    request = ask(buyer, 1_000)

    with refused("VALIDATION_FAILED"):
        approve(request, reason="x" * 501)


@pytest.mark.parametrize("limit", [1_000, THRESHOLD + 1])
def test_a_decision_that_is_rolled_back_was_never_made(buyer: User, sent: SentItems, limit: int) -> None:
    request = ask(buyer, limit)
    lender()
    before = every_row()

    for decide in (approve, partial(_reject, reason="No")):
        with sent() as items, transaction.atomic():
            decide(request)
            transaction.set_rollback(True)
        assert (every_row(), items) == (before, [])


def _reject(request: CreditRequest, reason: str) -> CreditRequest:
    return services.reject_credit_request(actor=lender(), request_id=request.id, reason=reason)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_comes_true(buyer: User) -> None:
    request, people = ask(buyer, 1_000), [lender(), lender("cashier")]
    calls = [partial(services.approve_credit_request, actor=actor, request_id=request.id) for actor in people]

    outcomes = at_once(calls)

    assert sorted(getattr(one, "code", "approved") for one in outcomes) == ["CREDIT_REQUEST_CLOSED", "approved"]
    assert CreditLineChange.objects.count() == 1
    assert CreditLine.objects.get().version == 1


@pytest.mark.django_db(transaction=True)
def test_of_three_approvals_of_a_large_increase_at_once_two_make_it_true(buyer: User) -> None:
    request, people = ask(buyer, THRESHOLD + 1), [lender(), lender("cashier"), lender("auditor")]
    calls = [partial(services.approve_credit_request, actor=actor, request_id=request.id) for actor in people]

    outcomes = at_once(calls)

    assert [getattr(one, "code", "") for one in outcomes if isinstance(one, Exception)] == ["CREDIT_REQUEST_CLOSED"]
    change = CreditLineChange.objects.get()
    assert change.actor != change.approver
    request.refresh_from_db()
    assert (request.approved_by, request.decided_by) == (change.actor, change.approver)


@pytest.mark.django_db(transaction=True)
def test_approvals_and_limits_at_once_never_wait_for_each_other_in_a_circle(buyer: User) -> None:
    open_line(business_of(buyer), 1_000)
    request, business_id = ask(buyer, 5_000), business_of(buyer).id
    raised = partial(
        services.set_credit_limit, actor=lender("cashier"), business_id=business_id, currency="INR", reason="Growth"
    )
    large = partial(raised, limit_minor=THRESHOLD * 3)
    small = partial(raised, limit_minor=2_000)

    outcomes = at_once([partial(approve, request), large, small, large])

    codes = {getattr(one, "code", repr(one)) for one in outcomes if isinstance(one, Exception)}
    assert codes <= {"CREDIT_REQUEST_OPEN"}
    assert CreditLine.objects.get().version == CreditLineChange.objects.count()
