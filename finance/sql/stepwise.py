"""Recording a movement statement by statement, on any database: what SQLite runs, and what the function must equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from finance.models import Account, Balance, CreditLine, Entry, LedgerTransaction, Transfer
from finance.sql.movement import MAX_COUNTER, Counters, Leg, Movement, Phase, Recorded, Refused
from wholexale.common.clock import database_now
from wholexale.common.numbers import next_number

DEBIT, CREDIT = Account.Side.DEBIT, Account.Side.CREDIT


@dataclass(slots=True)
class Book:
    """One account under its lock, with counters that follow the legs."""

    account: Account
    line: CreditLine | None
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int
    last_seq: int

    @property
    def balance(self) -> int:
        """Return the posted balance on the normal side."""
        difference = self.debits_posted - self.credits_posted
        return difference if self.account.normal_side == DEBIT else -difference

    def counters(self) -> Counters:
        """Return the counters as they are now."""
        return Counters(self.debits_posted, self.credits_posted, self.debits_pending, self.credits_pending)

    def add(self, side: str, *, posted: int = 0, pending: int = 0) -> None:
        """Count on one side."""
        if side == DEBIT:
            self.debits_posted += posted
            self.debits_pending += pending
        else:
            self.credits_posted += posted
            self.credits_pending += pending
        if max(self.debits_posted, self.credits_posted, self.debits_pending, self.credits_pending) > MAX_COUNTER:
            raise Refused("BALANCE_TOO_LARGE")

    def judge_growth(self, side: str, amount: int) -> None:
        """Refuse a debit or credit, or a hold, that the account does not allow to grow."""
        account = self.account
        is_debt = account.limit_policy == Account.Policy.CREDIT_LIMIT
        if (side == account.normal_side) != is_debt:  # who owes draws by growing, all others by giving away
            return
        if account.status == Account.Status.FROZEN:
            raise Refused("ACCOUNT_FROZEN")
        if account.limit_policy == Account.Policy.CREDIT_LIMIT:
            if self.line is not None and self.line.status != CreditLine.Status.ACTIVE:
                raise Refused("CREDIT_NOT_ACTIVE", status=self.line.status)
            room = (self.line.limit_minor if self.line else 0) - self.balance - self._pending(account.normal_side)
            if amount > room:
                raise Refused("CREDIT_LIMIT_EXCEEDED", available=room)
        elif account.limit_policy == Account.Policy.NO_OVERDRAFT:
            room = self.balance - self._pending(side)
            if amount > room:
                raise Refused("INSUFFICIENT_FUNDS", available=room)

    def _pending(self, side: str) -> int:
        return self.debits_pending if side == DEBIT else self.credits_pending


def record_stepwise(movement: Movement) -> Recorded:
    """Record a movement in the surrounding transaction.

    Raises:
        Refused: and nothing was written.
    """
    holds = _holds(movement)
    legs = [_resolved(leg, holds) for leg in movement.legs]
    books = _locked_books({one for leg in legs for one in (leg.debit_id, leg.credit_id) if one is not None})
    if replay := _replay(movement):
        return replay
    now = database_now()
    ended = {row.hold_id for row in Transfer.objects.filter(hold__in=holds).only("hold_id")}
    transfers, entries = [], []
    for leg in legs:
        hold = holds.get(leg.hold_id) if leg.hold_id else None
        if hold is not None:
            _judge_resolution(leg, hold, ended=ended, now=now)
            ended.add(hold.id)
        moved = _apply(leg, hold, books, is_correction=movement.is_correction, now=now)
        transfers.append(moved)
        if leg.phase in {Phase.SINGLE, Phase.POST}:
            entries += _entries(leg, moved, books)
    return _write(movement, transfers, entries, books, now)


def _holds(movement: Movement) -> dict[UUID, Transfer]:
    wanted = {leg.hold_id for leg in movement.legs if leg.hold_id is not None}
    holds = Transfer.objects.in_bulk(wanted) if wanted else {}
    if any(one not in holds or holds[one].phase != Phase.PENDING for one in wanted):
        raise Refused("HOLD_NOT_FOUND")
    return holds


def _resolved(leg: Leg, holds: Mapping[UUID, Transfer]) -> Leg:
    """Return a leg with the accounts, currency and amount of its hold."""
    if leg.hold_id is None:
        return leg
    hold = holds[leg.hold_id]
    amount = leg.amount if leg.phase == Phase.POST and leg.amount is not None else hold.amount
    return replace(
        leg, debit_id=hold.debit_account_id, credit_id=hold.credit_account_id, currency=hold.currency, amount=amount
    )


def _locked_books(account_ids: set[UUID]) -> dict[UUID, Book]:
    """Lock the balances in the order of their ids, then read what their accounts and lines say: never before."""
    rows = Balance.objects.filter(account_id__in=account_ids).order_by("account_id")
    balances = list(rows.select_for_update() if connection.features.has_select_for_update else rows)
    accounts = Account.objects.in_bulk(account_ids)
    lines = {line.account_id: line for line in CreditLine.objects.filter(account_id__in=account_ids)}
    if len(balances) != len(account_ids):
        raise Refused("ACCOUNT_NOT_FOUND")
    return {
        row.account_id: Book(
            accounts[row.account_id],
            lines.get(row.account_id),
            row.debits_posted,
            row.credits_posted,
            row.debits_pending,
            row.credits_pending,
            row.last_seq,
        )
        for row in balances
    }


def _replay(movement: Movement) -> Recorded | None:
    known = LedgerTransaction.objects.filter(reference=movement.reference).first()
    if known is None:
        return None
    if known.fingerprint != movement.fingerprint():
        raise Refused("REFERENCE_REUSED")
    return Recorded(id=known.id, number=known.number, at=known.created_at, is_replay=True)


def _judge_resolution(leg: Leg, hold: Transfer, *, ended: set[UUID | None], now: datetime) -> None:
    is_over = hold.timeout_at is not None and hold.timeout_at <= now
    if hold.id in ended:
        raise Refused("HOLD_RESOLVED")
    if leg.phase == Phase.POST and is_over:
        raise Refused("HOLD_EXPIRED")
    if leg.phase == Phase.EXPIRE and not is_over:
        raise Refused("HOLD_NOT_EXPIRED")
    if (leg.amount or 0) > hold.amount:
        raise Refused("AMOUNT_EXCEEDS_HOLD", held=hold.amount)


def _apply(
    leg: Leg, hold: Transfer | None, books: Mapping[UUID, Book], *, is_correction: bool, now: datetime
) -> Transfer:
    """Judge a leg, count it, and return its row."""
    if leg.debit_id is None or leg.credit_id is None or leg.amount is None:
        raise ValueError("a transfer names two accounts and an amount")
    debit, credit = books[leg.debit_id], books[leg.credit_id]
    for side, book in ((DEBIT, debit), (CREDIT, credit)):
        if book.account.currency != leg.currency:
            raise Refused("CURRENCY_MISMATCH")
        if book.account.status == Account.Status.CLOSED:
            raise Refused("ACCOUNT_CLOSED")
        if hold is None and not is_correction:
            book.judge_growth(side, leg.amount)
    if leg.timeout_at is not None and leg.timeout_at <= now:
        raise Refused("TIMEOUT_IN_PAST")
    pending = leg.amount if leg.phase == Phase.PENDING else -hold.amount if hold else 0
    posted = leg.amount if leg.phase in {Phase.SINGLE, Phase.POST} else 0
    debit.add(DEBIT, posted=posted, pending=pending)
    credit.add(CREDIT, posted=posted, pending=pending)
    return Transfer(
        id=leg.id,
        phase=leg.phase,
        debit_account_id=leg.debit_id,
        credit_account_id=leg.credit_id,
        amount=leg.amount,
        currency=leg.currency,
        hold_id=leg.hold_id,
        timeout_at=leg.timeout_at,
        debit_balance=debit.balance,
        credit_balance=credit.balance,
        created_at=now,
    )


def _entries(leg: Leg, moved: Transfer, books: Mapping[UUID, Book]) -> list[Entry]:
    entries = []
    for side, account_id, entry_id in (
        (DEBIT, moved.debit_account_id, leg.debit_entry_id),
        (CREDIT, moved.credit_account_id, leg.credit_entry_id),
    ):
        book = books[account_id]
        book.last_seq += 1
        entries.append(
            Entry(
                id=entry_id,
                account_id=account_id,
                seq=book.last_seq,
                transfer=moved,
                side=side,
                amount=moved.amount,
                balance_after=book.balance,
                created_at=moved.created_at,
            )
        )
    return entries


def _write(
    movement: Movement,
    transfers: Sequence[Transfer],
    entries: Sequence[Entry],
    books: Mapping[UUID, Book],
    now: datetime,
) -> Recorded:
    row = LedgerTransaction(
        id=movement.id,
        number=next_number(LedgerTransaction),
        kind=movement.kind,
        category=movement.category,
        reference=movement.reference,
        fingerprint=movement.fingerprint(),
        subject_type=movement.about.type,
        subject_id=movement.about.id,
        subject_number=movement.about.number,
        payment_method=movement.payment_method,
        description=movement.description,
        actor_id=movement.actor_id,
        reverses_id=movement.reverses_id,
        request_id=movement.request_id,
        created_at=now,
    )
    row.save(force_insert=True)
    for transfer in transfers:
        transfer.transaction = row
    Transfer.objects.bulk_create(transfers)
    Entry.objects.bulk_create(entries)
    for account_id, book in sorted(books.items()):
        Balance.objects.filter(account_id=account_id).update(
            debits_posted=book.debits_posted,
            credits_posted=book.credits_posted,
            debits_pending=book.debits_pending,
            credits_pending=book.credits_pending,
            last_seq=book.last_seq,
            updated_at=now,
        )
    balances = {account_id: book.counters() for account_id, book in books.items()}
    return Recorded(id=row.id, number=row.number, at=now, balances=balances)
