"""Credit and spending beside their model: both take each step, and agree on the answer, the debt, the counters."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Self
from unittest import mock
from uuid import UUID

from django.db import connection, transaction

from accounts import services as accounts_services
from accounts.models import Business, Membership, User
from finance import services
from finance.models import Account, Balance, CreditLine, Spend, SpendingWindow
from finance.services import Purchase
from finance.tests.credit_model import OK, REPLAY, Bought, Credit, Key, Line
from finance.tests.ledger_audit import read_rows, violations
from finance.tests.ledger_clock import Clock
from finance.tests.racers import Call, perform
from wholexale.common.testing import clock_query, make_person

CURRENCIES = ("INR", "JPY")
ZONES = ["Asia/Kolkata", "Europe/Berlin"]
MEMBERS = 2


@dataclass
class CreditStage:
    """Two businesses that buy, with two members each, one that sells, and staff, in a transaction that is undone."""

    staff: User
    credit: Credit = field(default_factory=lambda: Credit(ZONES))
    businesses: list[Business] = field(default_factory=list)
    owners: list[User] = field(default_factory=list)
    members: list[User] = field(default_factory=list)
    lines: dict[Key, CreditLine] = field(default_factory=dict)
    holds: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)
    asked: int = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(transaction.atomic())
            stack.callback(transaction.set_rollback, True)  # noqa: FBT003 - Django's signature
            self.clock = stack.enter_context(Clock.standing())
            if connection.vendor != "postgresql":
                stack.enter_context(mock.patch("finance.services.spending.now_query", clock_query(self.clock.read)))
            self.seller = make_person("cotton", owns="Cotton Mill").membership.business
            for number, zone in enumerate(ZONES):
                self._found(number, zone)
            self.rows = read_rows()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            if raised[0] is None and not connection.needs_rollback:
                connection.check_constraints()
        finally:
            self._stack.close()

    # What can be done on the stage

    def hold(self, who: int, currency: str, amount: int, aim: int | None, seconds: int | None) -> None:
        """Buy on account: as one of the members, or as staff for the first business."""
        self.clock.move(1)
        member = who if who < len(self.members) else None
        buyer = 0 if member is None else member // MEMBERS
        if aim is not None:
            amount = self.credit.room(buyer, currency) + aim
        expires_at = None if seconds is None else self.clock.now + timedelta(seconds=seconds)
        expected = self.credit.hold(Bought(buyer, member, amount, currency, self.clock.now, expires_at))
        purchase = Purchase(
            buyer_id=self.businesses[buyer].id, seller_id=self.seller.id, amount=amount, currency=currency
        )
        self.asked += 1
        fields = {
            "actor": self.staff if member is None else self.members[member],
            "purchase": purchase,
            "reference": f"purchase {self.asked}",
            "expires_at": expires_at,
        }
        held = self._call("hold_credit", expected, **fields)
        if expected == OK:
            self.holds.append((held.hold_id, fields))
            assert self.credit.room(buyer, currency) >= 0

    def ask_again(self, number: int) -> None:
        """Repeat a purchase that was made."""
        hold_id, fields = self.holds[number % len(self.holds)]
        assert self._call("hold_credit", REPLAY, **fields).hold_id == hold_id

    def finish(self, number: int, end: str, amount: int | None) -> None:
        """Capture, release or expire a hold."""
        self.clock.move(1)
        number = len(self.holds) - 1 - number % len(self.holds)
        hold_id = self.holds[number][0]
        expected = self.credit.finish(number, end, amount if end == "capture" else None, self.clock.now)
        fields: dict[str, Any] = {"hold_id": hold_id}
        if end != "expire":
            fields["actor"] = None
        if end == "capture":
            fields["amount"] = amount
        self._call(f"{end}_hold", expected, **fields)

    def pay(self, buyer: int, currency: str, amount: int, *, is_charge: bool) -> None:
        """Book a repayment, which always works, or a charge, which must fit."""
        self.asked += 1
        fields = {
            "actor": self.staff,
            "business_id": self.businesses[buyer].id,
            "amount": amount,
            "currency": currency,
            "reference": f"payment {self.asked}",
            "reason": "By hand",
        }
        if is_charge:
            expected = self.credit.charge(buyer, currency, amount)
            self._call("adjust_credit", expected, direction="charge", **fields)
        else:
            self._call("record_repayment", self.credit.repay(buyer, currency, amount), **fields)

    def set_limit(self, buyer: int, currency: str, limit: int) -> None:
        """Give a business another limit."""
        expected = self.credit.set_limit(buyer, currency, limit)
        fields = {"business_id": self.businesses[buyer].id, "currency": currency, "limit_minor": limit}
        self._call("set_credit_limit", expected, actor=self.staff, reason="Reviewed", **fields)

    def set_standing(self, buyer: int, currency: str, standing: str) -> None:
        """Suspend, revoke or reactivate a line."""
        expected = self.credit.set_standing(buyer, currency, standing)
        line_id = self.lines[buyer, currency].id
        self._call("set_credit_status", expected, actor=self.staff, line_id=line_id, status=standing, reason="Reviewed")

    def freeze(self, buyer: int, currency: str, *, is_frozen: bool) -> None:
        """Freeze the account of a business, or open it again."""
        was, self.credit.lines[buyer, currency].is_frozen = self.credit.lines[buyer, currency].is_frozen, is_frozen
        status = Account.Status.FROZEN if is_frozen else Account.Status.OPEN
        account_id = self.lines[buyer, currency].account_id
        self._call(
            "set_account_status", OK, was != is_frozen,
            actor=self.staff, account_id=account_id, status=status, reason="Reviewed",
        )  # fmt: skip

    def limit_member(self, member: int, currency: str, window: str, limit: int | None) -> None:
        """Limit what a member spends, or lift that."""
        key = (member, currency)
        fields = {
            "actor": self.owners[member // MEMBERS],
            "membership_id": self.members[member].membership.id,
            "currency": currency,
        }
        if limit is None:
            expected = OK if self.credit.limits.pop(key, None) else "SPENDING_LIMIT_NOT_FOUND"
            self._call("remove_spending_limit", expected, **fields)
        else:
            self.credit.limits[key] = (window, limit)
            self._call("set_spending_limit", OK, window=window, limit_minor=limit, **fields)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.move(seconds)

    # How the two are compared

    def _call(self, verb: str, expected: str, may_change: bool = True, /, **fields: Any) -> Any:  # noqa: FBT002
        answer = perform(Call(verb, fields))
        assert answer.code == expected, verb
        before, self.rows = self.rows, read_rows()
        is_too_late = verb == "expire_hold" and expected == OK and self.rows == before
        if expected == OK and may_change and not is_too_late:
            assert violations(self.rows) == []
            self._compare()
        else:
            assert self.rows == before, f"{verb} came to {expected} and changed rows"
        return answer.result

    def _compare(self) -> None:
        for (buyer, currency), line in self.lines.items():
            row = Balance.objects.get(account_id=line.account_id)
            owed, held = self.credit.owed(buyer, currency), self.credit.held(buyer, currency)
            assert (row.debits_posted - row.credits_posted, row.debits_pending) == (owed, held)
            assert row.credits_pending == 0
        spends = dict(Spend.objects.values_list("hold_id", "amount"))
        made = zip(self.holds, self.credit.purchases, strict=False)
        assert spends == {hold_id: one.counted for (hold_id, _), one in made if one.member is not None} | {
            hold_id: spends[hold_id] for hold_id in spends.keys() - {hold_id for hold_id, _ in self.holds}
        }
        for counter in SpendingWindow.objects.all():
            member = next(at for at, one in enumerate(self.members) if one.membership.id == counter.membership_id)
            counts = partial(_is_within, counter)
            assert counter.spent_minor == self.credit.counters(counts, member, counter.currency)

    def _found(self, number: int, zone: str) -> None:
        owner = make_person(f"owner{number}", owns=f"Shop {number}")
        business = owner.membership.business
        Business.objects.filter(id=business.id).update(time_zone=zone)
        business.refresh_from_db()
        self.owners.append(owner)
        self.businesses.append(business)
        for at in range(MEMBERS):
            member = make_person(f"member{number}{at}")
            accounts_services.add_member(business=business, user=member, role=Membership.Role.MEMBER)
            self.members.append(User.objects.select_related("membership").get(id=member.id))
        for currency in CURRENCIES:
            services.set_credit_limit(
                actor=self.staff, business_id=business.id, currency=currency, limit_minor=1_000, reason="First"
            )
            self.lines[number, currency] = CreditLine.objects.get(business=business, currency=currency)
            self.credit.lines[number, currency] = Line(1_000)


def _is_within(counter: SpendingWindow, one: Bought) -> bool:
    return counter.starts_at <= one.made_at < counter.ends_at
