"""People and their accounts: everybody is told of their own, even of what they did: it may not have been them."""

from datetime import timedelta
from uuid import UUID

from accounts import selectors as accounts_selectors
from accounts.events import (
    AccountLocked,
    MemberAdded,
    PasswordChanged,
    PasswordResetAsked,
    PhoneCodeAsked,
    SignedIn,
    UserRegistered,
    VerificationAsked,
)
from accounts.models import Membership
from notifications.handlers.showing import moment
from notifications.models import Type
from notifications.selectors import zone_of
from notifications.services import Notice, notify
from wholexale.common.clock import database_now

VERIFICATION_LASTS = timedelta(hours=24)
RESET_LASTS = timedelta(hours=1)
CODE_LASTS = timedelta(minutes=10)


def tell_registered(fact: UserRegistered) -> None:
    """Welcome somebody."""
    notify(Notice(type=Type.SYSTEM_UPDATE, to=[fact.user_id], template="welcome", values={"link": "/"}, fact=fact.type))


def tell_verification(fact: VerificationAsked) -> None:
    """Mail somebody the link that proves their address."""
    _send_proof(fact, "email-verification", VERIFICATION_LASTS)


def tell_password_reset(fact: PasswordResetAsked) -> None:
    """Mail somebody the link that resets their password."""
    _send_proof(fact, "password-reset", RESET_LASTS)


def tell_phone_code(fact: PhoneCodeAsked) -> None:
    """Send somebody the code that proves their phone."""
    _send_proof(fact, "otp", CODE_LASTS)


def tell_password_changed(fact: PasswordChanged) -> None:
    """Tell somebody that their password is another one."""
    zone = zone_of(accounts_selectors.person(fact.user_id).preferences)
    _alert(fact, "password-changed", {"when": f"{moment(database_now(), zone)} ({zone.key})"})


def tell_signed_in(fact: SignedIn) -> None:
    """Tell somebody that their account was entered from a device that it did not know."""
    if not fact.is_new_device:
        return
    person = accounts_selectors.person(fact.user_id)
    session = accounts_selectors.access_session(actor=person, session_id=fact.session_id)
    zone = zone_of(person.preferences)
    values = {
        "device": session.user_agent[:80] or "an unknown device",
        "location": session.ip_address or "an unknown address",
        "when": moment(session.created_at, zone),
        "link": "/settings/sessions",
    }
    _alert(fact, "login-alert", values)


def tell_account_locked(fact: AccountLocked) -> None:
    """Tell somebody that their account was tried too often."""
    zone = zone_of(accounts_selectors.person(fact.user_id).preferences)
    _alert(fact, "account-locked", {"until": f"{moment(fact.until, zone)} ({zone.key})"})


def tell_member_added(fact: MemberAdded) -> None:
    """Tell somebody for whom they work now, unless they founded it."""
    if fact.role == Membership.Role.OWNER:
        return
    member = accounts_selectors.membership_of(accounts_selectors.person(fact.user_id))
    business = member.business.name if member else ""
    notify(
        Notice(
            type=Type.SYSTEM_UPDATE,
            to=[fact.user_id],
            template="member-added",
            values={"business": business, "role": fact.role, "link": "/"},
            data={"businessId": str(fact.business_id)},
            fact=fact.type,
        )
    )


def _send_proof(fact: VerificationAsked | PasswordResetAsked | PhoneCodeAsked, template: str, lasts: timedelta) -> None:
    """Send what a ticket shows; the notification names the ticket, and the secret is computed when it is sent."""
    notify(
        Notice(
            type=Type.SECURITY_ALERT,
            to=[fact.user_id],
            template=template,
            values={"ticket_id": str(fact.ticket_id)},
            fact=fact.type,
            dedupe_key=f"ticket:{fact.ticket_id}",
            shown_for=lasts,
        )
    )


def _alert(fact: PasswordChanged | SignedIn | AccountLocked, template: str, values: dict[str, str]) -> None:
    user_id: UUID = fact.user_id
    notify(Notice(type=Type.SECURITY_ALERT, to=[user_id], template=template, values=values, fact=fact.type))
