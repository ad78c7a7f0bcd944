"""Four eyes: what colleagues must approve before a member accepts it, who may, and for how long that holds."""

from datetime import timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.db import transaction

from accounts.models import Membership, User
from finance.models import CreditLine
from offers import services
from offers.models import ApprovalRequest, Offer, Order
from offers.selectors import access_approval, approval_status, own_approvals
from offers.services import PolicyChanges
from offers.tests.approving import REJECT, SEND, asked, decided, policy_of
from offers.tests.audit import faults
from offers.tests.staging import (
    accepted,
    business_of,
    countered,
    employee,
    fresh,
    line_of,
    offered,
    open_line,
    refused,
    stocked,
)
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound", "audited")]

Role = Membership.Role


def stands(who: User, request: ApprovalRequest) -> str:
    return approval_status(access_approval(actor=who, approval_id=request.id))


def in_role(user: User, role: Membership.Role) -> None:
    Membership.objects.filter(user=user).update(role=role)


# From which total on


@pytest.mark.parametrize("threshold", ["0", "8499.99", "8500"])
def test_at_its_total_and_above_a_policy_holds(
    seller: User, colleague: User, manager: User, offer: Offer, threshold: str
) -> None:
    policy_of(seller, threshold)
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    decided(manager, asked(colleague, offer))
    assert accepted(colleague, offer).total == 850_000


def test_one_below_its_total_nobody_is_asked(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller, "8500.01")
    with refused("APPROVAL_NOT_REQUIRED"):
        asked(colleague, offer)
    assert accepted(colleague, offer).total == 850_000


def test_taxes_do_not_count(buyer: User, seller: User, manager: User, line: CreditLine) -> None:
    policy_of(seller, "5100.01")
    product = stocked(seller, tax_code="7318", tax_rate=Decimal(18))
    order = accepted(seller, offered(buyer, seller, lines=[line_of(product, "85", "60")]))
    assert (order.subtotal, order.total) == (510_000, 601_800)


def test_what_is_said_of_another_currency_action_or_business_does_not_count(
    buyer: User, seller: User, manager: User, offer: Offer
) -> None:
    employee("purchaser", business_of(buyer))
    policy_of(seller, "0", currency="USD")
    policy_of(seller, "0", SEND)
    policy_of(buyer, "0", approver_role="owner")
    assert accepted(seller, offer).total == 850_000


def test_a_policy_of_the_buyers_holds_for_what_the_buyer_accepts(buyer: User, seller: User, offer: Offer) -> None:
    purchaser = employee("purchaser", business_of(buyer))
    policy_of(buyer, "9000", approver_role="owner")
    countered(seller, offer, "90")
    with refused("APPROVAL_REQUIRED"):
        accepted(purchaser, offer)
    decided(buyer, asked(purchaser, offer))
    assert accepted(purchaser, offer).total == 900_000


def test_money_that_is_missing_is_still_missing(buyer: User, seller: User, colleague: User, manager: User) -> None:
    open_line(business_of(buyer), 100)
    offer = offered(buyer, seller)
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    with refused("CREDIT_LIMIT_EXCEEDED"):
        accepted(colleague, offer)


# Who approves


def test_who_has_asked_never_approves(seller: User, manager: User, offer: Offer) -> None:
    policy_of(seller)
    request = asked(manager, offer)
    with refused("SECOND_PERSON_REQUIRED"):
        decided(manager, request)
    assert decided(seller, request).status == "approved"
    assert accepted(manager, offer).total == 850_000


def test_who_has_asked_may_take_it_back(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller)
    mine, hers = asked(colleague, offer), asked(manager, offer)
    assert hers.id == mine.id
    assert decided(colleague, mine, REJECT).status == "rejected"
    decided(manager, asked(colleague, offer))
    assert accepted(colleague, offer).total == 850_000


def test_nobody_asks_for_what_nobody_could_approve(seller: User, colleague: User, offer: Offer) -> None:
    policy_of(seller, approver_role="owner")
    with refused("TOO_FEW_APPROVERS"):
        asked(seller, offer)
    decided(seller, asked(colleague, offer))
    assert accepted(colleague, offer).total == 850_000


