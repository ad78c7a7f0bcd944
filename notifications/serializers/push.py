"""Push subscriptions, on the wire: as browsers write them themselves, or the token of an app."""

from typing import Annotated

from msgspec import Meta

from wholexale.common.wire import Wire

Endpoint = Annotated[str, Meta(min_length=1, max_length=1000)]


class PushKeys(Wire, kw_only=True):
    """The keys of a browser, in base64url."""

    p256dh: Annotated[str, Meta(max_length=120)]
    auth: Annotated[str, Meta(max_length=40)]


class SubscribeBody(Wire, kw_only=True):
    """Either `endpoint` and `keys`, which is `PushSubscription.toJSON()`, or the `token` of Firebase."""

    endpoint: Endpoint | None = None
    keys: PushKeys | None = None
    token: Endpoint | None = None


class UnsubscribeBody(Wire, kw_only=True):
    """The `endpoint` of a browser, or the `token` of an app."""

    endpoint: Endpoint | None = None
    token: Endpoint | None = None


class PushKey(Wire, kw_only=True):
    """What a browser needs to subscribe: `applicationServerKey`. Empty where nothing is pushed to browsers."""

    public_key: str


class Subscribed(Wire, kw_only=True):
    """A subscription that is in place."""

    message: str
    id: str


class Unsubscribed(Wire, kw_only=True):
    """Whether there was a subscription."""

    message: str
    is_removed: bool
