"""Addresses that nothing is sent to any more."""

from notifications.models import Suppression


def suppress(*, channel: str, address: str, reason: str, detail: str = "") -> bool:
    """Send nothing to an address any more, as it is stored with the user; return whether that is new."""
    _, is_new = Suppression.objects.get_or_create(
        channel=channel, address=address, defaults={"reason": reason, "detail": detail[:200]}
    )
    return is_new


def lift_suppression(*, channel: str, address: str) -> bool:
    """Send to an address again; return whether there was anything to lift."""
    count, _ = Suppression.objects.filter(channel=channel, address=address).delete()
    return bool(count)
