"""A payment provider for development and tests: it takes no money, and misbehaves on purpose.

It keeps books of its own (`finance/models/fake.py`), as if they lay somewhere else: each request is one transaction,
which no other code shares. Requests with a key have the effect of once, and the same answer for ever. Webhooks are
signed and posted to `BASE_URL`, as work that is due.

What goes wrong is decided by the last two digits of the amount in minor units: of the payment, also for its refunds,
or of the payout. For payouts, 03, 04, 05, 09, 16 and 17 matter.

    01  declined at once: `card_declined`
    02  the payer must agree on a page, `/dev/pay/<reference>`: see `act`
    03  each webhook comes twice, with the same id
    04  webhooks come before the reply to what they tell
    05  the first reply to a confirmation, capture or payout is lost, not its effect; the same key gets it
    06  the first two requests hang, and have no effect
    07  the first three requests fail at once, and have no effect
    08  stays `processing`, and succeeds some seconds later
    09  the same, and no webhook ever comes: only who asks finds out
    10  the same, and the webhook `processing` comes after `succeeded`
    11  stays `processing`, and fails some seconds later: `insufficient_funds`
    12  succeeds, and some seconds later the payer opens a dispute: see `close_dispute`
    13  refunds of it are pending, and fail
    14  refunds of it succeed at once, and fail some seconds later
    15  the first reply to each refund of it is lost, not its effect; the same key gets it
    16  payouts are pending, and fail
    17  payouts succeed, and fail some seconds later

With any other amount a confirmed payment has `succeeded`, or `requires_capture` where it is captured later; refunds and
payouts are `pending` and then succeed. A webhook follows each step.
"""

from finance.gateways.fake.books import StatementLine, statement
from finance.gateways.fake.charges import act
from finance.gateways.fake.conduct import Delays
from finance.gateways.fake.disputes import close_dispute
from finance.gateways.fake.provider import FakeGateway
from finance.gateways.interface import Gateway

__all__ = ["Delays", "FakeGateway", "StatementLine", "act", "build", "close_dispute", "statement"]


def build() -> Gateway:
    """Return the adapter."""
    return FakeGateway()
