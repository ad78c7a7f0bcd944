"""Facts: what has happened, told by the service that caused it, in its transaction.

Commands go down, facts go out. A subscriber runs at once and writes its own rows in the same transaction, or calls a
lower app; nothing slow, no network. Who hears what is one table, `wholexale/subscriptions.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that has happened: a name in the past tense, and ids and plain values."""

    type: ClassVar[str]


Subscriber = Callable[[Any], None]
Subscriptions = Mapping[type[Fact], Sequence[Subscriber]]
Log = Callable[[Sequence[Fact]], None]

_subscriptions: dict[type[Fact], tuple[Subscriber, ...]] = {}
_log: Log | None = None
_waiting: ContextVar[list[Fact] | None] = ContextVar("waiting", default=None)


def publish(fact: Fact) -> None:
    """Tell a fact to its subscribers, in their order; what one of them raises undoes the transaction."""
    if (waiting := _waiting.get()) is not None:
        waiting.append(fact)
    else:
        _tell([fact])


@contextmanager
def facts_together() -> Iterator[None]:
    """Tell what this service publishes when it is done, in order; nothing where it fails.

    What all facts have in common is then written once, and subscribers find whatever the service has written.
    """
    facts: list[Fact] = []
    token = _waiting.set(facts)
    try:
        yield
    finally:
        _waiting.reset(token)
    if (waiting := _waiting.get()) is not None:
        waiting.extend(facts)
    else:
        _tell(facts)


def install_subscriptions(subscriptions: Subscriptions, *, log: Log | None = None) -> None:
    """Have these subscribers told from now on, and no others; `log` hears of every fact first."""
    global _log  # noqa: PLW0603 - one table a process
    _log = log
    _subscriptions.clear()
    _subscriptions.update({fact: tuple(subscribers) for fact, subscribers in subscriptions.items()})


def _tell(facts: Sequence[Fact]) -> None:
    if facts and _log is not None:
        _log(facts)
    for fact in facts:
        for subscriber in _subscriptions.get(type(fact), ()):
            subscriber(fact)
