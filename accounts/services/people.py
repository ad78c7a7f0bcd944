"""People: their addresses, profiles, standing and where they were last seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts import hashers, phones, selectors
from accounts.models import User, default_preferences
from accounts.services import businesses, sessions
from accounts.services.businesses import BusinessDetails
from wholexale.common.errors import DomainError, Forbidden, NotFound, ValidationFailed
from wholexale.common.realtime import PrincipalChanged, signal_on_commit

_SAID = ("first_name", "last_name", "phone", "avatar")
_PROFILE = (*_SAID, "phone_verified_at", "preferences")
_GMAIL = {"gmail.com", "googlemail.com"}
_PLUS_TAGS = ("outlook.", "hotmail.", "live.", "msn.", "icloud.", "me.com")
_DASH_TAGS = ("yahoo.", "ymail.", "rocketmail.")


def normal_address(email: str) -> str:
    """Return the address as it is stored: without blanks around it, in lower case."""
    return email.strip().lower()


def reduced_address(email: str) -> str:
    """Return the form in which the old backend stored an address: its mailbox, without dots and tags."""
    local, at, domain = normal_address(email).rpartition("@")
    if domain in _GMAIL:
        return f"{local.partition('+')[0].replace('.', '')}@gmail.com"
    if domain.startswith(_PLUS_TAGS):
        local = local.partition("+")[0]
    elif domain.startswith(_DASH_TAGS):
        local = local.partition("-")[0]
    return f"{local}{at}{domain}"


def find_by_address(email: str) -> User | None:
    """Return the user with this address, or else the imported one whose mailbox it is; always one query."""
    exact, reduced = normal_address(email), reduced_address(email)
    found = {user.email: user for user in User.objects.filter(email__in={exact, reduced})}
    return found.get(exact) or found.get(reduced)


def unused_address(email: str) -> str:
    """Return the stored form of a new person's address.

    Raises:
        ValidationFailed: where it is no address.
        DomainError: `EMAIL_EXISTS`, also where an imported account has this mailbox.
    """
    address = normal_address(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValidationFailed.of_field("email", error.messages[0]) from None
    if find_by_address(address):
        raise _email_exists()
    return address


def create_user(
    *,
    email: str,
    password_hash: str,
    first_name: str,
    last_name: str,
    phone: str = "",
    role: User.Role = User.Role.USER,
    status: User.Status = User.Status.PENDING_VERIFICATION,
    preferences: Mapping[str, Any] | None = None,
    is_email_verified: bool = False,
) -> User:
    """Create a user with a hash that the caller has.

    A platform role other than the default, and an address that needs no proof, are for commands.

    Raises:
        DomainError: `EMAIL_EXISTS`.
    """
    user = User(
        email=normal_address(email),
        password=password_hash,
        first_name=first_name,
        last_name=last_name,
        phone=phones.kept(phone),
        status=status,
        preferences=_merged(default_preferences(), preferences or {}),
        is_email_verified=is_email_verified,
    )
    _give_role(user, role)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise _email_exists() from None
    return user


def import_user(*, email: str, old_hash: str, first_name: str, last_name: str, **fields: Any) -> User:
    """Create a user of the old backend, who keeps their password.

    Raises:
        ValueError: where the hash is none of the old backend's.
        DomainError: `EMAIL_EXISTS`.
    """
    encoded = hashers.imported_hash(old_hash)
    return create_user(email=email, password_hash=encoded, first_name=first_name, last_name=last_name, **fields)


@transaction.atomic
def update_profile(
    *,
    actor: User,
    person: Mapping[str, str],
    preferences: Mapping[str, Any],
    business: BusinessDetails,
) -> User:
    """Change what a person says about themself and, where they may, about their business; return the user.

    Another phone is one that is not verified.

    Args:
        actor: whose profile it is.
        person: new values of first_name, last_name, phone and avatar.
        preferences: merged into the present ones, level by level.
        business: new values of the business; with a name it is created where there is none.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where something is said about a business that has no name yet.
        Forbidden: where the actor may not change their business.
    """
    user = User.objects.select_for_update().get(id=actor.id)
    phone = user.phone
    for field in _SAID:
        setattr(user, field, person.get(field, getattr(user, field)))
    user.phone = phones.kept(user.phone)
    if user.phone != phone:
        user.phone_verified_at = None
    user.preferences = _merged(user.preferences, preferences)
    user.save(update_fields=[*_PROFILE, "updated_at"])
    businesses.save_own_business(actor=user, details=business)
    signal_on_commit(PrincipalChanged(user_id=str(user.id)))
    return selectors.person(user.id)


@transaction.atomic
def set_status(*, actor: User, user_id: UUID, status: User.Status, reason: str = "") -> User:
    """Suspend, deactivate or reactivate a user; an account that no longer works loses its sessions.

    Raises:
        NotFound: `USER_NOT_FOUND`.
        Forbidden: where the actor is not staff, or the user is above them.
    """
    user = _access_as_staff(actor, user_id)
    user.status, user.status_reason = status, reason
    user.save(update_fields=["status", "status_reason", "updated_at"])
    if not user.is_active:
        sessions.end_for_status(user_id=user.id)
    signal_on_commit(PrincipalChanged(user_id=str(user.id)))
    return user


@transaction.atomic
def set_role(*, actor: User, user_id: UUID, role: User.Role) -> User:
    """Give a user another platform role; they sign in again.

    Raises:
        NotFound: `USER_NOT_FOUND`.
        Forbidden: where the actor is no super admin, or it is their own role.
    """
    if not actor.is_superuser:
        raise Forbidden
    user = _access_as_staff(actor, user_id)
    _give_role(user, role)
    user.save(update_fields=["role", "is_staff", "is_superuser", "updated_at"])
    sessions.end_for_role(user_id=user.id)
    signal_on_commit(PrincipalChanged(user_id=str(user.id)))
    return user


def note_last_seen(*, user_ids: Sequence[UUID], moment: datetime) -> None:
    """Record when the last sockets of some users closed, in one statement."""
    User.objects.filter(id__in=user_ids).update(last_seen_at=moment)


def _access_as_staff(actor: User, user_id: UUID) -> User:
    if not actor.is_staff or actor.id == user_id:
        raise Forbidden
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise NotFound("USER_NOT_FOUND", "There is no such user.")
    if user.is_superuser and not actor.is_superuser:
        raise Forbidden
    return user


def _give_role(user: User, role: User.Role) -> None:
    user.role = role
    user.is_staff = role in {User.Role.ADMIN, User.Role.SUPER_ADMIN}
    user.is_superuser = role == User.Role.SUPER_ADMIN


def _merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(present)
    for key, value in changes.items():
        merged[key] = _merged(merged.get(key) or {}, value) if isinstance(value, Mapping) else value
    return merged


def _email_exists() -> DomainError:
    return DomainError("EMAIL_EXISTS", "An account with this e-mail address exists already.")
