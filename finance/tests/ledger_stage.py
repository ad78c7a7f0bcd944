"""The ledger beside its model: each step is taken by both, and they must agree on the answer and on every row."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from unittest import mock
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Business, User
from finance import services, sql
from finance.models import Account, Balance, CreditLine, Entry, LedgerTransaction, Transfer, chart
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from finance.sql.movement import MAX_COUNTER
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.ledger_clock import Clock
from finance.tests.ledger_dice import CURRENCIES, Asked, Wish, part_of
from finance.tests.ledger_model import EMPTY, NOWHERE, OK, REPLAY, Count, Ledger, Outcome, Part, Place, Written
from wholexale.common.errors import DomainError
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT

NEARLY_FULL = Count(*[MAX_COUNTER - MAX_AMOUNT] * 4)
Engine = Callable[[Movement], Recorded]
TILL = 2
"""The third account of a currency; what is owed comes after it."""

TOUCHED = (Account, Balance, CreditLine, LedgerTransaction, Transfer, Entry)
"""What the ledger's own verbs may change."""

WHOLE = {"available", "held", "currency"}
"""What a refusal says in whole units, where all is in one currency; the same stands there in minor units."""

MANY = 24
NO_TRANSACTION = 11
ENGINES: tuple[Engine, ...] = (sql.record_stepwise, sql.record_in_one)
if connection.vendor != "postgresql":
    ENGINES = (sql.record_stepwise,)


