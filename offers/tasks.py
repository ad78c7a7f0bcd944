"""Work that is due: terms and orders whose time is over, reminders, and orders that were paid in advance."""

from offers import services
from offers.models import OfferTimer, OrderPayment, OrderTimer
from wholexale.common.errors import DomainError
from wholexale.common.work import Later, Work


def ring(row: OfferTimer) -> None:
    """End terms, or say that they soon end; where their time has not come by the database's clock, come back."""
    if row.kind != OfferTimer.Kind.EXPIRE:
        services.remind_of_offer(offer_id=row.offer_id, revision=row.revision, kind=OfferTimer.Kind(row.kind))
        return
    try:
        services.expire_offer(offer_id=row.offer_id, revision=row.revision)
    except DomainError as refusal:
        if refusal.code != "OFFER_NOT_EXPIRED":
            raise
        raise Later(until=row.offer.expires_at) from None


def end_order(row: OrderTimer) -> None:
    """End an order whose time is over."""
    services.end_order(order_id=row.order_id)


def take_payment(row: OrderPayment) -> None:
    """Let an order stand on what was paid for it in advance."""
    services.take_prepayment(order_id=row.order_id, hold_id=row.hold_id)


PREPAYMENTS = Work(model=OrderPayment, run=take_payment)
WORK = (Work(model=OfferTimer, run=ring), Work(model=OrderTimer, run=end_order), PREPAYMENTS)
