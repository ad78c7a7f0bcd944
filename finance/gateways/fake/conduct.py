"""How the provider misbehaves, by the last two digits of an amount: on purpose, and every time in the same way."""

from collections.abc import Mapping
from dataclasses import dataclass

from finance.gateways.interface import TIMEOUT_SECONDS


class Delays:
    """How long one waits for the provider, in seconds; tests make it shorter."""

    hang = TIMEOUT_SECONDS
    """The time that a request takes which gets no answer."""
    later = 3
    """The time until something is known that is not known at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What is special about an amount. Where nothing is, all goes well and each webhook comes once, after the reply."""

    failure: str = ""
    """The code with which a payment fails."""
    asks_payer: bool = False
    """A payment waits for the payer to agree to it on a page."""
    is_slow: bool = False
    """A payment is `processing` for some seconds."""
    dead_for: int = 0
    """So many requests about a payment get no answer, and have no effect."""
    hangs: bool = False
    """They take as long as anybody waits for them."""
    loses_reply: bool = False
    """The first reply to each confirmation, capture and payout is lost, not its effect."""
    deliveries: int = 1
    """So often is each webhook sent."""
    tells_first: bool = False
    """Webhooks come before the reply."""
    swaps_webhooks: bool = False
    """The webhook of what came first comes last."""
    is_disputed: bool = False
    """Some seconds after a payment, the payer complains to the bank."""
    refunds_fail: bool = False
    """Refunds are pending, and fail."""
    refunds_bounce: bool = False
    """Refunds succeed at once, and fail some seconds later: the payer's bank sends the money back."""
    loses_refund_reply: bool = False
    """The first reply to each refund is lost, not its effect."""
    payouts_fail: bool = False
    """Payouts are pending, and fail."""
    payouts_bounce: bool = False
    """Payouts are paid, and fail some seconds later: the bank of the business sends the money back."""


CONDUCTS: Mapping[int, Conduct] = {
    1: Conduct(failure="card_declined"),
    2: Conduct(asks_payer=True),
    3: Conduct(deliveries=2),
    4: Conduct(tells_first=True),
    5: Conduct(loses_reply=True),
    6: Conduct(dead_for=2, hangs=True),
    7: Conduct(dead_for=3),
    8: Conduct(is_slow=True),
    9: Conduct(is_slow=True, deliveries=0),
    10: Conduct(is_slow=True, swaps_webhooks=True),
    11: Conduct(is_slow=True, failure="insufficient_funds"),
    12: Conduct(is_disputed=True),
    13: Conduct(refunds_fail=True),
    14: Conduct(refunds_bounce=True),
    15: Conduct(loses_refund_reply=True),
    16: Conduct(payouts_fail=True),
    17: Conduct(payouts_bounce=True),
}
"""Everything that is special, by the last two digits; the table in `finance/gateways/fake/__init__.py` explains it."""

_PLAIN = Conduct()
_DIGITS = 100


def conduct_of(amount: int) -> Conduct:
    """Return what is special about an amount of minor units."""
    return CONDUCTS.get(amount % _DIGITS, _PLAIN)
