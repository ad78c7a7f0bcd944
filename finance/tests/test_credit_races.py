"""Credit between processes: exactly what fits is held, whoever asks, and however the limit moves meanwhile."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from accounts.models import User
from finance import services
from finance.models import Balance, CreditLine, CreditLineChange, Spend, SpendingWindow, chart
from finance.services import Purchase
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.racers import Call, Crew, codes, codes_by_turn, crew_of, lasting, turns
from finance.tests.staging import business_of, employee, lender, open_line
from wholexale.common.ids import new_id
from wholexale.common.testing import make_person

K = 8
_numbers = count()


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with people of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def crew(db: None) -> Iterator[Crew]:
    with crew_of(K) as crew:
        yield crew


@pytest.fixture(autouse=True)
def _sound(db: None) -> Iterator[None]:
    """Audit every row after each race; what counts as spent is what the spends come to."""
    yield
    assert violations(read_rows()) == []
    for window in SpendingWindow.objects.all():
        made = Spend.objects.filter(membership=window.membership, made_at__gte=window.starts_at)
        assert window.spent_minor == sum(made.values_list("amount", flat=True))


@pytest.fixture
def buyer(db: None) -> User:
    """Buy for a business that no other test knows."""
    return make_person(f"buyer{next(_numbers)}", owns="Corner Shop")


@pytest.fixture
def seller(db: None) -> User:
    """Sell for a business that no other test knows."""
    return make_person(f"seller{next(_numbers)}", owns="Cotton Mill")


def hold(buyer: User, seller: User, amount: int, reference: str = "", **fields: Any) -> Call:
    purchase = Purchase(buyer_id=business_of(buyer).id, seller_id=business_of(seller).id, amount=amount, currency="INR")
    return Call("hold_credit", {"actor": buyer, "purchase": purchase, "reference": reference or str(new_id())} | fields)


def owed(buyer: User) -> tuple[int, int]:
    """Return what a buyer's business owes, and what is held beside it."""
    place = chart.receivable(business_of(buyer).id, "INR")
    row = Balance.objects.get(account__code=place.code, account__currency=place.currency)
    return row.debits_posted - row.credits_posted, row.debits_pending


def cut(buyer: User, limit: int) -> Call:
    fields = {"business_id": business_of(buyer).id, "currency": "INR", "limit_minor": limit, "reason": "A cut"}
    return Call("set_credit_limit", {"actor": lender()} | fields)


@pytest.mark.parametrize("number", [2, 3, 8, pytest.param(32, marks=pytest.mark.proof)])
def test_of_many_holds_exactly_as_many_are_accepted_as_fit(buyer: User, seller: User, number: int) -> None:
    fit = number + number // 2
    open_line(business_of(buyer), 70 * fit + 69)

    with crew_of(number) as crew:
        answers = crew.race(*([hold(buyer, seller, 70) for _ in range(2)] for _ in range(number)))

    assert codes(answers) == {"ok": fit, "CREDIT_LIMIT_EXCEEDED": 2 * number - fit}
    assert owed(buyer) == (0, 70 * fit)


