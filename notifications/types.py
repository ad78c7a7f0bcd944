"""What each type of notification means: on which channels it goes out, in which order, and what cannot be refused.

One table, data and no code. `kind_of` reads it; `notifications/services/routing.py` judges by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from notifications.models import Channel, Priority, Type

IN_APP, PUSH, EMAIL, SMS = Channel.IN_APP, Channel.PUSH, Channel.EMAIL, Channel.SMS

OUTER = (PUSH, EMAIL, SMS)
"""The channels that need somebody else to carry the message."""


@dataclass(frozen=True, slots=True)
class Link:
    """One channel in a chain. It is used where the one before did not reach the person.

    `waits` is how long the notification may stay unread after the one before has gone out; None follows a failure only.
    """

    channel: Channel
    waits: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeType:
    """One type of notification.

    Attributes:
        type: its name on the wire.
        switch: the old switch that also rules it, among `notifications` of the user's preferences; "" for none.
        channels: where it goes where nobody has said otherwise.
        forced: where it goes whatever anybody has said.
        chain: channels that are used one after the other; the others are used at once.
        priority: how much it matters.
        is_transactional: whether the person has caused it, so that a mail needs no way to unsubscribe.
        waits: whether quiet hours apply.
        gathers: whether it may stand in a digest.
        takes_unverified: whether it goes to addresses that nobody has verified: it is what verifies them.
        urgency: that of a push (RFC 8030).
        ttl: for how long a push service keeps it.
    """

    type: Type
    switch: Literal["", "chat", "offers", "system"] = ""
    channels: frozenset[Channel]
    forced: frozenset[Channel] = frozenset()
    chain: tuple[Link, ...] = ()
    priority: Priority = Priority.NORMAL
    is_transactional: bool = True
    waits: bool = True
    gathers: bool = True
    takes_unverified: bool = False
    urgency: Literal["very-low", "low", "normal", "high"] = "normal"
    ttl: timedelta = timedelta(days=1)

    @property
    def at_once(self) -> list[Channel]:
        """Return the outer channels that wait for no other."""
        return [channel for channel in OUTER if channel not in {link.channel for link in self.chain}]


_UNREAD = timedelta(minutes=10)
_TO_THE_HAND = (Link(PUSH), Link(EMAIL, waits=_UNREAD), Link(SMS))
_TO_THE_DESK = (Link(PUSH), Link(EMAIL, waits=_UNREAD))
_SHORT = timedelta(hours=1)

_ALL = frozenset({IN_APP, PUSH, EMAIL, SMS})
_WRITTEN = frozenset({IN_APP, PUSH, EMAIL})
_MAILED = frozenset({IN_APP, EMAIL})
_APP = frozenset({IN_APP})


def _offer(name: Type, priority: Priority = Priority.NORMAL) -> NoticeType:
    return NoticeType(type=name, switch="offers", channels=_ALL, chain=_TO_THE_HAND, priority=priority)


TYPES: Mapping[Type, NoticeType] = {
    one.type: one
    for one in (
        NoticeType(
            type=Type.CHAT_MESSAGE,
            switch="chat",
            channels=_WRITTEN,
            chain=_TO_THE_DESK,
            is_transactional=False,
            urgency="high",
            ttl=_SHORT,
        ),
        _offer(Type.OFFER_RECEIVED, Priority.HIGH),
        _offer(Type.OFFER_RESPONSE),
        _offer(Type.OFFER_ACCEPTED, Priority.HIGH),
        _offer(Type.OFFER_REJECTED),
        _offer(Type.OFFER_COUNTERED, Priority.HIGH),
        NoticeType(type=Type.ORDER_PLACED, channels=_WRITTEN, priority=Priority.HIGH),
        NoticeType(type=Type.ORDER_CONFIRMED, channels=_WRITTEN),
        NoticeType(type=Type.ORDER_SHIPPED, channels=_ALL),
        NoticeType(type=Type.ORDER_DELIVERED, channels=_WRITTEN),
        NoticeType(type=Type.PAYMENT_RECEIVED, channels=_ALL),
        NoticeType(type=Type.PAYMENT_FAILED, channels=_ALL, priority=Priority.HIGH, gathers=False, urgency="high"),
        NoticeType(type=Type.CREDIT_ADDED, channels=_MAILED | {SMS}),
        NoticeType(type=Type.CREDIT_DEDUCTED, channels=_APP, priority=Priority.LOW),
        NoticeType(type=Type.SYSTEM_UPDATE, switch="system", channels=_MAILED, is_transactional=False),
        NoticeType(
            type=Type.PROMOTION,
            switch="system",
            channels=_APP,
            priority=Priority.LOW,
            is_transactional=False,
            urgency="very-low",
        ),
        NoticeType(
            type=Type.SECURITY_ALERT,
            channels=_ALL,
            forced=_MAILED,
            chain=(Link(EMAIL), Link(SMS)),
            priority=Priority.URGENT,
            waits=False,
            gathers=False,
            urgency="high",
        ),
        NoticeType(type=Type.REMINDER, channels=_WRITTEN, chain=_TO_THE_DESK, is_transactional=False, gathers=False),
        NoticeType(
            type=Type.FEEDBACK_REQUEST,
            switch="system",
            channels=_APP,
            priority=Priority.LOW,
            is_transactional=False,
            urgency="low",
        ),
    )
}
"""Every type. A security alert is mailed at once, read or not: who has broken in could read it away."""

_CODES: Mapping[str, Channel] = {"email-verification": EMAIL, "password-reset": EMAIL, "otp": SMS}
"""Templates that carry a link or a code, and the one channel that each of them proves."""


def kind_of(name: str, template: str = "") -> NoticeType:
    """Return what a type means; with the template of a link or a code, that it goes out on one channel alone."""
    kind = TYPES[Type(name)]
    if (channel := _CODES.get(template)) is None:
        return kind
    ways = frozenset({IN_APP, channel})
    return replace(kind, channels=ways, forced=ways, chain=(), takes_unverified=True)
