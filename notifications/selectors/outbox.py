"""Reads of the outbox of development."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from notifications.models import Channel, Step, StoredLetter

MOST_SHOWN = 200


def stored_letters(*, channel: str = "", search: str = "") -> QuerySet[StoredLetter]:
    """Return the newest letters, of a channel, and with a text in address, subject or text."""
    letters = StoredLetter.objects.defer("html")
    if channel:
        letters = letters.filter(channel=channel)
    if search:
        letters = letters.filter(
            Q(to__icontains=search) | Q(subject__icontains=search) | Q(text__icontains=search) | Q(type=search)
        )
    return letters.order_by("-id")[:MOST_SHOWN]


def stored_counts() -> dict[str, int]:
    """Return how many letters each channel has."""
    rows = StoredLetter.objects.order_by().values_list("channel").annotate(count=Count("id"))
    counts = {"email": 0, "sms": 0, "push": 0} | dict(rows)
    return {"all": sum(counts.values())} | counts


def stored_letter(letter_id: UUID) -> StoredLetter | None:
    """Return one letter."""
    return StoredLetter.objects.filter(id=letter_id).first()


def named(letter: StoredLetter) -> str:
    """Return who a letter goes to; a push names the id of a user, which tells a developer little."""
    if letter.channel != Channel.PUSH:
        return letter.to
    return User.objects.filter(id=letter.to).values_list("email", flat=True).first() or letter.to


def steps_of_delivery(delivery_id: UUID) -> QuerySet[Step]:
    """Return the trace of the notification that a delivery carries, oldest first; nothing for what stands alone."""
    return Step.objects.filter(notification__deliveries__id=delivery_id).order_by("id")
