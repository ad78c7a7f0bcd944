"""Passwords: changed by who knows them, reset by who gets mails to the address, set by staff.

Hashes are computed outside of any transaction, so that a lock is never held for the length of one.
"""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import hashers, selectors
from accounts.events import PasswordChanged
from accounts.models import ResetRequest, Ticket, User
from accounts.services import attempts, people, sessions, tickets
from accounts.services.sessions import Device
from wholexale.common.errors import DomainError, FieldError, ValidationFailed
from wholexale.common.events import publish
from wholexale.common.logging import current_request

LOOK_AFTER = timedelta(seconds=1)
"""How long after an answer its account is looked for: what the runner does at that moment slows the answer down."""

_RESET = Ticket.Purpose.RESET_PASSWORD


def weaknesses(password: str, user: User) -> list[str]:
    """Return what is weak about a password, as texts for its owner."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def change_password(*, actor: User, session_id: UUID | None, current: str, new: str) -> None:
    """Replace the actor's password and end their other sessions.

    Raises:
        DomainError: `INVALID_CURRENT_PASSWORD`.
        ValidationFailed: where the new password is weak.
        Locked: `ACCOUNT_LOCKED`, where the current password was guessed too often.
    """
    attempts.count_guess(email=actor.email)
    seen = actor.password
    if not hashers.verify_password(current, seen)[0]:
        raise _invalid_current_password()
    _refuse_weakness(new, actor, field="newPassword")
    encoded = hashers.hash_password(new)
    with transaction.atomic():
        if not _replace(actor.id, encoded, keep=session_id, how="changed", seen=seen):
            raise _invalid_current_password()


def set_password(*, user_id: UUID, password: str) -> None:
    """Set a password on behalf of staff, end every session of the user, and let them sign in again."""
    encoded = hashers.hash_password(password)
    with transaction.atomic():
        _replace(user_id, encoded, how="reset")
    attempts.unlock(email=User.objects.values_list("email", flat=True).get(id=user_id))


def ask_password_reset(*, email: str, device: Device) -> None:
    """Have a link sent to an address that resets the password of its account, if it has one.

    Nobody looks for the account before the answer is out, nor while it goes out: the request does the same, and takes
    as long, for every address.

    Raises:
        RateLimited: where too much was asked for from the device's address, or for this account, known or not.
    """
    attempts.count_account_ticket(purpose=_RESET, email=email, device=device)
    ResetRequest.objects.create(
        address=people.normal_address(email), run_at=timezone.now() + LOOK_AFTER, request_id=current_request()
    )


@transaction.atomic
def answer_reset_request(*, request_id: UUID) -> None:
    """Make the ticket that was asked for, where the address has an account that works; once."""
    request = ResetRequest.objects.select_for_update().get(id=request_id)
    user = people.find_by_address(request.address) if request.address else None
    request.address = ""
    request.save(update_fields=["address"])
    if user is not None and user.is_active:
        tickets.make_ticket(user_id=user.id, purpose=_RESET)


def reset_password(*, token: str, password: str) -> None:
    """Set a new password with the link of a mail, end every session, and let the account be tried again.

    Raises:
        DomainError: `INVALID_RESET_TOKEN`.
        ValidationFailed: where the password is weak; the link stays good.
    """
    user = _access_reset(token).user
    _refuse_weakness(password, user, field="password")
    encoded = hashers.hash_password(password)
    with transaction.atomic():
        tickets.use_ticket(_access_reset(token, lock=True))
        _replace(user.id, encoded, how="reset")
    attempts.unlock(email=user.email)


def _access_reset(token: str, *, lock: bool = False) -> Ticket:
    ticket = selectors.access_ticket(purpose=_RESET, token=token, lock=lock)
    if ticket.used_at is not None or not ticket.user.is_active:
        raise selectors.invalid_token(_RESET)
    return ticket


def _replace(
    user_id: UUID,
    encoded: str,
    *,
    how: Literal["changed", "reset"],
    keep: UUID | None = None,
    seen: str | None = None,
) -> bool:
    """Store a hash, if the present one is still what was seen; end the sessions but for one, and links that reset."""
    chosen = User.objects.filter(id=user_id, **({} if seen is None else {"password": seen}))
    if not chosen.update(password=encoded, updated_at=timezone.now()):
        return False
    tickets.end_tickets(user_id=user_id, purpose=_RESET)
    sessions.end_for_new_password(user_id=user_id, keep=keep)
    publish(PasswordChanged(user_id=user_id, how=how))
    return True


def _refuse_weakness(password: str, user: User, *, field: str) -> None:
    if problems := weaknesses(password, user):
        raise ValidationFailed(details=[FieldError(path=field, msg=problem) for problem in problems])


def _invalid_current_password() -> DomainError:
    return DomainError("INVALID_CURRENT_PASSWORD", "The current password is wrong.")
