"""Where people are signed in."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from wholexale.common.ids import new_id


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
