"""Push: to every browser and app of a person that wants it, each by its own service.

What is shown names nobody, for telephones show it to everybody; what opens it are ids.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from django.conf import settings
from django.utils import timezone

from notifications.channels import fcm, webpush
from notifications.channels.base import Gone, Letter, Refused, Sent, Unreachable
from notifications.channels.stored import StoredChannel
from notifications.models import PushSubscription
from wholexale.common.work import Permanent, Retry

Push = Callable[[PushSubscription, Letter], str]

_BY_KIND: Mapping[str, Push] = {PushSubscription.Kind.WEB: webpush.push, PushSubscription.Kind.FCM: fcm.push}
_NOT_TAKEN = (Retry, Unreachable, Permanent)


class PushChannel:
    """Browsers and apps. A push that comes again takes the place of the first, by the delivery's id."""

    name = "push"
    is_safe_to_repeat: ClassVar[bool] = True

    def send(self, letter: Letter) -> Sent:
        """Push to all of a person's subscriptions; it is sent where one of them has taken it.

        Where there is an outbox, it keeps a copy, which is enough.
        """
        taken, problems = _push_to_all(letter)
        if settings.HAS_OUTBOX:
            copy = StoredChannel(self.name).send(letter)
            return Sent(provider="push", provider_id=taken[0]) if taken else copy
        if taken:
            return Sent(provider="push", provider_id=taken[0])
        if problems:
            raise problems[0]
        raise Refused("no_address", detail="no browser and no app takes it")


def build(_name: str) -> PushChannel:
    """Return the channel."""
    return PushChannel()


def _push_to_all(letter: Letter) -> tuple[list[str], list[Exception]]:
    """Return how the services call what they have taken, and why others have not; forget what is gone."""
    taken: list[str] = []
    problems: list[Exception] = []
    for subscription in PushSubscription.objects.filter(user_id=letter.user_id).order_by("-id"):
        try:
            taken.append(_BY_KIND[subscription.kind](subscription, letter))
        except Gone:
            PushSubscription.objects.filter(endpoint=subscription.endpoint).delete()  # a renewed one has another
        except _NOT_TAKEN as problem:
            problems.append(problem)
        else:
            PushSubscription.objects.filter(id=subscription.id).update(last_used_at=timezone.now())
    return taken, problems
