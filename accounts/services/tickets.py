"""Tickets: made for one use, ended by newer ones, and one day forgotten."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import proofs
from accounts.events import PasswordResetAsked, PhoneCodeAsked, VerificationAsked
from accounts.models import Ticket, User
from wholexale.common.events import publish
from wholexale.common.work import delete_in_batches

Purpose = Ticket.Purpose

LIVES = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.VERIFY_PHONE: timedelta(minutes=10),
}
"""How long a ticket may wait for its use."""

KEEP_EXPIRED = timedelta(days=30)
"""How long staff can see what was sent, and whether it was used."""

_ASKED = {
    Purpose.VERIFY_EMAIL: VerificationAsked,
    Purpose.RESET_PASSWORD: PasswordResetAsked,
    Purpose.VERIFY_PHONE: PhoneCodeAsked,
}


@transaction.atomic
def make_ticket(*, user_id: UUID, purpose: Ticket.Purpose) -> Ticket:
    """Make a ticket for the address that a user has, which ends earlier ones of the purpose, and have it sent."""
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    end_tickets(user_id=user.id, purpose=purpose)
    is_typed = purpose == Purpose.VERIFY_PHONE
    now = timezone.now()
    ticket = Ticket(
        user=user,
        purpose=purpose,
        address=user.phone if is_typed else user.email,
        created_at=now,
        expires_at=now + LIVES[purpose],
    )
    ticket.token_hash = "" if is_typed else proofs.hash_of(proofs.token_of(ticket.id))
    ticket.save(force_insert=True)
    publish(_ASKED[purpose](ticket_id=ticket.id, user_id=user.id))
    return ticket


def use_ticket(ticket: Ticket) -> None:
    """Mark a ticket as used; the caller has locked its user and seen that it was not."""
    ticket.used_at = timezone.now()
    ticket.save(update_fields=["used_at"])


def end_tickets(*, user_id: UUID, purpose: Ticket.Purpose) -> None:
    """Let the tickets of a user that wait for their use expire now."""
    now = timezone.now()
    waiting = Ticket.objects.filter(user_id=user_id, purpose=purpose, used_at=None, expires_at__gt=now)
    waiting.update(expires_at=now)


def prune_tickets() -> int:
    """Delete the tickets that expired 30 days ago; return how many there were."""
    return delete_in_batches(Ticket.objects.filter(expires_at__lt=timezone.now() - KEEP_EXPIRED))
