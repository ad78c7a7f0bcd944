"""Staff suspends, revokes, reviews and reactivates a credit line."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from finance import services
from finance.models import CreditLine, CreditLineChange
from finance.tests.staging import credit_pushes, every_row, hold, lender, refused
from wholexale.common.ids import new_id
from wholexale.common.realtime import user_group
from wholexale.common.testing import SentItems, at_once

pytestmark = pytest.mark.django_db


def set_status(line: CreditLine, status: str, **fields: Any) -> CreditLine:
    asked: dict[str, Any] = {"actor": lender(), "line_id": line.id, "reason": "Overdue"} | fields
    return services.set_credit_status(status=status, **asked)


@pytest.mark.parametrize("status", ["suspended", "revoked", "under_review"])
def test_a_line_that_is_not_active_stops_growth_and_never_repayment(
    buyer: User, seller: User, line: CreditLine, status: str
) -> None:
    held = hold(buyer, seller, 500)

    set_status(line, status)

    with refused("CREDIT_NOT_ACTIVE"):
        hold(buyer, seller, 1)
    services.capture_hold(actor=seller, hold_id=held.hold_id)
    services.record_repayment(
        actor=lender(), business_id=line.business_id, amount=500, currency="INR", reference="UTR1", reason="Paid"
    )
    assert set_status(line, "active").status == "active"
    hold(buyer, seller, 1)


def test_a_change_of_status_is_written_down(line: CreditLine) -> None:
    set_status(line, "suspended")

    change = CreditLineChange.objects.get(number=2)
    line.refresh_from_db()
    assert (line.status, line.version) == ("suspended", 2)
    assert (change.old_status, change.new_status) == ("active", "suspended")
    assert change.old_limit_minor == change.new_limit_minor == line.limit_minor
    assert (change.actor, change.reason) == (lender(), "Overdue")


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("CREDIT_STATUS_UNCHANGED", {"status": "active"}),
        ("VALIDATION_FAILED", {"status": "gone"}),
        ("VALIDATION_FAILED", {"reason": " "}),
        ("VALIDATION_FAILED", {"reason": "x" * 501}),
        ("CREDIT_LINE_NOT_FOUND", {"line_id": new_id()}),
    ],
)
def test_what_changes_nothing_or_says_nothing_is_refused(line: CreditLine, code: str, fields: dict[str, Any]) -> None:
    with refused(code):
        set_status(line, **({"status": "suspended"} | fields))


def test_only_staff_may(buyer: User, line: CreditLine) -> None:
    with refused("INSUFFICIENT_PERMISSIONS"):
        set_status(line, "suspended", actor=buyer)


def test_a_status_that_is_rolled_back_was_never_set(line: CreditLine, sent: SentItems) -> None:
    before = every_row()

    with sent() as items, transaction.atomic():
        set_status(line, "suspended")
        transaction.set_rollback(True)

    assert (every_row(), items) == (before, [])


def test_those_who_see_finance_hear_of_it(buyer: User, line: CreditLine, sent: SentItems) -> None:
    with sent() as items:
        set_status(line, "suspended")

    ((groups, push),) = credit_pushes(items)
    assert groups == {user_group(buyer.id)}
    assert (push.status, push.type, push.amount_minor, push.transaction_id) == ("suspended", "adjustment", 0, None)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_suspend_at_once_one_does(line: CreditLine) -> None:
    outcomes = at_once([partial(set_status, line, "suspended")] * 6)

    assert sorted(getattr(one, "code", "done") for one in outcomes) == ["CREDIT_STATUS_UNCHANGED"] * 5 + ["done"]
    assert CreditLineChange.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_purchases_and_a_suspension_at_once_never_interleave(buyer: User, seller: User, line: CreditLine) -> None:
    suspend = partial(set_status, line, "suspended")

    outcomes = at_once([*[partial(hold, buyer, seller, 100)] * 3, suspend, *[partial(hold, buyer, seller, 100)] * 3])

    refusals = [one for one in outcomes if isinstance(one, Exception)]
    assert {getattr(one, "code", repr(one)) for one in refusals} <= {"CREDIT_NOT_ACTIVE"}
    assert line.account.balance.debits_pending == 100 * (6 - len(refusals))
