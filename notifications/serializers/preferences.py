"""How somebody wants to be told, on the wire: the old backend's keys, and what it had lost."""

from datetime import time
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field as wire_field

from accounts.models import User
from notifications.models import Channel
from notifications.selectors import chosen_types, manner_of
from notifications.serializers.notices import TypeName
from notifications.services import Wishes
from notifications.types import TYPES
from wholexale.common.wire import Wire

TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
DigestMinutes = Literal[0, 10, 60, 1440]
_SWITCHES = ("email", "sms", "push", "chat", "offers", "system")


class QuietHours(Wire, kw_only=True):
    """Times of day in the person's own zone, as HH:mm; they may go over midnight."""

    enabled: bool | UnsetType = UNSET
    start: TimeOfDay | UnsetType = UNSET
    end: TimeOfDay | UnsetType = UNSET


class Channels(Wire, kw_only=True):
    """A switch for each channel; with `inApp` off the app shows only what is forced."""

    in_app: bool | UnsetType = wire_field(default=UNSET, name="in_app")
    push: bool | UnsetType = UNSET
    email: bool | UnsetType = UNSET
    sms: bool | UnsetType = UNSET


class TypeChannels(Wire, kw_only=True):
    """What is wanted of one type; null lets its default hold again."""

    in_app: bool | UnsetType | None = wire_field(default=UNSET, name="in_app")
    push: bool | UnsetType | None = UNSET
    email: bool | UnsetType | None = UNSET
    sms: bool | UnsetType | None = UNSET


class PreferencesBody(Wire, kw_only=True):
    """What changes; what is not sent stays as it is.

    `email`, `sms`, `push`, `chat`, `offers` and `system` are the switches that also stand in the user's preferences.
    """

    enabled: bool | UnsetType = UNSET
    quiet_hours: QuietHours | UnsetType = UNSET
    channels: Channels | UnsetType = UNSET
    digest_minutes: DigestMinutes | UnsetType = UNSET
    types: dict[TypeName, TypeChannels] | UnsetType = UNSET
    email: bool | UnsetType = UNSET
    sms: bool | UnsetType = UNSET
    push: bool | UnsetType = UNSET
    chat: bool | UnsetType = UNSET
    offers: bool | UnsetType = UNSET
    system: bool | UnsetType = UNSET

    def wishes(self) -> Wishes:
        """Return what the service merges."""
        quiet, channels = self.quiet_hours or QuietHours(), self.channels or Channels()
        own = {name: getattr(self, name) for name in _SWITCHES}
        of_channels = {name: getattr(channels, name) for name in ("email", "sms", "push")}
        said = {name: value for name, value in (own | _sent(of_channels)).items() if value is not UNSET}
        return Wishes(
            is_on=_or_none(self.enabled),
            is_in_app_on=_or_none(channels.in_app),
            is_quiet_on=_or_none(quiet.enabled),
            quiet_start=_time(quiet.start),
            quiet_end=_time(quiet.end),
            digest_minutes=_or_none(self.digest_minutes),
            switches=said,
            types=self._types(),
        )

    def _types(self) -> dict[tuple[str, str], bool | None]:
        said = self.types or {}
        return {
            (name, channel): value
            for name, wanted in said.items()
            for channel in Channel
            if (value := getattr(wanted, channel)) is not UNSET
        }


class SavedQuietHours(Wire, kw_only=True):
    """The quiet hours."""

    enabled: bool
    start: str
    end: str
    timezone: str


class SavedChannels(Wire, kw_only=True):
    """One answer for each channel."""

    in_app: bool = wire_field(name="in_app")
    push: bool
    email: bool
    sms: bool


class TypePreference(Wire, kw_only=True):
    """What holds for one type on each channel, and the channels on which it cannot be refused."""

    channels: SavedChannels
    forced: list[str]


class PreferencesShape(Wire, kw_only=True):
    """How somebody wants to be told: every switch as it stands now."""

    email: bool
    sms: bool
    push: bool
    chat: bool
    offers: bool
    system: bool
    enabled: bool
    quiet_hours: SavedQuietHours
    channels: SavedChannels
    digest_minutes: int
    types: dict[str, TypePreference]


class PreferencesFound(Wire, kw_only=True):
    """How the caller wants to be told."""

    preferences: PreferencesShape


class PreferencesSaved(Wire, kw_only=True):
    """How the caller wants to be told from now on."""

    message: str
    preferences: PreferencesShape


def preferences(user: User) -> PreferencesShape:
    """Return how somebody wants to be told."""
    manner = manner_of(user)
    switches = {name: bool((user.preferences.get("notifications") or {}).get(name, True)) for name in _SWITCHES}
    quiet = SavedQuietHours(
        enabled=manner.is_quiet_on,
        start=f"{manner.quiet_start:%H:%M}",
        end=f"{manner.quiet_end:%H:%M}",
        timezone=str(user.preferences.get("timezone", "UTC")),
    )
    channels = SavedChannels(
        in_app=manner.is_in_app_on, push=switches["push"], email=switches["email"], sms=switches["sms"]
    )
    return PreferencesShape(
        **switches,
        enabled=manner.is_on,
        quiet_hours=quiet,
        channels=channels,
        digest_minutes=manner.digest_minutes,
        types=_types(user),
    )


def _types(user: User) -> dict[str, TypePreference]:
    said = chosen_types(user_id=user.id)
    return {
        str(name): TypePreference(
            channels=SavedChannels(
                **{
                    str(channel): channel in kind.forced or said.get((name, channel), channel in kind.channels)
                    for channel in Channel
                }
            ),
            forced=[str(channel) for channel in Channel if channel in kind.forced],
        )
        for name, kind in TYPES.items()
    }


def _sent(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not UNSET}


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


def _time(value: str | UnsetType) -> time | None:
    return None if value is UNSET else time.fromisoformat(value)
