"""`PATCH businesses/me/members/{id}`."""

from typing import Any

import pytest

from accounts import services
from accounts.models import Business, Membership, User
from wholexale.common.errors import Conflict, DomainError
from wholexale.common.testing import Api, at_once, make_person

pytestmark = pytest.mark.django_db

Role = Membership.Role


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def path(user: User) -> str:
    return f"businesses/me/members/{membership(user).id}"


@pytest.fixture(name="second")
def second_person(seller: User) -> User:
    return make_person("second", works_for=Business.objects.get(memberships__user=seller))


def in_role(user: User, role: Membership.Role) -> User:
    Membership.objects.filter(user=user).update(role=role)
    return user


@pytest.mark.parametrize("role", Role)
def test_an_owner_gives_any_role(api: Api, seller: User, colleague: User, role: Membership.Role) -> None:
    reply = api.as_(seller).patch(path(colleague), {"role": str(role)})

    assert (reply.status, reply.body["member"]["role"]) == (200, str(role))
    assert reply.body["member"]["user"]["id"] == str(colleague.id)
    assert membership(colleague).role == role


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.MEMBER])
def test_an_admin_gives_every_role_but_the_owner_s(
    api: Api, colleague: User, second: User, role: Membership.Role
) -> None:
    in_role(colleague, Role.ADMIN)

    assert api.as_(colleague).patch(path(second), {"role": str(role)}).status == 200
    assert membership(second).role == role


def refused(api: Api, actor: User, chosen: User, role: Membership.Role, expected: tuple[int, str]) -> None:
    before = list(Membership.objects.order_by("id").values())

    reply = api.as_(actor).patch(path(chosen), {"role": str(role)})

    assert (reply.status, reply.code) == expected
    assert list(Membership.objects.order_by("id").values()) == before


def test_an_admin_makes_no_owner(api: Api, colleague: User, second: User) -> None:
    refused(api, in_role(colleague, Role.ADMIN), second, Role.OWNER, (403, "FORBIDDEN"))


@pytest.mark.parametrize("role", Role)
def test_an_admin_leaves_owners_alone(api: Api, seller: User, colleague: User, role: Membership.Role) -> None:
    refused(api, in_role(colleague, Role.ADMIN), seller, role, (403, "FORBIDDEN"))


def test_an_admin_does_not_raise_themself(api: Api, colleague: User) -> None:
    refused(api, in_role(colleague, Role.ADMIN), colleague, Role.OWNER, (403, "FORBIDDEN"))


def test_an_admin_may_step_down(api: Api, colleague: User) -> None:
    in_role(colleague, Role.ADMIN)

    assert api.as_(colleague).patch(path(colleague), {"role": "member"}).status == 200


@pytest.mark.parametrize("own", [Role.MEMBER, Role.FINANCE])
def test_others_give_no_roles(api: Api, colleague: User, second: User, own: Membership.Role) -> None:
    in_role(colleague, own)

    refused(api, colleague, second, Role.MEMBER, (403, "FORBIDDEN"))
    refused(api, colleague, colleague, Role.ADMIN, (403, "FORBIDDEN"))


def test_the_last_owner_stays(api: Api, seller: User, colleague: User) -> None:
    refused(api, seller, seller, Role.ADMIN, (409, "LAST_OWNER"))

    in_role(colleague, Role.OWNER)
    assert api.as_(seller).patch(path(seller), {"role": "admin"}).status == 200


def test_an_owner_whose_account_does_not_work_does_not_count(api: Api, seller: User, colleague: User) -> None:
    in_role(colleague, Role.OWNER)
    User.objects.filter(id=colleague.id).update(status=User.Status.SUSPENDED)

    refused(api, seller, seller, Role.MEMBER, (409, "LAST_OWNER"))


def test_an_owner_who_stays_owner_is_no_conflict(api: Api, seller: User) -> None:
    assert api.as_(seller).patch(path(seller), {"role": "owner"}).status == 200


def test_an_outsider_finds_no_member(api: Api, colleague: User, outsider: User) -> None:
    refused(api, outsider, colleague, Role.ADMIN, (404, "MEMBER_NOT_FOUND"))


def test_who_works_for_no_business_finds_none(api: Api, colleague: User) -> None:
    refused(api, make_person("loner"), colleague, Role.ADMIN, (404, "BUSINESS_NOT_FOUND"))


def test_nobody_gives_a_role_without_a_token(api: Api, colleague: User) -> None:
    assert api.patch(path(colleague), {"role": "admin"}).code == "NO_TOKEN"


@pytest.mark.parametrize("wrong", ["019f0000-0000-7000-8000-000000000000", "1", "me", "%00", "x" * 300])
def test_what_names_no_member_is_not_found(api: Api, seller: User, wrong: str) -> None:
    reply = api.as_(seller).patch(f"businesses/me/members/{wrong}", {"role": "member"})

    assert (reply.status, reply.code) == (404, "MEMBER_NOT_FOUND")


@pytest.mark.parametrize("role", ["", "boss", None, 5, ["owner"]])
def test_what_is_no_role_is_named(api: Api, seller: User, colleague: User, role: Any) -> None:
    reply = api.as_(seller).patch(path(colleague), {"role": role})

    assert (reply.status, reply.fields) == (400, ["role"])


def test_a_role_is_not_changed_where_the_transaction_fails(
    seller: User, colleague: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_fields: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Membership, "save", fail)
    with pytest.raises(RuntimeError):
        services.set_member_role(actor=seller, membership_id=membership(colleague).id, role=Role.ADMIN)

    assert membership(colleague).role == Role.MEMBER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_step_down_at_once_leave_one(seller: User, colleague: User) -> None:
    in_role(colleague, Role.OWNER)
    steps = [
        lambda user=user: services.set_member_role(actor=user, membership_id=membership(user).id, role=Role.MEMBER)
        for user in (seller, colleague)
    ]

    results = at_once(steps)

    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
