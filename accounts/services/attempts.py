"""How often somebody may try: by the address of their device, and by the account, whether there is one or not."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.events import AccountLocked
from accounts.models import Ticket
from accounts.services import people
from accounts.services.sessions import Device
from wholexale.common.errors import Locked, RateLimited
from wholexale.common.events import publish
from wholexale.common.limits import Limit, address_key, forget, hit
from wholexale.common.realtime import Actor

REGISTER = Limit("RATE_LIMIT_REGISTER")
LOGIN = Limit("RATE_LIMIT_LOGIN")
TICKETS = Limit("RATE_LIMIT_TICKETS")


def count_registration(*, device: Device) -> None:
    """Count an account that is opened.

    Raises:
        RateLimited: where too many came from this address.
    """
    _count_device(REGISTER, device)


def count_login(*, email: str, device: Device) -> None:
    """Count an attempt to sign in: of the device's address, and of the account from anywhere, known or not.

    Raises:
        RateLimited: where there were too many from this address.
        Locked: `ACCOUNT_LOCKED`, where there were too many at this account.
    """
    _count_device(LOGIN, device)
    count_guess(email=email)


def count_guess(*, email: str) -> None:
    """Count a password that is tried at an account; above the limit the account is locked until the window ends.

    Raises:
        Locked: `ACCOUNT_LOCKED`.
    """
    try:
        hit(LOGIN, _account(email))
    except RateLimited as refusal:
        seconds = refusal.retry_after or 0
        if refusal.is_first:
            _tell_lock(email, seconds)
        detail = "This account was tried too often; wait, or reset the password."
        raise Locked("ACCOUNT_LOCKED", detail, retry_after=seconds) from None


def unlock(*, email: str) -> None:
    """Forget what was tried at an account."""
    forget(LOGIN, _account(email))


def count_account_ticket(*, purpose: Ticket.Purpose, email: str, device: Device) -> None:
    """Count a link that somebody asks for who is not signed in: of the device's address, and of the account.

    Raises:
        RateLimited: where there were too many of the purpose.
    """
    _count_device(TICKETS, device, about=f"{purpose}:")
    hit(TICKETS, f"{purpose}:{_account(email)}")


def count_own_ticket(*, purpose: Ticket.Purpose, actor: Actor, phone: str = "") -> None:
    """Count a link or a code that somebody asks for themself, and what is sent to the phone, whoever asks.

    Raises:
        RateLimited: where there were too many of the purpose.
    """
    hit(TICKETS, f"{purpose}:user:{actor.id}")
    if phone:
        hit(TICKETS, f"{purpose}:phone:{phone}")


def _count_device(limit: Limit, device: Device, *, about: str = "") -> None:
    if device.address and (key := address_key(device.address)):
        hit(limit, f"{about}address:{key}")


def _account(email: str) -> str:
    return f"account:{people.reduced_address(email)}"


def _tell_lock(email: str, seconds: float) -> None:
    user = people.find_by_address(email)
    if user is not None and user.is_active:
        with transaction.atomic():
            publish(AccountLocked(user_id=user.id, until=timezone.now() + timedelta(seconds=seconds)))
