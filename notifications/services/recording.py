"""The log of what has happened: one row for each fact, written in the fact's own transaction."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from notifications.models import SystemEvent
from wholexale.common.events import Fact
from wholexale.common.prepared import write
from wholexale.common.wire import wire_time

_SUBJECTS = {
    "offer_id": "offer",
    "order_id": "order",
    "invoice_id": "invoice",
    "intent_id": "payment",
    "payment_id": "payment",
    "line_id": "credit_line",
    "user_id": "user",
}
"""What a fact is about: the first of these that it names."""

_BUSINESSES = ("business_id", "buyer_id", "seller_id", "payer_id", "payee_id")
_UNSAID = {"ticket_id"}


def record_facts(facts: Sequence[Fact]) -> None:
    """Write down what has happened."""
    write(new=[_event(fact) for fact in facts])


def _event(fact: Fact) -> SystemEvent:
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    subject = next(name for name in _SUBJECTS if name in values)
    return SystemEvent(
        type=fact.type,
        subject_type=_SUBJECTS[subject],
        subject_id=values[subject],
        actor_id=values.get("actor_id"),
        business_ids=[str(values[name]) for name in _BUSINESSES if values.get(name)],
        data={name: _plain(value) for name, value in values.items() if name not in _UNSAID},
    )


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    return wire_time(value) if isinstance(value, datetime) else value