def test_who_accepts_is_none_of_those_who_approved(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    with refused("APPROVAL_REQUIRED"):
        accepted(manager, offer)
    decided(seller, asked(manager, offer))
    assert accepted(manager, offer).total == 850_000


def test_another_colleague_may_accept_what_was_approved(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    assert accepted(seller, offer).total == 850_000


@pytest.mark.parametrize(
    ("wanted", "enough"),
    [
        (Role.OWNER, {Role.OWNER}),
        (Role.ADMIN, {Role.OWNER, Role.ADMIN}),
        (Role.FINANCE, {Role.OWNER, Role.ADMIN, Role.FINANCE}),
        (Role.MEMBER, set(Role)),
    ],
)
def test_the_role_or_a_higher_one_decides(
    seller: User, colleague: User, offer: Offer, wanted: Membership.Role, enough: set[Membership.Role]
) -> None:
    people = {role: employee(role.value, business_of(seller), role) for role in Role}
    policy_of(seller, approver_role=wanted)
    request = asked(colleague, offer)
    for role in set(Role) - enough:
        with refused("INSUFFICIENT_PERMISSIONS"):
            decided(people[role], request)
        with refused("INSUFFICIENT_PERMISSIONS"):
            decided(people[role], request, REJECT)
    for role in enough:
        with transaction.atomic():
            assert decided(people[role], request).status == "approved"
            transaction.set_rollback(True)


def test_as_many_as_are_needed_and_nobody_twice(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller, approvals_needed=2)
    request = asked(colleague, offer)
    assert decided(manager, request).status == "pending"
    with refused("APPROVAL_DECIDED_BEFORE"):
        decided(manager, request)
    with refused("APPROVAL_DECIDED_BEFORE"):
        decided(manager, request, REJECT)
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    assert decided(seller, request).status == "approved"
    with refused("APPROVAL_CLOSED"):
        decided(employee("late", business_of(seller), Role.ADMIN), request)
    assert accepted(colleague, offer).total == 850_000


def test_of_several_policies_each_is_met(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller, "1000", approver_role="finance", approvals_needed=2)
    policy_of(seller, "8000", approver_role="owner")
    clerk = employee("clerk", business_of(seller), Role.FINANCE)
    request = asked(colleague, offer)
    for who in (clerk, manager):
        assert decided(who, request).status == "pending"
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    assert decided(seller, request).status == "approved"
    assert accepted(colleague, offer).total == 850_000


def test_one_rejection_ends_it_and_it_may_be_asked_anew(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, approvals_needed=2)
    director = employee("director", business_of(seller), Role.ADMIN)
    first = asked(colleague, offer)
    decided(manager, first)
    assert decided(seller, first, REJECT, "Too cheap").status == "rejected"
    with refused("APPROVAL_CLOSED"):
        decided(director, first)
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)

    second = asked(colleague, offer)
    assert second.id != first.id
    assert decided(director, second).status == "pending"  # what the manager has said to the first is void
    assert decided(manager, second).status == "approved"
    assert accepted(colleague, offer).total == 850_000


# For how long


def test_what_is_asked_already_is_asked_once(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller)
    request = asked(colleague, offer)
    assert asked(colleague, offer).id == asked(manager, offer).id == request.id
    assert ApprovalRequest.objects.count() == 1
    decided(manager, request)
    with refused("APPROVAL_NOT_REQUIRED"):
        asked(colleague, offer)


def test_new_terms_take_other_approvals(
    buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    countered(colleague, offer, "95")
    countered(buyer, offer, "85")  # the same terms as before, but put on the table anew
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    request = asked(colleague, offer)
    assert request.revision == 3
    countered(colleague, offer, "96")
    assert stands(colleague, request) == "void"
    with refused("APPROVAL_CLOSED"):
        decided(manager, request)
    countered(buyer, offer, "86")
    decided(manager, asked(colleague, offer))
    assert accepted(colleague, offer).total == 860_000


def test_of_a_closed_offer_nothing_is_decided(
    buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    request = asked(colleague, offer)
    services.withdraw_offer(actor=buyer, offer_id=offer.id)
    with refused("APPROVAL_CLOSED"):
        decided(manager, request)
    with refused("OFFER_CLOSED"):
        asked(colleague, offer)


def test_of_an_offer_that_has_ended_nothing_is_decided(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    request = asked(colleague, offer)
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    assert stands(colleague, request) == "void"
    with refused("APPROVAL_CLOSED"):
        decided(manager, request)
    with refused("OFFER_EXPIRED"):
        asked(colleague, offer)


def test_who_is_to_wait_has_nothing_to_ask(buyer: User, seller: User, offer: Offer) -> None:
    employee("purchaser", business_of(buyer))
    policy_of(buyer, "0", approver_role="owner")
    with refused("NOT_YOUR_TURN"):
        asked(buyer, offer)


def test_who_has_left_or_was_lowered_or_suspended_counts_no_longer(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    in_role(manager, Role.MEMBER)
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    in_role(manager, Role.ADMIN)
    User.objects.filter(id=manager.id).update(status=User.Status.SUSPENDED)
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    Membership.objects.filter(user=manager).delete()
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    decided(seller, asked(colleague, offer))
    assert accepted(colleague, offer).total == 850_000


def test_who_was_raised_since_has_not_approved_as_that(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy = policy_of(seller, approver_role="admin")
    decided(manager, asked(colleague, offer))
    services.change_approval_policy(actor=seller, policy_id=policy.id, changes=PolicyChanges(approver_role="owner"))
    in_role(manager, Role.OWNER)
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)


def test_a_policy_that_was_tightened_takes_further_approvals(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy = policy_of(seller)
    decided(manager, asked(colleague, offer))
    services.change_approval_policy(actor=seller, policy_id=policy.id, changes=PolicyChanges(approvals_needed=2))
    with refused("APPROVAL_REQUIRED"):
        accepted(colleague, offer)
    assert decided(seller, asked(colleague, offer)).status == "approved"  # the manager's still counts
    assert accepted(colleague, offer).total == 850_000


def test_once_no_policy_wants_it_nothing_is_decided(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy = policy_of(seller)
    request = asked(colleague, offer)
    services.end_approval_policy(actor=seller, policy_id=policy.id)
    assert stands(colleague, request) == "void"
    with refused("APPROVAL_CLOSED"):
        decided(manager, request)
    assert accepted(colleague, offer).total == 850_000


def test_lists_tell_what_waits_from_what_is_void(
    buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    replaced = asked(colleague, offer)
    countered(colleague, offer)
    countered(buyer, offer, "89")
    waiting = asked(colleague, offer)
    agreed, turned_down = (asked(colleague, offered(buyer, seller)) for _ in range(2))
    decided(manager, agreed)
    decided(manager, turned_down, REJECT)

    by_status = {"pending": waiting, "void": replaced, "approved": agreed, "rejected": turned_down}
    for status, request in by_status.items():
        assert [one.id for one in own_approvals(actor=manager, status=status)] == [request.id]  # type: ignore[arg-type]
    assert own_approvals(actor=manager).count() == 4


# What can be told of it


def test_accepting_again_asks_nobody(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    order = accepted(colleague, offer)
    policy_of(seller, "0")
    again = services.accept_offer(actor=colleague, offer_id=offer.id)
    assert (again.is_replay, again.order.id) == (True, order.id)


def test_the_audit_sees_who_got_around_it(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller)
    with transaction.atomic():
        with mock.patch("offers.services.accepting.check_approved"):
            accepted(colleague, offer)
        assert faults() == [f"{offer}: accepted by {colleague.id} with 0 approvals"]
        transaction.set_rollback(True)


def test_a_refusal_says_what_is_missing(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy = policy_of(seller, approvals_needed=2)
    said = {
        "action": "accept", "policyId": str(policy.id), "threshold": Decimal("8500.00"), "thresholdMinor": 850_000,
        "currency": "INR", "approverRole": "admin", "needed": 2, "given": 0,
    }  # fmt: skip
    with pytest.raises(Conflict) as caught:
        accepted(colleague, offer)
    assert caught.value.context == {"approval": said}

    request = asked(colleague, offer)
    decided(manager, request)
    with pytest.raises(Conflict) as caught:
        accepted(colleague, offer)
    assert caught.value.context == {"approval": said | {"given": 1, "pendingId": str(request.id)}}
    assert (fresh(offer).status, Order.objects.count()) == ("pending", 0)
