"""What follows from facts of other apps: own rows, written in the transaction of the fact."""

from finance.events import PrepaymentMade
from offers.models import OrderPayment
from wholexale.common.work import nudge_on_commit


def note_prepayment(fact: PrepaymentMade) -> None:
    """Have the order told that it was paid; not at once, for that would lock the payment before the order."""
    row = OrderPayment.objects.create(order_id=fact.order_id, payment_id=fact.payment_id, hold_id=fact.hold_id)
    nudge_on_commit(row)
