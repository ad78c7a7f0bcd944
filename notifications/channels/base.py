"""What every channel is given, and what it says of it. How a message is worded is none of its business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import ClassVar, Protocol
from uuid import UUID

from django.utils import timezone

TIMEOUT_SECONDS = 10.0
"""How long a provider may take for one answer; the libraries would wait for ever."""

LONGEST_WAIT_SECONDS = 3600.0
"""How long a provider may tell us to stay away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message, ready to be sent to one person by one channel.

    Args:
        delivery_id: names it to the provider, where the provider lets us.
        user_id: whose it is.
        to: the e-mail address, or the number in E.164; empty for a push, which goes to the user's subscriptions.
        type: what it is about, a word of `Type`.
        language: which one it is in.
        subject: of a mail; the title of a push.
        text: the mail's text, the SMS, or the body of a push.
        html: the same mail for readers that show HTML.
        thread_id: mails of one thread stand together.
        unsubscribe_url: a POST to it turns mails of this type off; empty for those that nobody can do without.
        urgency: of a push, as RFC 8030 has it: very-low, low, normal or high.
        ttl: how many seconds a push is worth keeping for a browser that is offline.
        data: what the app needs to open it: ids, nothing private.
    """

    delivery_id: UUID
    user_id: UUID
    to: str = ""
    type: str
    language: str = "en"
    subject: str = ""
    text: str = ""
    html: str = ""
    thread_id: str = ""
    unsubscribe_url: str = ""
    urgency: str = "normal"
    ttl: int = 86_400
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A provider has taken a message, and calls it by this id."""

    provider: str
    provider_id: str = ""
    status: str = "sent"


class Refused(Exception):
    """This person takes no such message: the address does not exist, or its owner wants nothing.

    `suppress` says that nothing should go to the address any more; `reason` is then one of `Suppression.Reason`.
    """

    def __init__(self, reason: str, *, detail: str = "", suppress: bool = False) -> None:
        """Take a word for machines, and what the provider said."""
        super().__init__(f"{reason}: {detail}".removesuffix(": "))
        self.reason = reason
        self.detail = detail[:200]
        self.suppress = suppress


class Unreachable(Exception):
    """The provider does not take it now, and surely has not taken it: to be tried again, later and later."""


class Gone(Exception):
    """A browser or an app has thrown its subscription away: it never hears us by it again."""


class Unsure(Exception):
    """The provider was given it and has not answered: it may have been sent."""


def seconds_of(retry_after: str | None) -> float | None:
    """Return how many seconds a header `Retry-After` asks us to wait, which may name a date; None where it is none."""
    if not retry_after:
        return None
    try:
        if retry_after.strip().isdigit():
            seconds = float(retry_after)
        else:
            seconds = (parsedate_to_datetime(retry_after) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


class Channel(Protocol):
    """One way to people who are not looking at the app."""

    name: str
    is_safe_to_repeat: ClassVar[bool]
    """Whether sending the same letter twice does no harm, because the second takes the place of the first."""

    def send(self, letter: Letter) -> Sent:
        """Hand a letter to the provider.

        Raises:
            Retry: not now; the provider has said when. It has not taken it.
            Unreachable: not now. It has not taken it.
            Unsure: it may have taken it, or not.
            Refused: not for this person.
            Permanent: never like this; staff has to look.
        """
        ...
