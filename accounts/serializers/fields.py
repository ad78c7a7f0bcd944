"""Values that several requests and answers share."""

from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wholexale.common.errors import ValidationFailed
from wholexale.common.wire import Wire, clean_text

ONE_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"

EmailText = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$")]
NewPassword = Annotated[str, Meta(min_length=6, max_length=128)]
GivenPassword = Annotated[str, Meta(min_length=1, max_length=1024)]
PersonName = Annotated[str, Meta(min_length=1, max_length=50, pattern=ONE_LINE)]
Phone = Annotated[str, Meta(max_length=17, pattern=r"^(\+?[1-9][0-9]{3,15})?$")]
Avatar = Annotated[str, Meta(max_length=500, pattern=r"^((https?://|/[^/\s])\S*)?$")]
BusinessName = Annotated[str, Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
Country = Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
Gstin = Annotated[
    str,
    Meta(min_length=15, max_length=15, pattern=r"^[0-9]{2}[A-Za-z]{5}[0-9]{4}[A-Za-z][1-9A-Za-z][Zz][0-9A-Za-z]$"),
]
BusinessType = Literal["manufacturer", "wholesaler", "distributor", "retailer", "service_provider"]
Line = Annotated[str, Meta(max_length=200)]
TimeZone = Annotated[str, Meta(max_length=40)]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]


class Coordinates(Wire, kw_only=True):
    """A point on the map, in degrees."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class Address(Wire, kw_only=True, omit_defaults=True):
    """Where a business is."""

    street: Line = ""
    city: Line = ""
    state: Line = ""
    country: Line | UnsetType = UNSET
    pincode: Annotated[str, Meta(max_length=12)] = ""
    coordinates: Coordinates | UnsetType = UNSET


class NotificationPreferences(Wire, kw_only=True):
    """Which notices a person wants."""

    email: bool | UnsetType = UNSET
    sms: bool | UnsetType = UNSET
    push: bool | UnsetType = UNSET
    chat: bool | UnsetType = UNSET
    offers: bool | UnsetType = UNSET
    system: bool | UnsetType = UNSET


class PrivacyPreferences(Wire, kw_only=True):
    """What others may see of a person."""

    show_online_status: bool | UnsetType = UNSET
    allow_direct_messages: bool | UnsetType = UNSET
    show_business_info: bool | UnsetType = UNSET


class Preferences(Wire, kw_only=True):
    """A person's preferences; when written, what is not sent stays as it is."""

    language: Language | UnsetType = UNSET
    timezone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    currency: Literal["INR", "USD", "EUR", "GBP"] | UnsetType = UNSET
    notifications: NotificationPreferences | UnsetType = UNSET
    privacy: PrivacyPreferences | UnsetType = UNSET

    def changes(self) -> dict[str, Any]:
        """Return the preferences that were sent.

        Raises:
            ValidationFailed: where the time zone is none.
        """
        if self.timezone is not UNSET:
            check_time_zone(self.timezone, field="preferences.timezone")
        return plain(self) or {}


def check_time_zone(name: str, *, field: str) -> str:
    """Return the name of a time zone, if it is one.

    Raises:
        ValidationFailed: which names the field.
    """
    if name not in time_zones():
        raise ValidationFailed.of_field(field, "Expected the name of a time zone")
    return name


def plain(shape: Wire | UnsetType | None) -> dict[str, Any] | None:
    """Return a shape as a dictionary with its wire names, ready for a JSON column; None where there is none."""
    builtins: dict[str, Any] | None = msgspec.to_builtins(shape) if isinstance(shape, Wire) else None
    return builtins


def text(value: str | UnsetType | None) -> str | None:
    """Return a text to store: "" where null cleared it, None where it was not sent."""
    if value is UNSET:
        return None
    return clean_text(value or "")


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())
