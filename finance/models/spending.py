"""What a member may spend for their business in a day, week, month or year, and what they have spent."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Membership
from finance.models.ledger import Transfer
from wholexale.common.ids import new_id
from wholexale.common.money import from_minor


class SpendingLimit(models.Model):
    """How much one member may commit in one currency, each time or within a window of the business's time zone."""

    class Window(models.TextChoices):
        """How long the limit counts; `none` is a limit on each purchase."""

        NONE = "none"
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        YEAR = "year"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="spending_limits")
    currency = models.CharField(max_length=3)
    window = models.CharField(max_length=5, choices=Window)
    limit_minor = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One limit a member and currency."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["membership", "currency"], name="finance_spendinglimit_once"),
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="finance_spendinglimit_not_negative"),
        ]

    def __str__(self) -> str:
        """Return how much in which window."""
        return f"{from_minor(self.limit_minor, self.currency)} {self.currency} a {self.window}"


class SpendingWindow(models.Model):
    """What one member has committed from `starts_at` until before `ends_at`: a counter, never a sum when asked.

    It counts every `Spend` that was made in between. The ends are moments, cut in the business's time zone when the
    counter began, so it stays right when the business moves to another zone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    window = models.CharField(max_length=5, choices=SpendingLimit.Window)
    starts_at = models.DateTimeField(help_text="The first midnight, in the business's time zone.")
    ends_at = models.DateTimeField(help_text="The midnight after the last day.")
    spent_minor = models.BigIntegerField(default=0)

    class Meta:
        """One counter a window."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["membership", "currency", "window", "starts_at", "ends_at"], name="finance_spendingwindow_once"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="finance_spendingwindow_has_length"),
            models.CheckConstraint(condition=Q(spent_minor__gte=0), name="finance_spendingwindow_not_negative"),
        ]

    def __str__(self) -> str:
        """Return what was spent since when."""
        return f"{from_minor(self.spent_minor, self.currency)} {self.currency} since {self.starts_at:%Y-%m-%d %H:%M}"


class Spend(models.Model):
    """One hold that one member made for their business. What is released again, the windows get back."""

    hold = models.OneToOneField(Transfer, primary_key=True, on_delete=models.PROTECT, related_name="spend")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="What counts: as held, less what was released again.")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Summed by member and time when a window begins to count."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["membership", "currency", "made_at"], name="finance_spend_window")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="finance_spend_not_negative"),
        ]

    def __str__(self) -> str:
        """Return how much counts."""
        return f"{from_minor(self.amount, self.currency)} {self.currency}"
