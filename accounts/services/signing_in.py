"""How people get in: register, log in and change the password.

Hashes are computed outside of any transaction, so that a lock is never held for the length of one.
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import hashers, selectors
from accounts.models import Session, User
from accounts.services import businesses, people, sessions
from accounts.services.businesses import BusinessDetails
from accounts.services.sessions import Device
from wholexale.common.errors import DomainError, FieldError, Unauthenticated, ValidationFailed
from wholexale.common.limits import Limit, address_key, hit

REGISTER = Limit("RATE_LIMIT_REGISTER", fails_closed=True)
LOGIN = Limit("RATE_LIMIT_LOGIN", fails_closed=True)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person tells when they register."""

    email: str
    first_name: str
    last_name: str
    phone: str = ""
    business: BusinessDetails | None = None


def register(
    *, registration: Registration, password: str, device: Device, password_hash: str | None = None
) -> tuple[Session, list[str]]:
    """Create an account with its business, and sign it in; return the session and what is weak about the password.

    Args:
        registration: the person.
        password: checked, and hashed unless `password_hash` is given.
        device: where they sit.
        password_hash: the hash of `password`, for callers that create many accounts with one.

    Raises:
        DomainError: `EMAIL_EXISTS`.
        ValidationFailed: where the address is none.
        RateLimited: where too many accounts come from this address.
    """
    _count(REGISTER, device)
    email = people.unused_address(registration.email)
    warnings = _weaknesses(password, User(email=email, first_name=registration.first_name))
    encoded = password_hash or hashers.hash_password(password)
    with transaction.atomic():
        user = people.create_user(
            email=email,
            password_hash=encoded,
            first_name=registration.first_name,
            last_name=registration.last_name,
            phone=registration.phone,
        )
        if registration.business:
            businesses.create_business(actor=user, details=registration.business)
        session = _sign_in(user, encoded, device)
    return session, warnings


def login(*, email: str, password: str, device: Device) -> Session:
    """Sign somebody in; an unknown address costs and answers the same as a wrong password.

    Raises:
        Unauthenticated: `INVALID_CREDENTIALS`, or `ACCOUNT_DEACTIVATED` after the right password.
        RateLimited: where this address, or this account from anywhere, was tried too often.
    """
    count_login(email=email, device=device)
    user = people.find_by_address(email)
    is_right, is_outdated = hashers.verify_password(password, user.password if user else hashers.UNUSABLE)
    if user is None or not is_right:
        raise _invalid_credentials()
    if not user.is_active:
        raise selectors.deactivated()
    newer = hashers.hash_password(password) if is_outdated else None
    with transaction.atomic():
        return _sign_in(user, user.password, device, newer=newer)


def count_login(*, email: str, device: Device) -> None:
    """Count an attempt to sign in: of the device's address, and of the account from anywhere, known or not.

    Raises:
        RateLimited: where there were too many.
    """
    _count(LOGIN, device)
    hit(LOGIN, f"account:{people.reduced_address(email)}")


def change_password(*, actor: User, session_id: UUID | None, current: str, new: str) -> None:
    """Replace the actor's password and end their other sessions.

    Raises:
        DomainError: `INVALID_CURRENT_PASSWORD`.
        ValidationFailed: where the new password is weak.
        RateLimited: where the current password was guessed too often.
    """
    hit(LOGIN, f"account:{people.reduced_address(actor.email)}")
    seen = actor.password
    if not hashers.verify_password(current, seen)[0]:
        raise _invalid_current_password()
    if problems := _weaknesses(new, actor):
        raise ValidationFailed(details=[FieldError(path="newPassword", msg=problem) for problem in problems])
    encoded = hashers.hash_password(new)
    with transaction.atomic():
        if not User.objects.filter(id=actor.id, password=seen).update(password=encoded, updated_at=timezone.now()):
            raise _invalid_current_password()
        sessions.end_for_new_password(user_id=actor.id, keep=session_id)


def reset_password(*, user_id: UUID, password: str) -> None:
    """Set a password on behalf of staff, and end every session of the user."""
    encoded = hashers.hash_password(password)
    with transaction.atomic():
        User.objects.filter(id=user_id).update(password=encoded, updated_at=timezone.now())
        sessions.end_for_new_password(user_id=user_id, keep=None)


def _sign_in(user: User, seen: str, device: Device, *, newer: str | None = None) -> Session:
    """Start a session, unless the password or the status changed since they were looked at."""
    now = timezone.now()
    unchanged = User.objects.filter(id=user.id, password=seen, status__in=selectors.ACTIVE)
    if not unchanged.update(password=newer or seen, last_login=now):
        raise _invalid_credentials()
    user.password, user.last_login = newer or seen, now
    return sessions.start_session(user=user, device=device)


def _count(limit: Limit, device: Device) -> None:
    if device.address and (key := address_key(device.address)):
        hit(limit, f"address:{key}")


def _weaknesses(password: str, user: User) -> list[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def _invalid_credentials() -> Unauthenticated:
    return Unauthenticated("INVALID_CREDENTIALS", "The e-mail address or the password is wrong.")


def _invalid_current_password() -> DomainError:
    return DomainError("INVALID_CURRENT_PASSWORD", "The current password is wrong.")
