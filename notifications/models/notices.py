"""What people are told, what has become of it, and how they want to be told."""

from datetime import datetime, time, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.models.choices import Channel, Priority, Status, Type
from wholexale.common.ids import new_id

KEPT_FOR = timedelta(days=30)
"""How long a notification is shown."""

DIGEST_MINUTES = (0, 10, 60, 1440)


def default_expiry() -> datetime:
    """Return when a notification of this moment is shown no longer."""
    return timezone.now() + KEPT_FOR


class Notification(models.Model):
    """One person was told one thing. Written in the transaction of the fact, whatever channels carry it further.

    `template` and `values` are what the texts are made of, again for each channel; a secret is never among them.
    `is_shown` is off where the person wants none of its type in the app: the row remains, for the trace.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notifications")
    type = models.CharField(max_length=20, choices=Type)
    title = models.CharField(max_length=100)
    message = models.CharField(max_length=500)
    template = models.CharField(max_length=40, help_text="The key of the text, which channels render for themselves.")
    values = models.JSONField(default=dict, blank=True)
    data = models.JSONField(default=dict, blank=True, help_text="What clients need to open it: ids and names.")
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    actions = models.JSONField(default=list, blank=True)
    group_id = models.CharField(max_length=80, blank=True)
    thread_id = models.CharField(max_length=80, blank=True)
    dedupe_key = models.CharField(max_length=120, blank=True, help_text="A person is told the same thing once.")
    fact = models.CharField(max_length=40, blank=True, help_text="The type of the fact that it follows from.")
    is_shown = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(default=default_expiry)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Listed by person, newest first; the unread ones are counted often."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recipient", "-id"], name="notifications_of_recipient"),
            models.Index(
                fields=["recipient", "expires_at"],
                name="notifications_unread",
                condition=Q(read_at__isnull=True, deleted_at__isnull=True, is_shown=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["recipient", "dedupe_key"], name="notifications_told_once", condition=~Q(dedupe_key="")
            )
        ]

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class Step(models.Model):
    """One line of a notification's trace: on which channel it came how far, when, and why. Inserted, never changed.

    It stands for itself: the delivery's own row is deleted when it is old.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    notification = models.ForeignKey(Notification, on_delete=models.PROTECT, related_name="steps")
    channel = models.CharField(max_length=6, choices=Channel)
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=40, blank=True, help_text="One of `Reason`, or what a provider calls it.")
    detail = models.CharField(max_length=300, blank=True, help_text="What a provider said, or until when it waits.")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """In order, by notification."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["notification", "id"], name="notifications_trace")
        ]

    def __str__(self) -> str:
        """Return the channel and the status."""
        return f"{self.channel}: {self.status}"


class Preference(models.Model):
    """Somebody wants, or does not want, a type of notification on a channel; without a row the type's default holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=20, choices=Type)
    channel = models.CharField(max_length=6, choices=Channel)
    is_on = models.BooleanField()

    class Meta:
        """One answer each."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "type", "channel"], name="notifications_preference_once")
        ]

    def __str__(self) -> str:
        """Return what is wanted or not."""
        return f"{self.type} by {self.channel}: {'on' if self.is_on else 'off'}"


class Manner(models.Model):
    """How somebody wants to be told at all: whether, when not, and how many things at once.

    Quiet hours are times of day in the person's own zone, and may go over midnight. `digest_minutes` is how long what
    can wait is gathered into one letter; 0 sends each at once. The old switches of channels and of kinds (email, sms,
    push, chat, offers, system) are not here: they stand in the user's preferences, where clients have always put them.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="manner"
    )
    is_on = models.BooleanField(default=True, help_text="Off: only the app itself, and what is forced.")
    is_in_app_on = models.BooleanField(default=True)
    is_quiet_on = models.BooleanField(default=False)
    quiet_start = models.TimeField(default=time(22))
    quiet_end = models.TimeField(default=time(8))
    digest_minutes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """Only windows that exist."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(digest_minutes__in=DIGEST_MINUTES), name="notifications_manner_digest")
        ]

    def __str__(self) -> str:
        """Return whose it is."""
        return f"of {self.user_id}"
