"""What people are told of offers and orders, in English."""

from notifications.wording.words import Words

_OFFER = (("Product", "{product}"), ("Price", "{price}"), ("Quantity", "{quantity}"), ("Total", "{total}"))

OFFERS = {
    "offer-notification": Words(
        title="New offer",
        message="{sender} offers {price} for {quantity} of {product}.",
        push="Open it to see who wants what, and for how much.",
        subject="New offer from {sender}: {product}",
        mail=("{sender} has made you an offer.",),
        facts=(*_OFFER, ("Valid until", "{valid_until}")),
        action="Answer the offer",
        sms="Wholexale: {sender} offers {price} for {product}. Answer in the app.",
    ),
    "offer-response.accepted": Words(
        title="Your offer was accepted",
        message="{sender} has accepted: {quantity} of {product} at {price}.",
        push="The order is made.",
        subject="Accepted: {product}",
        mail=("{sender} has accepted the offer. The order is made.",),
        facts=_OFFER,
        action="See the order",
        sms="Wholexale: {sender} accepted the offer for {product}.",
        tone="good",
    ),
    "offer-response.rejected": Words(
        title="Your offer was rejected",
        message="{sender} has rejected the offer for {product}.",
        push="Open it to see why.",
        subject="Rejected: {product}",
        mail=("{sender} has rejected the offer.",),
        facts=_OFFER,
        action="See the offer",
        sms="Wholexale: {sender} rejected the offer for {product}.",
        tone="bad",
    ),
    "offer-response.countered": Words(
        title="New counter-offer",
        message="{sender} now asks {price} for {quantity} of {product}.",
        push="It is your turn.",
        subject="Counter-offer from {sender}: {product}",
        mail=("{sender} has made a counter-offer. It is your turn.",),
        facts=(*_OFFER, ("Valid until", "{valid_until}")),
        action="Answer the offer",
        sms="Wholexale: {sender} countered with {price} for {product}. It is your turn.",
    ),
    "offer-response.withdrawn": Words(
        title="An offer was withdrawn",
        message="{sender} has withdrawn the offer for {product}.",
        push="There is nothing to answer any more.",
        subject="Withdrawn: {product}",
        mail=("{sender} has withdrawn the offer.",),
        facts=_OFFER,
        action="See the offer",
        sms="Wholexale: {sender} withdrew the offer for {product}.",
    ),
    "offer-response.expired": Words(
        title="An offer has expired",
        message="The offer for {product} has expired without an answer.",
        push="Nobody answered in time.",
        subject="Expired: {product}",
        mail=("The offer has expired without an answer.",),
        facts=_OFFER,
        action="See the offer",
        sms="Wholexale: the offer for {product} has expired.",
    ),
    "offer-reminder": Words(
        title="An offer waits for you",
        message="The offer of {sender} for {product} ends on {valid_until}.",
        push="It ends soon.",
        subject="Ends soon: {product}",
        mail=("The offer of {sender} waits for your answer.",),
        facts=(*_OFFER, ("Valid until", "{valid_until}")),
        action="Answer the offer",
        sms="Wholexale: the offer for {product} ends on {valid_until}. Answer in the app.",
    ),
}

_ORDER = (("Order", "{order}"), ("With", "{sender}"), ("Total", "{total}"))


def _order(title: str, message: str, sms: str, **more: str) -> Words:
    """Return the wording of a step of an order."""
    return Words(
        title=title,
        message=message,
        push="Open it to see more.",
        subject=title + ": {order}",
        facts=_ORDER,
        action="See the order",
        sms=f"Wholexale: {sms}",
        **more,  # type: ignore[arg-type]  # only a tone
    )


ORDERS = {
    "order-update": _order(
        "News of an order", "The order {order} is now: {status}.", "order {order} is now: {status}."
    ),
    "order-update.placed": _order(
        "New order", "{sender} has ordered: {order}, {total}.", "new order {order} of {sender}, {total}.", tone="good"
    ),
    "order-update.confirmed": _order(
        "Your order is confirmed",
        "{sender} has confirmed the order {order}.",
        "order {order} is confirmed.",
        tone="good",
    ),
    "order-update.shipped": _order(
        "Your order is on its way", "{sender} has sent the order {order}.", "order {order} is on its way."
    ),
    "order-update.delivered": _order(
        "An order has arrived",
        "The order {order} has been delivered.",
        "order {order} has been delivered.",
        tone="good",
    ),
    "order-update.settled": _order(
        "An order is settled", "The order {order} is delivered, charged and done.", "order {order} is settled."
    ),
    "order-update.cancelled": _order(
        "An order was cancelled", "The order {order} was cancelled.", "order {order} was cancelled.", tone="bad"
    ),
}
