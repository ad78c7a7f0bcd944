"""What other apps are told of people, in the transaction that makes it so."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from wholexale.common.events import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(Fact):
    """Somebody opened an account, and is signed in for the first time."""

    type: ClassVar[str] = "user.registered"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAsked(Fact):
    """A person is to prove that mails to their address reach them; `selectors.ticket_link` has the link."""

    type: ClassVar[str] = "user.verification_asked"
    ticket_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetAsked(Fact):
    """A person has forgotten their password, or somebody says so; `selectors.ticket_link` has the link."""

    type: ClassVar[str] = "user.password_reset_asked"
    ticket_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodeAsked(Fact):
    """A person is to prove that messages to their phone reach them; `selectors.ticket_code` has the code."""

    type: ClassVar[str] = "user.phone_code_asked"
    ticket_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Fact):
    """A person has proved that their address is theirs."""

    type: ClassVar[str] = "user.email_verified"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Fact):
    """A person has another password: they changed it, or it was reset, by a link in a mail or by staff."""

    type: ClassVar[str] = "user.password_changed"
    user_id: UUID
    how: Literal["changed", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Fact):
    """Somebody signed in with a password; on a new device where no session of theirs had its user agent."""

    type: ClassVar[str] = "user.signed_in"
    user_id: UUID
    session_id: UUID
    is_new_device: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLocked(Fact):
    """An account was tried too often: nobody signs in until then, unless the password is reset. Told once a time."""

    type: ClassVar[str] = "user.locked"
    user_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(Fact):
    """Somebody works for a business from now on, also as the owner who founded it; `role` is `Membership.Role`'s."""

    type: ClassVar[str] = "business.member_added"
    business_id: UUID
    user_id: UUID
    role: str
