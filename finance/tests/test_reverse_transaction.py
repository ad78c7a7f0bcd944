"""Undoing a transaction by its mirror image."""

import pytest

from accounts.models import User
from finance import services
from finance.models import Account, Balance, CreditLine, Entry, LedgerTransaction, Transfer
from finance.models.chart import Place
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from finance.tests.staging import credit_pushes, hold
from wholexale.common.errors import DomainError
from wholexale.common.ids import new_id
from wholexale.common.testing import SentItems

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> list[Account]:
    policies = (Account.Policy.NONE, Account.Policy.NONE, Account.Policy.NO_OVERDRAFT)
    return services.open_accounts(
        [Place(f"place:{number}", "INR", Account.Kind.ASSET, policy) for number, policy in enumerate(policies)]
    )


def move(*legs: Leg) -> Recorded:
    return services.record(
        Movement(kind=Kind.FEE, category=Category.SERVICE_FEE, reference=str(new_id()), legs=legs, payment_method="upi")
    )


def leg(debit: Account, credit: Account, amount: int, phase: Phase = Phase.SINGLE) -> Leg:
    return Leg(phase=phase, debit_id=debit.id, credit_id=credit.id, amount=amount, currency="INR")


def posted() -> list[int]:
    return [balance.posted for balance in Balance.objects.select_related("account").order_by("account__code")]


def code_of(staff: User, recorded: Recorded, reason: str = "A mistake") -> str:
    before = LedgerTransaction.objects.count(), Transfer.objects.count(), posted()
    with pytest.raises(DomainError) as caught:
        services.reverse_transaction(actor=staff, transaction_id=recorded.id, reason=reason)
    assert (LedgerTransaction.objects.count(), Transfer.objects.count(), posted()) == before
    return caught.value.code


def test_a_reversal_restores_every_balance_and_is_linked(staff: User, places: list[Account]) -> None:
    first, second, third = places
    before = posted()
    recorded = move(leg(first, second, 70), leg(third, first, 25), leg(second, third, 20))

    reversal = services.reverse_transaction(actor=staff, transaction_id=recorded.id, reason=" A mistake ")

    row = LedgerTransaction.objects.get(id=reversal.id)
    assert posted() == before
    assert (row.kind, row.reverses_id, row.description, row.actor_id) == (
        "reversal",
        recorded.id,
        "A mistake",
        staff.id,
    )
    assert (row.category, row.payment_method) == ("service_fee", "upi")
    assert Entry.objects.count() == 12


def test_a_captured_part_is_reversed_as_it_was_captured(staff: User, places: list[Account]) -> None:
    hold = leg(places[0], places[1], 70, Phase.PENDING)
    move(hold)
    captured = move(Leg(phase=Phase.POST, hold_id=hold.id, amount=30))

    services.reverse_transaction(actor=staff, transaction_id=captured.id, reason="Returned")

    assert posted() == [0, 0, 0]


def test_a_reversal_goes_beyond_what_an_account_holds(staff: User, places: list[Account]) -> None:
    first, _, kept = places
    paid_in = move(leg(kept, first, 50))
    move(leg(first, kept, 50))

    services.reverse_transaction(actor=staff, transaction_id=paid_in.id, reason="Never arrived")

    assert Balance.objects.get(account=kept).posted == -50


def test_a_transaction_is_reversed_once(staff: User, places: list[Account]) -> None:
    recorded = move(leg(places[0], places[1], 70))
    services.reverse_transaction(actor=staff, transaction_id=recorded.id, reason="A mistake")

    assert code_of(staff, recorded) == "TRANSACTION_REVERSED"
    assert code_of(staff, recorded, "Another reason") == "TRANSACTION_REVERSED"


def test_holds_their_releases_and_reversals_are_not_reversed(staff: User, places: list[Account]) -> None:
    hold = leg(places[0], places[1], 70, Phase.PENDING)
    held = move(hold)
    released = move(Leg(phase=Phase.VOID, hold_id=hold.id))
    reversal = services.reverse_transaction(
        actor=staff, transaction_id=move(leg(places[0], places[1], 1)).id, reason="A mistake"
    )

    for one in (held, released, reversal):
        assert code_of(staff, one) == "TRANSACTION_NOT_REVERSIBLE"


def test_a_reversal_needs_a_reason_and_a_transaction(staff: User, places: list[Account]) -> None:
    recorded = move(leg(places[0], places[1], 70))

    assert code_of(staff, recorded, "  ") == "VALIDATION_FAILED"
    with pytest.raises(DomainError) as caught:
        services.reverse_transaction(actor=staff, transaction_id=new_id(), reason="A mistake")
    assert caught.value.code == "TRANSACTION_NOT_FOUND"


def test_only_staff_who_may_book_reverse(buyer: User, places: list[Account]) -> None:
    assert code_of(buyer, move(leg(places[0], places[1], 70))) == "INSUFFICIENT_PERMISSIONS"


def test_a_reversal_tells_the_business(
    staff: User, buyer: User, seller: User, line: CreditLine, sent: SentItems
) -> None:
    captured = services.capture_hold(actor=staff, hold_id=hold(buyer, seller, 60_000).hold_id)

    with sent() as items:
        services.reverse_transaction(actor=staff, transaction_id=captured.id, reason="Returned")

    ((_, push),) = credit_pushes(items)
    assert (push.type, push.amount_minor, push.available_credit_minor) == ("adjustment", 60_000, 100_000)
