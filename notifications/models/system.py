"""What has happened on the marketplace, for staff and for what synchronises with it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from wholexale.common.ids import new_id


class SystemEvent(models.Model):
    """One fact, written down in its own transaction. Inserted, never changed.

    It points to nothing by foreign key, so that it keeps nothing alive and survives what it speaks of.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    type = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    actor_id = models.UUIDField(null=True, blank=True, help_text="Empty where the system did it.")
    business_ids = models.JSONField(default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Read in order, by type, or by what they speak of."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["type", "id"], name="notifications_event_type"),
            models.Index(fields=["subject_id", "id"], name="notifications_event_subject"),
            models.Index(fields=["at"], name="notifications_event_at"),
        ]

    def __str__(self) -> str:
        """Return what has happened."""
        return f"{self.type} {self.subject_id}"
