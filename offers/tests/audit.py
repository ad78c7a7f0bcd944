"""What must be true of every offer and order, whatever has happened: read from the rows, with a plain walk."""

from collections.abc import Iterator

from finance.models import PaymentIntent, Transfer
from offers.models import Category, Offer, OfferEvent, OfferLine, OfferRevision, Order, OrderEvent, Product

Action = OfferEvent.Action
_NEXT = {
    "": {"draft", "pending"},
    "draft": {"draft", "pending", "withdrawn"},
    "pending": {"pending", "viewed", "countered", "accepted", "rejected", "withdrawn", "expired", "cancelled"},
    "viewed": {"viewed", "countered", "accepted", "rejected", "withdrawn", "expired", "cancelled"},
    "countered": {"countered", "accepted", "rejected", "withdrawn", "expired", "cancelled"},
    "expired": {"countered"},
    "accepted": {"completed"},
}


def faults() -> list[str]:
    """Return everything that is not as it must be."""
    return [*_offers(), *_orders(), *_catalogue()]


def _offers() -> Iterator[str]:
    for offer in Offer.objects.select_related("current").order_by("id"):
        steps = list(OfferEvent.objects.filter(offer=offer).order_by("seq"))
        if [step.seq for step in steps] != list(range(1, offer.last_seq + 1)):
            yield f"{offer}: its history has holes"
        for before, after in zip(["", *(step.new_status for step in steps)], steps, strict=False):
            if after.old_status != before or after.new_status not in _NEXT.get(before, set()):
                yield f"{offer}: {before} -> {after.new_status} by {after.action}"
        if steps and steps[-1].new_status != offer.status:
            yield f"{offer}: is {offer.status}, its last step says {steps[-1].new_status}"
        numbers = list(OfferRevision.objects.filter(offer=offer).order_by("number").values_list("number", flat=True))
        if numbers != list(range(1, len(numbers) + 1)) or offer.current is None or offer.current.number != len(numbers):
            yield f"{offer}: its terms are numbered {numbers}"
        if offer.is_open and offer.awaiting == (offer.current.side if offer.current else ""):
            yield f"{offer}: waits for who has made the terms"
        counts = [
            sum(step.action == Action.COUNTERED and step.side == side for step in steps) for side in ("buyer", "seller")
        ]
        if counts != [offer.buyer_counters, offer.seller_counters]:
            yield f"{offer}: {counts} counters, and says {offer.buyer_counters, offer.seller_counters}"
        placed = Order.objects.filter(offer=offer).count()
        if placed != int(offer.status in Offer.DEALT):
            yield f"{offer}: is {offer.status}, and has {placed} orders"


def _orders() -> Iterator[str]:
    for order in Order.objects.select_related("hold", "revision", "invoice").order_by("id"):
        steps = list(OrderEvent.objects.filter(order=order).order_by("seq"))
        if [step.seq for step in steps] != list(range(1, order.version + 1)) or steps[-1].new_status != order.status:
            yield f"{order}: its history is not its own"
        accepted = OfferEvent.objects.get(offer_id=order.offer_id, action=Action.ACCEPTED)
        if accepted.revision != order.revision.number:
            yield f"{order}: is about other terms than were accepted"
        holds = Transfer.objects.filter(phase="pending", transaction__reference=f"order:{order.id}")
        payments = PaymentIntent.objects.filter(order_id=order.id)
        if order.settlement == Order.Settlement.ON_ACCOUNT and (holds.count(), payments.count()) != (1, 0):
            yield f"{order}: {holds.count()} holds and {payments.count()} payments"
        if order.settlement == Order.Settlement.PREPAID and (holds.count() > 1 or not payments.exists()):
            yield f"{order}: {holds.count()} holds and {payments.count()} payments"
        for hold in holds:
            ended = Transfer.objects.filter(hold=hold).values_list("phase", flat=True).first()
            expected = {"settled": "post", "cancelled": "void"}.get(order.status)
            if hold.amount != order.total or ended != expected:
                yield f"{order}: is {order.status} at {order.total}, its hold of {hold.amount} is {ended}"


def _catalogue() -> Iterator[str]:
    for category in Category.objects.filter(parent__parent__isnull=False):
        yield f"{category}: is on a third level"
    for product in Product.objects.prefetch_related("tiers"):
        starts = [tier.from_quantity for tier in product.tiers.all()]
        if not starts or min(starts) > product.moq or product.moq % product.multiple:
            yield f"{product}: from {product.moq} in {product.multiple}, its tiers begin at {sorted(starts)}"
    sellers = {str(product.id): product.seller_id for product in Product.objects.all()}
    for line in OfferLine.objects.filter(product_ref__in=sellers).select_related("revision__offer"):
        if line.revision.offer.seller_id != sellers[line.product_ref]:
            yield f"{line.revision.offer}: is about a product of somebody else"
    for step in OfferEvent.objects.filter(changes__automatic=True).select_related("offer"):
        if (step.side, step.actor_id) != ("seller", None) or step.action not in {Action.ACCEPTED, Action.REJECTED}:
            yield f"{step.offer}: {step.action} by nobody"
