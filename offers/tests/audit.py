"""What must be true of every offer and order, whatever has happened: read from the rows, with a plain walk."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Prefetch

from finance.models import PaymentIntent, Transfer
from offers.models import (
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalRequest,
    ApprovalRule,
    Category,
    Offer,
    OfferEvent,
    OfferLine,
    OfferRevision,
    Order,
    OrderEvent,
    Product,
)
from wholexale.common.wire import wire_time

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
    return [*_offers(), *_orders(), *_catalogue(), *_bound(), *_approvals()]


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


def _bound() -> Iterator[str]:
    """Look at each step that bound a side: whoever its policies of that moment wanted to approve it had done so."""
    binding = (Action.SENT, Action.COUNTERED, Action.REVISED, Action.ACCEPTED)
    for step in OfferEvent.objects.filter(action__in=binding).select_related("offer").order_by("id"):
        terms = OfferRevision.objects.get(offer=step.offer, number=step.revision)
        action = "accept" if step.action == Action.ACCEPTED else "send"
        business_id = step.offer.buyer_id if step.side == "buyer" else step.offer.seller_id
        asked = ApprovalRequest.objects.exclude(status="rejected").filter(
            offer=step.offer,
            business_id=business_id,
            action=action,
            revision__in=[step.revision, step.revision - (action == "send")],
        )
        agreed = ApprovalDecision.objects.filter(
            request__in=[request.id for request in asked if _is_about(request, terms)],
            decision="approve",
            created_at__lte=step.created_at,
        ).exclude(decided_by=step.actor_id)
        for policy in ApprovalPolicy.objects.filter(business_id=business_id, action=action, currency=terms.currency):
            known = policy.changes.filter(created_at__lte=step.created_at)
            rule = known.order_by("number").last()
            if rule is None or not rule.is_active or rule.threshold > terms.total:
                continue
            people = agreed.filter(role__in=rule.approver_roles).values("decided_by").distinct().count()
            if people < rule.approvals_needed:
                yield f"{step.offer}: {step.action} by {step.actor_id} with {people} approvals"


def _is_about(request: ApprovalRequest, terms: OfferRevision) -> bool:
    """Say whether what was asked are these goods, at these prices, until then."""
    asked = [
        (one["product"]["productId"], Decimal(one["quantity"]), Decimal(one["offerPrice"]))
        for one in request.terms["lines"]
    ]
    lines = terms.lines.order_by("position")
    goods = [(one.product_ref, Decimal(one.quantity).scaleb(-3), Decimal(one.unit_price).scaleb(-6)) for one in lines]
    end = wire_time(terms.valid_until)
    said = (asked, request.total, request.currency, request.terms["validUntil"])
    return said == (goods, terms.total, terms.currency, end)


def _approvals() -> Iterator[str]:
    for policy in ApprovalPolicy.objects.prefetch_related("changes"):
        changes = sorted(policy.changes.all(), key=lambda change: change.number)
        names = [field.name for field in ApprovalRule._meta.get_fields()]
        if [change.number for change in changes] != list(range(1, policy.version + 1)):
            yield f"{policy}: its history has holes"
        if any(getattr(changes[-1], name) != getattr(policy, name) for name in names):
            yield f"{policy}: is not what it was changed to"
    for request in ApprovalRequest.objects.prefetch_related(
        Prefetch("decisions", ApprovalDecision.objects.order_by("id"))
    ):
        said = [decision.decision for decision in request.decisions.all()]
        wanted = {
            "pending": "reject" not in said,
            "approved": "reject" not in said,
            "rejected": said[-1:] == ["reject"],
        }
        if not wanted[request.status] or said.count("reject") > 1:
            yield f"{request}: is {request.status} by {said}"
        if request.requested_by_id in {
            one.decided_by_id for one in request.decisions.all() if one.decision == "approve"
        }:
            yield f"{request}: was approved by who has asked"


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
