"""Businesses, who works for them, and what they may do there."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from wholexale.common.ids import new_id


class Business(models.Model):
    """A company that trades. People act for it through memberships."""

    class Type(models.TextChoices):
        """What the business does."""

        MANUFACTURER = "manufacturer"
        WHOLESALER = "wholesaler"
        DISTRIBUTOR = "distributor"
        RETAILER = "retailer"
        SERVICE_PROVIDER = "service_provider"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)
    business_type = models.CharField(max_length=20, choices=Type, default=Type.RETAILER)
    gst_number = models.CharField(max_length=15, blank=True)
    address = models.JSONField(default=dict, blank=True)
    country = models.CharField(max_length=60, default="India")
    time_zone = models.CharField(max_length=40, default="Asia/Kolkata", help_text="Days and months end by it.")
    is_verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Ordered by name in the directory."""

        verbose_name_plural = "businesses"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["name", "id"], name="accounts_business_name")]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Membership(models.Model):
    """One person works for one business, in one role. A person has at most one membership."""

    class Role(models.TextChoices):
        """What the person may do inside the business."""

        OWNER = "owner"
        ADMIN = "admin"
        FINANCE = "finance"
        MEMBER = "member"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="membership")
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return who works where."""
        return f"{self.user_id} {self.role} of {self.business_id}"

    def may(self, permission: "Permission") -> bool:
        """Return whether the role gives a permission."""
        return self.role in permission.roles


class Permission(models.TextChoices):
    """What somebody may do for the business they work for; the role says so."""

    FINANCE_VIEW = "finance.view"
    FINANCE_REQUEST = "finance.request"
    SPENDING_MANAGE = "spending.manage"
    PAYMENTS_MANAGE = "payments.manage"
    OFFERS_MANAGE = "offers.manage"
    ORDERS_MANAGE = "orders.manage"
    CATALOGUE_MANAGE = "catalogue.manage"
    APPROVALS_MANAGE = "approvals.manage"

    @property
    def roles(self) -> tuple[Membership.Role, ...]:
        """Return the roles that give it, the highest first."""
        return _ROLES[self]


_ROLES = {
    Permission.FINANCE_VIEW: (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.FINANCE),
    Permission.FINANCE_REQUEST: (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.FINANCE),
    Permission.SPENDING_MANAGE: (Membership.Role.OWNER, Membership.Role.ADMIN),
    Permission.PAYMENTS_MANAGE: (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.FINANCE),
    Permission.OFFERS_MANAGE: (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.MEMBER),
    Permission.ORDERS_MANAGE: (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.MEMBER),
    Permission.CATALOGUE_MANAGE: (Membership.Role.OWNER, Membership.Role.ADMIN),
    Permission.APPROVALS_MANAGE: (Membership.Role.OWNER, Membership.Role.ADMIN),
}
