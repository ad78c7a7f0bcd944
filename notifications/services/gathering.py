"""Digests: what was held for one person during one window goes out as one letter."""

from django.db import transaction

from notifications.models import Delivery, Digest, Status


@transaction.atomic
def close_window(delivery: Delivery) -> list[Delivery]:
    """Return the deliveries that this one carries, in order; itself alone where it came too late for its digest.

    There is one digest a window, and whoever makes it takes all that waits. Two closers meet at its unique key: the
    second finds that another delivery carries its own, and returns none.
    """
    notification = delivery.notification
    digest, is_new = Digest.objects.get_or_create(
        recipient_id=notification.recipient_id,
        channel=delivery.channel,
        window_start=delivery.window_start,
        defaults={"carrier_id": delivery.id},
    )
    if is_new:
        waiting = Delivery.objects.select_for_update(of=("self",)).filter(
            channel=delivery.channel,
            window_start=delivery.window_start,
            digest=None,
            status__in=[Status.HELD, Status.PENDING],
            notification__recipient_id=notification.recipient_id,
        )
        ids = list(waiting.order_by("id").values_list("id", flat=True))
        Delivery.objects.filter(id__in=ids).update(digest=digest)
    delivery.refresh_from_db(fields=["digest"])
    if delivery.digest_id is None:
        return [delivery]
    if digest.carrier_id != delivery.id:
        return []
    return list(Delivery.objects.select_related("notification").filter(digest=digest).order_by("id"))
