"""Where browsers and telephones hear us, and which addresses must not be written to any more."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from wholexale.common.ids import new_id


class PushSubscription(models.Model):
    """One browser, or one installed app, that agreed to be pushed to; its owner is whoever subscribed last.

    A browser has an endpoint of a push service and two keys that messages to it are encrypted with (RFC 8291). An app
    has the token that Firebase gave it, and no keys.
    """

    class Kind(models.TextChoices):
        """Who carries the message."""

        WEB = "web"
        FCM = "fcm"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions")
    kind = models.CharField(max_length=3, choices=Kind, default=Kind.WEB)
    endpoint = models.CharField(max_length=1000, unique=True, help_text="The address, or the token of Firebase.")
    p256dh = models.CharField(max_length=120, blank=True, help_text="The browser's public key, base64url.")
    auth = models.CharField(max_length=40, blank=True, help_text="The browser's secret, base64url.")
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last taken for it.")

    def __str__(self) -> str:
        """Return who is reached, and by whom."""
        return f"{self.kind} of {self.user_id}"


class Suppression(models.Model):
    """One address that a channel does not write to any more, and why. Staff may take it away."""

    class Channel(models.TextChoices):
        """Which kind of address it is."""

        EMAIL = "email"
        SMS = "sms"

    class Reason(models.TextChoices):
        """What happened."""

        BOUNCED = "bounced"
        COMPLAINED = "complained"
        OPTED_OUT = "opted_out"
        INVALID = "invalid"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.CharField(max_length=5, choices=Channel)
    address = models.CharField(max_length=320, help_text="An e-mail address in lower case, or a number in E.164.")
    reason = models.CharField(max_length=12, choices=Reason)
    detail = models.CharField(max_length=200, blank=True, help_text="What the provider said.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Once for each address of a channel."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "address"], name="notifications_suppression_once")
        ]

    def __str__(self) -> str:
        """Return the address."""
        return f"{self.channel} {self.address}"
