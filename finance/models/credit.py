"""Credit lines: how much a business may owe, every change of that, and requests for more."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Business
from finance.models.ledger import Account
from wholexale.common.ids import new_id
from wholexale.common.money import from_minor


class CreditLine(models.Model):
    """How much a business may owe in one currency. What it owes stands in the balance of its account."""

    class Status(models.TextChoices):
        """Anything but `active` stops growth; repayment always works."""

        ACTIVE = "active"
        SUSPENDED = "suspended"
        REVOKED = "revoked"
        UNDER_REVIEW = "under_review"

    class Rating(models.TextChoices):
        """How creditworthy the business is, in the old backend's words."""

        AAA = "AAA"
        AA = "AA"
        A = "A"
        BBB = "BBB"
        BB = "BB"
        B = "B"
        CCC = "CCC"
        CC = "CC"
        C = "C"
        D = "D"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="credit_lines")
    currency = models.CharField(max_length=3)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="credit_line")
    limit_minor = models.BigIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    rating = models.CharField(max_length=3, choices=Rating, default=Rating.B)
    risk_score = models.PositiveSmallIntegerField(default=50, help_text="0 to 100; more is riskier.")
    payment_terms = models.CharField(max_length=16, default="net_30")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    next_review_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0, help_text="The number of its last change.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One line a business and currency."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["business", "currency"], name="finance_creditline_once"),
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="finance_creditline_limit_not_negative"),
            models.CheckConstraint(condition=Q(risk_score__lte=100), name="finance_creditline_risk_in_range"),
        ]

    def __str__(self) -> str:
        """Return whose line it is."""
        return f"credit of {self.business} in {self.currency}"


class CreditLineChange(models.Model):
    """One change of a credit line; inserted and never changed. The last one says what the line is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField()
    old_limit_minor = models.BigIntegerField()
    new_limit_minor = models.BigIntegerField()
    old_status = models.CharField(max_length=12, choices=CreditLine.Status, blank=True)
    new_status = models.CharField(max_length=12, choices=CreditLine.Status)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The second member of staff, for a large increase.",
    )
    reason = models.CharField(max_length=500)
    details = models.JSONField(default=dict, blank=True, help_text="What else changed: field to [old, new].")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by line."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["line", "number"], name="finance_creditlinechange_number"),
        ]

    def __str__(self) -> str:
        """Return which change it is."""
        return f"change {self.number} of {self.line_id}"


class CreditRequest(models.Model):
    """A limit that somebody asks for: a member of the business, or staff for a large increase."""

    class Status(models.TextChoices):
        """`under_review` has one member of staff behind it and waits for a second."""

        PENDING = "pending"
        UNDER_REVIEW = "under_review"
        APPROVED = "approved"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    OPEN: ClassVar[tuple[Status, ...]] = (Status.PENDING, Status.UNDER_REVIEW)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    limit_minor = models.BigIntegerField(help_text="The whole limit that is asked for, in minor units.")
    purpose = models.CharField(max_length=500, blank=True)
    payment_terms = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decision_reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One open request a business and currency."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["business", "-created_at"], name="finance_creditrequest_list")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["business", "currency"],
                condition=Q(status__in=["pending", "under_review"]),
                name="finance_creditrequest_one_open",
            ),
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="finance_creditrequest_limit_not_negative"),
        ]

    def __str__(self) -> str:
        """Return what is asked for."""
        return f"request for {from_minor(self.limit_minor, self.currency)} {self.currency}"
