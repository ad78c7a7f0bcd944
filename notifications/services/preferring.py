"""How somebody wants to be told: what is said is merged into what was said before, and nothing else changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from django.db import transaction

from accounts import services as accounts_services
from accounts.models import User
from accounts.services import BusinessDetails
from notifications.models import Channel, Manner, Preference


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody says; None and missing keys leave everything as it is.

    `switches` are the old ones (email, sms, push, chat, offers, system); `types` holds single types by channel, where
    None takes back what was said.
    """

    is_on: bool | None = None
    is_in_app_on: bool | None = None
    is_quiet_on: bool | None = None
    quiet_start: time | None = None
    quiet_end: time | None = None
    digest_minutes: int | None = None
    switches: Mapping[str, bool] = field(default_factory=dict)
    types: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)


@transaction.atomic
def save_preferences(*, actor: User, wishes: Wishes) -> User:
    """Merge what somebody says into what they have said before; return them as they are now.

    The old switches stay where clients have always read them: in the user's own preferences.
    """
    if wishes.switches:
        accounts_services.update_profile(
            actor=actor, person={}, preferences={"notifications": dict(wishes.switches)}, business=BusinessDetails()
        )
    said: dict[str, Any] = {
        "is_on": wishes.is_on,
        "is_in_app_on": wishes.is_in_app_on,
        "is_quiet_on": wishes.is_quiet_on,
        "quiet_start": wishes.quiet_start,
        "quiet_end": wishes.quiet_end,
        "digest_minutes": wishes.digest_minutes,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    if changes:
        Manner.objects.update_or_create(user=actor, defaults=changes)
    for (name, channel), is_on in wishes.types.items():
        set_preference(user=actor, type=name, channel=Channel(channel), is_on=is_on)
    return User.objects.select_related("manner").get(id=actor.id)


def set_preference(*, user: User, type: str, channel: Channel, is_on: bool | None) -> None:  # noqa: A002 - as stored
    """Note that somebody wants, or does not want, a type on a channel; None lets the type's default hold again."""
    if is_on is None:
        Preference.objects.filter(user=user, type=type, channel=channel).delete()
    else:
        Preference.objects.update_or_create(user=user, type=type, channel=channel, defaults={"is_on": is_on})
