"""What accounts tell: each fact with its cause, in one transaction, or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services
from accounts.events import (
    AccountLocked,
    EmailVerified,
    MemberAdded,
    PasswordChanged,
    PasswordResetAsked,
    PhoneCodeAsked,
    SignedIn,
    UserRegistered,
    VerificationAsked,
)
from accounts.models import Business, Membership, ResetRequest, Session, Ticket, User
from accounts.services import Device, Registration
from accounts.tests.staging import (
    MOBILE,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    answer_reset_requests,
    mailed_token,
    newest_ticket,
    subscribed,
    told,
)
from wholexale.common.errors import Locked, Unauthenticated
from wholexale.common.events import Fact
from wholexale.common.models import IdempotencyKey
from wholexale.common.testing import PASSWORD, make_person, make_session

pytestmark = pytest.mark.django_db

NEXT = "wobbly-hat-92"
PHONE = Device(user_agent="Phone/1.0")


def register() -> None:
    registration = Registration(
        email="new@example.com", first_name="N", last_name="N", business=services.BusinessDetails(name="New Shop")
    )
    services.register(registration=registration, password=NEXT, device=Device())


def login(user: User, password: str = PASSWORD, device: Device = PHONE) -> Session:
    return services.login(email=user.email, password=password, device=device)


def lock(user: User) -> None:
    for _ in range(3):
        with pytest.raises((Unauthenticated, Locked)):
            login(user, "not the one")


# --- Not at all -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """What makes a fact, and what must be as if it had never been tried where a subscriber fails."""

    fact: type[Fact]
    act: Callable[[User], object]
    state: Callable[[User], object]


def ask_reset(user: User) -> None:
    ResetRequest.objects.create(address=user.email)
    services.answer_reset_request(request_id=ResetRequest.objects.get().id)


def verify(user: User) -> None:
    services.verify_email(token=mailed_token(user, VERIFY_EMAIL))


def reset(user: User) -> None:
    services.reset_password(token=mailed_token(user, RESET_PASSWORD), password=NEXT)


def change(user: User) -> None:
    services.change_password(actor=user, session_id=None, current=PASSWORD, new=NEXT)


def found(user: User) -> None:
    services.create_business(actor=user, details=services.BusinessDetails(name="Mine"))


def password_of(user: User) -> str:
    return User.objects.get(id=user.id).password


CAUSES = {
    "registering": Cause(UserRegistered, lambda _: register(), lambda _: User.objects.count()),
    "registering, its link": Cause(VerificationAsked, lambda _: register(), lambda _: User.objects.count()),
    "registering, its owner": Cause(MemberAdded, lambda _: register(), lambda _: Business.objects.count()),
    "asking for a link": Cause(
        VerificationAsked, lambda user: services.ask_verification(actor=user), lambda _: Ticket.objects.count()
    ),
    "forgetting a password": Cause(PasswordResetAsked, ask_reset, lambda _: Ticket.objects.count()),
    "asking for a code": Cause(
        PhoneCodeAsked, lambda user: services.ask_phone_code(actor=user), lambda _: Ticket.objects.count()
    ),
    "verifying an address": Cause(EmailVerified, verify, lambda user: User.objects.get(id=user.id).is_email_verified),
    "changing a password": Cause(PasswordChanged, change, password_of),
    "resetting a password": Cause(PasswordChanged, reset, password_of),
    "setting a password": Cause(
        PasswordChanged, lambda user: services.set_password(user_id=user.id, password=NEXT), password_of
    ),
    "signing in": Cause(SignedIn, login, lambda _: Session.objects.count()),
    "founding a business": Cause(MemberAdded, found, lambda _: Business.objects.count()),
}


def note(fact: Fact) -> None:
    """Record a fact as a subscriber does: in a row of the same transaction."""
    IdempotencyKey.objects.create(scope=fact.user_id, key=fact.type, route="")  # type: ignore[attr-defined] # all have


def fail(_fact: Fact) -> None:
    raise RuntimeError


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_a_write_that_is_rolled_back_leaves_no_fact(cause: Cause) -> None:
    user = make_person("asha", phone=MOBILE)
    before = cause.state(user)

    with subscribed(note, fail, to=(cause.fact,)), pytest.raises(RuntimeError):
        cause.act(user)

    assert not IdempotencyKey.objects.exists()
    assert cause.state(user) == before


def test_a_lock_that_could_not_be_noted_leaves_no_fact_and_is_a_lock(buyer: User, limits: Settings) -> None:
    limits.RATE_LIMIT_LOGIN = "2/15m"

    with subscribed(note, fail, to=(AccountLocked,)), pytest.raises(RuntimeError):
        lock(buyer)

    assert not IdempotencyKey.objects.exists()
    with pytest.raises(Locked):
        login(buyer)


# --- With their cause -------------------------------------------------------------------------------------------


def test_who_registers_is_told_with_business_and_link() -> None:
    with told(UserRegistered, VerificationAsked, MemberAdded, SignedIn) as facts:
        register()

    user = User.objects.get()
    assert facts == [
        MemberAdded(business_id=Business.objects.get().id, user_id=user.id, role="owner"),
        UserRegistered(user_id=user.id),
        VerificationAsked(ticket_id=newest_ticket(user).id, user_id=user.id),
    ]


def test_a_member_is_told_with_the_role(buyer: User) -> None:
    business, asha = Business.objects.get(), make_person("asha")

    with told(MemberAdded) as facts:
        services.add_member(business=business, user=asha, role=Membership.Role.FINANCE)

    assert facts == [MemberAdded(business_id=business.id, user_id=asha.id, role="finance")]


def test_a_password_that_its_owner_changed_is_told_as_changed(buyer: User) -> None:
    with told(PasswordChanged) as facts:
        change(buyer)

    assert facts == [PasswordChanged(user_id=buyer.id, how="changed")]


def test_a_reset_that_finds_no_account_is_not_told(buyer: User) -> None:
    services.ask_password_reset(email="nobody@example.com", device=Device())

    with told(PasswordResetAsked) as facts:
        answer_reset_requests()

    assert not facts


def test_a_device_is_new_once(buyer: User) -> None:
    with told(SignedIn) as facts:
        sessions = [login(buyer, device=Device(user_agent=agent)) for agent in ("Phone", "Phone", "Laptop", "Phone")]

    assert facts == [
        SignedIn(user_id=buyer.id, session_id=session.id, is_new_device=is_new)
        for session, is_new in zip(sessions, [True, False, True, False], strict=True)
    ]


def test_a_device_of_somebody_else_is_a_new_one(buyer: User, seller: User) -> None:
    make_session(seller, user_agent=PHONE.user_agent)

    with told(SignedIn) as facts:
        login(buyer)

    assert [fact.is_new_device for fact in facts if isinstance(fact, SignedIn)] == [True]


def test_a_long_user_agent_is_compared_as_it_is_kept(buyer: User) -> None:
    with told(SignedIn) as facts:
        for end in ("a", "b"):
            login(buyer, device=Device(user_agent="x" * 300 + end))

    assert [fact.is_new_device for fact in facts if isinstance(fact, SignedIn)] == [True, False]


def test_a_sign_in_that_fails_is_not_told(buyer: User) -> None:
    with told(SignedIn) as facts, pytest.raises(Unauthenticated):
        login(buyer, "not the one")

    assert not facts


def test_the_fact_of_a_sign_in_costs_one_query(buyer: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Find the account; in a savepoint: update it, insert the session, look for the device."""
    with told(SignedIn), django_assert_num_queries(1 + 2 + 3):
        login(buyer)


def test_a_lock_is_told_once_with_its_end(buyer: User, limits: Settings) -> None:
    limits.RATE_LIMIT_LOGIN = "1/15m"

    with told(AccountLocked) as facts:
        lock(buyer)

    [fact] = facts
    assert isinstance(fact, AccountLocked)
    assert fact.user_id == buyer.id
    assert timedelta() < fact.until - timezone.now() <= timedelta(minutes=15)


@pytest.mark.parametrize("status", [None, User.Status.SUSPENDED])
def test_no_lock_is_told_of_nobody_or_of_an_account_that_was_shut(
    buyer: User, limits: Settings, status: User.Status | None
) -> None:
    limits.RATE_LIMIT_LOGIN = "1/15m"
    if status:
        User.objects.filter(id=buyer.id).update(status=status)
    else:
        buyer.email = "nobody@example.com"

    with told(AccountLocked) as facts:
        lock(buyer)

    assert not facts
