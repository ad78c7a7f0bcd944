"""People and their sessions on the wire."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from accounts import selectors, tokens
from accounts.models import Session, User
from accounts.serializers.businesses import BusinessBody, MembershipInfo, address_of, membership_info
from accounts.serializers.fields import (
    Address,
    Avatar,
    BusinessName,
    BusinessType,
    EmailText,
    GivenPassword,
    Gstin,
    NewPassword,
    PersonName,
    Phone,
    Preferences,
    plain,
    text,
)
from accounts.services import BusinessDetails, Registration
from wholexale.common.money import Amount, from_minor
from wholexale.common.wire import Resource, Wire, clean_text, optional_time, wire_time


class RegisterBody(Wire, kw_only=True):
    """A person, and the business they own where they name one."""

    email: EmailText
    password: NewPassword
    first_name: PersonName
    last_name: PersonName
    phone: Phone | None = None
    business_name: BusinessName | None = None
    business_type: BusinessType | None = None
    gst_number: Gstin | None = None
    business_address: Address | None = None

    def registration(self) -> Registration:
        """Return what the service needs."""
        return Registration(
            email=self.email,
            first_name=clean_text(self.first_name),
            last_name=clean_text(self.last_name),
            phone=self.phone or "",
            business=self.business(),
        )

    def business(self) -> BusinessDetails | None:
        """Return the business, if it has a name."""
        if self.business_name is None:
            return None
        return BusinessDetails(
            name=clean_text(self.business_name),
            business_type=self.business_type,
            gst_number=self.gst_number and self.gst_number.upper(),
            address=plain(self.business_address),
        )

    def ignored(self) -> list[str]:
        """Return a warning where something is said about a business that has no name."""
        said = self.business_type or self.gst_number or self.business_address
        return ["Without businessName nothing about a business is kept."] if said and not self.business_name else []


class LoginBody(Wire, kw_only=True):
    """Who somebody says they are."""

    email: EmailText
    password: GivenPassword


class RefreshBody(Wire, kw_only=True):
    """The refresh token; left out, the answer is `NO_REFRESH_TOKEN`."""

    refresh_token: str = ""


class ChangePasswordBody(Wire, kw_only=True):
    """The present password and the next one."""

    current_password: GivenPassword
    new_password: NewPassword


class ProfileBody(Wire, kw_only=True):
    """What changes about a person and their business; null clears what may be empty."""

    first_name: PersonName | UnsetType = UNSET
    last_name: PersonName | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    avatar: Avatar | UnsetType | None = UNSET
    business_name: BusinessName | UnsetType = UNSET
    business_type: BusinessType | UnsetType = UNSET
    gst_number: Gstin | UnsetType | None = UNSET
    business_address: Address | UnsetType | None = UNSET
    preferences: Preferences | UnsetType = UNSET

    def person(self) -> dict[str, str]:
        """Return the fields of the person that change."""
        fields = {
            "first_name": text(self.first_name),
            "last_name": text(self.last_name),
            "phone": text(self.phone),
            "avatar": text(self.avatar),
        }
        return {name: value for name, value in fields.items() if value is not None}

    def business(self) -> BusinessDetails:
        """Return what is said about the business."""
        return BusinessBody(
            name=self.business_name,
            business_type=self.business_type,
            gst_number=self.gst_number,
            address=self.business_address,
        ).details()

    def changed_preferences(self) -> dict[str, Any]:
        """Return the preferences that were sent."""
        return self.preferences.changes() if self.preferences else {}


class UserInfo(Resource, kw_only=True):
    """A person as they see themselves: one shape wherever the user is sent.

    The credit is that of their business in the currency they prefer; 0 where they may not see it.
    """

    email: str
    first_name: str
    last_name: str
    full_name: str
    role: str
    status: str
    is_verified: bool
    email_verified: bool
    phone_verified: bool
    is_active: bool
    partitions: list[str] = msgspec.field(default_factory=list)
    last_login: str | None
    phone: str | None
    avatar: str | None
    business_name: str | None
    business_type: str | None
    gst_number: str | None
    business_address: Address | None
    preferences: Preferences
    membership: MembershipInfo | None
    credit_limit: Amount
    credit_limit_minor: int
    available_credit: Amount
    available_credit_minor: int
    credit_currency: str
    created_at: str
    updated_at: str


class SignedIn(Wire, kw_only=True):
    """A new session with its tokens; `expiresIn` counts the seconds of the access token."""

    message: str
    token: str
    refresh_token: str
    user: UserInfo
    expires_in: int
    session_id: str
    warnings: list[str] | UnsetType = UNSET


class Refreshed(Wire, kw_only=True):
    """The next tokens of a session."""

    token: str
    refresh_token: str
    expires_in: int
    session_id: str


class Confirmation(Wire, kw_only=True):
    """It is done; the text is for a person."""

    message: str


class Me(Wire, kw_only=True):
    """The caller."""

    user: UserInfo


class ProfileSaved(Wire, kw_only=True):
    """The caller as they are now."""

    message: str
    user: UserInfo


class SessionInfo(Resource, kw_only=True):
    """A device on which the caller is signed in."""

    user_agent: str
    ip_address: str | None
    created_at: str
    last_refreshed_at: str
    expires_at: str
    is_current: bool


class Sessions(Wire, kw_only=True):
    """Where the caller is signed in, newest first."""

    sessions: list[SessionInfo]


def user_info(user: User) -> UserInfo:
    """Return a user as they see themselves."""
    membership = selectors.membership_of(user)
    business = membership.business if membership else None
    credit = selectors.credit_of(user)
    return UserInfo(
        id=str(user.id),
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        full_name=user.full_name,
        role=user.role,
        status=user.status,
        is_verified=user.is_email_verified,
        email_verified=user.is_email_verified,
        phone_verified=user.phone_verified_at is not None,
        is_active=user.is_active,
        last_login=optional_time(user.last_login),
        phone=user.phone or None,
        avatar=user.avatar or None,
        business_name=business.name if business else None,
        business_type=business.business_type if business else None,
        gst_number=(business.gst_number or None) if business else None,
        business_address=address_of(business) if business else None,
        preferences=msgspec.convert(user.preferences, Preferences),
        membership=membership_info(membership) if membership else None,
        credit_limit=from_minor(credit.limit, credit.currency),
        credit_limit_minor=credit.limit,
        available_credit=from_minor(credit.available, credit.currency),
        available_credit_minor=credit.available,
        credit_currency=credit.currency,
        created_at=wire_time(user.created_at),
        updated_at=wire_time(user.updated_at),
    )


def signed_in(session: Session, message: str, warnings: Iterable[str] = ()) -> SignedIn:
    """Return a new session with its tokens and its user."""
    pair = tokens.issue(session)
    return SignedIn(
        message=message,
        token=pair.access,
        refresh_token=pair.refresh,
        user=user_info(session.user),
        expires_in=pair.expires_in,
        session_id=str(session.id),
        warnings=list(warnings) or UNSET,
    )


def refreshed(session: Session) -> Refreshed:
    """Return the tokens of a session as it stands."""
    pair = tokens.issue(session)
    return Refreshed(
        token=pair.access, refresh_token=pair.refresh, expires_in=pair.expires_in, session_id=str(session.id)
    )


def session_info(session: Session, *, current: Session) -> SessionInfo:
    """Return a session as its user sees it in the list."""
    return SessionInfo(
        id=str(session.id),
        user_agent=session.user_agent,
        ip_address=session.ip_address,
        created_at=wire_time(session.created_at),
        last_refreshed_at=wire_time(session.rotated_at),
        expires_at=wire_time(session.expires_at),
        is_current=session.id == current.id,
    )
