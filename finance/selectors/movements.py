"""What was moved at a provider: payments, refunds, payouts and disputes, as one kind of row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db.models import F, Model, Q, QuerySet

from finance.models import Dispute, LedgerTransaction, PaymentIntent, Payout, Refund, Transfer
from finance.models.chart import cash

TYPES = ("payment", "refund", "payout", "chargeback")
MARGIN = timedelta(days=31)
"""So far outside of a period rows are read still: a wrong date is then not taken for something unknown."""

_CHUNK = 2_000
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One amount that came to us at a provider, or below zero, that went; `fee` was kept of it. In minor units.

    `name` is the number that people see, or the line of a statement. What is not settled has moved nothing, as far as
    we know: `state` says why.
    """

    type: str
    reference: str
    amount: int
    currency: str
    date: date
    name: str
    fee: int = 0
    state: str = ""
    is_settled: bool = True


@dataclass(frozen=True, slots=True)
class Period:
    """Some days, by UTC, the first and the last included; None is open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        """Return whether a day is one of them."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


EVER = Period()


def moved_at(provider: str, period: Period = EVER) -> Iterator[Moved]:
    """Yield what was moved at a provider, or waits to be, in a period and a month around it."""
    intents = PaymentIntent.objects.filter(provider=provider)
    refunds = Refund.objects.filter(intent__provider=provider).select_related("intent")
    payouts = Payout.objects.filter(provider=provider)
    disputes = Dispute.objects.filter(intent__provider=provider).select_related("intent")
    yield from _payments(_around(period, intents, "created_at", "captured_at"))
    yield from _repayments(_around(period, _repaid(provider), "created_at", "created_at"))
    yield from _refunds(_around(period, _with_outcome(refunds), "created_at", "settled_at"))
    yield from _payouts(_around(period, _with_outcome(payouts), "created_at", "settled_at"))
    yield from _disputes(_around(period, disputes, "opened_at", "closed_at"))


def _payments(intents: Iterable[PaymentIntent]) -> Iterator[Moved]:
    for intent in intents:
        yield Moved(
            type="payment",
            reference=intent.provider_ref,
            amount=intent.captured or intent.amount,
            fee=intent.provider_fee,
            currency=intent.currency,
            date=_day(intent.captured_at or intent.created_at),
            name=intent.payment_id,
            state=intent.state,
            is_settled=intent.state == PaymentIntent.State.SUCCEEDED,
        )


def _repaid(provider: str) -> "QuerySet[Transfer]":
    """Return what staff has booked as repaid, but for what was taken back: no money came then."""
    return Transfer.objects.filter(
        transaction__kind=LedgerTransaction.Kind.REPAYMENT,
        transaction__subject_type=LedgerTransaction.Subject.ADMIN,
        transaction__reversal=None,
        debit_account__code=cash(provider, "").code,
    ).select_related("transaction")


def _repayments(transfers: Iterable[Transfer]) -> Iterator[Moved]:
    for transfer in transfers:
        yield Moved(
            type="payment",
            reference=transfer.transaction.subject_number,
            amount=transfer.amount,
            currency=transfer.currency,
            date=_day(transfer.created_at),
            name=transfer.transaction.transaction_id,
        )


def _with_outcome(held: "QuerySet[Any]") -> "QuerySet[Any]":
    """Return refunds or payouts with what became of their holds."""
    found: QuerySet[Any] = held.annotate(
        became=F("hold__resolution__phase"), posted_at=F("hold__resolution__created_at")
    )
    return found


def _refunds(refunds: Iterable[Any]) -> Iterator[Moved]:
    for one in refunds:
        yield from _sent("refund", one, currency=one.intent.currency, name=one.refund_id)


def _payouts(payouts: Iterable[Any]) -> Iterator[Moved]:
    for one in payouts:
        yield from _sent("payout", one, currency=one.currency, name=one.payout_id)


def _sent(type_: str, row: Any, *, currency: str, name: str) -> Iterator[Moved]:
    """Yield what a refund or a payout has sent, and what came back of it."""
    moved = partial(Moved, type=type_, reference=row.provider_ref, currency=currency, name=name, state=row.state)
    is_posted = row.became == "post"
    yield moved(amount=-row.amount, date=_day(row.posted_at or row.created_at), is_settled=is_posted)
    if is_posted and row.state == "failed":
        yield moved(amount=row.amount, date=_day(row.settled_at))


def _disputes(disputes: Iterable[Dispute]) -> Iterator[Moved]:
    for dispute in disputes:
        yield _dispute(dispute, -dispute.amount, dispute.opened_at)
        if dispute.state == Dispute.State.WON:
            yield _dispute(dispute, dispute.amount, dispute.closed_at or dispute.opened_at)


def _dispute(dispute: Dispute, amount: int, at: datetime) -> Moved:
    return Moved(
        type="chargeback",
        reference=dispute.provider_ref,
        amount=amount,
        currency=dispute.intent.currency,
        date=_day(at),
        name=f"{dispute.intent.payment_id} (disputed)",
        state=dispute.state,
    )


def _around(period: Period, rows: "QuerySet[M]", begun: str, ended: str) -> "Iterator[M]":
    """Read the rows that had begun before the end of a period, and had not ended before it; a month more each way."""
    if period.last is not None:
        rows = rows.filter(**{f"{begun}__lt": _midnight(period.last + MARGIN)})
    if period.first is not None:
        rows = rows.filter(Q(**{f"{ended}__gte": _midnight(period.first - MARGIN)}) | Q(**{ended: None}))
    return rows.iterator(chunk_size=_CHUNK)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