@dataclass
class Stage:
    """Accounts of every kind in three currencies, on one engine, in a transaction that is rolled back."""

    staff: User
    business: Business
    engine: Engine
    ledger: Ledger = field(default_factory=Ledger)
    account_ids: list[UUID] = field(default_factory=list)
    transfer_ids: list[UUID] = field(default_factory=list)
    transaction_ids: list[UUID] = field(default_factory=list)
    lined: list[UUID] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(transaction.atomic())
            stack.callback(transaction.set_rollback, True)  # noqa: FBT003 - Django's signature
            self.clock = stack.enter_context(Clock.standing())
            stack.enter_context(mock.patch.object(sql, "record", self.engine))
            for currency in CURRENCIES:
                self._open_chart(currency)
            self.openings = {f"full:{side}": NEARLY_FULL for side in ("left", "right")}
            for code, opening in self.openings.items():
                self.open(chart.Place(code, "INR", Account.Kind.ASSET), opening=opening)
            self.ledger.full = (len(self.account_ids) - 2, len(self.account_ids) - 1)
            self.others = read_rows(other_than=TOUCHED)
            self.rows = read_rows(*TOUCHED)
            self.fund()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            if raised[0] is None and not connection.needs_rollback:
                connection.check_constraints()
                assert read_rows(other_than=TOUCHED) == self.others
        finally:
            self._stack.close()

    @property
    def is_small(self) -> bool:
        """Say whether a few more accounts would not be too many."""
        return len(self.account_ids) < MANY

    # What can be done on the stage

    def open(self, place: chart.Place, *, limit: int | None = None, opening: Count = EMPTY) -> None:
        """Open an account; one that is there stays as it is."""
        (account,) = services.open_accounts([place])
        if account.id in self.account_ids:
            return
        self.account_ids.append(account.id)
        modelled = Place(place.currency, str(place.normal_side), str(place.limit_policy), opening=opening)
        self.ledger.places.append(modelled)
        if limit is not None:
            modelled.limit = limit
            self.lined.append(account.id)
            line = {"business_id": self.business.id, "currency": place.currency}
            CreditLine.objects.create(account=account, limit_minor=limit, **line)
        if any(opening):
            Balance.objects.filter(account=account).update(**opening._asdict())

    def open_late(self, number: int, policy: str, kind: str) -> None:
        """Open another account, or find the one that is there."""
        currency = CURRENCIES[number % len(CURRENCIES)]
        known = len(self.account_ids)
        place = chart.Place(f"late:{number}:{policy}:{kind}", currency, Account.Kind(kind), Account.Policy(policy))
        self.open(place)
        self._agree("open", OK, OK, may_change=len(self.account_ids) > known)

    def move(self, *wishes: Wish) -> None:
        """Record a movement that was not asked for before."""
        self.clock.move(1)
        parts = tuple(part_of(wish, self.ledger, self.clock.now) for wish in wishes)
        self._record(Asked(f"movement {len(self.asked)}", parts))

    def ask_again(self, number: int, twist: str) -> None:
        """Repeat an earlier movement, or reuse its reference for another."""
        if self.asked:
            self.clock.move(1)
            self._record(self.asked[-1 - number % len(self.asked)].again(twist))

    def reverse(self, number: int, reason: str) -> None:
        """Reverse a transaction; now and then one that is not there."""
        known = bool(self.transaction_ids) and number != NO_TRANSACTION
        number = len(self.transaction_ids) - 1 - number % len(self.transaction_ids) if known else NOWHERE
        target = self.transaction_ids[number] if known else new_id()
        expected = self.ledger.reverse(number, reason, self.clock.now)
        nets = self._nets()

        def do() -> Recorded:
            return services.reverse_transaction(actor=self.staff, transaction_id=target, reason=reason)

        recorded = self._do("reverse", do, expected)
        if recorded is not None:
            self._remember(recorded.id)
            row = LedgerTransaction.objects.get(id=recorded.id)
            assert (row.reverses_id, row.description) == (target, reason.strip())
            self._assert_undone(self.ledger.written[number], nets)

    def set_status(self, number: int, status: str, reason: str) -> None:
        """Freeze, reopen or close an account."""
        number %= len(self.account_ids)
        was = self.ledger.places[number].status
        expected = self.ledger.set_status(number, status, reason)
        account_id = self.account_ids[number]

        def do() -> Account:
            return services.set_account_status(
                actor=self.staff, account_id=account_id, status=Account.Status(status), reason=reason
            )

        self._do("set status", do, expected, may_change=was != status)

    def set_line(self, number: int, limit: int, status: str) -> None:
        """Change a credit line, under the lock of its account."""
        account_id = self.lined[number % len(self.lined)]
        place = self.ledger.places[self.account_ids.index(account_id)]
        place.limit, place.standing = limit, status
        CreditLine.objects.filter(account_id=account_id).update(limit_minor=limit, status=status)
        self._agree("set line", OK, OK)

    def wait(self, seconds: int) -> None:
        """Let time pass; none of it means until the next step falls on the very end of a hold."""
        ends = [one.timeout for one in self.ledger.open_holds() if one.timeout is not None]
        if seconds:
            self.clock.move(seconds)
        elif ends and min(ends) > self.clock.now:
            self.clock.set(min(ends) - timedelta(seconds=1))

    def fund(self) -> None:
        """Give the accounts that must not be overdrawn something to draw on: from `owed` to `till`."""
        self.move(*(Wish("single", currency, TILL, amount=500) for currency in range(len(CURRENCIES))))

    # How the two are compared

    def _record(self, wanted: Asked) -> None:
        self.asked.append(wanted)
        salt = "" if wanted.category == Category.TRANSFER else wanted.category
        expected = self.ledger.record(wanted.reference, wanted.parts, self.clock.now, salt=salt)
        movement = Movement(
            kind=Kind.TRANSFER,
            category=wanted.category,
            reference=wanted.reference,
            legs=tuple(self._leg(part) for part in wanted.parts),
            actor_id=self.staff.id,
        )
        recorded = self._do("record", lambda: services.record(movement), expected)
        if recorded is None:
            return
        if recorded.is_replay:
            known = [one.reference for one in self.ledger.written].index(wanted.reference)
            assert recorded.id == self.transaction_ids[known]
        else:
            self._remember(recorded.id)
            assert [leg.id for leg in movement.legs] == self.transfer_ids[-len(movement.legs) :]
            counts = self.ledger.counts()
            numbers = [self.account_ids.index(one) for one in recorded.balances]
            assert recorded.at == self.clock.now
            assert {number: Count(*_four(recorded.balances[self.account_ids[number]])) for number in numbers} == {
                number: counts[number] for number in numbers
            }

    def _do(self, name: str, do: Callable[[], Any], expected: Outcome, *, may_change: bool = True) -> Any:
        result = None
        try:
            result = do()
            outcome = REPLAY if isinstance(result, Recorded) and result.is_replay else OK
        except DomainError as refusal:
            outcome = (refusal.code, {name: refusal.context[name] for name in refusal.context if name not in WHOLE})
        self._agree(name, outcome, expected, may_change=may_change)
        return result

    def _agree(self, name: str, outcome: Outcome, expected: Outcome, *, may_change: bool = True) -> None:
        """Compare the answer, every row with what it was before, and the balances with the model's."""
        assert outcome == expected, name
        self.outcomes.append((f"{name} {outcome[0]}", outcome[1]))
        before, self.rows = self.rows, read_rows(*TOUCHED)
        if outcome != OK or not may_change:
            assert self.rows == before, f"{name} came to {outcome} and changed rows"
            return
        assert violations(self.rows, openings=self.openings) == []
        assert self._stored() == self.ledger.counts()

    def _stored(self) -> list[Count]:
        rows = Balance.objects.in_bulk(self.account_ids)
        return [Count(*_four(rows[one])) for one in self.account_ids]

    def _nets(self) -> list[int]:
        return [count.debits_posted - count.credits_posted for count in self._stored()]

    def _assert_undone(self, original: Written, nets: list[int]) -> None:
        """A reversal gives back what the original moved, account by account."""
        for one in self.ledger.transfers[original.first : original.end]:
            nets[one.debit] -= one.amount
            nets[one.credit] += one.amount
        assert self._nets() == nets

    def _remember(self, transaction_id: UUID) -> None:
        self.transaction_ids.append(transaction_id)
        moved = Transfer.objects.filter(transaction_id=transaction_id).order_by("id")
        self.transfer_ids += moved.values_list("id", flat=True)

    def _leg(self, part: Part) -> Leg:
        return Leg(
            phase=Phase(part.phase),
            debit_id=None if part.hold is not None else self._account_id(part.debit),
            credit_id=None if part.hold is not None else self._account_id(part.credit),
            amount=part.amount,
            currency=part.currency,
            hold_id=None if part.hold is None else self.transfer_ids[part.hold] if part.hold >= 0 else new_id(),
            timeout_at=part.timeout,
        )

    def _account_id(self, number: int) -> UUID:
        return self.account_ids[number] if number >= 0 else new_id()

    def _open_chart(self, currency: str) -> None:
        """Open accounts that need nothing, must not be overdrawn or have a credit line, on either side."""
        kinds, policies = Account.Kind, Account.Policy
        self.open(chart.Place("bank", currency, kinds.ASSET))
        self.open(chart.Place("fees", currency, kinds.INCOME))
        self.open(chart.Place("till", currency, kinds.ASSET, policies.NO_OVERDRAFT))
        self.open(chart.Place("owed", currency, kinds.LIABILITY, policies.NO_OVERDRAFT))
        self.open(chart.Place("bought", currency, kinds.ASSET, policies.CREDIT_LIMIT), limit=1000)
        self.open(chart.Place("unlined", currency, kinds.LIABILITY, policies.CREDIT_LIMIT))


def _four(counters: Any) -> tuple[int, int, int, int]:
    return tuple(getattr(counters, name) for name in Count._fields)
