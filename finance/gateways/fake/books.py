"""The provider's books: what it has answered under a key, and the lines of its statement."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from django.db import transaction
from django.utils import timezone

from finance.gateways.interface import Rejected, Unavailable
from finance.models import FakeAnswer, FakeEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a statement, in minor units: an `amount` below zero went out; `fee` was kept of one that came in.

    `type` is `payment`, `refund`, `payout` or `chargeback`. What came back (a refund that the payer's bank refused, a
    dispute that was won) is another line with the same type and reference, above zero.
    """

    date: date
    type: str
    reference: str
    amount: int
    fee: int
    currency: str


def answer_once(
    key: str, asked: tuple[object, ...], effect: Callable[[], T], *, shape: type[T], loses_reply: bool = False
) -> T:
    """Answer a request as it was answered for the first time under its key, in the transaction of its effect.

    Args:
        key: names the request.
        asked: what tells it apart from others: another one under the same key is a defect of the caller.
        effect: does what is asked, under the lock of the key.
        shape: what it returns.
        loses_reply: whether the reply that comes with the effect is lost; a refusal never is.

    Raises:
        Rejected: what the effect raises, again and again; `key_reused`.
        Unavailable: where the reply is lost.
    """
    words = [str(word) for word in asked]
    with transaction.atomic(durable=True):
        row, is_first = FakeAnswer.objects.get_or_create(key=key, defaults={"answer": {}})
        if is_first:
            row.answer = {"asked": words, **_answer_of(effect)}
            row.save(update_fields=["answer"])
    if row.answer["asked"] != words:
        raise Rejected("key_reused", "This key stands for another request.")
    if refusal := row.answer.get("refusal"):
        raise Rejected(**refusal)
    if is_first and loses_reply:
        raise Unavailable("The reply was lost.")
    return msgspec.convert(row.answer["said"], shape)


def _answer_of(effect: Callable[[], object]) -> dict[str, Any]:
    """Return the answer as it is kept; one that is a refusal has no effect."""
    try:
        with transaction.atomic():
            return {"said": msgspec.to_builtins(effect())}
    except Rejected as refusal:
        return {"refusal": {"code": refusal.code, "text": refusal.text}}


def reference_of(key: str) -> str:
    """Return the reference of the charge that is opened under a key: whoever asks again finds the same."""
    return f"fake_ch_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def write_line(kind: str, reference: str, amount: int, currency: str, *, at: datetime, fee: int = 0) -> None:
    """Write a line of the statement, which nobody reads before its time."""
    FakeEntry.objects.create(type=kind, reference=reference, amount=amount, currency=currency, at=at, fee=fee)


def statement(currency: str) -> Iterator[StatementLine]:
    """Yield all that the provider has moved in a currency until now, oldest first, as its dashboard exports it."""
    for entry in FakeEntry.objects.filter(currency=currency, at__lte=timezone.now()).order_by("at", "id").iterator():
        yield StatementLine(
            date=entry.at.date(),
            type=entry.type,
            reference=entry.reference,
            amount=entry.amount,
            fee=entry.fee,
            currency=entry.currency,
        )
