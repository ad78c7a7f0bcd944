"""What tickets are sent as, and which one a token names."""

from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import proofs
from accounts.models import Ticket, User
from wholexale.common.errors import DomainError

_PAGES = {Ticket.Purpose.VERIFY_EMAIL: "verify-email", Ticket.Purpose.RESET_PASSWORD: "reset-password"}
_OF_PRESENT_ADDRESS = Q(purpose=Ticket.Purpose.VERIFY_PHONE, address=F("user__phone")) | Q(
    purpose__in=_PAGES, address=F("user__email")
)


def ticket_link(ticket_id: UUID) -> str | None:
    """Return the link to mail for a ticket, or None where it opens nothing any more."""
    ticket = _unused().filter(id=ticket_id, purpose__in=_PAGES).first()
    if ticket is None:
        return None
    return f"{settings.FRONTEND_URL}/{_PAGES[Ticket.Purpose(ticket.purpose)]}/{proofs.token_of(ticket.id)}"


def ticket_code(ticket_id: UUID) -> str | None:
    """Return the code to send to the phone of a ticket, or None where it proves nothing any more."""
    ticket = _unused().filter(id=ticket_id, purpose=Ticket.Purpose.VERIFY_PHONE).first()
    return proofs.code_of(ticket.id) if ticket else None


def access_ticket(*, purpose: Ticket.Purpose, token: str, lock: bool = False) -> Ticket:
    """Return the ticket of a token, with its user; until it expires also after its use, for whom that is harmless.

    With `lock`, the user is locked, and with them all their tickets.

    Raises:
        DomainError: `INVALID_VERIFICATION_TOKEN` or `INVALID_RESET_TOKEN`.
    """
    named = Ticket.objects.filter(purpose=purpose, token_hash=proofs.hash_of(token))
    if lock:
        list(User.objects.select_for_update(of=("self",), no_key=True).filter(tickets__in=named))
    if ticket := _in_their_life(named).first():
        return ticket
    raise invalid_token(purpose)


def lock_phone_ticket(user: User) -> Ticket | None:
    """Return the ticket whose code a user may type, with the user locked; None where there is none."""
    User.objects.select_for_update(no_key=True).get(id=user.id)
    return _unused().filter(user_id=user.id, purpose=Ticket.Purpose.VERIFY_PHONE).first()


def invalid_token(purpose: Ticket.Purpose) -> DomainError:
    """Build the refusal of a token that opens nothing, or nothing any more."""
    if purpose == Ticket.Purpose.RESET_PASSWORD:
        return DomainError("INVALID_RESET_TOKEN", "The link is not valid any more; ask for a new one.")
    return DomainError("INVALID_VERIFICATION_TOKEN", "The link is not valid any more; ask for a new one.")


def invalid_code() -> DomainError:
    """Build the refusal of a code that is wrong, used, too old, or was typed too often."""
    return DomainError("INVALID_VERIFICATION_CODE", "The code is wrong or not valid any more.")


def _in_their_life(tickets: "QuerySet[Ticket]") -> "QuerySet[Ticket]":
    """Return those that have not expired and are for the address that the user still has."""
    return tickets.filter(_OF_PRESENT_ADDRESS, expires_at__gt=timezone.now()).select_related("user")


def _unused() -> "QuerySet[Ticket]":
    return _in_their_life(Ticket.objects.filter(used_at=None, tries__lt=Ticket.MAX_TRIES))
