"""What the tests of finance stage: who works where, credit lines, purchases, and pictures of every row."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps

from accounts import services as accounts_services
from accounts.models import Business, Membership, User
from finance import services
from finance.events import CreditChanged
from finance.models import CreditLine, CreditRequest, SpendingLimit
from finance.services import Held, Purchase
from wholexale.common.errors import DomainError
from wholexale.common.ids import new_id
from wholexale.common.realtime import Item, Outgoing
from wholexale.common.testing import make_person


def business_of(user: User) -> Business:
    """Return the business that a person works for."""
    return Business.objects.get(memberships__user=user)


def employee(name: str, business: Business, role: Membership.Role = Membership.Role.MEMBER) -> User:
    """Create somebody who works for a business in a role."""
    user = make_person(name)
    accounts_services.add_member(business=business, user=user, role=role)
    return user


def lender(name: str = "lender") -> User:
    """Return one member of staff who may do anything about credit, made when first asked for."""
    known = User.objects.filter(email=f"{name}@example.com").first()
    return known or make_person(name, role=User.Role.SUPER_ADMIN)


def open_line(business: Business, limit: int, currency: str = "INR") -> CreditLine:
    """Give a business a credit line, or another limit, in minor units; two members of staff agree where they must."""
    request = services.set_credit_limit(
        actor=lender(), business_id=business.id, currency=currency, limit_minor=limit, reason="For a test"
    )
    if request.status == CreditRequest.Status.UNDER_REVIEW:
        services.approve_credit_request(actor=lender("cashier"), request_id=request.id)
    return CreditLine.objects.get(business=business, currency=currency)


def hold(buyer: User, seller: User, amount: int, currency: str = "INR", *, reference: str = "", **fields: Any) -> Held:
    """Let a member of one business buy on account from the business of another person; fields are those of the hold."""
    purchase = Purchase(
        buyer_id=business_of(buyer).id, seller_id=business_of(seller).id, amount=amount, currency=currency
    )
    return services.hold_credit(actor=buyer, purchase=purchase, reference=reference or str(new_id()), **fields)


def limit_spending(manager: User, member: User, amount: int, window: str = "month") -> SpendingLimit:
    """Let a manager limit what a member spends in rupees; the amount is in minor units."""
    return services.set_spending_limit(
        actor=manager, membership_id=member.membership.id, currency="INR", window=window, limit_minor=amount
    )


class Clock:
    """The clock by which spending is counted; it stands still at noon of a Wednesday in India until it is moved."""

    NOON = datetime(2026, 11, 18, 6, 30, tzinfo=UTC)

    def __init__(self) -> None:
        """Begin at noon."""
        self.now = self.NOON

    def __call__(self) -> datetime:
        """Return what time it is."""
        return self.now


def every_row() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of finance, by model."""
    models = apps.get_app_config("finance").get_models()
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """Expect a refusal that leaves every row of finance as it was."""
    before = every_row()
    with pytest.raises(DomainError) as caught:
        yield caught
    assert caught.value.code == code
    assert every_row() == before


def credit_pushes(items: Sequence[Item]) -> list[tuple[set[str], CreditChanged]]:
    """Return what was pushed about credit: the groups that got it, and what they got."""
    return [
        (set(item.to), item.push)
        for item in items
        if isinstance(item, Outgoing) and isinstance(item.push, CreditChanged)
    ]
