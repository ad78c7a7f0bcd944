"""Policies: who manages them, which can be met, and what is kept of them."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership, User
from offers import services
from offers.models import ApprovalPolicy, ApprovalPolicyChange
from offers.services import PolicyChanges
from offers.tests.approving import SEND, policy_of
from offers.tests.staging import business_of, employee, refused
from wholexale.common.testing import Api, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

Role = Membership.Role
BODY: dict[str, Any] = {"action": "accept", "currency": "INR", "threshold": 100000, "approverRole": "admin"}


# Who manages them


def test_owners_and_admins_manage_policies(api: Api, seller: User, manager: User) -> None:
    made = api.as_(manager).post("approval-policies", BODY)
    assert (made.status, made.body["policy"]["thresholdMinor"]) == (201, 10_000_000)
    path = f"approval-policies/{made.body['policy']['id']}"
    changed = api.as_(seller).patch(path, {"threshold": 0.5})
    assert (changed.status, changed.body["policy"]["threshold"], changed.body["policy"]["version"]) == (200, 0.5, 2)
    ended = api.as_(manager).delete(path)
    assert (ended.status, ended.body["policy"]["isActive"]) == (200, False)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.FINANCE])
def test_others_of_the_business_read_them(api: Api, seller: User, manager: User, role: Membership.Role) -> None:
    policy, client = policy_of(seller), api.as_(employee("reader", business_of(seller), role))
    assert [one["id"] for one in client.get("approval-policies").body["policies"]] == [str(policy.id)]
    replies = [
        client.post("approval-policies", BODY),
        client.patch(f"approval-policies/{policy.id}", {"approvalsNeeded": 1}),
        client.delete(f"approval-policies/{policy.id}"),
    ]
    assert [(one.status, one.code) for one in replies] == [(403, "INSUFFICIENT_PERMISSIONS")] * 3


def test_other_businesses_see_nothing(api: Api, buyer: User, outsider: User, seller: User, manager: User) -> None:
    policy = policy_of(seller)
    for who in (buyer, outsider):
        client = api.as_(who)
        assert client.get("approval-policies", status="all").body["policies"] == []
        for reply in (
            client.patch(f"approval-policies/{policy.id}", {"threshold": 1}),
            client.delete(f"approval-policies/{policy.id}"),
            client.delete("approval-policies/nonsense"),
        ):
            assert (reply.status, reply.code) == (404, "APPROVAL_POLICY_NOT_FOUND")
    loner = api.as_(make_person("loner"))
    for reply in (loner.get("approval-policies"), loner.post("approval-policies", BODY)):
        assert (reply.status, reply.code) == (404, "BUSINESS_NOT_FOUND")


# Which can be met


def test_a_policy_that_could_never_be_met_is_refused(seller: User) -> None:
    with refused("TOO_FEW_APPROVERS"):
        policy_of(seller, approver_role="member")  # the owner is alone
    colleague = employee("another", business_of(seller))
    assert policy_of(seller, approver_role="owner").approvals_needed == 1  # the member deals, the owner approves
    with refused("TOO_FEW_APPROVERS"):
        policy_of(seller, "1", approver_role="owner", approvals_needed=2)
    with refused("TOO_FEW_APPROVERS"):
        policy_of(seller, "1", approver_role="member", approvals_needed=2)  # one of the two deals
    User.objects.filter(id=colleague.id).update(status=User.Status.SUSPENDED)
    with refused("TOO_FEW_APPROVERS"):
        policy_of(seller, "1", approver_role="owner")


def test_who_only_looks_after_money_does_not_deal(seller: User) -> None:
    employee("clerk", business_of(seller), Role.FINANCE)
    assert policy_of(seller, approver_role="finance").approver_roles == ("owner", "admin", "finance")
    with refused("TOO_FEW_APPROVERS"):
        policy_of(seller, "1", approver_role="owner")  # nobody but the owner deals


def test_a_change_that_could_never_be_met_is_refused(api: Api, seller: User, manager: User) -> None:
    policy = policy_of(seller)
    reply = api.as_(seller).patch(f"approval-policies/{policy.id}", {"approvalsNeeded": 2})
    assert (reply.status, reply.code, reply.body["available"]) == (409, "TOO_FEW_APPROVERS", 1)


# What is kept


def test_from_one_total_on_there_is_one_policy(seller: User, manager: User) -> None:
    first = policy_of(seller, "100")
    policy_of(seller, "101")
    policy_of(seller, "100", SEND)
    policy_of(seller, "100", currency="USD")
    with refused("APPROVAL_POLICY_EXISTS"):
        policy_of(seller, "100")
    other = ApprovalPolicy.objects.get(threshold=10_100)
    with refused("APPROVAL_POLICY_EXISTS"):
        services.change_approval_policy(actor=seller, policy_id=other.id, changes=PolicyChanges(threshold=Decimal(100)))
    services.end_approval_policy(actor=seller, policy_id=first.id)
    assert policy_of(seller, "100").id != first.id


def test_everything_that_a_policy_has_said_can_be_read(api: Api, seller: User, manager: User) -> None:
    policy = policy_of(seller, "100")
    client = api.as_(manager)
    client.patch(f"approval-policies/{policy.id}", {"threshold": 200})
    client.patch(f"approval-policies/{policy.id}", {"threshold": 200})  # says nothing new
    client.delete(f"approval-policies/{policy.id}")
    again = client.delete(f"approval-policies/{policy.id}")
    assert (again.status, again.body["policy"]["version"]) == (200, 3)

    assert client.get("approval-policies").body["policies"] == []
    (shown,) = client.get("approval-policies", status="ended").body["policies"]
    said = [(one["version"], one["threshold"], one["isActive"], one["actor"]["id"]) for one in shown["changes"]]
    assert said == [
        (1, 100, True, str(seller.id)),
        (2, 200, True, str(manager.id)),
        (3, 200, False, str(manager.id)),
    ]


def test_what_has_ended_is_not_changed(seller: User, manager: User) -> None:
    policy = policy_of(seller)
    services.end_approval_policy(actor=seller, policy_id=policy.id)
    with refused("APPROVAL_POLICY_ENDED"):
        services.change_approval_policy(actor=seller, policy_id=policy.id, changes=PolicyChanges(threshold=Decimal(1)))


def test_a_change_on_top_of_another_is_refused_where_one_cares(api: Api, seller: User, manager: User) -> None:
    policy = policy_of(seller)
    path, client = f"approval-policies/{policy.id}", api.as_(seller).with_headers(If_Match='"1"')
    first = client.patch(path, {"threshold": 5})
    assert (first.status, first.headers["ETag"]) == (200, '"2"')
    for reply in (client.patch(path, {"threshold": 6}), client.delete(path)):
        assert (reply.status, reply.code, reply.body["policy"]["version"]) == (412, "PRECONDITION_FAILED", 2)
    assert ApprovalPolicyChange.objects.filter(policy=policy).count() == 2


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"currency": "XAU"}, "CURRENCY_NOT_SUPPORTED", "currency"),
        ({"threshold": -1}, "AMOUNT_NOT_POSITIVE", "threshold"),
        ({"threshold": 0.001}, "AMOUNT_TOO_PRECISE", "threshold"),
        ({"threshold": 10**12}, "AMOUNT_TOO_LARGE", "threshold"),
        ({"action": "pay"}, "VALIDATION_FAILED", "action"),
        ({"approverRole": "boss"}, "VALIDATION_FAILED", "approverRole"),
        ({"approvalsNeeded": 0}, "VALIDATION_FAILED", "approvalsNeeded"),
        ({"approvalsNeeded": 11}, "VALIDATION_FAILED", "approvalsNeeded"),
    ],
)
def test_what_makes_no_sense_names_the_field(  # noqa: PLR0917 - a table of cases, and who is there
    api: Api, seller: User, manager: User, wrong: dict[str, Any], code: str, field: str
) -> None:
    reply = api.as_(seller).post("approval-policies", BODY | wrong)
    assert (reply.status, reply.code, reply.fields) == (400, code, [field])


@pytest.mark.parametrize("fields", [{"action": "pay"}, {"approver_role": "boss"}, {"approvals_needed": 11}])
def test_services_refuse_the_same(seller: User, manager: User, fields: dict[str, Any]) -> None:
    with refused("VALIDATION_FAILED"):
        policy_of(seller, **fields)


def test_the_same_key_makes_one_policy(api: Api, seller: User, manager: User) -> None:
    client = api.as_(seller).with_headers(Idempotency_Key="policy-1")
    first, again = client.post("approval-policies", BODY), client.post("approval-policies", BODY)
    assert (first.status, first.raw) == (again.status, again.raw)
    assert ApprovalPolicy.objects.count() == 1
