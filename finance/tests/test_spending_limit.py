"""What a member may spend is set, changed and taken away."""

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from accounts.models import Membership, User
from finance import services
from finance.models import SpendingLimit
from finance.tests.staging import business_of, employee, every_row, refused
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db


def limit(actor: User, membership_id: UUID, **fields: Any) -> SpendingLimit:
    asked: dict[str, Any] = {"currency": "INR", "window": "month", "limit_minor": 1_000} | fields
    return services.set_spending_limit(actor=actor, membership_id=membership_id, **asked)


def remove(actor: User, membership_id: UUID, currency: str = "INR") -> None:
    services.remove_spending_limit(actor=actor, membership_id=membership_id, currency=currency)


def test_a_member_has_one_limit_in_a_currency(buyer: User, member: User) -> None:
    limit(buyer, member.membership.id)
    limit(buyer, member.membership.id, currency="USD", window="none", limit_minor=0)
    limit(buyer, member.membership.id, window="day", limit_minor=5)

    found = SpendingLimit.objects.order_by("currency").values_list("membership", "currency", "window", "limit_minor")
    assert list(found) == [(member.membership.id, "INR", "day", 5), (member.membership.id, "USD", "none", 0)]


def test_a_limit_can_be_taken_away(buyer: User, member: User) -> None:
    limit(buyer, member.membership.id)

    remove(buyer, member.membership.id)

    assert not SpendingLimit.objects.exists()
    with refused("SPENDING_LIMIT_NOT_FOUND"):
        remove(buyer, member.membership.id)


def test_owners_and_admins_manage_what_is_spent(buyer: User, member: User) -> None:
    admin = employee("admin", business_of(buyer), Membership.Role.ADMIN)
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)

    limit(admin, member.membership.id)
    for actor in (member, accountant):
        with refused("INSUFFICIENT_PERMISSIONS"):
            limit(actor, member.membership.id)
        with refused("INSUFFICIENT_PERMISSIONS"):
            remove(actor, member.membership.id)
    with refused("BUSINESS_NOT_FOUND"):
        limit(make_person("nobody"), member.membership.id)


def test_members_of_others_are_not_there(buyer: User, member: User, outsider: User) -> None:
    limit(buyer, member.membership.id)

    for membership_id in (member.membership.id, new_id()):
        with refused("MEMBER_NOT_FOUND"):
            limit(outsider, membership_id)
        with refused("MEMBER_NOT_FOUND"):
            remove(outsider, membership_id)


@pytest.mark.parametrize(
    ("code", "path", "fields"),
    [
        ("CURRENCY_NOT_SUPPORTED", "currency", {"currency": "CHF"}),
        ("VALIDATION_FAILED", "window", {"window": "decade"}),
        ("AMOUNT_NOT_POSITIVE", "limit", {"limit_minor": -1}),
        ("AMOUNT_TOO_LARGE", "limit", {"limit_minor": MAX_AMOUNT + 1}),
    ],
)
def test_what_is_no_limit_is_refused_by_field(
    buyer: User, member: User, code: str, path: str, fields: dict[str, Any]
) -> None:
    with refused(code) as caught:
        limit(buyer, member.membership.id, **fields)

    assert [detail.path for detail in caught.value.details] == [path]


def test_a_limit_that_is_rolled_back_was_never_set(buyer: User, member: User) -> None:
    limit(buyer, member.membership.id)
    before = every_row()

    for change in (limit, remove):
        with transaction.atomic():
            change(buyer, member.membership.id)
            transaction.set_rollback(True)
        assert every_row() == before
