"""Recording a movement: the same judgement by both engines."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from finance import services, sql
from finance.models import Account, Balance, CreditLine, Entry, LedgerTransaction, Transfer, chart
from finance.models.chart import Place
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from finance.sql.movement import MAX_COUNTER
from wholexale.common.clock import database_now
from wholexale.common.errors import DomainError
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db

Policy = Account.Policy
ROWS: tuple[type[models.Model], ...] = (LedgerTransaction, Transfer, Entry, Balance, Account)


ENGINES = [sql.record_stepwise, *([sql.record_in_one] if connection.vendor == "postgresql" else [])]


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.__name__, autouse=True)
def _engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test by each engine that the database has."""
    monkeypatch.setattr(sql, "record", request.param)


def account(
    name: str,
    *,
    policy: Account.Policy = Policy.NONE,
    kind: Account.Kind = Account.Kind.ASSET,
    currency: str = "INR",
) -> Account:
    (opened,) = services.open_accounts([Place(name, currency, kind, policy)])
    return opened


def single(debit: Account, credit: Account, amount: int, **fields: Any) -> Leg:
    return Leg(
        phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=amount, **({"currency": "INR"} | fields)
    )


def hold(debit: Account, credit: Account, amount: int, **fields: Any) -> Leg:
    return Leg(phase=Phase.PENDING, debit_id=debit.id, credit_id=credit.id, amount=amount, currency="INR", **fields)


def move(*legs: Leg, reference: str = "", **fields: Any) -> Recorded:
    kind: dict[str, Any] = {"kind": Kind.TRANSFER, "category": Category.TRANSFER}
    return services.record(Movement(reference=reference or str(new_id()), legs=legs, **(kind | fields)))


def counters(of: Account) -> tuple[int, int, int, int]:
    row = Balance.objects.get(account=of)
    return row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending


def rows() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in ROWS]


def refused(*legs: Leg, **fields: Any) -> DomainError:
    """Return the refusal of a movement, having checked that it left every row as it was."""
    before = rows()
    with pytest.raises(DomainError) as caught:
        move(*legs, **fields)
    assert rows() == before
    return caught.value


def said(**amounts: int) -> dict[str, Any]:
    """Return what a refusal says about amounts of paise."""
    minor = {f"{name}Minor": amount for name, amount in amounts.items()}
    return minor | {name: Decimal(amount).scaleb(-2) for name, amount in amounts.items()} | {"currency": "INR"}


# What a movement writes


def test_a_transfer_counts_on_both_sides_and_writes_an_entry_for_each() -> None:
    cash, fees = account("cash"), account("fees", kind=Account.Kind.INCOME)

    recorded = move(single(cash, fees, 250), description="Fee", request_id="r-1")

    (transfer,) = Transfer.objects.filter(transaction_id=recorded.id)
    assert (counters(cash), counters(fees)) == ((250, 0, 0, 0), (0, 250, 0, 0))
    assert (transfer.debit_balance, transfer.credit_balance, transfer.created_at) == (250, 250, recorded.at)
    entries = Entry.objects.order_by("side").values_list("account_id", "side", "seq", "amount", "balance_after")
    assert list(entries) == [(fees.id, "credit", 1, 250, 250), (cash.id, "debit", 1, 250, 250)]
    row = LedgerTransaction.objects.get(id=recorded.id)
    assert (row.transaction_id, row.description, row.request_id) == (recorded.transaction_id, "Fee", "r-1")


def test_the_answer_holds_the_balances_just_after() -> None:
    cash, fees = account("cash"), account("fees")

    recorded = move(single(cash, fees, 7))

    assert recorded.balances == {cash.id: sql.Counters(7, 0, 0, 0), fees.id: sql.Counters(0, 7, 0, 0)}


def test_legs_are_judged_and_counted_in_their_order() -> None:
    first, second, third = account("a"), account("b"), account("c", policy=Policy.NO_OVERDRAFT)

    move(single(third, first, 100), single(second, third, 100))

    assert counters(third) == (100, 100, 0, 0)
    assert list(Entry.objects.filter(account=third).order_by("seq").values_list("balance_after", flat=True)) == [100, 0]
    assert refused(single(second, third, 1), single(third, first, 1)).code == "INSUFFICIENT_FUNDS"


def test_a_hold_counts_as_pending_and_writes_no_entry() -> None:
    debit, credit = account("a"), account("b")

    move(hold(debit, credit, 40))

    assert (counters(debit), counters(credit)) == ((0, 0, 40, 0), (0, 0, 0, 40))
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("phase", "amount", "posted"), [(Phase.POST, None, 40), (Phase.POST, 15, 15), (Phase.VOID, None, 0)]
)
def test_a_resolution_takes_back_what_is_pending_and_posts_its_part(
    phase: Phase, amount: int | None, posted: int
) -> None:
    debit, credit, leg = account("a"), account("b"), None
    leg = hold(debit, credit, 40)
    move(leg)

    move(Leg(phase=phase, hold_id=leg.id, amount=amount))

    assert (counters(debit), counters(credit)) == ((posted, 0, 0, 0), (0, posted, 0, 0))
    assert Transfer.objects.get(hold_id=leg.id).amount == (posted or 40)
    assert Entry.objects.count() == (2 if posted else 0)


