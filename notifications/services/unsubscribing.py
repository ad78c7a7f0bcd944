"""One click in a mail, without signing in: no more mails of its type (RFC 8058)."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from accounts.models import User
from notifications.models import Channel
from notifications.services.preferring import Wishes, save_preferences
from wholexale.common.errors import NotFound

ALL_TYPES = "digest"
"""What a mail of several types is signed for: no more mails at all, but for those that nobody can do without."""

_SALT = "notifications.unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What one link in a mail turns off, and for whom."""

    user: User
    type: str


def unsubscribe_url(*, user_id: UUID, type: str) -> str:  # noqa: A002 - the word of the contract
    """Return the address that turns off mails of a type; it works for ever, as old mails do."""
    token = signing.dumps([str(user_id), type], salt=_SALT)
    return f"{settings.BASE_URL}/api/notifications/unsubscribe/{token}"


def way_of(token: str) -> Way:
    """Return what a link turns off.

    Raises:
        NotFound: it is not from us, or nobody is there any more.
    """
    try:
        user_id, name = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise NotFound("UNSUBSCRIBE_LINK_INVALID", "This link is not valid.") from None
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFound("UNSUBSCRIBE_LINK_INVALID", "This link is not valid.")
    return Way(user=user, type=name)


@transaction.atomic
def unsubscribe(token: str) -> Way:
    """Turn off what a link names; harmless where it is off.

    Raises:
        NotFound: as `way_of`.
    """
    way = way_of(token)
    if way.type == ALL_TYPES:
        wishes = Wishes(switches={Channel.EMAIL.value: False})
    else:
        wishes = Wishes(types={(way.type, Channel.EMAIL.value): False})
    save_preferences(actor=way.user, wishes=wishes)
    return way
