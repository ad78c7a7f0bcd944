"""What the ledger must hold, by the logs of those who worked on it, against what it holds."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from finance.models import Balance, CreditLine, LedgerTransaction, Transfer
from finance.tests.ledger_model import Count
from finance.tests.workload import CONTROLS, SQUEEZED, Number, Op, Piece, Spot, World, id_of, plan

POSTED = {"single", "post"}


@dataclass
class Reckoning:
    """The logs of all processes, and which operations were repeated after a kill without knowing how they had ended."""

    world: World
    logs: Sequence[Sequence[str]]
    repeated: set[Number] = field(default_factory=set)
    told: dict[str, Op] = field(default_factory=dict)
    untold: int = 0

    def problems(self) -> Iterator[str]:
        """Yield what is lost, doubled, or not as it was told."""
        yield from self._read_logs()
        yield from self._compare_transactions()
        yield from self._compare_balances()
        yield from self._judge_growth()
        yield from self._count_hot()

    def answers(self) -> Counter[str]:
        """Return how the operations came out."""
        return Counter(answer for log in self.logs for answer in log)

    @cached_property
    def actual(self) -> dict[str, Any]:
        """Return the transactions of the ledger by reference, in the order of their numbers."""
        rows = LedgerTransaction.objects.exclude(reference__startswith="set-up").order_by("number")
        return {row.reference: row for row in rows.iterator()}

    @cached_property
    def transfers(self) -> dict[UUID, list[Transfer]]:
        """Return the transfers by transaction."""
        grouped: defaultdict[UUID, list[Transfer]] = defaultdict(list)
        for transfer in Transfer.objects.order_by("id").iterator():
            grouped[transfer.transaction_id].append(transfer)
        return grouped

    @cached_property
    def purchases(self) -> dict[str, UUID]:
        """Return the holds by the reference of their transactions."""
        return {
            reference: self.transfers[row.id][0].id
            for reference, row in self.actual.items()
            if row.kind == LedgerTransaction.Kind.PURCHASE
        }

    def _read_logs(self) -> Iterator[str]:
        for process, log in enumerate(self.logs):
            for number, answer in enumerate(log):
                op = plan(self.world, process, number)
                reference = self._reference(op)
                if answer == "ok" and reference is not None:
                    if reference in self.told and not reference.startswith("expiry:"):
                        yield f"{reference} was told to have happened twice"
                    self.told[reference] = op
                elif answer == "replay" and reference not in self.actual:
                    yield f"{reference} was told to be a replay, and is not there"
                elif not answer.isupper() and answer not in {"ok", "replay"}:
                    yield f"operation {number} of process {process} ({op.kind}) came to {answer}"

    def _reference(self, op: Op) -> str | None:
        match op.kind:
            case "sum":
                return None
            case "repay":
                return f"repayment:{op.reference}"
            case "reverse":
                return f"reversal:{id_of(op.target or (0, 0), 0)}"
            case "finish":
                word = {"post": "capture", "void": "release", "expire": "expiry"}[op.pieces[0].phase]
                process, number = op.target or (0, 0)
                hold_id = self.purchases.get(f"w{process}:{number}")
                # An expiry that comes too late is told to be done, for there is nothing left to do.
                reference = f"{word}:{hold_id}"
                return None if word == "expiry" and reference not in self.actual else reference
        return op.reference

    def _compare_transactions(self) -> Iterator[str]:
        """Each that was told is there, once and as it was asked for; of others only those whose answer was cut off."""
        for reference in self.told.keys() - self.actual.keys():
            yield f"{reference} was told to have happened, and is lost"
        unsure = {self._reference(plan(self.world, *number)): plan(self.world, *number) for number in self.repeated}
        for reference, row in self.actual.items():
            op = self.told.get(reference)
            if op is None:
                op = unsure.get(reference)
                if op is None:
                    yield f"nobody was told that {reference} happened"
                    continue
                self.told[reference] = op
                self.untold += 1
            asked = [self._as_row(piece) for piece in self._pieces(op)]
            written = [_row(transfer) for transfer in self.transfers[row.id]]
            if asked != written:
                yield f"{reference} asked for {asked}, and {written} was written"

    def _pieces(self, op: Op) -> Sequence[Piece]:
        if op.kind != "reverse":
            return op.pieces
        original = plan(self.world, *(op.target or (0, 0)))
        return [
            replace(piece, phase="single", debit=piece.credit, credit=piece.debit, hold=None)
            for piece in original.pieces
        ]

    def _as_row(self, piece: Piece) -> tuple[Any, ...]:
        hold = None
        if piece.hold is not None:
            held = plan(self.world, *piece.hold)
            hold = self.purchases.get(held.reference) if held.kind == "buy" else id_of(piece.hold, 1)
        return piece.phase, piece.debit.id, piece.credit.id, piece.amount, hold

    def _compare_balances(self) -> Iterator[str]:
        """Balances are the sums of what was told, and nothing else."""
        expected: defaultdict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for reference in self.told.keys() & self.actual.keys():
            for piece in self._pieces(self.told[reference]):
                _count(expected, piece)
        for row in Balance.objects.select_related("account"):
            counters = Count(row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending)
            if list(counters) != expected[row.account_id]:
                yield f"{row.account} holds {counters}, the logs come to {expected[row.account_id]}"

    def _judge_growth(self) -> Iterator[str]:
        """Go through the ledger in its order: nothing grew beyond the limit and the status that were then in force."""
        books: defaultdict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        state: dict[tuple[str, UUID], int | str] = {}
        for reference, row in self.actual.items():
            op = self.told.get(reference)
            if op is None:
                continue
            for piece in self._pieces(op):
                _count(books, piece)
                if piece.hold is None and row.reverses_id is None:
                    yield from self._judge(piece.debit, "debit", books, state, reference)
                    yield from self._judge(piece.credit, "credit", books, state, reference)
            if op.kind in CONTROLS and op.spot is not None:
                state[op.kind, op.spot.id] = op.value

    def _judge(
        self, spot: Spot, side: str, books: Mapping[UUID, list[int]], state: Mapping[Any, Any], reference: str
    ) -> Iterator[str]:
        if side == spot.free_side:
            return
        if state.get(("status", spot.id), "open") != "open":
            yield f"{reference} drew on a frozen account"
        debits, credits_, held, awaited = books[spot.id]
        drawn = debits - credits_ + held if side == "debit" else credits_ - debits + awaited
        if spot.policy == "no_overdraft" and drawn > 0:
            yield f"{reference} overdrew an account by {drawn}"
        if spot.policy == "credit_limit":
            if state.get(("standing", spot.id), "active") != "active":
                yield f"{reference} drew on a credit line that was not active"
            if drawn > (limit := int(state.get(("limit", spot.id), self._first_limits[spot.id]))):
                yield f"{reference} took {drawn} of a limit of {limit}"

    @cached_property
    def _first_limits(self) -> dict[UUID, int]:
        """Return the limits that lines began with."""
        lines = CreditLine.objects.prefetch_related("changes")
        return {
            line.account_id: min(line.changes.all(), key=lambda change: change.number).new_limit_minor for line in lines
        }

    def _count_hot(self) -> Iterator[str]:
        """Of what everybody wants to have of one line, exactly what fits was given; and every tick was counted."""
        (ticked, _), (line, _) = self.world.hot, self.world.squeezed
        given = Counter(op.pieces[0].debit for op in self.told.values() if op.pieces)
        ticks = Balance.objects.get(account_id=ticked.id).debits_posted
        if ticks != given[ticked]:
            yield f"{given[ticked]} ticks were told, {ticks} are counted"
        wanted = {
            plan(self.world, process, number).reference
            for process, log in enumerate(self.logs)
            for number in range(len(log))
            if any(piece.debit is line for piece in plan(self.world, process, number).pieces)
        }
        fit = min(len(wanted), self._first_limits[line.id] // SQUEEZED)
        held = Balance.objects.get(account_id=line.id).debits_pending
        if (given[line], held) != (fit, fit * SQUEEZED):
            yield f"{given[line]} of {len(wanted)} were told to fit and {held} is held, where {fit} fit"


def _row(transfer: Transfer) -> tuple[Any, ...]:
    return transfer.phase, transfer.debit_account_id, transfer.credit_account_id, transfer.amount, transfer.hold_id


def _count(books: Mapping[UUID, list[int]], piece: Piece) -> None:
    for spot, place in ((piece.debit, 0), (piece.credit, 1)):
        if piece.phase in POSTED:
            books[spot.id][place] += piece.amount
        if piece.phase == "pending" or piece.hold is not None:
            books[spot.id][place + 2] += piece.amount if piece.hold is None else -piece.held