def test_a_hold_ends_by_itself_only_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    debit, credit = account("a"), account("b")
    leg = hold(debit, credit, 40, timeout_at=timezone.now() + timedelta(seconds=0.3))
    move(leg)
    expire, post = Leg(phase=Phase.EXPIRE, hold_id=leg.id), Leg(phase=Phase.POST, hold_id=leg.id)
    assert refused(expire).code == "HOLD_NOT_EXPIRED"

    while database_now() <= (leg.timeout_at or timezone.now()):
        pass

    assert refused(post).code == "HOLD_EXPIRED"
    move(expire)
    assert counters(debit) == (0, 0, 0, 0)


def test_a_hold_without_an_end_never_expires() -> None:
    leg = hold(account("a"), account("b"), 40)
    move(leg)

    assert refused(Leg(phase=Phase.EXPIRE, hold_id=leg.id)).code == "HOLD_NOT_EXPIRED"


# What is refused


def test_what_makes_no_transfer_is_refused() -> None:
    debit, credit, yen = account("a"), account("b"), account("y", currency="JPY")
    unknown = Account(id=uuid4())

    assert refused(single(debit, credit, 0)).code == "AMOUNT_NOT_POSITIVE"
    assert refused(single(debit, credit, -5)).code == "AMOUNT_NOT_POSITIVE"
    assert refused(single(debit, credit, MAX_AMOUNT + 1)).code == "AMOUNT_TOO_LARGE"
    assert refused(single(debit, debit, 5)).code == "SAME_ACCOUNT"
    assert refused(single(debit, yen, 5)).code == "CURRENCY_MISMATCH"
    assert refused(single(debit, credit, 5, currency="JPY")).code == "CURRENCY_MISMATCH"
    assert refused(single(debit, unknown, 5)).code == "ACCOUNT_NOT_FOUND"
    assert refused(hold(debit, credit, 5, timeout_at=timezone.now())).code == "TIMEOUT_IN_PAST"
    assert refused().code == "VALIDATION_FAILED"


def test_a_hold_is_resolved_once() -> None:
    leg = hold(account("a"), account("b"), 40)
    move(leg)
    move(Leg(phase=Phase.POST, hold_id=leg.id, amount=1))

    for phase in (Phase.POST, Phase.VOID):
        assert refused(Leg(phase=phase, hold_id=leg.id)).code == "HOLD_RESOLVED"
    again = hold(account("a"), account("b"), 40)
    move(again)
    twice = Leg(phase=Phase.VOID, hold_id=again.id)
    assert refused(twice, twice).code == "HOLD_RESOLVED"


def test_no_more_is_posted_than_was_held_and_only_of_a_hold() -> None:
    debit, credit = account("a"), account("b")
    leg, moved = hold(debit, credit, 40), single(debit, credit, 40)
    move(leg)
    move(moved)

    refusal = refused(Leg(phase=Phase.POST, hold_id=leg.id, amount=41))
    assert (refusal.code, refusal.context) == ("AMOUNT_EXCEEDS_HOLD", said(held=40))
    assert refused(Leg(phase=Phase.POST, hold_id=uuid4())).code == "HOLD_NOT_FOUND"
    assert refused(Leg(phase=Phase.VOID, hold_id=moved.id)).code == "HOLD_NOT_FOUND"


def test_a_counter_stays_exact_for_every_client() -> None:
    debit, credit = account("a"), account("b")
    Balance.objects.filter(account=debit).update(debits_posted=MAX_COUNTER - 5)

    assert refused(single(debit, credit, 6)).code == "BALANCE_TOO_LARGE"
    move(single(debit, credit, 5))


def test_an_account_that_must_not_be_overdrawn_gives_no_more_than_it_has() -> None:
    cash, owed = account("cash"), account("owed", policy=Policy.NO_OVERDRAFT, kind=Account.Kind.LIABILITY)
    move(single(cash, owed, 100))
    move(hold(owed, cash, 30))

    refusal = refused(single(owed, cash, 71))
    assert (refusal.code, refusal.context) == ("INSUFFICIENT_FUNDS", said(available=70))
    assert refused(hold(owed, cash, 71)).code == "INSUFFICIENT_FUNDS"
    move(single(owed, cash, 70))
    move(single(cash, owed, 5))


# Credit


def credit_account(limit: int, status: str = "active") -> Account:
    buyer = make_person("debtor", owns="Debtor")
    business_id = buyer.membership.business_id
    (opened,) = services.open_accounts([chart.receivable(business_id, "INR")])
    CreditLine.objects.create(business_id=business_id, currency="INR", account=opened, limit_minor=limit, status=status)
    return opened


