"""Staff books what a business has paid back, and corrects what it owes."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from finance import services
from finance.models import Account, CreditLine, Entry, LedgerTransaction, Transfer
from finance.selectors.credit import credit_positions
from finance.services.repayments import PAYMENT_METHODS
from finance.sql import Recorded
from finance.tests.staging import business_of, credit_pushes, every_row, hold, lender, open_line, refused
from wholexale.common.money import MAX_AMOUNT
from wholexale.common.realtime import user_group
from wholexale.common.testing import SentItems, at_once, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

Status = Account.Status


@pytest.fixture
def debt(buyer: User, seller: User, line: CreditLine) -> int:
    """Let the buyer's business owe 600 rupees."""
    services.capture_hold(actor=seller, hold_id=hold(buyer, seller, 60_000).hold_id)
    return 60_000


def repay(buyer: User, amount: int, reference: str = "UTR1", **fields: Any) -> Recorded:
    asked: dict[str, Any] = {"actor": lender(), "business_id": business_of(buyer).id, "reason": "Invoice 7"}
    asked |= {"currency": "INR"} | fields
    return services.record_repayment(amount=amount, reference=reference, **asked)


def adjust(buyer: User, amount: int, direction: str, kind: str = "adjustment", **fields: Any) -> Recorded:
    asked: dict[str, Any] = {
        "actor": lender(),
        "business_id": business_of(buyer).id,
        "currency": "INR",
        "reference": "C1",
        "reason": "Agreed by phone",
        "direction": direction,
        "kind": kind,
    } | fields
    return services.adjust_credit(amount=amount, **asked)


def owed(buyer: User) -> int:
    (position,) = credit_positions(business_id=business_of(buyer).id, currency="INR")
    return position.outstanding


def moved(recorded: Recorded) -> tuple[str, str, int]:
    transfer = Transfer.objects.select_related("debit_account", "credit_account").get(transaction_id=recorded.id)
    return transfer.debit_account.code, transfer.credit_account.code, transfer.amount


# Repayments


def test_a_repayment_is_money_that_came_in_and_is_owed_no_longer(buyer: User, debt: int) -> None:
    recorded = repay(buyer, 25_000, payment_method="upi")

    row = LedgerTransaction.objects.get(id=recorded.id)
    assert moved(recorded) == ("gateway:manual:cash", f"buyer:{business_of(buyer).id}:receivable", 25_000)
    assert (row.kind, row.payment_method, row.description, row.actor) == ("repayment", "upi", "Invoice 7", lender())
    assert (row.subject_type, row.subject_number) == ("admin", "UTR1")
    assert owed(buyer) == debt - 25_000
    hold(buyer, make_person("mill", owns="Mill"), 65_000)


def test_a_repayment_works_while_nothing_else_does(buyer: User, debt: int, line: CreditLine) -> None:
    services.set_credit_status(actor=lender(), line_id=line.id, status="suspended", reason="Overdue")
    services.set_account_status(
        actor=lender(), account_id=line.account_id, status=Status.FROZEN, reason="Under investigation"
    )

    repay(buyer, debt)

    assert owed(buyer) == 0


def test_more_than_is_owed_stays_to_the_credit_of_the_business(buyer: User, debt: int) -> None:
    repay(buyer, debt + 5_000)

    (position,) = credit_positions(business_id=business_of(buyer).id)
    assert (position.outstanding, position.available) == (-5_000, 105_000)


def test_the_same_payment_again_is_a_replay(buyer: User, debt: int, sent: SentItems) -> None:
    first = repay(buyer, 1_000)
    before = every_row()

    with sent() as items:
        again = repay(buyer, 1_000, reason="Said again")

    assert (again.is_replay, again.id) == (True, first.id)
    assert (every_row(), items) == (before, [])


def test_a_reference_names_one_payment(buyer: User, seller: User, debt: int) -> None:
    open_line(business_of(seller), 100)
    repay(buyer, 1_000)

    with refused("REFERENCE_REUSED"):
        repay(buyer, 1_001)
    with refused("REFERENCE_REUSED"):
        repay(seller, 1_000)
    adjust(buyer, 1_000, "credit", reference="UTR1")


def test_a_reference_cannot_take_the_name_of_something_else(buyer: User, seller: User, debt: int) -> None:
    held = hold(buyer, seller, 100)

    repay(buyer, 100, reference=f"capture:{held.hold_id}"[:40])
    services.capture_hold(actor=seller, hold_id=held.hold_id)

    assert owed(buyer) == debt


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("CURRENCY_NOT_SUPPORTED", {"currency": "CHF"}),
        ("CREDIT_LINE_NOT_FOUND", {"currency": "USD"}),
        ("AMOUNT_NOT_POSITIVE", {"amount": 0}),
        ("AMOUNT_NOT_POSITIVE", {"amount": -5}),
        ("AMOUNT_TOO_LARGE", {"amount": MAX_AMOUNT + 1}),
        ("VALIDATION_FAILED", {"reference": " "}),
        ("VALIDATION_FAILED", {"reference": "x" * 41}),
        ("VALIDATION_FAILED", {"reason": ""}),
        ("VALIDATION_FAILED", {"payment_method": "shells"}),
    ],
)
def test_what_is_no_repayment_is_refused(buyer: User, debt: int, code: str, fields: dict[str, Any]) -> None:
    with refused(code):
        repay(buyer, **({"amount": 5} | fields))


def test_a_business_that_never_had_credit_repays_nothing(outsider: User) -> None:
    with refused("CREDIT_LINE_NOT_FOUND"):
        repay(outsider, 5)


