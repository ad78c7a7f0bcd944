"""People who may sign in."""

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
    phone_verified_at = models.DateTimeField(null=True, blank=True, help_text="A new phone is not verified.")
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
