"""What would have been sent: the channels without a provider put it here, for `/dev/outbox`."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from wholexale.common.ids import new_id


class StoredLetter(models.Model):
    """One mail, SMS or push, exactly as a provider would have been given it. Development and tests only.

    Not tied to a user or a delivery by foreign keys: it stands outside, as a provider would.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery_id = models.UUIDField(unique=True)
    channel = models.CharField(max_length=5)
    to = models.CharField(max_length=320, help_text="An address, a number, or the id of whose browsers are meant.")
    type = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    data = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=12, default="sent", help_text="What the provider last said of it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "-id"], name="notifications_letter_channel"),
        ]

    def __str__(self) -> str:
        """Return what it is, and to whom."""
        return f"{self.channel} to {self.to}"
