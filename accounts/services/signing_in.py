"""How people get in: register, and log in.

Hashes are computed outside of any transaction, so that a lock is never held for the length of one.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import hashers, selectors
from accounts.events import SignedIn, UserRegistered
from accounts.models import Session, Ticket, User
from accounts.services import attempts, businesses, passwords, people, sessions, tickets
from accounts.services.businesses import BusinessDetails
from accounts.services.sessions import Device
from wholexale.common.errors import Unauthenticated
from wholexale.common.events import publish


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
    attempts.count_registration(device=device)
    email = people.unused_address(registration.email)
    warnings = passwords.weaknesses(password, User(email=email, first_name=registration.first_name))
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
        publish(UserRegistered(user_id=user.id))
        tickets.make_ticket(user_id=user.id, purpose=Ticket.Purpose.VERIFY_EMAIL)
    return session, warnings


def login(*, email: str, password: str, device: Device) -> Session:
    """Sign somebody in; an unknown address costs and answers the same as a wrong password.

    Raises:
        Unauthenticated: `INVALID_CREDENTIALS`, or `ACCOUNT_DEACTIVATED` after the right password.
        RateLimited: where this address tried too often.
        Locked: `ACCOUNT_LOCKED`, where this account was tried too often from anywhere, known or not.
    """
    attempts.count_login(email=email, device=device)
    user = people.find_by_address(email)
    is_right, is_outdated = hashers.verify_password(password, user.password if user else hashers.UNUSABLE)
    if user is None or not is_right:
        raise _invalid_credentials()
    if not user.is_active:
        raise selectors.deactivated()
    newer = hashers.hash_password(password) if is_outdated else None
    with transaction.atomic():
        session = _sign_in(user, user.password, device, newer=newer)
        is_new_device = selectors.is_new_device(session)
        publish(SignedIn(user_id=user.id, session_id=session.id, is_new_device=is_new_device))
    return session


def _sign_in(user: User, seen: str, device: Device, *, newer: str | None = None) -> Session:
    """Start a session, unless the password or the status changed since they were looked at."""
    now = timezone.now()
    unchanged = User.objects.filter(id=user.id, password=seen, status__in=selectors.ACTIVE)
    if not unchanged.update(password=newer or seen, last_login=now):
        raise _invalid_credentials()
    user.password, user.last_login = newer or seen, now
    return sessions.start_session(user=user, device=device)


def _invalid_credentials() -> Unauthenticated:
    return Unauthenticated("INVALID_CREDENTIALS", "The e-mail address or the password is wrong.")
