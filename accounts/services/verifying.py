"""How people prove that an address and a phone are theirs."""

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import phones, proofs, selectors
from accounts.events import EmailVerified
from accounts.models import Ticket, User
from accounts.services import attempts, tickets
from wholexale.common.errors import Conflict, DomainError
from wholexale.common.events import publish

Purpose = Ticket.Purpose


def ask_verification(*, actor: User) -> None:
    """Send the actor another link that verifies their address.

    Raises:
        Conflict: `ALREADY_VERIFIED`.
        RateLimited: where they asked too often.
    """
    if actor.is_email_verified:
        raise _already_verified()
    attempts.count_own_ticket(purpose=Purpose.VERIFY_EMAIL, actor=actor)
    tickets.make_ticket(user_id=actor.id, purpose=Purpose.VERIFY_EMAIL)


@transaction.atomic
def verify_email(*, token: str) -> None:
    """Take the link of a mail as the proof of its address; a second click does no harm.

    Raises:
        DomainError: `INVALID_VERIFICATION_TOKEN`.
    """
    ticket = selectors.access_ticket(purpose=Purpose.VERIFY_EMAIL, token=token, lock=True)
    if ticket.used_at is not None:
        return
    tickets.use_ticket(ticket)
    user = ticket.user
    user.is_email_verified = True
    if user.status == User.Status.PENDING_VERIFICATION:
        user.status = User.Status.ACTIVE
    user.save(update_fields=["is_email_verified", "status", "updated_at"])
    publish(EmailVerified(user_id=user.id))


def ask_phone_code(*, actor: User) -> None:
    """Send a code to the actor's phone.

    Raises:
        DomainError: `INVALID_PHONE`, where there is no number, or none that can be.
        Conflict: `ALREADY_VERIFIED`.
        RateLimited: where they asked too often, or too many for this phone.
    """
    number = phones.e164(actor.phone)
    if number is None:
        raise DomainError("INVALID_PHONE", "Your profile has no phone number that a message can be sent to.")
    if actor.phone_verified_at is not None:
        raise _already_verified()
    attempts.count_own_ticket(purpose=Purpose.VERIFY_PHONE, actor=actor, phone=number)
    with transaction.atomic():
        if number != actor.phone:  # it was kept before numbers were read
            User.objects.filter(id=actor.id, phone=actor.phone).update(phone=number)
        tickets.make_ticket(user_id=actor.id, purpose=Purpose.VERIFY_PHONE)


def verify_phone(*, actor: User, code: str) -> None:
    """Take a code as the proof of the actor's phone. A try counts whether it is right or not.

    Raises:
        DomainError: `INVALID_VERIFICATION_CODE`.
    """
    with transaction.atomic():
        ticket = selectors.lock_phone_ticket(actor)
        is_right = ticket is not None and _try_code(ticket, code)
        if is_right:
            now = timezone.now()
            User.objects.filter(id=actor.id).update(phone_verified_at=now, updated_at=now)
    if not is_right:
        raise selectors.invalid_code()


def _try_code(ticket: Ticket, code: str) -> bool:
    """Count a try, and use the ticket where it is right."""
    ticket.tries += 1
    ticket.save(update_fields=["tries"])
    is_right = constant_time_compare(code, proofs.code_of(ticket.id))
    if is_right:
        tickets.use_ticket(ticket)
    return is_right


def _already_verified() -> Conflict:
    return Conflict("ALREADY_VERIFIED", "This is verified already.")