def test_a_closed_account_takes_nothing(buyer: User, line: CreditLine) -> None:
    services.set_account_status(actor=lender(), account_id=line.account_id, status=Status.CLOSED, reason="Gone")

    with refused("ACCOUNT_CLOSED"):
        repay(buyer, 5)


def test_only_staff_with_the_permission_books(buyer: User, debt: int) -> None:
    for actor in (buyer, make_person("clerk", role=User.Role.ADMIN)):
        with refused("INSUFFICIENT_PERMISSIONS"):
            repay(buyer, 5, actor=actor)
        with refused("INSUFFICIENT_PERMISSIONS") as caught:
            adjust(buyer, 5, "credit", actor=actor)
        assert caught.value.context["required"] == ["finance.add_ledgertransaction"]


def test_a_repayment_that_is_rolled_back_was_never_booked(buyer: User, debt: int, sent: SentItems) -> None:
    lender()
    before = every_row()

    with sent() as items, transaction.atomic():
        repay(buyer, 5)
        transaction.set_rollback(True)

    assert (every_row(), items) == (before, [])


def test_those_who_see_finance_hear_of_it(buyer: User, debt: int, sent: SentItems) -> None:
    with sent() as items:
        recorded = repay(buyer, 25_000)

    ((groups, push),) = credit_pushes(items)
    assert groups == {user_group(buyer.id)}
    assert (push.type, push.amount_minor, push.transaction_id) == ("payment_made", 25_000, recorded.transaction_id)
    assert (push.used_credit_minor, push.available_credit_minor) == (35_000, 65_000)


@pytest.mark.django_db(transaction=True)
def test_one_payment_that_many_book_at_once_is_booked_once(buyer: User, debt: int) -> None:
    lender()

    outcomes = at_once([partial(repay, buyer, 25_000)] * 6)

    assert sorted(one.is_replay for one in outcomes) == [False, *[True] * 5]
    assert owed(buyer) == debt - 25_000


# Corrections


@pytest.mark.parametrize(
    ("kind", "direction", "counterpart", "type_", "change"),
    [
        ("adjustment", "charge", "platform:adjustments", "adjustment", 500),
        ("adjustment", "credit", "platform:adjustments", "adjustment", -500),
        ("bonus", "credit", "platform:losses", "bonus_credit", -500),
        ("penalty", "charge", "platform:fees", "penalty", 500),
    ],
)
def test_a_correction_is_booked_against_what_it_is(  # noqa: PLR0917 - a table of cases
    buyer: User, debt: int, sent: SentItems, kind: str, direction: str, counterpart: str, type_: str, change: int
) -> None:
    with sent() as items:
        recorded = adjust(buyer, 500, direction, kind)

    receivable = f"buyer:{business_of(buyer).id}:receivable"
    sides = (receivable, counterpart) if direction == "charge" else (counterpart, receivable)
    ((_, push),) = credit_pushes(items)
    assert moved(recorded) == (*sides, 500)
    assert owed(buyer) == debt + change
    assert (push.type, push.amount_minor) == (type_, 500)
    assert LedgerTransaction.objects.get(id=recorded.id).category == kind


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"kind": "bonus", "direction": "charge"}, "direction"),
        ({"kind": "penalty", "direction": "credit"}, "direction"),
        ({"direction": "sideways"}, "direction"),
        ({"kind": "gift", "direction": "credit"}, "kind"),
        ({"direction": "credit", "reason": " "}, "reason"),
        ({"direction": "credit", "reference": ""}, "reference"),
    ],
)
def test_what_is_no_correction_is_refused_by_field(buyer: User, debt: int, fields: dict[str, Any], path: str) -> None:
    with refused("VALIDATION_FAILED") as caught:
        adjust(buyer, 5, **fields)

    assert [detail.path for detail in caught.value.details] == [path]


def test_a_charge_must_fit_into_the_limit(buyer: User, debt: int, line: CreditLine) -> None:
    with refused("CREDIT_LIMIT_EXCEEDED"):
        adjust(buyer, 40_001, "charge")

    services.set_credit_status(actor=lender(), line_id=line.id, status="suspended", reason="Overdue")
    with refused("CREDIT_NOT_ACTIVE"):
        adjust(buyer, 1, "charge")
    adjust(buyer, 1, "credit")


def test_a_correction_for_a_business_without_credit_is_refused(outsider: User) -> None:
    with refused("CREDIT_LINE_NOT_FOUND"):
        adjust(outsider, 5, "credit")


def test_a_correction_that_is_rolled_back_was_never_booked(buyer: User, debt: int) -> None:
    lender()
    before = every_row()

    with transaction.atomic():
        adjust(buyer, 5, "charge")
        transaction.set_rollback(True)

    assert every_row() == before


@pytest.mark.django_db(transaction=True)
def test_repayments_and_charges_at_once_add_up(buyer: User, debt: int) -> None:
    lender()
    calls = [partial(repay, buyer, 100, f"UTR{number}") for number in range(4)]
    charges = [partial(adjust, buyer, 30, "charge", "penalty", reference=f"P{number}") for number in range(4)]

    outcomes = at_once([*calls, *charges])

    account = Account.objects.get(code__endswith=":receivable")
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert owed(buyer) == debt - 4 * 100 + 4 * 30
    assert list(Entry.objects.filter(account=account).order_by("seq").values_list("seq", flat=True)) == [*range(1, 10)]


def test_every_way_to_pay_fits_its_column() -> None:
    longest = LedgerTransaction._meta.get_field("payment_method").max_length or 0

    assert max(map(len, PAYMENT_METHODS)) <= longest
