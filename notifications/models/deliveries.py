"""Messages on their way: work that is due, one row for each notification and channel."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.models.choices import Channel, Status
from notifications.models.notices import Notification
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow


class Digest(models.Model):
    """What was held for one person and channel during one window, and went out as one letter.

    Made when the window is over, by whichever of its deliveries is run first: that one carries the letter, the others
    only stand in it. As there is one digest a window, two closers send once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=6, choices=Channel)
    window_start = models.DateTimeField()
    carrier_id = models.UUIDField(help_text="The delivery that carries the letter.")
    closed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Once for each window."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["recipient", "channel", "window_start"], name="notifications_digest_once")
        ]

    def __str__(self) -> str:
        """Return the channel and the window."""
        return f"{self.channel} since {self.window_start:%Y-%m-%d %H:%M}"


class Delivery(WorkRow):
    """One notification on its way to one person by e-mail, SMS or push.

    The work row's own `state` says whether there is something to do, `status` what has become of the message. `after`
    is the delivery that this one follows, because it was not read or did not arrive.
    """

    notification = models.ForeignKey(Notification, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=6, choices=Channel)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=320, blank=True, help_text="What it was sent to.")
    provider = models.CharField(max_length=40, blank=True)
    provider_id = models.CharField(max_length=200, blank=True, help_text="How the provider calls it.")
    sending_since = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True, help_text="Of the digest that it waits for.")
    digest = models.ForeignKey(Digest, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    after = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkRow.Meta):
        """Once for each channel; found by what the provider calls it, and by what waits for a digest."""

        verbose_name_plural = "deliveries"
        indexes: ClassVar[list[models.Index]] = [
            *WorkRow.Meta.indexes,
            models.Index(fields=["provider", "provider_id"], name="notifications_by_provider"),
            models.Index(
                fields=["channel", "window_start"],
                name="notifications_waiting",
                condition=Q(window_start__isnull=False, digest__isnull=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notification", "channel"], name="notifications_delivery_once")
        ]

    def __str__(self) -> str:
        """Return the channel and the status."""
        return f"{self.channel}: {self.status}"
