"""What the tests of notifications stage: people who can be reached, and channels that say what the test wants."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest import mock

from django.apps import apps

from accounts.models import User
from notifications import channels, services
from notifications.channels import Letter, Sent
from notifications.models import Channel, Delivery, Notification, PushSubscription, StoredLetter, Type
from notifications.services import Notice
from notifications.tasks import DELIVERIES
from wholexale.common.work import run_due

Answer = Callable[[Letter], Sent]


def verified(user: User, *, push: bool = False) -> User:
    """Let a person's address be verified, and perhaps a browser of theirs listen."""
    User.objects.filter(id=user.id).update(is_email_verified=True)
    user.refresh_from_db()
    if push:
        PushSubscription.objects.create(user=user, endpoint=f"https://push.example.com/{user.id}", p256dh="k", auth="a")
    return user


def notice(user: User, **fields: Any) -> Notice:
    """Return a notice that a credit was added, which is mailed at once and has no chain; fields replace its own."""
    values = {"amount": "INR 100.00", "balance": "INR 900.00", "link": "/credit"}
    said: dict[str, Any] = {"type": Type.CREDIT_ADDED, "to": [user.id], "template": "credit-added", "values": values}
    return Notice(**(said | fields))


def told(user: User, **fields: Any) -> Notification:
    """Tell somebody of a credit."""
    (made,) = services.notify(notice(user, **fields))
    return made


def run() -> int:
    """Run every delivery that is due."""
    return run_due(DELIVERIES)


def delivery(of: Notification, channel: Channel = Channel.EMAIL) -> Any:
    """Read the delivery of a notification on a channel again; untyped, as each test knows what is set."""
    return Delivery.objects.get(notification=of, channel=channel)


def trace(of: Notification, channel: Channel = Channel.EMAIL) -> list[tuple[str, str]]:
    """Return what has become of a notification on a channel: status and reason, oldest first."""
    steps = of.steps.filter(channel=channel).order_by("id")
    return [(step.status, step.reason) for step in steps]


def letters() -> list[StoredLetter]:
    """Return what was sent, oldest first."""
    return list(StoredLetter.objects.order_by("id"))


class Scripted:
    """A channel that answers as it is told, and counts what it was given."""

    is_safe_to_repeat: ClassVar[bool] = False

    def __init__(self, answer: Answer | None = None, *, is_safe: bool = False, name: str = "email") -> None:
        """Take what to answer with: everything is sent where nothing is said."""
        self.name = name
        self.is_safe_to_repeat = is_safe  # type: ignore[misc] # of the class in earnest
        self.answer = answer or (lambda _letter: Sent(provider="scripted", provider_id="1"))
        self.given: Counter[str] = Counter()

    def send(self, letter: Letter) -> Sent:
        """Count, and answer."""
        self.given[str(letter.delivery_id)] += 1
        return self.answer(letter)


@contextmanager
def channel_is(channel: Any) -> Iterator[None]:
    """Let every delivery go through one channel; None switches all of them off."""
    with mock.patch.object(channels, "of", return_value=channel):
        yield


def own_rows() -> dict[str, int]:
    """Return how many rows each model of the app has."""
    models = apps.get_app_config("notifications").get_models()
    return {model._meta.label: model._default_manager.count() for model in models}
