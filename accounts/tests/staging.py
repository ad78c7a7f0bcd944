"""What the tests of tickets share: tickets as their holders have them, and the facts that were told."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from accounts import proofs, services
from accounts.models import ResetRequest, Ticket, User
from accounts.services.tickets import make_ticket
from accounts.tasks import WORK
from wholexale.common.events import Fact, Subscriber, install_subscriptions
from wholexale.common.work import run_due
from wholexale.subscriptions import LOG, SUBSCRIPTIONS

VERIFY_EMAIL, RESET_PASSWORD, VERIFY_PHONE = Ticket.Purpose

MOBILE = "+919876543210"


def mailed_token(user: User, purpose: Ticket.Purpose) -> str:
    """Make a ticket, and return the token that its link ends with."""
    return proofs.token_of(make_ticket(user_id=user.id, purpose=purpose).id)


def sent_code(user: User, *, phone: str = MOBILE) -> str:
    """Give a user a phone, have a code sent to it, and return the code."""
    User.objects.filter(id=user.id).update(phone=phone)
    user.refresh_from_db()
    services.ask_phone_code(actor=user)
    return proofs.code_of(newest_ticket(user).id)


def other_code(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 10**proofs.CODE_DIGITS:06}"


def newest_ticket(user: User) -> Ticket:
    """Return the ticket of a user that was made last."""
    return Ticket.objects.filter(user=user).latest("id")


def answer_reset_requests() -> int:
    """Run what waits of forgotten passwords, as if its time had come; return how many requests that were."""
    ResetRequest.objects.filter(state="pending").update(run_at=timezone.now())
    [work] = [work for work in WORK if work.model is ResetRequest]
    return run_due(work)


@contextmanager
def subscribed(*subscribers: Subscriber, to: tuple[type[Fact], ...]) -> Iterator[None]:
    """Tell facts of these kinds to these subscribers alone, for the length of the block."""
    install_subscriptions(dict.fromkeys(to, subscribers))
    try:
        yield
    finally:
        install_subscriptions(SUBSCRIPTIONS, log=LOG)


@contextmanager
def told(*kinds: type[Fact]) -> Iterator[list[Fact]]:
    """Gather the facts of these kinds that are told inside the block."""
    facts: list[Fact] = []
    with subscribed(facts.append, to=kinds):
        yield facts
