"""What a person may do once, who holds a link or a code that only they were sent."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow


class Ticket(models.Model):
    """One link or code that was sent to a person, good for one use until it expires, or a newer one is made.

    What was sent is a function of the id (`accounts/proofs.py`). Of a token its hash is kept, to find the ticket by,
    and of a code nothing. Tickets of one person change in turn, under the lock of the person.
    """

    class Purpose(models.TextChoices):
        """What it is good for."""

        VERIFY_EMAIL = "verify_email"
        RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, no password
        VERIFY_PHONE = "verify_phone"

    MAX_TRIES = 5
    """How often a code may be typed. A token is too long to be guessed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tickets")
    purpose = models.CharField(max_length=16, choices=Purpose)
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the token; a code has none.")
    address = models.CharField(max_length=254, help_text="The e-mail address or the phone that it was made for.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often the code was typed.")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Found by the hash of its token, or by its user."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "purpose"], name="accounts_ticket_user")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["token_hash"], condition=~models.Q(token_hash=""), name="accounts_ticket_token"
            ),
            models.CheckConstraint(condition=models.Q(tries__lte=5), name="accounts_ticket_tries"),
        ]

    def __str__(self) -> str:
        """Return what it is good for, and for whom."""
        return f"{self.purpose} of {self.user_id}"


class ResetRequest(WorkRow):
    """Somebody says that the password of an address is forgotten. Whether there is an account is seen afterwards.

    The request itself does the same for every address, so its time tells nothing. What the runner has seen to has no
    address any more.
    """

    address = models.CharField(max_length=254, blank=True)

    def __str__(self) -> str:
        """Return for which address, while that is known."""
        return f"reset for {self.address or 'an address that was seen to'}"
