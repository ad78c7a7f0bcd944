"""Facts: what has happened, told by the service that caused it, in its transaction.

Commands go down, facts go out. A subscriber runs at once and writes its own rows in the same transaction, or calls a
lower app; nothing slow, no network. Who hears what is one table, `wholexale/subscriptions.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that has happened: a name in the past tense, and ids and plain values."""

    type: ClassVar[str]


Subscriber = Callable[[Any], None]
Subscriptions = Mapping[type[Fact], Sequence[Subscriber]]

_subscriptions: dict[type[Fact], tuple[Subscriber, ...]] = {}


def publish(fact: Fact) -> None:
    """Tell a fact to its subscribers, in their order; what one of them raises undoes the transaction."""
    for subscriber in _subscriptions.get(type(fact), ()):
        subscriber(fact)


def install_subscriptions(subscriptions: Subscriptions) -> None:
    """Have these subscribers told from now on, and no others."""
    _subscriptions.clear()
    _subscriptions.update({fact: tuple(subscribers) for fact, subscribers in subscriptions.items()})
