"""The ledger between processes: of what excludes each other exactly one happens, and exactly what fits is taken."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from finance import services
from finance.models import Account, Balance, Transfer
from finance.models.chart import Place
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.racers import Call, Crew, codes, codes_by_turn, crew_of, lasting, turns
from finance.tests.staging import lender
from wholexale.common.ids import new_id

K = 8
FULL = pytest.mark.proof


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with accounts of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def crew(db: None) -> Iterator[Crew]:
    with crew_of(K) as crew:
        yield crew


@pytest.fixture(autouse=True)
def _sound(db: None) -> Iterator[None]:
    """Audit every row after each race."""
    yield
    assert violations(read_rows()) == []


def account(policy: Account.Policy = Account.Policy.NONE) -> Account:
    """Open one more account."""
    (opened,) = services.open_accounts([Place(str(new_id()), "INR", Account.Kind.ASSET, policy)])
    return opened


def leg(debit: Account, credit: Account, amount: int, phase: Phase = Phase.SINGLE, **fields: Any) -> Leg:
    return Leg(phase=phase, debit_id=debit.id, credit_id=credit.id, amount=amount, currency="INR", **fields)


def movement(*legs: Leg, reference: str = "") -> Movement:
    return Movement(
        kind=Kind.TRANSFER, category=Category.TRANSFER, reference=reference or str(new_id()), legs=tuple(legs)
    )


def record(*legs: Leg, reference: str = "") -> Call:
    return Call("record", {"movement": movement(*legs, reference=reference)})


def resolve(one: Leg, phase: Phase, amount: int | None = None) -> Call:
    return record(Leg(phase=phase, hold_id=one.id, amount=amount))


def placed(debit: Account, credit: Account, count: int, **fields: Any) -> list[Leg]:
    """Place some holds of 40."""
    holds = [leg(debit, credit, 40, Phase.PENDING, **fields) for _ in range(count)]
    for one in holds:
        services.record(movement(one))
    return holds


def counters(of: Account) -> tuple[int, int, int, int]:
    row = Balance.objects.get(account=of)
    return row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending


# What fits


@pytest.mark.parametrize("number", [2, 8, pytest.param(32, marks=FULL)])
def test_of_many_withdrawals_exactly_as_many_are_accepted_as_fit(number: int) -> None:
    bank, till, fit = account(), account(Account.Policy.NO_OVERDRAFT), number + number // 2
    services.record(movement(leg(till, bank, 70 * fit + 69)))

    with crew_of(number) as crew:
        answers = crew.race(*([record(leg(bank, till, 70)) for _ in range(3)] for _ in range(number)))

    assert codes(answers) == {"ok": fit, "INSUFFICIENT_FUNDS": 3 * number - fit}
    assert {answer.facts["availableMinor"] for one in answers for answer in one if answer.facts} == {69}
    assert counters(till) == (70 * fit + 69, 70 * fit, 0, 0)


def test_the_answer_holds_the_balances_of_that_moment(crew: Crew) -> None:
    cash, fees = account(), account()

    answers = crew.race(*([record(leg(cash, fees, 1)) for _ in range(5)] for _ in range(K)))

    told = [answer.result.balances[cash.id].debits_posted for one in answers for answer in one]
    assert sorted(told) == list(range(1, 5 * K + 1))
    assert {answer.result.balances[fees.id].credits_posted for one in answers for answer in one} == set(told)


# What happens once


@pytest.mark.parametrize("rounds", [8, pytest.param(200, marks=FULL)])
def test_a_hold_is_resolved_once_whoever_resolves_it(crew: Crew, rounds: int) -> None:
    bought, sold = account(), account()
    holds = placed(bought, sold, rounds)
    ways: list[tuple[Phase, int | None]] = [(Phase.POST, None), (Phase.VOID, None), (Phase.POST, 15), (Phase.POST, 40)]

    answers = crew.race(
        *([resolve(one, *ways[(at + turn) % len(ways)]) for turn, one in enumerate(holds)] for at in range(K))
    )

    assert codes_by_turn(answers) == [{"ok": 1, "HOLD_RESOLVED": K - 1}] * rounds
    assert Transfer.objects.filter(hold__in=[one.id for one in holds]).count() == rounds
    assert counters(bought)[2:] == counters(sold)[2:] == (0, 0)


@pytest.mark.parametrize("rounds", [6, pytest.param(60, marks=FULL)])
def test_at_its_timeout_a_hold_is_either_posted_or_expired(crew: Crew, rounds: int) -> None:
    bought, sold = account(), account()
    begin = timezone.now() + timedelta(milliseconds=800 + 60 * rounds)
    ends = [begin + timedelta(milliseconds=30 * number) for number in range(rounds)]
    holds = [placed(bought, sold, 1, timeout_at=end)[0] for end in ends]

    def appointments(at: int) -> list[Any]:
        phase, early = (Phase.EXPIRE, 0) if at % 2 else (Phase.POST, 4 - at)
        return [
            (end - timedelta(milliseconds=early), resolve(one, phase), "HOLD_NOT_EXPIRED")
            for one, end in zip(holds, ends, strict=True)
        ]

    answers = crew.keep_appointments(*(appointments(at) for at in range(K)))

    assert [turn["ok"] for turn in codes_by_turn(answers)] == [1] * rounds
    assert set(codes(answers)) <= {"ok", "HOLD_RESOLVED", "HOLD_EXPIRED"}
    assert counters(bought)[2:] == (0, 0)


def test_a_release_and_an_expiry_of_the_same_hold_are_one(crew: Crew) -> None:
    bought, sold = account(), account()
    end = timezone.now() + timedelta(milliseconds=900)
    holds, phases = placed(bought, sold, 5, timeout_at=end), (Phase.VOID, Phase.EXPIRE)
    plans = [[(end, resolve(one, phases[at % 2]), "HOLD_NOT_EXPIRED") for one in holds] for at in range(K)]

    answers = crew.keep_appointments(*plans)

    assert codes_by_turn(answers) == [{"ok": 1, "HOLD_RESOLVED": K - 1}] * 5


def test_one_reference_is_one_transaction_and_its_repeats_are_replays(crew: Crew) -> None:
    cash, fees, references = account(), account(), [str(new_id()) for _ in range(5)]

    answers = crew.race(*([record(leg(cash, fees, 7), reference=one) for one in references] for _ in range(K)))

    assert codes_by_turn(answers) == [{"ok": 1, "replay": K - 1}] * 5
    assert [len({answer.result.id for answer in turn}) for turn in turns(answers)] == [1] * 5
    assert counters(cash) == (35, 0, 0, 0)


@pytest.mark.parametrize("is_shared", [True, False], ids=["one account in common", "nothing in common"])
def test_one_reference_for_different_movements_is_one_of_them(crew: Crew, *, is_shared: bool) -> None:
    shared, references = account(), [str(new_id()) for _ in range(5)]
    pairs = [(account(), shared if is_shared else account()) for _ in range(K)]

    answers = crew.race(*([record(leg(*pair, 5), reference=one) for one in references] for pair in pairs))

    assert codes_by_turn(answers) == [{"ok": 1, "REFERENCE_REUSED": K - 1}] * 5
    assert sum(counters(pair[0])[0] for pair in pairs) == 25


def test_a_transaction_is_reversed_once(crew: Crew) -> None:
    cash, fees, actor = account(), account(), lender()
    done = [services.record(movement(leg(cash, fees, 7), leg(fees, cash, 3))) for _ in range(5)]
    calls = [
        Call("reverse_transaction", {"actor": actor, "transaction_id": one.id, "reason": "a mistake"}) for one in done
    ]

    answers = crew.race(*[calls] * K)

    assert codes_by_turn(answers) == [{"ok": 1, "TRANSACTION_REVERSED": K - 1}] * 5
    assert counters(cash) == counters(fees) == (50, 50, 0, 0)


def test_an_account_is_closed_or_paid_into(crew: Crew) -> None:
    bank, targets, actor = account(), [account() for _ in range(6)], lender()

    def call(at: int, target: Account) -> Call:
        closing = {"actor": actor, "account_id": target.id, "status": Account.Status.CLOSED, "reason": "unused"}
        return Call("set_account_status", closing) if at == 0 else record(leg(target, bank, 5))

    answers = crew.race(*([call(at, target) for target in targets] for at in range(K)))

    for target, (close, *payments) in zip(targets, turns(answers), strict=True):
        target.refresh_from_db()
        paid = Counter(answer.code for answer in payments)
        if close.code == "ok":
            assert (target.status, paid, counters(target)) == ("closed", {"ACCOUNT_CLOSED": K - 1}, (0, 0, 0, 0))
        else:
            assert (close.code, target.status, paid) == ("ACCOUNT_NOT_EMPTY", "open", {"ok": K - 1})


# Order of locks


@pytest.mark.parametrize("rounds", [10, pytest.param(60, marks=FULL)])
def test_accounts_named_in_opposite_orders_do_not_deadlock(crew: Crew, rounds: int) -> None:
    accounts = [account() for _ in range(6)]
    ring = [leg(one, other, 1) for one, other in zip(accounts, accounts[1:] + accounts[:1], strict=True)]

    def call(at: int, turn: int) -> Call:
        shift = (at + turn) % len(ring)
        turned = (ring[shift:] + ring[:shift])[:: 1 if at % 2 else -1]
        fresh = [replace(one, id=new_id(), debit_entry_id=new_id(), credit_entry_id=new_id()) for one in turned]
        return record(*fresh)

    answers = crew.race(*([call(at, turn) for turn in range(rounds)] for at in range(K)))

    assert codes(answers) == {"ok": K * rounds}
    assert {counters(one) for one in accounts} == {(K * rounds, K * rounds, 0, 0)}


@pytest.mark.parametrize("places", [12, pytest.param(200, marks=FULL)])
def test_what_everybody_opens_at_once_in_another_order_is_there_once(crew: Crew, places: int) -> None:
    codes_of_turns = [[str(new_id()) for _ in range(places)] for _ in range(8)]

    def call(at: int, names: list[str]) -> Call:
        wanted = [Place(name, "INR", Account.Kind.ASSET) for name in names]
        return Call("open_accounts", {"places": wanted if at % 2 else wanted[::-1]})

    answers = crew.race(*([call(at, names) for names in codes_of_turns] for at in range(K)))

    assert codes(answers) == {"ok": 8 * K}
    for names in codes_of_turns:
        assert Balance.objects.filter(account__code__in=names).count() == places
        assert Account.objects.filter(code__in=names).count() == places
