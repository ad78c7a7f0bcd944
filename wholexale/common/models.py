"""Rows of the kernel: work that is due, and requests that were answered."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from wholexale.common.ids import new_id


class WorkRow(models.Model):
    """One piece of work: a row of the business with a state, written in the transaction that makes it due.

    A worker claims it for the length of a lease, runs it outside of any transaction, and finishes it only where the
    lease is still its own. A row whose lease has ended is due again: what runs must do no harm when it runs twice.
    """

    class State(models.TextChoices):
        """Where the work stands; `dead` waits for staff, who may replay it."""

        PENDING = "pending"
        LEASED = "leased"
        DONE = "done"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    run_at = models.DateTimeField(default=timezone.now, help_text="Not before this moment.")
    attempts = models.PositiveIntegerField(default=0, help_text="How often it was claimed.")
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True, help_text="The request that made it due.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Found by what is due."""

        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            # Not partial: SQLite cannot see that a condition with parameters is the index's own.
            models.Index(fields=["state", "run_at"], name="%(app_label)s_%(class)s_due"),
            models.Index(fields=["state", "-created_at"], name="%(app_label)s_%(class)s_state"),
        ]


class PeriodicRun(WorkRow):
    """One run of periodic work. The name and the due time are unique, so several schedulers do no harm."""

    name = models.CharField(max_length=80)
    due_at = models.DateTimeField()

    class Meta(WorkRow.Meta):
        """Once for each due time."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name", "due_at"], name="common_periodicrun_once")
        ]

    def __str__(self) -> str:
        """Return what was due, and when."""
        return f"{self.name} of {self.due_at:%Y-%m-%d %H:%M}"


class IdempotencyKey(models.Model):
    """One request that a client named by a key, and the answer it got; written in the transaction of its effect.

    `scope` is the id of the user who sent it: keys of different people never meet.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.UUIDField()
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=300, help_text="The method and the path, or the socket's event.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the canonical body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="The HTTP status of the answer.")
    body = models.BinaryField(default=b"", help_text="The answer, byte for byte.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """One answer a key."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["scope", "key"], name="common_idempotencykey_once")
        ]

    def __str__(self) -> str:
        """Return what was asked under the key."""
        return f"{self.route} {self.key}"
