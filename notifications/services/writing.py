"""Writing a letter: what a channel sends, made at the moment of sending and never stored."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts import selectors as accounts_selectors
from notifications import rendering
from notifications.channels import Letter
from notifications.models import Channel, Delivery, Notification
from notifications.selectors import Person
from notifications.services.unsubscribing import ALL_TYPES, unsubscribe_url
from notifications.types import kind_of

MOST_SHOWN = 20
"""How many notifications a digest shows; it counts the others."""

_OF_TICKETS = {"email-verification": "link", "password-reset": "link", "otp": "code"}
"""What a template shows of a ticket."""


class StaleError(Exception):
    """What the letter was to show is good for nothing any more: a link was used, or a newer one was asked for."""


def letter_of(delivery: Delivery, notifications: Sequence[Notification], person: Person) -> Letter:
    """Return the letter of a delivery: its own notification, or several as a digest.

    Raises:
        StaleError: where its link or code opens nothing any more.
    """
    own = notifications[0]
    kind = kind_of(own.type, own.template)
    is_digest = len(notifications) > 1
    channel = Channel(delivery.channel)
    may_leave = channel == Channel.EMAIL and (is_digest or not kind.is_transactional)
    return rendering.letter(
        channel=channel,
        delivery_id=delivery.id,
        user_id=own.recipient_id,
        to="" if channel == Channel.PUSH else person.addresses[channel],
        type=own.type,
        language=person.language,
        template="digest" if is_digest else own.template,
        values=_digest(notifications) if is_digest else _values(own),
        thread_id="" if is_digest else own.thread_id,
        unsubscribe_url=unsubscribe_url(user_id=own.recipient_id, type=ALL_TYPES if is_digest else own.type)
        if may_leave
        else "",
        urgency=kind.urgency,
        ttl=int(kind.ttl.total_seconds()),
        data={"notificationId": str(own.id)} | {name: str(value) for name, value in own.data.items()},
    )


def _values(notification: Notification) -> dict[str, Any]:
    """Return what the wording needs; a link or a code is asked of accounts, and stands in no row of ours."""
    values: dict[str, Any] = {"name": notification.recipient.first_name} | notification.values
    if (name := _OF_TICKETS.get(notification.template)) is not None:
        ticket_id = UUID(values["ticket_id"])
        proof = (
            accounts_selectors.ticket_code(ticket_id) if name == "code" else accounts_selectors.ticket_link(ticket_id)
        )
        if proof is None:
            raise StaleError
        values[name] = proof
    return values


def _digest(notifications: Sequence[Notification]) -> dict[str, Any]:
    items = [
        rendering.Item(title=one.title, message=one.message, link=str(one.values.get("link", "")))
        for one in notifications[:MOST_SHOWN]
    ]
    return {
        "name": notifications[0].recipient.first_name,
        "count": str(len(notifications)),
        "items": items,
        "link": "/",
    }
