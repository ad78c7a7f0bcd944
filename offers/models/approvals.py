"""Who of a business must agree before a member binds it: its policies, and what was asked and decided under them.

Nobody but the business itself ever learns of any of it. Changes of policies and decisions are inserted and never
changed: triggers refuse it (`offers/sql/guards.py`).
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Business, Membership
from offers.models.offers import Offer
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT, from_minor


class ApprovalAction(models.TextChoices):
    """What binds a business: terms that the other side may accept, and accepting those of the other side."""

    SEND = "send"
    ACCEPT = "accept"


class ApprovalRule(models.Model):
    """From which total on how many colleagues of which role must agree."""

    threshold = models.BigIntegerField(help_text="In minor units: what the goods cost in all, before taxes.")
    approver_role = models.CharField(max_length=8, choices=Membership.Role, help_text="This role, or a higher one.")
    approvals_needed = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        """Columns of policies and of their history."""

        abstract = True

    @property
    def approver_roles(self) -> tuple[str, ...]:
        """Return the roles whose approval counts, the highest first."""
        roles = Membership.Role.values
        return tuple(roles[: roles.index(self.approver_role) + 1])


class ApprovalPolicy(ApprovalRule):
    """A business wants colleagues to agree before a member sends, or accepts, terms of a total in one currency.

    Several may hold at once, from different totals on: each of them must be met. `version` counts the changes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=6, choices=ApprovalAction)
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One from each total on; the index of those that hold is what accepting an offer reads."""

        verbose_name_plural = "approval policies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["business", "action", "currency", "threshold"],
                condition=Q(is_active=True),
                name="offers_approvalpolicy_once",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=0, threshold__lte=MAX_AMOUNT), name="offers_approvalpolicy_threshold"
            ),
            models.CheckConstraint(condition=Q(approvals_needed__gte=1), name="offers_approvalpolicy_needed"),
        ]

    def __str__(self) -> str:
        """Return what is to be approved."""
        return f"{self.action} from {from_minor(self.threshold, self.currency):,f} {self.currency} on"

    def covers(self, action: str, currency: str, total: int) -> bool:
        """Return whether it wants something approved: `total` in minor units."""
        return self.is_active and (self.action, self.currency) == (action, currency) and self.threshold <= total


class ApprovalPolicyChange(ApprovalRule):
    """What a policy says from then on, and who has said so."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    policy = models.ForeignKey(ApprovalPolicy, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by policy."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["policy", "number"], name="offers_approvalpolicychange_number")
        ]

    def __str__(self) -> str:
        """Return which change of which policy it is."""
        return f"change {self.number} of {self.policy_id}"


class ApprovalRequest(models.Model):
    """A member asks colleagues to agree to exactly these terms, while those of `revision` are on the table.

    `revision` is what is to be accepted, the draft that is to be sent, or what the proposed terms would replace.
    `terms` is what is asked for, as those read it who decide; `terms_hash` is the digest of all of that.
    """

    class Status(models.TextChoices):
        """How it was decided. Who reads it is also told `void`, where nobody needs a decision any more."""

        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="approval_requests")
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=6, choices=ApprovalAction)
    revision = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(help_text="Before taxes.")
    terms = models.JSONField()
    terms_hash = models.CharField(max_length=64)
    message = models.CharField(max_length=2000, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Listed by business, newest first; the same is asked once at a time."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["business", "-id"], name="offers_approvalrequest_newest")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["offer", "business", "action", "revision", "terms_hash"],
                condition=Q(status="pending"),
                name="offers_approvalrequest_once",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", decided_at=None) | (~Q(status="pending") & Q(decided_at__isnull=False)),
                name="offers_approvalrequest_decided",
            ),
        ]

    def __str__(self) -> str:
        """Return what is to be approved."""
        return f"{self.action} {from_minor(self.total, self.currency):,f} {self.currency}"


class ApprovalDecision(models.Model):
    """What one colleague has said to a request; `role` is the one they had when they said it."""

    class Decision(models.TextChoices):
        """Yes or no."""

        APPROVE = "approve"
        REJECT = "reject"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=7, choices=Decision)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Membership.Role)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Once for each colleague."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "decided_by"], name="offers_approvaldecision_once")
        ]

    def __str__(self) -> str:
        """Return what was said."""
        return self.decision
