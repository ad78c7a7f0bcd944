"""A process that carries out its operations one after the other and writes down what it was told, line by line.

It may be killed at any moment: started again, it repeats the operation whose answer it never wrote down.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import User
from finance import services
from finance.models import Account, HoldExpiry, Transfer
from finance.services import Purchase
from finance.sql import Category, Kind, Leg, Movement, Phase, Recorded
from finance.tests.racers import enter, is_busy
from finance.tests.workload import CONTROLS, Number, Op, Piece, World, id_of, plan
from wholexale.common.errors import DomainError

BUSY, DEADLOCK, OFF = "busy", "deadlock", "the sums were off"
DEADLOCK_DETECTED = "40P01"
PATIENCE = 10

_SUMS = """
    SELECT count(*) FROM (
        SELECT a.currency FROM finance_balance b JOIN finance_account a ON a.id = b.account_id GROUP BY a.currency
        HAVING sum(b.debits_posted) <> sum(b.credits_posted) OR sum(b.debits_pending) <> sum(b.credits_pending)
    ) AS uneven
"""


def read_log(path: Path) -> list[str]:
    """Return what a process was told, operation by operation; a line that was not finished was not told."""
    if not path.exists():
        return []
    return path.read_text(encoding="ascii").rpartition("\n")[0].splitlines()


def work(database: str, world: World, process: int, count: int, path: Path) -> None:
    """Carry on where the log ends."""
    enter(database)
    told = read_log(path)
    path.write_text("".join(f"{line}\n" for line in told), encoding="ascii")
    worker = Worker(world)
    log = os.open(path, os.O_WRONLY | os.O_APPEND)
    for number in range(len(told), count):
        os.write(log, f"{worker.attempt(plan(world, process, number))}\n".encode())
    os.close(log)
    connection.close()


class Worker:
    """Knows how to ask for each kind of operation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = User.objects.in_bulk([*world.people, world.staff])
        self.staff = self.people[world.staff]

    def attempt(self, op: Op) -> str:
        """Return what an operation came to: `ok`, `replay`, the code of a refusal, or an error that should not be."""
        for _ in range(PATIENCE):
            try:
                return self._answer(op)
            except DomainError as refusal:
                return refusal.code
            except OperationalError as error:
                if (kind := _kind(error)) != BUSY:
                    return kind
        return BUSY

    def _answer(self, op: Op) -> str:
        own: Callable[[Op], Recorded | None] = getattr(self, f"_{op.kind}", self._record)
        recorded = self._control(op) if op.kind in CONTROLS else own(op)
        return "replay" if recorded is not None and recorded.is_replay else "ok"

    def _record(self, op: Op) -> Recorded:
        legs = tuple(self._leg(op.content, place, piece) for place, piece in enumerate(op.pieces))
        movement = Movement(
            id=id_of(op.content, 0), kind=Kind.TRANSFER, category=Category.TRANSFER, reference=op.reference, legs=legs
        )
        if not any(leg.timeout_at for leg in legs):
            return services.record(movement)
        with transaction.atomic():
            recorded = services.record(movement)
            if not recorded.is_replay:
                ends = [HoldExpiry(hold_id=leg.id, run_at=leg.timeout_at) for leg in legs if leg.timeout_at]
                HoldExpiry.objects.bulk_create(ends)
            return recorded

    def _leg(self, number: Number, place: int, piece: Piece) -> Leg:
        ids = [id_of(number, 1 + 3 * place + at) for at in range(3)]
        if piece.hold is not None:
            hold_id = id_of(piece.hold, 1)
            return Leg(
                phase=Phase(piece.phase), hold_id=hold_id, amount=piece.asked,
                id=ids[0], debit_entry_id=ids[1], credit_entry_id=ids[2],
            )  # fmt: skip
        return Leg(
            phase=Phase(piece.phase), debit_id=piece.debit.id, credit_id=piece.credit.id, amount=piece.amount,
            currency=piece.debit.currency, timeout_at=_end(piece),
            id=ids[0], debit_entry_id=ids[1], credit_entry_id=ids[2],
        )  # fmt: skip

    def _reverse(self, op: Op) -> Recorded:
        assert op.target is not None
        return services.reverse_transaction(actor=self.staff, transaction_id=id_of(op.target, 0), reason="At random")

    def _control(self, op: Op) -> Recorded:
        """Change an account or its line, and record a marker in the same transaction."""
        assert op.spot is not None
        account_id = op.spot.id
        with transaction.atomic():
            match op.kind:
                case "limit":
                    business = self.world.businesses[op.spot.business or 0]
                    services.set_credit_limit(
                        actor=self.staff, business_id=business, currency=op.spot.currency,
                        limit_minor=int(op.value), reason="At random",
                    )  # fmt: skip
                case "standing":
                    line = self.world.lines[account_id]
                    services.set_credit_status(actor=self.staff, line_id=line, status=str(op.value), reason="At random")
                case "status":
                    services.set_account_status(
                        actor=self.staff,
                        account_id=account_id,
                        status=Account.Status(str(op.value)),
                        reason="At random",
                    )
            recorded = self._record(op)
            if recorded.is_replay:
                transaction.set_rollback(True)
            return recorded

    def _buy(self, op: Op) -> Recorded:
        (piece,) = op.pieces
        ids = self.world.businesses
        purchase = Purchase(
            buyer_id=ids[op.buyer], seller_id=ids[op.seller], amount=piece.amount, currency=piece.debit.currency
        )
        actor = self.people[self.world.people[op.buyer]]
        held = services.hold_credit(actor=actor, purchase=purchase, reference=op.reference, expires_at=_end(piece))
        return held.recorded

    def _finish(self, op: Op) -> Recorded | None:
        (piece,) = op.pieces
        assert op.target is not None
        hold_id = held_under(f"w{op.target[0]}:{op.target[1]}")
        match piece.phase:
            case "post":
                return services.capture_hold(actor=self.staff, hold_id=hold_id, amount=piece.asked)
            case "void":
                return services.release_hold(actor=self.staff, hold_id=hold_id)
        services.expire_hold(hold_id=hold_id)
        return None

    def _repay(self, op: Op) -> Recorded:
        return services.record_repayment(
            actor=self.staff, business_id=self.world.businesses[op.buyer], amount=op.pieces[0].amount, currency="INR",
            reference=op.reference, reason="At random",
        )  # fmt: skip

    def _sum(self, op: Op) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SUMS)
            if cursor.fetchone()[0]:
                raise DomainError(OFF)


def held_under(reference: str) -> UUID:
    """Return the hold of a purchase; an id that names nothing, where there is none."""
    return Transfer.objects.values_list("id", flat=True).filter(transaction__reference=reference).first() or UUID(int=0)


def _end(piece: Piece) -> datetime | None:
    return None if piece.lasts is None else timezone.now() + timedelta(milliseconds=piece.lasts)


def _kind(error: OperationalError) -> str:
    state = getattr(error.__cause__, "sqlstate", None)
    if state == DEADLOCK_DETECTED:
        return DEADLOCK
    return BUSY if is_busy(error) else f"{type(error).__name__} {state}"
