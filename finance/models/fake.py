"""The fake provider's own books: a payment provider for development and tests, which keeps what a real one would.

Only `finance/gateways/fake` reads and writes these rows, in transactions of its own, as if they lay somewhere else.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow


class FakeCharge(models.Model):
    """One payment at the fake provider. `charges` counts how often money was taken: more than once is a defect."""

    reference = models.CharField(primary_key=True, max_length=40)
    intent_id = models.UUIDField(db_index=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=16)
    is_captured_later = models.BooleanField(default=False)
    state = models.CharField(max_length=24, default="requires_payment_method")
    captured = models.BigIntegerField(default=0)
    charges = models.PositiveIntegerField(default=0)
    failure_code = models.CharField(max_length=60, blank=True)
    visits = models.PositiveIntegerField(default=0, help_text="How often it was asked while it played dead.")
    known_at = models.DateTimeField(default=timezone.now, help_text="Until then it says that it is processing.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference


class FakeRefund(models.Model):
    """One refund at the fake provider."""

    reference = models.CharField(primary_key=True, max_length=40)
    refund_id = models.UUIDField(unique=True)
    charge = models.ForeignKey(FakeCharge, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    state = models.CharField(max_length=12, default="pending")
    known_at = models.DateTimeField(default=timezone.now, help_text="Until then it says what it said at first.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference


class FakeDispute(models.Model):
    """One complaint of a payer at the fake provider; nobody hears of it before it is opened."""

    reference = models.CharField(primary_key=True, max_length=40)
    charge = models.OneToOneField(FakeCharge, on_delete=models.PROTECT, related_name="dispute")
    amount = models.BigIntegerField()
    state = models.CharField(max_length=16, default="needs_response")
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference


class FakePayout(models.Model):
    """One payout at the fake provider."""

    reference = models.CharField(primary_key=True, max_length=40)
    payout_id = models.UUIDField(unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, default="pending")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference


class FakeEntry(models.Model):
    """One line of the fake provider's statement: money that came to us, or below zero, that went."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    type = models.CharField(max_length=12)
    reference = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField(default=0, help_text="What the provider has kept of it.")
    currency = models.CharField(max_length=3)

    class Meta:
        """Read by currency, oldest first."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["currency", "at"], name="finance_fakeentry_list")]

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.type} {self.reference}"


class FakeAnswer(models.Model):
    """What was answered under a key: the same key again gets the same answer."""

    key = models.CharField(primary_key=True, max_length=120)
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return the key."""
        return self.key


class FakeWebhook(WorkRow):
    """The work of telling us what has happened, signed, until it is heard."""

    event_id = models.CharField(max_length=40)
    body = models.TextField()

    class Meta(WorkRow.Meta):
        """Sent when it is due; the same event may be sent twice on purpose."""

        constraints: ClassVar[list[models.BaseConstraint]] = []

    def __str__(self) -> str:
        """Return which event it tells."""
        return self.event_id


def fake_reference(kind: str) -> str:
    """Return a new id as the fake provider gives them: `fake_ch_<32 hex>`."""
    return f"fake_{kind}_{new_id().hex}"