def test_the_first_purchase_of_many_buyers_from_one_seller_opens_the_accounts_once(crew: Crew, seller: User) -> None:
    buyers = [make_person(f"first{next(_numbers)}", owns="Corner Shop") for _ in range(K)]
    for one in buyers:
        open_line(business_of(one), 100)

    answers = crew.race(*([hold(one, seller, 60), hold(one, seller, 60)] for one in buyers))

    assert codes_by_turn(answers) == [{"ok": K}, {"CREDIT_LIMIT_EXCEEDED": K}]


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.proof)])
def test_businesses_that_buy_from_each_other_do_not_deadlock(crew: Crew, rounds: int) -> None:
    people = [make_person(f"trader{next(_numbers)}", owns="Trader") for _ in range(4)]
    for one in people:
        open_line(business_of(one), 100_000)
    pairs = [(people[at % 4], people[(at + 1 + at // 4) % 4]) for at in range(K)]

    answers = crew.race(*([hold(*pair, 1) for _ in range(rounds)] for pair in pairs))

    assert codes(answers) == {"ok": rounds * K}


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_a_limit_that_is_cut_meanwhile_is_never_exceeded(crew: Crew, seller: User, rounds: int) -> None:
    for turn in range(rounds):
        buyer = make_person(f"cut{next(_numbers)}", owns="Corner Shop")
        line = open_line(business_of(buyer), 10_000)
        asked: list[list[Call]] = [[hold(buyer, seller, 70) for _ in range(4)] for _ in range(K - 1)]
        limits = (1_500, 300, 1_000, 0) if turn % 2 else (2_000, 1_200, 900, 500)

        *holders, cutter = crew.race(*asked, [cut(buyer, limit) for limit in limits])

        assert [answer.code for answer in cutter] == ["ok"] * 4
        accepted = sorted(
            (answer.result.recorded.at, held_after(answer.result))
            for one in holders
            for answer in one
            if answer.code == "ok"
        )
        changes = list(CreditLineChange.objects.filter(line=line).order_by("number"))
        assert [change.new_limit_minor for change in changes] == [10_000, *limits]
        assert all(held <= limit_at(changes, at) for at, held in accepted)
        assert owed(buyer) == (0, max((held for _, held in accepted), default=0))


def held_after(held: Any) -> int:
    (pending,) = {counters.debits_pending for counters in held.recorded.balances.values() if counters.debits_pending}
    return int(pending)


def limit_at(changes: list[CreditLineChange], at: datetime) -> int:
    """Return the limit in force at a moment: changes and holds take their times under the same lock."""
    return [change.new_limit_minor for change in changes if change.created_at <= at][-1]


def test_repayments_arrive_while_the_line_is_suspended_and_cut(crew: Crew, buyer: User, seller: User) -> None:
    line = open_line(business_of(buyer), 10_000)
    for _ in range(5):
        held = services.hold_credit(**hold(buyer, seller, 1_000).fields)
        services.capture_hold(actor=seller, hold_id=held.hold_id)
    fields = {"actor": lender(), "business_id": business_of(buyer).id, "currency": "INR", "reason": "Paid"}

    def repayment() -> Call:
        return Call("record_repayment", fields | {"amount": 10, "reference": str(new_id())})

    statuses = ("suspended", "revoked", "under_review", "active")
    switching = [
        Call("set_credit_status", {"actor": lender(), "line_id": line.id, "status": one, "reason": "x"})
        for one in (*statuses, *statuses)
    ]
    cuts = [cut(buyer, limit) for limit in range(8)]
    answers = crew.race(switching, cuts, *([repayment() for _ in range(8)] for _ in range(K - 2)))

    assert codes(answers) == {"ok": 8 * K}
    assert owed(buyer) == (5_000 - 8 * 10 * (K - 2), 0)


def test_a_suspended_line_holds_nothing_from_that_moment_on(crew: Crew, buyer: User, seller: User) -> None:
    line = open_line(business_of(buyer), 10_000)
    suspend = Call("set_credit_status", {"actor": lender(), "line_id": line.id, "status": "suspended", "reason": "x"})

    plans = [[hold(buyer, seller, 1) for _ in range(3)] for _ in range(K)]
    plans[0][1] = suspend

    answers = crew.race(*plans)

    before, during, after = codes_by_turn(answers)
    assert (before, after) == ({"ok": K}, {"CREDIT_NOT_ACTIVE": K})
    assert set(during) <= {"ok", "CREDIT_NOT_ACTIVE"}
    assert owed(buyer) == (0, before["ok"] + during["ok"] - 1)


@pytest.mark.parametrize("window", ["day", "none"])
def test_a_member_spends_no_more_than_allowed(crew: Crew, buyer: User, seller: User, window: str) -> None:
    business = business_of(buyer)
    member = employee(f"member{next(_numbers)}", business)
    open_line(business, 10_000)
    services.set_spending_limit(
        actor=buyer, membership_id=member.membership.id, currency="INR", window=window, limit_minor=300
    )

    answers = crew.race(*([hold(member, seller, 60), hold(member, seller, 301)] for _ in range(K)))

    fit = K if window == "none" else 5
    assert codes_by_turn(answers)[0] == +Counter({"ok": fit, "SPENDING_LIMIT_EXCEEDED": K - fit})
    assert codes_by_turn(answers)[1] == {"SPENDING_LIMIT_EXCEEDED": K}
    assert owed(buyer) == (0, 60 * fit)


def test_what_is_released_meanwhile_can_be_spent_again(crew: Crew, buyer: User, seller: User) -> None:
    business = business_of(buyer)
    member = employee(f"member{next(_numbers)}", business)
    open_line(business, 10_000)
    limit: dict[str, Any] = {
        "membership_id": member.membership.id,
        "currency": "INR",
        "window": "month",
        "limit_minor": 400,
    }
    services.set_spending_limit(actor=buyer, **limit)
    first = [services.hold_credit(**hold(member, seller, 100).fields) for _ in range(4)]
    releases = [Call("release_hold", {"actor": seller, "hold_id": one.hold_id}) for one in first]

    answers = crew.race(*([hold(member, seller, 100) for _ in range(4)] for _ in range(K - 2)), releases, releases)

    *asked, one, other = answers
    assert codes([one, other]) == {"ok": 4, "replay": 4}
    accepted = codes(asked)["ok"]
    assert accepted <= 4
    assert owed(buyer) == (0, 100 * accepted)
    assert SpendingWindow.objects.get(membership=member.membership).spent_minor == 100 * accepted


def test_a_hold_is_captured_released_or_expired_and_counted_once(crew: Crew, buyer: User, seller: User) -> None:
    business = business_of(buyer)
    open_line(business, 10_000)
    begin = timezone.now() + timedelta(milliseconds=1_500)
    ends = [begin + timedelta(milliseconds=40 * number) for number in range(5)]
    held = [services.hold_credit(**hold(buyer, seller, 100, expires_at=end).fields).hold_id for end in ends]
    ways: list[Callable[[UUID], Call]] = [
        lambda one: Call("capture_hold", {"actor": seller, "hold_id": one, "amount": 30}),
        lambda one: Call("release_hold", {"actor": seller, "hold_id": one}),
        lambda one: Call("expire_hold", {"hold_id": one}),
    ]
    plans = [
        [
            (end - timedelta(milliseconds=2), ways[at % 3](one), "HOLD_NOT_EXPIRED")
            for one, end in zip(held, ends, strict=True)
        ]
        for at in range(K)
    ]

    answers = crew.keep_appointments(*plans)

    assert set(codes(answers)) <= {"ok", "replay", "HOLD_RESOLVED", "HOLD_EXPIRED"}
    posted, pending = owed(buyer)
    captured = sum("ok" in {answer.code for answer in turn[::3]} for turn in turns(answers))
    assert (posted, pending) == (30 * captured, 0)
    assert sorted(Spend.objects.filter(membership=buyer.membership).values_list("amount", flat=True)) == (
        [0] * (5 - captured) + [30] * captured
    )


def test_one_purchase_asked_for_by_many_is_one_hold_and_one_spend(crew: Crew, buyer: User, seller: User) -> None:
    line = open_line(business_of(buyer), 10_000)
    references = [str(new_id()) for _ in range(5)]

    answers = crew.race(*([hold(buyer, seller, 100, reference=one) for one in references] for _ in range(K)))

    assert codes_by_turn(answers) == [{"ok": 1, "replay": K - 1}] * 5
    assert [len({answer.result.hold_id for answer in turn}) for turn in turns(answers)] == [1] * 5
    assert Spend.objects.filter(membership=buyer.membership).count() == 5
    assert CreditLine.objects.get(id=line.id).limit_minor == 10_000


def test_two_members_of_staff_who_approve_at_once_raise_the_limit_once(crew: Crew, buyer: User) -> None:
    request = services.request_credit(actor=buyer, limit_minor=900, currency="INR")
    people = [lender(f"approver{at}") for at in range(K)]

    answers = crew.race(*([Call("approve_credit_request", {"actor": one, "request_id": request.id})] for one in people))

    assert codes(answers) == {"ok": 1, "CREDIT_REQUEST_CLOSED": K - 1}
    assert CreditLineChange.objects.filter(line__business=business_of(buyer)).count() == 1
