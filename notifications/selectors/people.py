"""What must be known of people to decide how to reach them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import CharField, Exists, OuterRef, Subquery

from accounts.models import User
from notifications.models import Channel, Manner, Preference, PushSubscription, Suppression
from wholexale.common.prepared import Prepared, read

LANGUAGES = ("en", "hi")
"""What we write in; the first where somebody prefers another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How somebody can be reached, and wants to be.

    `switches` are the old ones of the user's preferences, by channel and by kind; `preferences` what they have said of
    single types, by type and channel. `quiet` are their quiet hours, None for none. `suppressed` says why an address is
    not written to.
    """

    id: UUID
    is_active: bool = True
    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    addresses: Mapping[Channel, str] = field(default_factory=dict)
    verified: frozenset[Channel] = frozenset()
    suppressed: Mapping[Channel, str] = field(default_factory=dict)
    is_on: bool = True
    is_in_app_on: bool = True
    switches: Mapping[str, bool] = field(default_factory=dict)
    preferences: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    quiet: tuple[time, time] | None = None
    digest_minutes: int = 0


def people_to_reach(user_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Return people by id, in one round trip; unknown ids are left out."""
    if not user_ids:
        return {}
    wanted = sorted(set(user_ids))
    users, rows = read(_users(len(wanted))(*wanted), _said(len(wanted))(*wanted))
    said: dict[UUID, dict[tuple[str, str], bool]] = defaultdict(dict)
    for user_id, name, channel, is_on in rows:
        said[user_id][name, channel] = is_on
    return {user.id: _person(user, said[user.id]) for user in users}


@cache
def _users(count: int) -> "Prepared[User]":
    """Return the query of so many users with how they want to be told, and what keeps them from being reached."""
    users = User.objects.select_related("manner").annotate(
        has_push=Exists(PushSubscription.objects.filter(user=OuterRef("pk"))),
        email_suppressed=_suppressed(Channel.EMAIL, "email"),
        phone_suppressed=_suppressed(Channel.SMS, "phone"),
    )
    return Prepared(lambda *user_ids: users.filter(id__in=user_ids), *[UUID] * count)


@cache
def _said(count: int) -> "Prepared[tuple[UUID, str, str, bool]]":
    """Return the query of what so many users have said of single types."""
    rows = Preference.objects.values_list("user_id", "type", "channel", "is_on")
    return Prepared(lambda *user_ids: rows.filter(user_id__in=user_ids), *[UUID] * count)


def chosen_types(*, user_id: UUID) -> dict[tuple[str, str], bool]:
    """Return what somebody has said of single types, by type and channel."""
    rows = Preference.objects.filter(user_id=user_id).values_list("type", "channel", "is_on")
    return {(name, channel): is_on for name, channel, is_on in rows}


def language_of(preferences: Mapping[str, Any]) -> str:
    """Return the language that somebody with such preferences is written to in."""
    language = str(preferences.get("language", ""))
    return language if language in LANGUAGES else LANGUAGES[0]


def zone_of(preferences: Mapping[str, Any]) -> ZoneInfo:
    """Return the zone of somebody's day; UTC where they name none that exists."""
    try:
        return ZoneInfo(str(preferences.get("timezone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def manner_of(user: User) -> Manner:
    """Return how a user wants to be told; the default where they have never said."""
    return getattr(user, "manner", None) or Manner(user=user)


def _suppressed(channel: Channel, field_name: str) -> Subquery:
    rows = Suppression.objects.filter(channel=channel, address=OuterRef(field_name)).values("reason")[:1]
    return Subquery(rows, output_field=CharField())


def _person(user: Any, preferences: Mapping[tuple[str, str], bool]) -> Person:
    """Build the values of a user with the annotations of `people_to_reach`."""
    manner = manner_of(user)
    addresses = {Channel.EMAIL: user.email, Channel.SMS: user.phone, Channel.PUSH: str(user.id) * user.has_push}
    verified = {
        Channel.PUSH: True,
        Channel.EMAIL: user.is_email_verified,
        Channel.SMS: user.phone_verified_at is not None,
    }
    suppressed = {Channel.EMAIL: user.email_suppressed, Channel.SMS: user.phone_suppressed}
    return Person(
        id=user.id,
        is_active=user.is_active,
        language=language_of(user.preferences),
        zone=zone_of(user.preferences),
        addresses=addresses,
        verified=frozenset(channel for channel, is_verified in verified.items() if is_verified),
        suppressed={channel: why for channel, why in suppressed.items() if why},
        is_on=manner.is_on,
        is_in_app_on=manner.is_in_app_on,
        switches=user.preferences.get("notifications") or {},
        preferences=preferences,
        quiet=(manner.quiet_start, manner.quiet_end) if manner.is_quiet_on else None,
        digest_minutes=manner.digest_minutes,
    )