def test_what_is_owed_and_held_stays_within_the_limit() -> None:
    debtor, cash = credit_account(1000), account("cash")
    move(single(debtor, cash, 300))
    move(hold(debtor, cash, 500))

    for leg in (single(debtor, cash, 201), hold(debtor, cash, 201)):
        refusal = refused(leg)
        assert (refusal.code, refusal.context) == ("CREDIT_LIMIT_EXCEEDED", said(available=200))
    move(hold(debtor, cash, 200))


def test_without_a_line_nothing_is_bought_on_account() -> None:
    business_id = make_person("debtor", owns="Debtor").membership.business_id
    (debtor,) = services.open_accounts([chart.receivable(business_id, "INR")])

    assert refused(hold(debtor, account("cash"), 1)).code == "CREDIT_LIMIT_EXCEEDED"


@pytest.mark.parametrize("status", ["suspended", "revoked", "under_review"])
def test_a_line_that_is_not_active_takes_repayment_and_settles_its_holds(status: str) -> None:
    debtor, cash = credit_account(1000), account("cash")
    leg = hold(debtor, cash, 100)
    move(leg)
    move(single(debtor, cash, 100))
    CreditLine.objects.update(status=status)

    refusal = refused(single(debtor, cash, 1))
    assert (refusal.code, refusal.context) == ("CREDIT_NOT_ACTIVE", {"status": status})
    move(Leg(phase=Phase.POST, hold_id=leg.id))
    move(single(cash, debtor, 200))


def test_a_limit_below_what_is_owed_stops_growth_and_never_repayment() -> None:
    debtor, cash = credit_account(1000), account("cash")
    move(single(debtor, cash, 900))
    CreditLine.objects.update(limit_minor=100)

    assert refused(single(debtor, cash, 1)).context == said(available=-800)
    move(single(cash, debtor, 850))
    move(single(debtor, cash, 50))


def test_a_frozen_account_is_repaid_and_not_drawn_on() -> None:
    debtor, cash = credit_account(1000), account("cash")
    move(single(debtor, cash, 100))
    Account.objects.filter(id=debtor.id).update(status=Account.Status.FROZEN)

    assert refused(single(debtor, cash, 1)).code == "ACCOUNT_FROZEN"
    move(single(cash, debtor, 100))
    Account.objects.filter(id=debtor.id).update(status=Account.Status.CLOSED)
    assert refused(single(cash, debtor, 1)).code == "ACCOUNT_CLOSED"


def test_a_correction_goes_beyond_every_limit_but_not_into_a_closed_account() -> None:
    debtor, cash = credit_account(0, "suspended"), account("cash")
    Account.objects.filter(id=debtor.id).update(status=Account.Status.FROZEN)

    move(single(debtor, cash, 100), is_correction=True)

    Account.objects.filter(id=debtor.id).update(status=Account.Status.CLOSED)
    assert refused(single(debtor, cash, 1), is_correction=True).code == "ACCOUNT_CLOSED"


# References


def test_the_same_movement_again_is_a_replay() -> None:
    debit, credit = account("a"), account("b")
    first = move(single(debit, credit, 5), reference="once", description="One")
    before = rows()

    again = move(single(debit, credit, 5), reference="once", description="Other words")

    assert (again.is_replay, again.id, again.number, again.at) == (True, first.id, first.number, first.at)
    assert rows() == before


def test_a_reference_means_one_movement_for_ever() -> None:
    debit, credit, third = account("a"), account("b"), account("c")
    move(single(debit, credit, 5), reference="once")

    for leg in (single(debit, credit, 6), single(credit, debit, 5), single(third, debit, 5), hold(debit, credit, 5)):
        assert refused(leg, reference="once").code == "REFERENCE_REUSED"
    assert refused(single(debit, credit, 5), reference="once", kind=Kind.FEE).code == "REFERENCE_REUSED"


def test_a_rolled_back_movement_leaves_nothing_and_can_be_made_again() -> None:
    debit, credit = account("a"), account("b")
    before = rows()

    with transaction.atomic():
        move(single(debit, credit, 5), reference="once")
        transaction.set_rollback(True)

    assert rows() == before
    assert not move(single(debit, credit, 5), reference="once").is_replay


def test_the_database_itself_ties_the_currency_of_a_transfer_to_its_accounts() -> None:
    debit, yen = account("a"), account("y", currency="JPY")
    recorded = move(single(debit, account("b"), 5))
    wrong = Transfer(
        transaction_id=recorded.id, phase=Phase.SINGLE, debit_account=debit, credit_account=yen, amount=1,
        currency="INR", debit_balance=0, credit_balance=0,
    )  # fmt: skip

    def save() -> None:
        wrong.save(force_insert=True)
        connection.check_constraints()

    with pytest.raises(IntegrityError), transaction.atomic():
        save()
