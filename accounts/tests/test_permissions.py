"""What a role inside a business allows."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import selectors
from accounts.models import Business, Membership, Permission, User
from wholexale.common.errors import Forbidden, NotFound
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db

Role = Membership.Role
BOOKS = {Permission.FINANCE_VIEW, Permission.FINANCE_REQUEST, Permission.PAYMENTS_MANAGE}
DEALS = {Permission.OFFERS_MANAGE, Permission.ORDERS_MANAGE}
MANAGES = {Permission.SPENDING_MANAGE, Permission.CATALOGUE_MANAGE, Permission.APPROVALS_MANAGE}
GIVEN = {
    Role.OWNER: {*BOOKS, *DEALS, *MANAGES},
    Role.ADMIN: {*BOOKS, *DEALS, *MANAGES},
    Role.FINANCE: BOOKS,
    Role.MEMBER: DEALS,
}


def in_role(user: User, role: Membership.Role) -> User:
    Membership.objects.filter(user=user).update(role=role)
    return user


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_gives_its_permissions_and_no_others(
    colleague: User, role: Membership.Role, permission: Permission
) -> None:
    in_role(colleague, role)
    business_id = Membership.objects.get(user=colleague).business_id

    if permission in GIVEN[role]:
        assert selectors.access_membership(actor=colleague, permission=permission).business_id == business_id
        assert colleague.id in selectors.users_allowed(business_id=business_id, permission=permission)
        return
    with pytest.raises(Forbidden) as refused:
        selectors.access_membership(actor=colleague, permission=permission)
    assert refused.value.code == "INSUFFICIENT_PERMISSIONS"
    assert refused.value.context == {"required": [str(one) for one in permission.roles], "current": str(role)}
    assert colleague.id not in selectors.users_allowed(business_id=business_id, permission=permission)


def test_without_a_permission_any_membership_does(colleague: User) -> None:
    assert selectors.access_membership(actor=colleague).role == Role.MEMBER


def test_who_works_for_no_business_is_told_so(db: None) -> None:
    with pytest.raises(NotFound, match="BUSINESS_NOT_FOUND"):
        selectors.access_membership(actor=make_person("loner"), permission=Permission.FINANCE_VIEW)


def test_a_membership_comes_with_its_business_in_one_query(
    seller: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert selectors.access_membership(actor=seller).business.name == "Cotton Mill"


@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_whose_account_does_not_work_is_not_among_those_allowed(
    seller: User, outsider: User, status: User.Status
) -> None:
    business = Business.objects.get(name="Cotton Mill")
    for number, role in enumerate(Role):
        in_role(make_person(f"person{number}", works_for=business), role)
    before = selectors.users_allowed(business_id=business.id, permission=Permission.FINANCE_VIEW)

    User.objects.filter(id=seller.id).update(status=status)

    assert len(before) == 4
    left = selectors.users_allowed(business_id=business.id, permission=Permission.FINANCE_VIEW)
    assert set(before) - set(left) == {seller.id}


def test_people_are_asked_for_once_while_they_are_remembered(
    seller: User, colleague: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    business_id = Membership.objects.get(user=seller).business_id
    other = Membership.objects.get(user=make_person("other", owns="Other Mill")).business_id
    in_role(colleague, Role.MEMBER)
    with selectors.people_remembered():
        with django_assert_num_queries(1):
            assert selectors.users_allowed(business_id=business_id, permission=Permission.FINANCE_VIEW) == [seller.id]
            dealers = selectors.users_allowed(business_id=business_id, permission=Permission.OFFERS_MANAGE)
            assert dealers == [seller.id, colleague.id]
        with django_assert_num_queries(1):  # for the other one alone
            both = selectors.people_allowed(business_ids=[business_id, other], permission=Permission.FINANCE_VIEW)
            assert both.keys() == {business_id, other}
    in_role(colleague, Role.ADMIN)
    assert colleague.id in selectors.users_allowed(business_id=business_id, permission=Permission.FINANCE_VIEW)
