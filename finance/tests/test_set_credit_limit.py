"""Staff gives a business another limit."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from finance import services
from finance.models import Account, CreditLine, CreditLineChange, CreditRequest
from finance.selectors.credit import credit_positions
from finance.tests.staging import business_of, credit_pushes, every_row, hold, lender, open_line, refused
from wholexale.common.errors import DomainError
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT
from wholexale.common.realtime import user_group
from wholexale.common.testing import SentItems, at_once, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

THRESHOLD = 50_000
"""In minor units of INR; no other currency has one."""


@pytest.fixture(autouse=True)
def _threshold(settings: Settings) -> None:
    settings.CREDIT_SECOND_APPROVAL = {"INR": THRESHOLD}


def set_limit(buyer: User, limit_minor: int, currency: str = "INR", **fields: Any) -> CreditRequest:
    asked: dict[str, Any] = {
        "actor": lender(),
        "business_id": business_of(buyer).id,
        "reason": "Good customer",
    } | fields
    return services.set_credit_limit(currency=currency, limit_minor=limit_minor, **asked)


def changes() -> list[tuple[int, int, int, str, str]]:
    fields = ("number", "old_limit_minor", "new_limit_minor", "old_status", "new_status")
    return list(CreditLineChange.objects.order_by("number").values_list(*fields))


# What is applied


def test_the_first_limit_opens_the_line_and_its_account(buyer: User) -> None:
    decision = set_limit(buyer, 40_000, payment_terms="net_60")

    line = CreditLine.objects.get()
    assert (line.business, line.currency, line.limit_minor) == (business_of(buyer), "INR", 40_000)
    assert (line.status, line.version, line.payment_terms) == ("active", 1, "net_60")
    assert (line.account.code, line.account.limit_policy) == (f"buyer:{line.business_id}:receivable", "credit_limit")
    assert changes() == [(1, 0, 40_000, "", "active")]
    assert (decision.status, decision.requested_by, decision.approved_by) == ("approved", lender(), lender())
    assert (decision.decided_by, decision.decision_reason) == (lender(), "Good customer")
    assert decision.decided_at is not None


def test_a_change_says_who_and_why_and_what_was_before(buyer: User) -> None:
    set_limit(buyer, 40_000)

    set_limit(buyer, 45_000, reason="  Pays early  ", payment_terms="net_90")

    change = CreditLineChange.objects.get(number=2)
    assert changes()[1] == (2, 40_000, 45_000, "active", "active")
    assert (change.actor, change.approver, change.reason) == (lender(), None, "Pays early")
    assert change.details == {"payment_terms": ["net_30", "net_90"]}
    assert CreditLine.objects.get().version == 2


def test_each_currency_has_a_line_of_its_own(buyer: User) -> None:
    open_line(business_of(buyer), 40_000)
    open_line(business_of(buyer), 700, "JPY")

    lines = CreditLine.objects.order_by("currency").values_list("currency", "limit_minor", "account__currency")
    assert list(lines) == [("INR", 40_000, "INR"), ("JPY", 700, "JPY")]


def test_a_decrease_below_what_is_used_stops_growth_and_not_repayment(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 90_000)
    services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 30_000).hold_id)

    set_limit(buyer, 10_000)

    (position,) = credit_positions(business_id=business_of(buyer).id)
    assert (position.limit, position.used, position.available) == (10_000, 30_000, -20_000)
    with refused("CREDIT_LIMIT_EXCEEDED"):
        hold(buyer, seller, 1)
    services.record_repayment(
        actor=lender(),
        business_id=business_of(buyer).id,
        amount=25_000,
        currency="INR",
        reference="UTR1",
        reason="Paid",
    )
    hold(buyer, seller, 5_000)


def test_a_limit_of_nothing_closes_the_tap(buyer: User) -> None:
    open_line(business_of(buyer), 40_000)

    assert set_limit(buyer, 0).status == "approved"
    assert CreditLine.objects.get().limit_minor == 0


# The second person


def test_a_large_increase_waits_for_somebody_else(buyer: User) -> None:
    open_line(business_of(buyer), 2 * THRESHOLD)

    assert set_limit(buyer, 3 * THRESHOLD).status == "approved"
    waiting = set_limit(buyer, 4 * THRESHOLD + 1)

    assert (waiting.status, waiting.approved_by, waiting.decided_by) == ("under_review", lender(), None)
    assert CreditLine.objects.get().limit_minor == 3 * THRESHOLD
    assert len(changes()) == 2


def test_many_small_increases_by_one_person_are_a_large_one(buyer: User) -> None:
    set_limit(buyer, THRESHOLD // 2)
    set_limit(buyer, THRESHOLD)

    assert set_limit(buyer, THRESHOLD + 1).status == "under_review"


def test_a_limit_that_was_lowered_is_raised_by_two(buyer: User) -> None:
    open_line(business_of(buyer), 4 * THRESHOLD)
    set_limit(buyer, 1)

    assert set_limit(buyer, 4 * THRESHOLD).status == "under_review"


def test_a_first_limit_counts_from_nothing(buyer: User) -> None:
    assert set_limit(buyer, THRESHOLD + 1).status == "under_review"

    assert not CreditLine.objects.exists()
    assert Account.objects.count() == 1


def test_a_currency_without_a_threshold_always_needs_two(buyer: User) -> None:
    assert set_limit(buyer, 1, "USD").status == "under_review"
    assert set_limit(buyer, 0, "JPY").status == "approved"


def test_a_decrease_of_any_size_needs_nobody_else(buyer: User) -> None:
    open_line(business_of(buyer), 10 * THRESHOLD)

    assert set_limit(buyer, 1).status == "approved"


# What is refused


def test_only_staff_with_the_permission_may(buyer: User) -> None:
    clerk = make_person("clerk", role=User.Role.ADMIN)

    for actor in (buyer, clerk):
        with refused("INSUFFICIENT_PERMISSIONS") as caught:
            set_limit(buyer, 100, actor=actor)
        assert caught.value.context == {"required": ["finance.change_creditline"], "current": actor.role}

    clerk.user_permissions.add(Permission.objects.get(codename="change_creditline"))
    assert set_limit(buyer, 100, actor=User.objects.get(id=clerk.id)).status == "approved"


def test_a_limit_is_for_a_business_that_exists(buyer: User) -> None:
    with refused("BUSINESS_NOT_FOUND"):
        set_limit(buyer, 100, business_id=new_id())


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("CURRENCY_NOT_SUPPORTED", {"currency": "CHF"}),
        ("AMOUNT_NOT_POSITIVE", {"limit_minor": -1}),
        ("AMOUNT_TOO_LARGE", {"limit_minor": MAX_AMOUNT + 1}),
        ("VALIDATION_FAILED", {"reason": " "}),
        ("VALIDATION_FAILED", {"reason": "x" * 501}),
        ("VALIDATION_FAILED", {"payment_terms": "whenever"}),
    ],
)
def test_what_is_no_limit_is_refused_by_field(buyer: User, code: str, fields: dict[str, Any]) -> None:
    (name,) = fields
    wire = {"limit_minor": "limit", "payment_terms": "paymentTerms"}.get(name, name)

    with refused(code) as caught:
        set_limit(buyer, **({"limit_minor": 100} | fields))

    assert [detail.path for detail in caught.value.details] == [wire]


def test_the_same_limit_again_is_refused(buyer: User) -> None:
    set_limit(buyer, 100)

    with refused("CREDIT_LIMIT_UNCHANGED"):
        set_limit(buyer, 100)


def test_one_large_increase_waits_at_a_time(buyer: User) -> None:
    set_limit(buyer, THRESHOLD + 1)

    with refused("CREDIT_REQUEST_OPEN"):
        set_limit(buyer, THRESHOLD + 2)
    set_limit(buyer, THRESHOLD)


# Together with others


def test_a_limit_that_is_rolled_back_was_never_set(buyer: User, sent: SentItems) -> None:
    before = every_row()

    with sent() as items, transaction.atomic():
        set_limit(buyer, 100)
        transaction.set_rollback(True)

    assert (every_row(), credit_pushes(items)) == (before, [])


def test_those_who_see_finance_hear_of_it(buyer: User, sent: SentItems) -> None:
    open_line(business_of(buyer), 10_000)

    with sent() as items:
        set_limit(buyer, 4_000)

    ((groups, push),) = credit_pushes(items)
    assert groups == {user_group(buyer.id)}
    assert (push.type, push.amount_minor, push.transaction_id) == ("adjustment", -6_000, None)
    assert (push.credit_limit_minor, push.available_credit_minor, push.status) == (4_000, 4_000, "active")


def test_what_waits_is_not_pushed(buyer: User, sent: SentItems) -> None:
    with sent() as items:
        set_limit(buyer, THRESHOLD + 1)

    assert items == []


@pytest.mark.django_db(transaction=True)
def test_limits_set_at_once_are_numbered_without_holes(buyer: User) -> None:
    lender()

    outcomes = at_once([partial(set_limit, buyer, 100 * number) for number in range(1, 9)])

    line = CreditLine.objects.get()
    assert {one.status for one in outcomes} == {"approved"}
    assert [number for number, *_ in changes()] == list(range(1, 9))
    assert line.version == 8
    assert changes()[-1][2] == line.limit_minor
    assert [old for _, old, *_ in changes()] == [0, *[new for _, _, new, *_ in changes()[:-1]]]


@pytest.mark.django_db(transaction=True)
def test_of_two_large_increases_at_once_one_waits(buyer: User) -> None:
    people = [lender(), lender("cashier")]

    outcomes = at_once([partial(set_limit, buyer, THRESHOLD * 2, actor=actor) for actor in people])

    assert CreditRequest.objects.count() == 1
    assert sorted(one.code if isinstance(one, DomainError) else one.status for one in outcomes) == [
        "CREDIT_REQUEST_OPEN",
        "under_review",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_lower_limit_and_purchases_at_once_never_interleave(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 10_000)
    lower = partial(set_limit, buyer, 3_000)

    outcomes = at_once([*[partial(hold, buyer, seller, 1_000)] * 4, lower, *[partial(hold, buyer, seller, 1_000)] * 4])

    (position,) = credit_positions(business_id=business_of(buyer).id)
    codes = [one.code for one in outcomes if isinstance(one, DomainError)]
    assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, DomainError)] == []
    assert set(codes) <= {"CREDIT_LIMIT_EXCEEDED"}
    assert position.held == 1_000 * (8 - len(codes))
    assert position.held >= 3_000
