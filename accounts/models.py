"""Who uses the marketplace: users, the businesses they work for, and the sessions they hold."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from wholexale.common.ids import new_id


def default_preferences() -> dict[str, Any]:
    """Return the preferences of a new user, in the shape that clients know."""
    return {
        "language": "en",
        "timezone": "Asia/Kolkata",
        "currency": "INR",
        "notifications": {
            "email": True,
            "sms": False,
            "push": True,
            "chat": True,
            "offers": True,
            "system": True,
        },
        "privacy": {"showOnlineStatus": True, "allowDirectMessages": True, "showBusinessInfo": True},
    }


class UserManager(BaseUserManager["User"]):
    """What `createsuperuser` needs; everything else creates users through the services."""

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an active staff user with every permission."""
        user = self.model(email=email, **fields)
        user.role = User.Role.SUPER_ADMIN
        user.status = User.Status.ACTIVE
        user.is_staff = user.is_superuser = True
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find the user whose address this is, in any letter case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person who may sign in. The address is the identity and is stored in lower case."""

    class Role(models.TextChoices):
        """The platform role, in the old backend's words; the role inside a business is `Membership.role`."""

        USER = "user"
        VENDOR = "vendor"
        ADMIN = "admin"
        SUPER_ADMIN = "super_admin"

    class Status(models.TextChoices):
        """Whether the account works: `suspended` and `inactive` do not sign in."""

        ACTIVE = "active"
        INACTIVE = "inactive"
        SUSPENDED = "suspended"
        PENDING_VERIFICATION = "pending_verification"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    first_name = models.CharField(max_length=50)
    last_name = models.CharField(max_length=50)
    phone = models.CharField(max_length=17, blank=True)
    avatar = models.URLField(max_length=500, blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.USER)
    status = models.CharField(max_length=24, choices=Status, default=Status.PENDING_VERIFICATION)
    status_reason = models.CharField(max_length=200, blank=True, help_text="Why staff changed the status.")
    is_email_verified = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False, help_text="May enter the admin.")
    preferences = models.JSONField(default=default_preferences)
    last_seen_at = models.DateTimeField(null=True, blank=True, help_text="When the last socket closed.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        """One account an address, whatever the letter case."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["updated_at"], name="accounts_user_updated")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),
            models.UniqueConstraint(fields=["email"], name="accounts_user_email_exact"),
        ]

    def __str__(self) -> str:
        """Return the name and the address."""
        return f"{self.full_name} <{self.email}>"

    @property
    def full_name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_active(self) -> bool:  # type: ignore[override] # a property where Django has a column
        """Return whether the account works."""
        return self.status in {self.Status.ACTIVE, self.Status.PENDING_VERIFICATION}

    def allows(self, preference: str) -> bool:
        """Return a privacy preference: showOnlineStatus, allowDirectMessages or showBusinessInfo."""
        return bool(self.preferences.get("privacy", {}).get(preference, True))


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


class Session(models.Model):
    """One signed-in device. Its two tokens are functions of this row, so no token is stored.

    `generation` counts rotations; the refresh token that names another generation than this is old. `rotated_at`
    stands in the tokens, so that a reply that got lost can be repeated byte for byte.
    """

    class EndReason(models.TextChoices):
        """Why the session ended."""

        LOGOUT = "logout"
        LOGOUT_ALL = "logout_all"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, no password
        TOKEN_REUSED = "token_reused"  # noqa: S105 - a reason, no token
        DEACTIVATED = "deactivated"
        STAFF = "staff"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    generation = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    rotated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    user_agent = models.CharField(max_length=300, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)

    class Meta:
        """Listed by user, newest first."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-created_at"], name="accounts_session_user")
        ]

    def __str__(self) -> str:
        """Return whose session it is and since when."""
        return f"{self.user_id} since {self.created_at:%Y-%m-%d %H:%M}"
